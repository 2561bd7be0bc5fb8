import { command, flag, parsed } from '../../frame/command.js';
import { list } from '../../frame/values.js';

/** `roundhouse event`. */
export const event = command({
  name: 'event',
  summary: 'print the last events of the fleet, and follow them with -f',
  example: 'roundhouse event -f --types server.connected,server.error',
  options: {
    follow: flag('print events as they happen until Ctrl-C', 'f'),
    types: parsed('<types>', 'only events of these types, comma-separated', list),
    servers: parsed('<names>', 'only events of these servers, comma-separated; needs -f', list),
  },
  async run({ hub, options: { follow, types, servers }, out, signal }) {
    const print = (event: Happened) => out.item(event, lineOf(event));
    if (!follow) {
      const { recentActivity } = await hub.connect.monitor.get({ signal });
      for (const event of recentActivity.toReversed()) if (types?.includes(event.type) ?? true) await print(event);
      return;
    }
    const query = {
      ...(types === undefined ? {} : { types: types.join(',') }),
      ...(servers === undefined ? {} : { servers }),
    };
    for await (const { type, id, data } of hub.connect.sse.streamEvents(query, { signal }))
      await print({ id, type, timestamp: data.timestamp, data: { ...data } });
  },
});

interface Happened {
  readonly id: string | number;
  readonly type: string;
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** An event for people: without the second time, and without ids. */
function lineOf({ type, timestamp, data }: Happened): string {
  const facts = Object.entries(data).flatMap(([name, value]) => {
    if (name === 'timestamp' || /Ids?$/.test(name) || value === null || value === '') return [];
    return [`${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`];
  });
  return `${timestamp} ${type.padEnd(20)} ${facts.join(' ')}`;
}

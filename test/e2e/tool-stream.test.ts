import t from 'tap';
import { ADMIN_KEY, fixture, type Hub, startAgent, startHub } from '../roundhouse.js';

interface ToldEvent {
  readonly event: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test asserts the shape of the answers
  readonly data: any;
}

/** Calls a tool and gives the stream's events as they come. */
async function* stream(hub: Hub, tool: string, body: object, key = ADMIN_KEY): AsyncGenerator<ToldEvent> {
  const response = await fetch(`${hub.url}/api/tools/${tool}/invoke?stream=true`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (response.headers.get('content-type') !== 'text/event-stream' || !response.body) throw new Error('no stream');
  let text = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const events = text.split('\n\n');
    text = events.pop() ?? '';
    for (const one of events) {
      // A comment, which keeps the connection.
      if (one.startsWith(':')) continue;
      const [, event = '', data = 'null'] = /^event: (.*)\ndata: (.*)$/.exec(one) ?? [];
      yield { event, data: JSON.parse(data) };
    }
  }
}

t.test('a call with `stream` tells progress and log messages as they come, then the result', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  const transport = { type: 'stdio', command: process.execPath, args: [fixture('tells')] };
  const serverId = await hub.connectServer({ name: 'tells', transport });
  const told: ToldEvent[] = [];
  for await (const event of stream(hub, 'tell', { serverId, arguments: { word: 'hello' } })) {
    told.push(event);
    // The tool answers only once it is released: these two came before the result.
    if (told.length === 2) await hub.call('POST', '/api/tools/release/invoke', { serverId });
  }
  t.match(told, [
    { event: 'message', data: { level: 'info', data: 'hello' } },
    { event: 'progress', data: { progress: 1, total: 2 } },
    { event: 'result', data: { success: true, metadata: { serverName: 'tells', cached: false } } },
  ]);
  t.equal(told[2]?.data.data.content[0].text, 'released');
  t.equal(told.length, 3, 'and nothing more');

  await t.test('a log message about a call that comes after its answer reaches no other caller', async (t) => {
    const messages = async (tool: string, word: string, key?: string) => {
      const told: unknown[] = [];
      for await (const { event, data } of stream(hub, tool, { serverId, arguments: { word } }, key))
        if (event === 'message') told.push(data.data);
      return told;
    };
    const other = await hub.key('user');
    await messages('later', 'first');
    t.same(await messages('later', 'second'), ['first is done'], 'its own');
    t.same(await messages('say', 'mine', other), []);
  });

  await t.test('a failure before the first event gets an ordinary error', async (t) => {
    const { status, body } = await hub.call('POST', '/api/tools/none/invoke?stream=true', { serverId });
    t.equal(status, 404);
    t.match(body, { success: false, code: 'NOT_FOUND' });
  });

  await t.test('a later failure ends the stream with the error', async (t) => {
    const late: ToldEvent[] = [];
    for await (const event of stream(hub, 'tell', { serverId, arguments: { word: 'x' }, timeoutMs: 10_000 }))
      late.push(event);
    t.match(late.at(-1), { event: 'error', data: { success: false, code: 'TIMEOUT' } });
  });
});

t.test('a tool that says nothing for a while: its caller has the headers before the answer', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  const transport = { type: 'stdio', command: process.execPath, args: [fixture('held')] };
  const serverId = await hub.connectServer({ name: 'held', transport });
  const told = stream(hub, 'hold', { serverId });
  const first = told.next();
  const response = await fetch(`${hub.url}/api/tools/hold/invoke?stream=true`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${ADMIN_KEY}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ serverId }),
  });
  t.equal(response.headers.get('content-type'), 'text/event-stream');
  await hub.call('POST', '/api/tools/release/invoke', { serverId });
  t.match(await response.text(), /event: result\n/);
  t.match((await first).value, { event: 'result' });
});

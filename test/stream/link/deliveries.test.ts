import t from 'tap';
import { Deliveries } from '../../../agent/link/session/deliveries.js';
import { callTool, read, startAgent, startHub, table } from './rig.js';

const frame = (text: string) => Buffer.from(text);

t.test('results wait for a connection, and the agent sends only the wanted ones', async (t) => {
  const deliveries = new Deliveries();
  for (const id of ['a', 'b', 'c']) deliveries.deliver(id, frame(id));
  const sent: string[] = [];
  const answered = deliveries.resume(['c', 'a', 'x'], (bytes) => void sent.push(bytes.toString()));
  t.same(sent, ['c', 'a']);
  t.same([...answered], ['c', 'a']);
  deliveries.deliver('d', frame('d'));
  t.same(sent, ['c', 'a', 'd'], 'what comes later is sent at once');
});

t.test('a result that the hub did not acknowledge is sent again', async (t) => {
  const deliveries = new Deliveries();
  deliveries.resume([], () => {});
  for (let n = 0; n < 2_000; n++) deliveries.deliver(`${n}`, frame(`${n}`));
  deliveries.received(1_997);
  deliveries.lost();
  const sent: string[] = [];
  const wanted = ['5', '1996', '1997', '1998', '1999'];
  deliveries.resume(wanted, (bytes) => void sent.push(bytes.toString()));
  t.same(sent, ['1997', '1998', '1999']);
  t.notOk(deliveries.forgot, 'what the hub has is not forgotten: it does not ask for it');
  deliveries.received(1);
  deliveries.lost();
  sent.length = 0;
  deliveries.resume(wanted, (bytes) => void sent.push(bytes.toString()));
  t.same(sent, ['1998', '1999'], 'receipts count from zero on each connection');
});

t.test('the kept results are bounded, and a dropped result is known to be missing', async (t) => {
  const deliveries = new Deliveries();
  deliveries.resume([], () => {});
  const megabyte = Buffer.alloc(1024 * 1024);
  for (let n = 0; n < 64; n++) deliveries.deliver(`${n}`, megabyte);
  t.notOk(deliveries.forgot);
  deliveries.deliver('64', megabyte);
  t.ok(deliveries.forgot);
  deliveries.lost();
  const sent: Buffer[] = [];
  const all = Array.from({ length: 65 }, (_, n) => `${n}`);
  const answered = deliveries.resume(all, (bytes) => void sent.push(bytes));
  t.equal(sent.length, 64);
  t.notOk(answered.has('0'), 'the oldest went');
  const many = new Deliveries();
  for (let n = 0; n < 60_000; n++) many.deliver(`${n}`, frame('x'));
  t.ok(many.forgot);
});

t.test('over a link that never breaks no results pile up', async (t) => {
  const hub = await startHub(t);
  const text = JSON.stringify('x'.repeat(100_000));
  const operations = table({ name: 'callTool', run: () => ({ case: 'json', value: Buffer.from(text) }) } as never);
  const agent = await startAgent(t, hub, { operations });
  // Far more than is kept; every one is answered, and receipts come often enough that none had to be dropped.
  for (let n = 0; n < 1_000; n++) await hub.fleet.execute(agent.id, callTool('x'), { ...read, kind: 'once' });
  t.match(hub.fleet.stats(), { results: 1_000, lateResults: 0, pending: 0 });
});

t.test('only a bounded number of large results is collected at once; all arrive', async (t) => {
  const hub = await startHub(t, { settings: { maxCollecting: 2 } });
  const operations = table({
    name: 'callTool',
    run: ({ tool }: { tool: string }) => ({ case: 'json', value: Buffer.from(JSON.stringify(tool.repeat(3_000_000))) }),
  } as never);
  const agent = await startAgent(t, hub, { operations });
  const replies = await Promise.all(
    ['a', 'b', 'c', 'd', 'e', 'f'].map((name) =>
      hub.fleet.execute(agent.id, callTool(name), { ...read, kind: 'once' }),
    ),
  );
  t.same(
    replies.map(({ value }) => Buffer.from(value as Uint8Array).toString('utf8', 1, 2)),
    ['a', 'b', 'c', 'd', 'e', 'f'],
  );
});

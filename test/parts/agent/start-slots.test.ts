import { StartSlots } from '@roundhouse/proto/start-slots';
import t from 'tap';
import { fixture, harness, isConnected, never } from './harness.js';

t.test('slots are given in turn, first to starts that a caller waits for, and given back once', async (t) => {
  const slots = new StartSlots(1, 60_000);
  const give = await slots.take(never, false);
  const order: string[] = [];
  const take = (name: string, urgent: boolean) =>
    slots.take(never, urgent).then((back) => {
      order.push(name);
      back();
      back();
    });
  const all = [take('a', false), take('b', false), take('urgent', true)];
  give();
  await Promise.all(all);
  t.same(order, ['urgent', 'a', 'b']);
  t.ok(await slots.take(never, false));
});

t.test('a start that is given up leaves the queue', async (t) => {
  const slots = new StartSlots(1, 60_000);
  const give = await slots.take(never, false);
  const abort = new AbortController();
  const waiting = slots.take(abort.signal, false);
  abort.abort(new Error('enough'));
  await t.rejects(waiting, { message: 'enough' });
  give();
  t.ok(await slots.take(never, false));
});

t.test('a start that hangs gives its slot to the next', async (t) => {
  const slots = new StartSlots(1, 100);
  await slots.take(never, false);
  const waiting = slots.take(never, false);
  // Its timer alone keeps nothing alive.
  const alive = setInterval(() => {}, 1000);
  t.ok(await waiting);
  clearInterval(alive);
});

t.test('a limited number of servers start at a time', async (t) => {
  // No start is slow enough to count as hanging.
  const { servers, reports, report, dataDir } = harness(t, { startsAtOnce: 2, startHoldMs: 120_000 });
  const mark = `${dataDir}/starting`;
  const ids = Array.from({ length: 8 }, (_, i) => `s${i}`);
  servers.setDesired(ids.map((id) => fixture('starts', { MARK: mark }, { id, connected: true })));
  await Promise.all(ids.map((id) => report((one) => one.serverId === id && isConnected(one))));
  const { readFileSync } = await import('node:fs');
  let now = 0;
  let most = 0;
  for (const sign of readFileSync(mark, 'utf8')) {
    now += sign === '+' ? 1 : -1;
    most = Math.max(most, now);
  }
  t.equal(most, 2);
  t.equal(reports.filter(({ error }) => error !== '').length, 0);
});

import t from 'tap';
import { CancelSource } from '../../hub/domain/cancellation.js';
import { startDomain } from '../kit/domain.js';
import { json } from '../kit/scripted-site.js';

const query = { text: '', limit: 5, level: undefined, sinceMs: 0, untilMs: 0 } as const;

t.test('an agent puts no entry above the newest entries, and no number that is no count into the total', async (t) => {
  const hub = await startDomain(t);
  const { caller } = await hub.caller('operator');
  const answer = (total: number) => {
    const entry = { timestamp: '9999-01-01T00:00:00.000Z', level: 'info', source: 'agent', message: 'first of all' };
    hub.fleet.answers.set('searchLog', () => json({ entries: [{ server: '', entry }], total, complete: true }));
    return hub.domain.systemLogs.search(caller, 'agent/local', query, new CancelSource());
  };
  const { entries, total } = await answer(1);
  t.same([entries.map(({ timeMs }) => timeMs), total], [[Date.now()], 1]);
  for (const wrong of [-5, 0.5, 1e300])
    t.match(await answer(wrong), { entries: { length: 0 }, total: 0, unanswered: [{ agent: 'local' }] }, String(wrong));
});

t.test('other work runs while the hub removes secrets from the entries of an agent', async (t) => {
  const hub = await startDomain(t);
  const { caller } = await hub.caller('operator');
  const entries = Array.from({ length: 1000 }, (_, i) => ({
    server: '',
    entry: { timestamp: '2020-01-01T00:00:00.000Z', level: 'info', source: 'agent', message: `entry ${i}` },
  }));
  let rounds = 0;
  let isOver = false;
  const others = () => {
    rounds += 1;
    if (!isOver) setImmediate(others);
  };
  let now = performance.now();
  hub.fleet.answers.set('searchLog', () => {
    // Each look at the clock takes a millisecond. The form of the answer is read in turns, too: it has no part in the count.
    t.intercept(performance, 'now', { value: () => now++ });
    setImmediate(others);
    return json({ entries, total: 1000, complete: true });
  });
  const signal = new CancelSource();
  const found = await hub.domain.systemLogs.search(caller, 'agent/local', { ...query, limit: 1000 }, signal);
  isOver = true;
  t.equal(found.entries.length, 1000);
  t.ok(rounds >= 300, `others went on ${rounds} times`);
});

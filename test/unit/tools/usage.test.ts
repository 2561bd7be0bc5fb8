import t from 'tap';
import { DailyUsage, ToolUsage } from '../../../hub/domain/tools/usage.js';
import { openTestStore } from '../store/stores.js';

const DAY = 86_400_000;
const noon = Date.parse('2024-03-10T12:00:00Z');
const all = () => true;

/** Writes the counts to the disk. */
async function save(store: Awaited<ReturnType<typeof openTestStore>>['store'], days: DailyUsage): Promise<void> {
  await store.apply({ writes: days.writes() });
  days.written();
}

t.test('calls are counted by day (UTC), newest first', async (t) => {
  const { store } = await openTestStore(t);
  const days = new DailyUsage(store, noon);
  days.count('a', 'echo', noon - DAY);
  days.count('a', 'echo', noon);
  days.count('b', 'sum', noon + 12 * 3_600_000 - 1);
  days.count('b', 'sum', noon + 12 * 3_600_000);
  t.same(days.recent(all, noon + DAY).slice(0, 4), [
    { date: '2024-03-11', count: 1 },
    { date: '2024-03-10', count: 2 },
    { date: '2024-03-09', count: 1 },
    { date: '2024-03-08', count: 0 },
  ]);
  t.same(days.recent((serverId) => serverId === 'b', noon)[0], { date: '2024-03-10', count: 1 });
});

t.test('counts of days are kept for 30 days, in memory and on disk', async (t) => {
  const { store } = await openTestStore(t);
  const days = new DailyUsage(store, noon);
  days.count('a', '__proto__', noon);
  days.count('a', 'echo', noon);
  await save(store, days);
  const later = noon + 29 * DAY;
  const reopened = new DailyUsage(store, later);
  reopened.count('a', 'echo', later);
  t.same(reopened.recent(all, later).at(-1), { date: '2024-03-10', count: 2 }, 'the thirtieth day counts');
  await save(store, reopened);

  reopened.count('a', 'echo', later + DAY);
  await save(store, reopened);
  const again = new DailyUsage(store, noon);
  t.equal(again.recent(all, noon)[0]?.count, 0, 'what is older is gone from the disk');
  t.same(
    again
      .recent(all, later + DAY)
      .slice(0, 2)
      .map(({ count }) => count),
    [1, 1],
  );
});

t.test('a tool with an overlong name is counted like any other tool', async (t) => {
  const { store } = await openTestStore(t);
  const names = ['ü'.repeat(256), `${'ü'.repeat(255)}x`];
  const usage = new ToolUsage(store);
  for (const name of names) usage.count('0193a1b2-0000-7000-8000-000000000000', name);
  usage.flush();
  await store.flush();
  const reopened = new ToolUsage(store);
  t.same([...reopened.all()].map(({ tool, count }) => [tool, count]).sort(), names.map((name) => [name, 1]).sort());
});

t.test('counts that the store refuses are kept for later', async (t) => {
  const { store } = await openTestStore(t);
  const real = store.record.bind(store);
  let refuses = true;
  store.record = (change) => {
    if (refuses) throw new Error('busy');
    real(change);
  };
  const usage = new ToolUsage(store);
  usage.count('a', 'echo');
  t.doesNotThrow(() => usage.flush());
  refuses = false;
  usage.flush();
  await store.flush();
  t.match([...new ToolUsage(store).all()], [{ serverId: 'a', tool: 'echo', count: 1 }]);
  t.equal(new ToolUsage(store).days.recent(all, Date.now())[0]?.count, 1);
});

t.test('of two writers that count at the same time none undoes the counts of the other', async (t) => {
  const { store } = await openTestStore(t);
  const writers = [new ToolUsage(store), new ToolUsage(store)];
  for (const writer of writers) writer.count('a', 'echo');
  for (const writer of writers) writer.flush();
  writers[0]?.count('a', 'sum');
  writers[0]?.flush();
  await store.flush();
  writers[1]?.count('a', 'echo');
  writers[1]?.flush();
  await store.flush();
  const after = new ToolUsage(store);
  t.same([...after.all()].map(({ tool, count }) => [tool, count]).sort(), [
    ['echo', 3],
    ['sum', 1],
  ]);
  t.equal(after.days.recent(all, Date.now())[0]?.count, 4);
});

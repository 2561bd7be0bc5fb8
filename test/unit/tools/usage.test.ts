import t from 'tap';
import type { ServerRecord } from '../../../hub/domain/servers/record.js';
import { add, collectionNamed, type Store } from '../../../hub/domain/store.js';
import type { CatalogTool } from '../../../hub/domain/tools/catalog.js';
import { DailyUsage, MOST_TOOLS_A_DAY } from '../../../hub/domain/tools/daily-usage.js';
import { MOST_TOOLS, ToolUsage } from '../../../hub/domain/tools/usage.js';
import { openTestStore } from '../store/stores.js';

const DAY = 86_400_000;
const noon = Date.parse('2024-03-10T12:00:00Z');
const all = { ofServer: () => true, tools: undefined };

/** Servers that offer the tools that `offer` sets. */
function usageOf(store: Store) {
  let offered: readonly CatalogTool[] = [];
  const servers = { byId: (id: string) => ({ id }) as ServerRecord, ownerOf: () => undefined };
  const catalog = {
    toolsOf: () => offered,
    at: (_: string, name: string) => offered.find(({ tool }) => tool.name === name),
  };
  const offer = (names: readonly string[]) => {
    offered = names.map((name) => ({ tool: { name } }) as CatalogTool);
  };
  return { usage: new ToolUsage(store, servers, catalog), offer };
}

/** The counted tools of a server, with their calls. */
const counts = (usage: ToolUsage, serverId: string) =>
  Array.from(usage.ofServer(serverId), ({ tool, count }) => [tool, count] as const);

const sum = (of: readonly (readonly [string, number])[]) => of.reduce((total, [, count]) => total + count, 0);

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
  t.same((await days.recent(all, noon + DAY)).slice(0, 4), [
    { date: '2024-03-11', count: 1 },
    { date: '2024-03-10', count: 2 },
    { date: '2024-03-09', count: 1 },
    { date: '2024-03-08', count: 0 },
  ]);
  t.same((await days.recent({ ...all, ofServer: (id) => id === 'b' }, noon))[0], { date: '2024-03-10', count: 1 });
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
  t.same((await reopened.recent(all, later)).at(-1), { date: '2024-03-10', count: 2 }, 'the thirtieth day counts');
  await save(store, reopened);

  reopened.count('a', 'echo', later + DAY);
  await save(store, reopened);
  const again = new DailyUsage(store, noon);
  t.equal((await again.recent(all, noon))[0]?.count, 0, 'what is older is gone from the disk');
  t.same(
    (await again.recent(all, later + DAY)).slice(0, 2).map(({ count }) => count),
    [1, 1],
  );
});

t.test('a tool with an overlong name is counted like any other tool', async (t) => {
  const { store } = await openTestStore(t);
  const names = ['ü'.repeat(256), `${'ü'.repeat(255)}x`];
  const { usage } = usageOf(store);
  const id = '0193a1b2-0000-7000-8000-000000000000';
  for (const name of names) usage.count(id, name);
  usage.flush();
  await store.flush();
  t.same(counts(usageOf(store).usage, id).sort(), names.map((name) => [name, 1]).sort());
});

t.test('counts that the store refuses are kept for later', async (t) => {
  const { store } = await openTestStore(t);
  const real = store.record.bind(store);
  let refuses = true;
  store.record = (change) => {
    if (refuses) throw new Error('busy');
    real(change);
  };
  const { usage } = usageOf(store);
  usage.count('a', 'echo');
  t.doesNotThrow(() => usage.flush());
  refuses = false;
  usage.flush();
  await store.flush();
  t.same(counts(usageOf(store).usage, 'a'), [['echo', 1]]);
  t.equal((await usageOf(store).usage.days.recent(all, Date.now()))[0]?.count, 1);
});

t.test('of two writers that count at the same time none undoes the counts of the other', async (t) => {
  const { store } = await openTestStore(t);
  const writers = [usageOf(store).usage, usageOf(store).usage];
  for (const writer of writers) writer.count('a', 'echo');
  for (const writer of writers) writer.flush();
  writers[0]?.count('a', 'sum');
  writers[0]?.flush();
  await store.flush();
  writers[1]?.count('a', 'echo');
  writers[1]?.flush();
  await store.flush();
  const { usage: after } = usageOf(store);
  t.same(counts(after, 'a').sort(), [
    ['echo', 3],
    ['sum', 1],
  ]);
  t.equal((await after.days.recent(all, Date.now()))[0]?.count, 4);
});

const named = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}-${i}`);

t.test(
  'a server that changes its list of tools again and again keeps 1,000 counters, in memory and on disk',
  async (t) => {
    const { store } = await openTestStore(t);
    const { usage, offer } = usageOf(store);
    usage.count('b', 'echo');
    for (let list = 0; list < 5; list += 1) {
      const names = named(`list-${list}`, 600);
      offer(names);
      for (const name of names) usage.count('a', name);
      usage.flush();
      t.ok(
        names.every((name) => usage.of('a', name).count === 1),
        'tools that are offered now are counted apart',
      );
    }
    const found = counts(usage, 'a');
    t.ok(found.length <= MOST_TOOLS, `${found.length} counters`);
    t.equal(sum(found), 3000, 'every call counts');
    await store.flush();
    t.equal(store.count(collectionNamed('tool_usage') as never), found.length + 1);
    const { usage: reopened } = usageOf(store);
    t.same(counts(reopened, 'a').sort(), found.toSorted());
    t.same(counts(reopened, 'b'), [['echo', 1]]);
  },
);

t.test('tools of a server beyond 1,000 count together, and take no counter of a tool that is offered', async (t) => {
  const { store } = await openTestStore(t);
  const { usage, offer } = usageOf(store);
  const names = named('tool', 2500);
  offer(names);
  for (const name of [...names, ...names]) usage.count('a', name);
  t.equal(usage.of('a', 'tool-0').count, 2);
  t.equal(usage.of('a', 'tool-2499').count, 0);
  t.equal(usage.of('a', '(other)').count, 2 * (2500 - (MOST_TOOLS - 1)));
  t.equal(sum(counts(usage, 'a')), 5000);
});

t.test('a tool that made room and is called again before the next write keeps all its calls', async (t) => {
  const { store } = await openTestStore(t);
  const { usage, offer } = usageOf(store);
  const old = named('old', MOST_TOOLS);
  offer(old);
  for (const name of old) usage.count('a', name);
  usage.flush();
  offer(['new', 'old-0']);
  usage.count('a', 'new');
  offer(['old-1']);
  usage.count('a', 'old-1');
  usage.flush();
  await store.flush();
  const { usage: reopened } = usageOf(store);
  const calls = ['new', 'old-0', 'old-1', 'old-2', 'old-999'].map((name) => reopened.of('a', name).count);
  t.same(calls, [1, 1, 1, 0, 0], 'old-2 made room too, as it was called long ago; old-999 had no room');
  t.equal(sum(counts(reopened, 'a')), MOST_TOOLS + 2);
});

t.test('of too many stored counters of a server the most used ones stay apart', async (t) => {
  const { store } = await openTestStore(t);
  const records = collectionNamed('tool_usage') as never;
  const writes = named('tool', 1500).map((tool, i) =>
    add(records, { id: `a/${tool}`, serverId: 'a', tool, count: i + 1, lastUsedAt: 1 } as never),
  );
  await store.apply({ writes });
  const { usage } = usageOf(store);
  t.ok(counts(usage, 'a').length <= MOST_TOOLS);
  t.same([usage.of('a', 'tool-0').count, usage.of('a', 'tool-1499').count], [0, 1500]);
  t.equal(sum(counts(usage, 'a')), (1500 * 1501) / 2);
  await store.flush();
  t.equal(store.count(records), MOST_TOOLS);
});

t.test('of each server 100 tools are counted apart on one day, and every call counts', async (t) => {
  const { store } = await openTestStore(t);
  const days = new DailyUsage(store, noon);
  for (const name of named('tool', 1000)) days.count('a', name, noon);
  days.count('b', 'echo', noon);
  const today = async (seen: object) => (await days.recent({ ...all, ...seen }, noon))[0]?.count;
  t.equal(await today({}), 1001);
  t.equal(await today({ tools: new Set(['echo']) }), 1, 'other servers have their own room');
  t.equal(await today({ tools: new Set(named('tool', 1000)) }), MOST_TOOLS_A_DAY - 1);
  await save(store, days);
  t.equal((await new DailyUsage(store, noon).recent(all, noon))[0]?.count, 1001);
});

import { mock } from 'node:test';
import t, { type Test } from 'tap';
import { add, put } from '../../../hub/domain/store.js';
import { GROUP_COMMIT_MS } from '../../../hub/store/committer.js';
import { ids, openTestStore, plain, testCollection, things } from './stores.js';

/** The clock of timers stands still until it is moved: how busy the machine is makes no difference. */
function stoppedClock(t: Test): void {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.teardown(() => mock.timers.reset());
}

t.test('recorded changes are committed together, within the window', async (t) => {
  const { store } = await openTestStore(t);
  await store.apply({ writes: [put(plain, { id: 'warm', n: 0 })] });
  const told: string[] = [];
  const done = new Promise<void>((resolve) => {
    store.observe(({ writes }) => {
      told.push(...ids(writes));
      if (told.length === 3) resolve();
    });
  });
  stoppedClock(t);
  for (const id of ['a', 'b', 'c']) store.record({ writes: [put(plain, { id, n: 1 })] });
  t.equal(store.get(plain, 'a'), undefined, 'record does not wait');
  mock.timers.tick(GROUP_COMMIT_MS / 2);
  await new Promise((resolve) => setImmediate(resolve));
  t.same(told, [], 'it is gathered');
  mock.timers.tick(GROUP_COMMIT_MS / 2);
  await done;
  t.same(told, ['a', 'b', 'c']);
  t.equal(store.get(plain, 'c')?.n, 1);
});

t.test('changes reach the disk in the order of their calls, recorded or applied', async (t) => {
  const { store } = await openTestStore(t);
  const told: string[] = [];
  store.observe(({ writes }) => told.push(...ids(writes)));
  store.record({ writes: [put(plain, { id: 'a', n: 1 })] });
  const applied = store.apply({ writes: [put(plain, { id: 'b', n: 2 })] });
  store.record({ writes: [put(plain, { id: 'c', n: 3 }), put(plain, { id: 'a', n: 3 })] });
  await applied;
  t.ok(told.length >= 2, 'an apply takes along what was recorded before it');
  await store.flush();
  t.same(told, ['a', 'b', 'c', 'a']);
  t.equal(store.get(plain, 'a')?.n, 3);
});

t.test('flush resolves when all recorded changes are on disk, and at once when there is nothing', async (t) => {
  const { store, dir } = await openTestStore(t);
  await store.flush();
  for (let n = 0; n < 10; n++)
    store.record({ writes: [put(plain, { id: `p${n}`, n })], events: [{ type: 'x', data: {} }] });
  await store.flush();
  t.equal(store.count(plain), 10);
  t.equal(store.latestSeq, 10);
  await store.close();
  const { store: again } = await openTestStore(t, { dir });
  t.equal(again.count(plain), 10);
});

t.test('a backlog above the limit does not wait for the window', async (t) => {
  const { store } = await openTestStore(t);
  await store.apply({ writes: [put(plain, { id: 'warm', n: 0 })] });
  let told = 0;
  const first = new Promise<void>((resolve) => {
    store.observe(() => {
      told += 1;
      resolve();
    });
  });
  // The window never ends.
  stoppedClock(t);
  for (let n = 0; n < 256; n++) store.record({ writes: [put(plain, { id: `p${n}`, n })] });
  await first;
  await store.flush();
  t.equal(told, 256);
});

t.test('changes beyond the bound of memory are refused, and taken again when the disk has caught up', async (t) => {
  const { store } = await openTestStore(t);
  const value = { id: 'big', n: 1, text: 'x'.repeat(8 * 1024 * 1024) };
  const recordMany = () => {
    for (let i = 0; i < 20; i++) store.record({ writes: [put(plain, { ...value, id: `big${i}` })] });
  };
  t.throws(recordMany, { code: 'unavailable', details: { retryAfter: 5 } });
  await store.flush();
  const kept = store.count(plain);
  t.ok(kept >= 8 && kept < 12, `${kept} were taken`);
  store.record({ writes: [put(plain, { id: 'again', n: 1 })] });
  await store.flush();
  t.ok(store.get(plain, 'again'));
});

t.test('recorded changes keep indexes, and a refused one throws to its caller alone', async (t) => {
  const { store } = await openTestStore(t);
  store.record({ writes: [put(things, { id: 'a', name: 'x' })] });
  t.throws(() => store.record({ writes: [put(things, { id: 'b', name: 'X' })] }), { code: 'already_exists' });
  await store.flush();
  t.same(ids(store.list(things, { index: 'name' })), ['a']);
});

interface Tally {
  readonly id: string;
  readonly of?: string;
  readonly n?: number;
  readonly byName?: readonly (readonly [string, number])[];
  readonly at?: number;
}
const tallies = testCollection<Tally>('tallies', 'tally');

t.test(
  'increments add up in the order of their changes, also within one change and before it is on disk',
  async (t) => {
    const { store, dir } = await openTestStore(t);
    const told: unknown[] = [];
    store.observe(({ writes }) => told.push(...writes.map(({ value }) => value)));
    store.record({ writes: [add(tallies, { id: 'a', of: 'x', n: 1, byName: [['one', 1]] }, { at: 7 })] });
    const applied = store.apply({
      writes: [add(tallies, { id: 'a', n: 2 }), add(tallies, { id: 'a', n: -1 }, { at: 5 })],
    });
    // The first commit is under way.
    await Promise.resolve();
    store.record({
      writes: [
        add(tallies, {
          id: 'a',
          byName: [
            ['two', 5],
            ['one', 1],
          ],
        }),
      ],
    });
    await applied;
    store.record({ writes: [add(tallies, { id: 'a', n: 0.5 }, { at: 9 })] });
    await store.flush();
    const sum = {
      id: 'a',
      of: 'x',
      n: 2.5,
      byName: [
        ['one', 2],
        ['two', 5],
      ],
      at: 9,
    };
    t.same(store.get(tallies, 'a'), sum);
    t.same(told.at(-1), sum, 'the feed tells the record, not the increment');
    await store.close();
    t.same((await openTestStore(t, { dir })).store.get(tallies, 'a'), sum);
  },
);

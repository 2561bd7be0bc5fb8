import { mock } from 'node:test';
import t from 'tap';
import type { HubStore } from '../../../hub/store/hub-store.js';
import { openTestStore } from './stores.js';

async function happen(store: HubStore, count: number): Promise<void> {
  const events = Array.from({ length: count }, (_, i) => ({
    type: 'x',
    serverId: 's',
    data: { i, nested: { ok: true } },
  }));
  await store.apply({ writes: [], events });
}

t.test('events are read after a number, oldest first, up to a limit', async (t) => {
  const { store } = await openTestStore(t);
  t.same([store.latestSeq, store.oldestSeq, store.events(0, 10)], [0, 1, []]);
  const before = Date.now();
  await happen(store, 5);
  await store.apply({ writes: [], events: [{ type: 'bare', data: {} }] });
  t.same(
    store.events(2, 2).map(({ seq, data }) => [seq, data.i]),
    [
      [3, 2],
      [4, 3],
    ],
  );
  t.match(store.events(4, 10), [
    { seq: 5, type: 'x', serverId: 's', data: { i: 4, nested: { ok: true } } },
    { seq: 6, type: 'bare' },
  ]);
  t.same(store.events(5, 1)[0]?.data, {});
  t.notOk('serverId' in (store.events(5, 1)[0] ?? {}));
  t.ok((store.events(0, 1)[0]?.time ?? 0) >= before);
  t.same([store.events(6, 10), store.events(99, 10), store.events(2 ** 53, 10), store.events(0, 0)], [[], [], [], []]);
  t.equal(store.events(-5, 100).length, 6);
  t.same([store.latestSeq, store.oldestSeq], [6, 1]);
});

t.test('trimming keeps the newest, and numbers are never used again', async (t) => {
  mock.timers.enable({ apis: ['Date'], now: Date.now() });
  t.teardown(() => mock.timers.reset());
  const { store, dir } = await openTestStore(t);
  await happen(store, 2500);
  t.equal(await store.trimEvents({ keep: 2400 }), 100);
  t.same([store.oldestSeq, store.latestSeq, store.events(0, 1)[0]?.seq], [101, 2500, 101]);
  t.equal(await store.trimEvents({ keep: 2400 }), 0);
  t.equal(await store.trimEvents({ olderThanMs: 60_000 }), 0);
  mock.timers.tick(1000);
  await happen(store, 3);
  t.equal(await store.trimEvents({ olderThanMs: 500 }), 2400);
  t.same([store.oldestSeq, store.latestSeq], [2501, 2503]);
  t.equal(await store.trimEvents({ keep: 0 }), 2, 'the newest stays, to number the next');
  await store.close();
  const { store: again } = await openTestStore(t, { dir });
  t.same([again.oldestSeq, again.latestSeq], [2503, 2503]);
  await happen(again, 1);
  t.equal(again.events(0, 10).at(-1)?.seq, 2504);
  t.equal(await again.trimEvents({}), 0);
});

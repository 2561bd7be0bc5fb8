import t from 'tap';
import { DomainError } from '../../../hub/domain/errors.js';
import { type Committed, collection, put, remove } from '../../../hub/domain/store.js';
import { Feed } from '../../../hub/store/committer.js';
import type { ReplicaStore } from '../../../hub/store/hub-store.js';
import { ids, keptLog, openTestStore, plain, type Thing, things } from './stores.js';

const a: Thing = { id: 'a', name: 'Ann', group: 'g', time: 1, revision: 1 };

t.test('a change can be read when apply resolves, and after the store was opened again', async (t) => {
  const { store, dir } = await openTestStore(t);
  await store.apply({ writes: [put(things, a), put(plain, { id: 'p', n: 1 })] });
  t.same(store.get(things, 'a'), a);
  await store.close();
  const { store: again } = await openTestStore(t, { dir });
  t.same(again.get(things, 'a'), a);
  t.same(again.get(plain, 'p'), { id: 'p', n: 1 });
});

t.test('values come back as they went in', async (t) => {
  const { store } = await openTestStore(t);
  const value = {
    id: 'v',
    n: 1,
    big: 2 ** 40,
    exact: 1.1,
    negative: -5,
    nothing: null,
    list: [1, 'two', { three: true }],
    bytes: Buffer.from([0, 1, 255]),
    text: 'ä€😀\u0000"',
    long: 'x'.repeat(200_000),
  };
  await store.apply({ writes: [put(plain, value)] });
  t.same(store.get(plain, 'v'), value);
});

t.test("expect: 'absent' refuses a taken id, and nothing of the change is written", async (t) => {
  const { store } = await openTestStore(t);
  await store.apply({ writes: [put(things, a)] });
  const change = {
    writes: [put(plain, { id: 'p', n: 1 }), put(things, { ...a, name: 'Bob' }, 'absent')],
    events: [{ type: 'x', data: {} }],
  };
  await t.rejects(store.apply(change), {
    code: 'already_exists',
    message: "thing with id 'a' already exists",
    details: { resource: 'thing', field: 'id', value: 'a' },
  });
  t.same(store.get(things, 'a'), a);
  t.equal(store.get(plain, 'p'), undefined);
  t.equal(store.find(things, 'name', 'bob'), undefined);
  t.equal(store.latestSeq, 0);
});

t.test('expect: a revision refuses another revision, an absent record, and a change in between', async (t) => {
  const { store } = await openTestStore(t);
  await store.apply({ writes: [put(things, a, 'absent')] });
  await t.rejects(store.apply({ writes: [put(things, { ...a, revision: 3 }, 2)] }), { code: 'conflict' });
  await t.rejects(store.apply({ writes: [put(things, { ...a, id: 'b' }, 1)] }), { code: 'conflict' });
  await t.rejects(store.apply({ writes: [remove(things, 'a', 9)] }), { code: 'conflict' });
  const [first, second] = await Promise.allSettled([
    store.apply({ writes: [put(things, { ...a, revision: 2, name: 'first' }, 1)] }),
    store.apply({ writes: [put(things, { ...a, revision: 2, name: 'second' }, 1)] }),
  ]);
  t.equal(first.status, 'fulfilled');
  t.match(second, { status: 'rejected', reason: { code: 'conflict', details: { resource: 'thing', id: 'a' } } });
  t.equal(store.get(things, 'a')?.name, 'first');
});

t.test('a unique index refuses a second holder of a key, on disk or on its way there', async (t) => {
  const { store } = await openTestStore(t);
  await store.apply({ writes: [put(things, a)] });
  await t.rejects(store.apply({ writes: [put(things, { id: 'b', name: 'ANN' })] }), {
    code: 'already_exists',
    message: "thing with name 'ANN' already exists",
    details: { resource: 'thing', field: 'name', value: 'ANN' },
  });
  await t.rejects(store.apply({ writes: [put(things, { id: 'b', name: 'b', group: 'g', time: 1 })] }), {
    message: "thing with group and time 'g, 1' already exists",
  });
  const results = await Promise.allSettled(
    ['c', 'd', 'e'].map((id) => store.apply({ writes: [put(things, { id, name: 'same' })] })),
  );
  t.same(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'rejected'],
  );
  t.same(ids(store.list(things)), ['a', 'c']);
});

t.test(
  'a unique key is free again once its holder gave it up, in the same change or while that is being written',
  async (t) => {
    const { store } = await openTestStore(t);
    await store.apply({ writes: [put(things, a)] });
    await store.apply({ writes: [put(things, { ...a, name: 'other' }), put(things, { id: 'b', name: 'ann' })] });
    t.equal(store.find(things, 'name', 'ann')?.id, 'b');
    const gone = store.apply({ writes: [remove(things, 'b')] });
    const taken = store.apply({ writes: [put(things, { id: 'c', name: 'ann' }, 'absent')] });
    await Promise.all([gone, taken]);
    t.equal(store.find(things, 'name', 'ann')?.id, 'c');
    await t.rejects(
      store.apply({ writes: [put(things, { id: 'd', name: 'x' }), put(things, { id: 'e', name: 'x' })] }),
      { code: 'already_exists' },
      'two writes of one change do not share a key either',
    );
    t.equal(store.get(things, 'd'), undefined);
  },
);

t.test('the keys of a refused change stay free', async (t) => {
  const { store } = await openTestStore(t);
  await store.apply({ writes: [put(things, a)] });
  const refused = store.apply({ writes: [put(things, { id: 'b', name: 'free' }), put(things, { ...a, id: 'c' })] });
  const taken = store.apply({ writes: [put(things, { id: 'd', name: 'free' })] });
  await t.rejects(refused, { code: 'already_exists' });
  await taken;
  t.same(ids(store.list(things)), ['a', 'd']);
});

t.test('of several waiting changes of one record the last one stays, with exactly its index entries', async (t) => {
  const { store } = await openTestStore(t);
  await Promise.all(
    ['g1', 'g2', 'g3'].map((group, time) =>
      store.apply({ writes: [put(things, { ...a, group, time, tags: [group] })] }),
    ),
  );
  t.equal(store.get(things, 'a')?.group, 'g3');
  t.same(ids(store.list(things, { index: 'group' })), ['a']);
  t.equal(store.count(things, { index: 'tag' }), 1);
  t.equal(store.count(things, { index: 'groupTime', equals: 'g1' }), 0);
  await Promise.all([
    store.apply({ writes: [remove(things, 'a')] }),
    store.apply({ writes: [put(things, { ...a, name: 'back' })] }),
    store.apply({ writes: [remove(things, 'a')] }),
  ]);
  t.equal(store.get(things, 'a'), undefined);
  t.equal(store.count(things, { index: 'name' }) + store.count(things, { index: 'group' }), 0);
});

t.test('a change that comes while another is being written sees the effect of the other', async (t) => {
  const { store } = await openTestStore(t);
  const writing = store.apply({ writes: [put(things, { ...a, tags: ['old'] }, 'absent')] });
  // The commit starts in a microtask, and ends in a later turn.
  for (let i = 0; i < 5; i++) await null;
  t.equal(store.get(things, 'a'), undefined, 'it is still being written');
  const results = await Promise.allSettled([
    store.apply({ writes: [put(things, a, 'absent')] }),
    store.apply({ writes: [put(things, { id: 'b', name: 'ann' })] }),
    store.apply({ writes: [put(things, { ...a, revision: 2, name: 'new', tags: ['new'] }, 1)] }),
    store.apply({ writes: [put(things, { id: 'c', name: 'ann' })] }),
    writing,
  ]);
  t.same(
    results.map((result) => (result.status === 'rejected' ? result.reason.code : 'done')),
    ['already_exists', 'already_exists', 'done', 'done', 'done'],
  );
  t.equal(store.find(things, 'name', 'ann')?.id, 'c');
  t.equal(store.find(things, 'name', 'new')?.id, 'a');
  t.equal(store.count(things, { index: 'name' }), 2);
  t.same([store.count(things, { index: 'tag' }), store.count(things, { index: 'tag', equals: 'new' })], [1, 1]);
});

t.test("a later change of the caller's objects changes nothing in the store", async (t) => {
  const { store } = await openTestStore(t);
  const mine = { id: 'm', name: 'mine', tags: ['x'] };
  const applied = store.apply({ writes: [put(things, mine)] });
  mine.name = 'changed';
  mine.tags.push('y');
  await applied;
  t.same(store.get(things, 'm'), { id: 'm', name: 'mine', tags: ['x'] });
  await store.apply({ writes: [remove(things, 'm')] });
  t.equal(store.count(things, { index: 'name' }) + store.count(things, { index: 'tag' }), 0);
});

t.test('many applies at once share commits, and each finds its own outcome', async (t) => {
  const { store } = await openTestStore(t);
  const results = await Promise.allSettled(
    Array.from({ length: 2000 }, (_, i) =>
      store.apply({
        writes: [put(things, { id: `t${i}`, name: `n${i >> 1}` })],
        events: [{ type: 'made', data: { i } }],
      }),
    ),
  );
  t.equal(results.filter(({ status }) => status === 'fulfilled').length, 1000);
  t.equal(store.count(things), 1000);
  t.equal(store.latestSeq, 1000);
});

t.test('the feed reports every commit in order, with numbered events, and after it can be read', async (t) => {
  const { store, log } = await openTestStore(t);
  const told: Committed[] = [];
  const readable: boolean[] = [];
  store.observe(() => {
    throw new Error('listener one');
  });
  store.observe(async () => {
    throw new Error('listener two');
  });
  const stop = store.observe((committed) => {
    told.push(committed);
    readable.push(store.get(plain, committed.writes[0]?.id ?? '') !== undefined);
  });
  const changes = Array.from({ length: 20 }, (_, n) => ({
    writes: [put(plain, { id: `p${n}`, n })],
    events: [
      { type: 'a', serverId: `s${n}`, data: { n } },
      { type: 'b', data: {} },
    ],
  }));
  const results = await Promise.all(changes.map((change) => store.apply(change)));
  await store.apply({ writes: [remove(plain, 'p0')] });
  t.same(told.slice(0, 20), results);
  t.same(
    told.flatMap(({ events }) => events.map(({ seq }) => seq)),
    Array.from({ length: 40 }, (_, i) => i + 1),
  );
  t.match(told[3], {
    writes: [{ collection: 'plain', id: 'p3', value: { n: 3 } }],
    events: [{ type: 'a', serverId: 's3', data: { n: 3 } }, { type: 'b' }],
  });
  t.same(told[20]?.writes, [{ collection: 'plain', id: 'p0', value: undefined }]);
  t.ok(readable.slice(0, 20).every(Boolean));
  t.equal(log.lines.filter(({ level }) => level === 'error').length, 42);
  stop();
  await store.apply({ writes: [put(plain, { id: 'z', n: 0 })] });
  t.equal(told.length, 21);
});

t.test('a listener may change the store, and come and go, while it is called', async (t) => {
  const { store } = await openTestStore(t);
  const told: string[] = [];
  const stop = store.observe(({ writes }) => {
    stop();
    told.push(`one ${writes[0]?.id}`);
    store.record({ writes: [put(plain, { id: 'second', n: 2 })] });
    store.observe(({ writes }) => told.push(`late ${writes[0]?.id}`));
  });
  store.observe(({ writes }) => told.push(`two ${writes[0]?.id}`));
  await store.apply({ writes: [put(plain, { id: 'first', n: 1 })] });
  await store.flush();
  t.same(told, ['one first', 'two first', 'two second', 'late second']);
});

t.test('a value that cannot be stored is refused with a message', async (t) => {
  const { store } = await openTestStore(t);
  for (const id of ['', 'x'.repeat(256), 'ä'.repeat(128)]) {
    await t.rejects(store.apply({ writes: [put(plain, { id, n: 1 })] }), { code: 'invalid_input' });
    t.equal(store.get(plain, id), undefined);
  }
  await t.rejects(store.apply({ writes: [put(things, { id: 'a', name: 'a', time: Number.NaN })] }), TypeError);
  t.throws(() => store.find(things, 'group', 'g'), /not unique/);
  t.throws(() => store.list(things, { index: 'nope' })[Symbol.iterator]().next(), /no index 'nope'/);
  await store.apply({ writes: [put(plain, { id: 'x'.repeat(255), n: 1 })] });
  t.equal(store.get(plain, 'x'.repeat(255))?.n, 1);
});

t.test('a closed store refuses', async (t) => {
  const { store } = await openTestStore(t);
  await store.apply({ writes: [put(plain, { id: 'a', n: 1 }), put(plain, { id: 'b', n: 1 })] });
  const iterator = store.list(plain)[Symbol.iterator]();
  const waiting = store.apply({ writes: [put(plain, { id: 'c', n: 1 })] });
  await store.close();
  await store.close();
  await t.resolves(waiting, 'what was taken before is brought to disk');
  await t.rejects(store.apply({ writes: [] }), { code: 'unavailable' });
  t.throws(() => store.record({ writes: [] }), { code: 'unavailable' });
  t.throws(() => store.get(plain, 'a'), { code: 'unavailable' });
  t.throws(() => iterator.next(), { code: 'unavailable' });
});

t.test('the compiler requires the class of a collection, and the expectation of a write of a registry', async (t) => {
  // @ts-expect-error: the table of classes does not have it
  t.equal(collection('unheard_of', 'thing').class, undefined);
  const groups = collection<Thing>('groups', 'group');
  t.equal(groups.class, 'registry');
  // @ts-expect-error: it does not say what it expects
  t.notOk('expect' in put(groups, a));
  // @ts-expect-error: it does not say what it expects
  t.notOk('expect' in remove(groups, a.id));
  t.match(put(groups, a, 'absent'), { expect: 'absent' });
  t.match(remove(groups, a.id, 1), { expect: 1 });
});

t.test('a replica of another hub’s change calls the listeners that observe, and not the listeners that act', (t) => {
  const feed = new Feed(keptLog());
  const called: string[] = [];
  const stop = feed.act(({ writes }) => called.push(`act ${writes[0]?.id}`));
  feed.observe(({ writes }) => called.push(`observe ${writes[0]?.id}`));
  const change = (id: string): Committed => ({ writes: [{ collection: 'plain', id, value: { id } }], events: [] });
  feed.publish(change('own'));
  feed.publish(change('replicated'), 'replica');
  stop();
  feed.publish(change('late'));
  t.same(called, ['act own', 'observe own', 'observe replicated', 'observe late']);
  t.end();
});

t.test('a change is refused only after the change that it contradicts is on disk', async (t) => {
  const { store } = await openTestStore(t);
  const first = store.apply({ writes: [put(things, a, 'absent')] });
  const refused = store.apply({ writes: [put(things, { ...a, name: 'Bob' }, 'absent')] });
  await t.rejects(
    refused.finally(() => t.same(store.get(things, 'a'), a)),
    { code: 'already_exists' },
  );
  await first;
});

t.test('a change that contradicts a lost change fails as the lost change does, and not with a conflict', async (t) => {
  const { store } = await openTestStore(t);
  const lost = new DomainError('unavailable', 'the other hubs did not take it');
  const asked: (() => void)[] = [];
  const sent = new Promise<void>((resolve) => asked.push(resolve));
  (store as ReplicaStore).lead({
    send: () => {
      for (const resolve of asked) resolve();
      return new Promise((_, reject) => asked.push(() => reject(lost)));
    },
    lost: () => {},
    stop: () => {},
  });
  const changes = [a, { ...a, name: 'Bob' }].map((thing) => store.apply({ writes: [put(things, thing, 'absent')] }));
  const results = Promise.allSettled(changes);
  await sent;
  for (const lose of asked) lose();
  const codes = (await results).map((result) => (result.status === 'rejected' ? result.reason.code : result.status));
  t.same(codes, ['unavailable', 'unavailable']);
  t.equal(store.get(things, 'a'), undefined);
});

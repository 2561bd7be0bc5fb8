import t from 'tap';
import { put } from '../../../hub/domain/store.js';
import type { Migration } from '../../../hub/store/migrations.js';
import { openStore } from '../../../hub/store/open.js';
import { tempFolder } from '../../temp-folder.js';
import { ids, keptLog, openTestStore, plain, type Thing, testCollection, things } from './stores.js';

/** A migration: names become upper case, every second record is removed, and each gets a copy in another collection. */
const shout: Migration = {
  version: 2,
  name: 'shout',
  up(tx) {
    for (const record of tx.records('things')) {
      if (Number(record.id) % 2) tx.remove('things', record.id);
      else tx.put('things', { ...record, name: `${record.name}!`, group: 'new' });
      tx.put('plain', { id: record.id, n: Number(record.id) });
    }
  },
};
const fails: Migration = {
  version: 3,
  name: 'fails',
  up(tx) {
    tx.put('things', { id: '0', name: 'ruined' });
    tx.put('made', { id: 'x' });
    throw new Error('no');
  },
};
const works: Migration = { version: 3, name: 'works', up: (tx) => tx.put('plain', { id: 'v3', n: 3 }) };

async function filled(t: Parameters<typeof openTestStore>[0]) {
  const { store, dir } = await openTestStore(t, { migrations: [] });
  const all = Array.from({ length: 600 }, (_, i) => ({ id: String(i).padStart(4, '0'), name: `n${i}`, group: 'old' }));
  await store.apply({ writes: all.map((thing) => put(things, thing)) });
  await store.close();
  return dir;
}

t.test('migrations run once, in order, and indexes follow', async (t) => {
  const dir = await filled(t);
  const { store, log } = await openTestStore(t, { dir, migrations: [shout] });
  t.match(log.lines[0], { message: 'migrating the store', fields: { version: 2, name: 'shout' } });
  t.equal(store.count(things), 300);
  t.equal(store.count(plain), 600);
  t.equal(store.find(things, 'name', 'n10!')?.id, '0010');
  t.same([store.find(things, 'name', 'n10'), store.count(things, { index: 'group', equals: 'old' })], [undefined, 0]);
  t.equal(store.count(things, { index: 'group', equals: 'new' }), 300);
  await store.close();
  const { store: next } = await openTestStore(t, { dir, migrations: [shout, works] });
  t.equal(next.count(things), 300);
  t.equal(next.get(plain, 'v3')?.n, 3);
  t.equal(next.get(things, '0010')?.name, 'n10!', 'the first ran no second time');
});

t.test('a migration that fails leaves the store as it was', async (t) => {
  const dir = await filled(t);
  const failed = { code: 'internal', message: 'migration 3 (fails) failed, and the store is as it was' };
  await t.rejects(openStore({ dir, log: keptLog(), migrations: [shout, fails] }), failed);
  const { store } = await openTestStore(t, { dir, migrations: [] });
  t.equal(store.count(things), 600);
  t.equal(store.get(things, '0000')?.name, 'n0');
  t.equal(store.count(plain), 0);
  t.equal(store.find(things, 'name', 'n599')?.id, '0599');
  await store.close();
  const { store: next } = await openTestStore(t, { dir, migrations: [shout, works] });
  t.equal(next.count(things), 300);
});

t.test('a store of a newer version is refused and not touched', async (t) => {
  const dir = await filled(t);
  const { store } = await openTestStore(t, { dir, migrations: [shout, works] });
  await store.close();
  await t.rejects(openStore({ dir, log: keptLog(), migrations: [shout] }), {
    code: 'conflict',
    message: 'the store is of version 3, and this program knows versions up to 2: use a newer program',
  });
  await openTestStore(t, { dir, migrations: [shout, works] });
});

t.test('a new store has the newest version: no migration runs', async (t) => {
  const { store, log } = await openTestStore(t, { migrations: [shout, fails] });
  t.same(
    log.lines.filter(({ message }) => message.startsWith('migrating')),
    [],
  );
  t.equal(store.count(things), 0);
});

t.test('files that are not a store are refused with a clear error', async (t) => {
  for (const content of [Buffer.alloc(20_000, 7), Buffer.alloc(20_000), Buffer.from('hello')]) {
    const dir = tempFolder(t, { 'store.mdb': content });
    await t.rejects(openStore({ dir, log: keptLog() }), { code: 'internal', message: /is not a store/ });
  }
});

t.test('the store indexes the records of a collection again when the indexes have changed', async (t) => {
  const { store, dir } = await openTestStore(t);
  const before = testCollection<Thing>('c', 'thing', {
    name: { of: ({ name }) => name },
    group: { of: ({ group }) => group },
  });
  await store.apply({ writes: ['a', 'b', 'c'].map((id) => put(before, { id, name: 'same', group: id })) });
  await store.close();

  const { store: second, log } = await openTestStore(t, { dir });
  const after = testCollection<Thing>('c', 'thing', {
    time: { of: ({ id }) => id.charCodeAt(0) },
    name: { of: ({ name }) => name },
  });
  t.same(ids(second.list(after, { index: 'time', from: 98 })), ['b', 'c']);
  t.equal(second.count(after, { index: 'name', equals: 'same' }), 3);
  t.match(log.lines, [{ message: 'listed all records in changed indexes', fields: { collection: 'c', records: 3 } }]);
  t.throws(() => second.count(before), /declared twice/);
  await second.close();

  const { store: third } = await openTestStore(t, { dir });
  const unique = testCollection<Thing>('c', 'thing', { name: { of: ({ name }) => name, unique: true } });
  t.throws(() => third.count(unique), /things 'a' and 'b' have the same name: its index cannot be made unique/);
  t.same(ids(third.list(after, { index: 'time' })), ['a', 'b', 'c'], 'what failed changed nothing');
});

import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import t from 'tap';
import { list } from 'tar';
import { put } from '../../../hub/domain/store.js';
import { restoreStore } from '../../../hub/store/copies/restore.js';
import type { HubStore } from '../../../hub/store/hub-store.js';
import { openStore } from '../../../hub/store/open.js';
import { tempFolder } from '../../temp-folder.js';
import { ids, keptLog, openTestStore, plain, things } from './stores.js';

async function backUp(store: HubStore, file: string, withSealingKey = false): Promise<void> {
  await pipeline(await store.copy({ withSealingKey }), createWriteStream(file));
}

function leftovers(dir: string): string[] {
  return existsSync(join(dir, 'tmp')) ? readdirSync(join(dir, 'tmp')) : [];
}

/** Incompressible, so that a backup has a size. */
const noise = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (Math.imul(i, 2654435761) >>> 13) & 0xff)).toString(
  'base64',
);

const noisy = (id: string, n: number) => ({ id, n, noise });

t.test('a backup that is made during changes shows one moment, and restores to it', async (t) => {
  const dir = tempFolder(t, { data: {}, other: {} });
  const { store } = await openTestStore(t, { dir: join(dir, 'data') });
  const file = join(dir, 'backup');
  for (let n = 0; n < 200; n++) {
    const id = String(n).padStart(6, '0');
    store.record({
      writes: [put(things, { id, name: id }), put(plain, noisy(id, n))],
      events: [{ type: 'x', data: {} }],
    });
  }
  let going = true;
  let n = 200;
  const writing = (async () => {
    for (; going; n++) {
      const id = String(n).padStart(6, '0');
      await store.apply({
        writes: [put(things, { id, name: id }), put(plain, { id, n })],
        events: [{ type: 'x', data: {} }],
      });
    }
  })();
  const known = n;
  await backUp(store, file);
  going = false;
  await writing;
  t.same(leftovers(join(dir, 'data')), []);

  const target = join(dir, 'other', 'data');
  const log = keptLog();
  const manifest = await restoreStore({ from: file, dir: target, log });
  t.match(manifest, { format: 'roundhouse-backup', schema: 3, withSealingKey: false });
  t.same(leftovers(target), []);
  t.notOk(existsSync(join(target, 'sealing.key')));
  t.equal(statSync(join(target, 'store.mdb')).mode & 0o777, 0o600);
  writeFileSync(join(target, 'sealing.key'), readFileSync(join(dir, 'data', 'sealing.key')));
  const { store: restored } = await openTestStore(t, { dir: target });
  const there = ids(restored.list(things));
  t.ok(there.length >= known && there.length <= n, `${there.length} of ${n} records`);
  t.same(ids(restored.list(plain)), there);
  t.same(ids(restored.list(things, { index: 'name' })), there);
  t.equal(restored.latestSeq, there.length);
  t.same(restored.get(plain, '000007'), noisy('000007', 7));
});

t.test('the sealing key is in a backup only if the caller asks for it', async (t) => {
  const dir = tempFolder(t, { data: {} });
  const { store } = await openTestStore(t, { dir: join(dir, 'data') });
  const sealed = await store.seal('secret');
  const names = async (file: string) => {
    const names: string[] = [];
    await list({ file, onReadEntry: ({ path }) => names.push(path) });
    return names;
  };
  await backUp(store, join(dir, 'without.tar.gz'));
  t.same(await names(join(dir, 'without.tar.gz')), ['manifest.json', 'store.mdb']);
  await backUp(store, join(dir, 'with.tar.gz'), true);
  t.same(await names(join(dir, 'with.tar.gz')), ['manifest.json', 'store.mdb', 'sealing.key']);

  const keyless = join(dir, 'keyless');
  await restoreStore({ from: join(dir, 'without.tar.gz'), dir: keyless });
  await t.rejects(openStore({ dir: keyless, log: keptLog() }), { message: /sealing\.key is missing/ });

  const sealingKeyFile = join(dir, 'keys', 'my.key');
  await restoreStore({ from: createReadStream(join(dir, 'with.tar.gz')), dir: join(dir, 'full'), sealingKeyFile });
  t.equal(statSync(sealingKeyFile).mode & 0o777, 0o600);
  const { store: full } = await openTestStore(t, { dir: join(dir, 'full'), sealingKeyFile });
  t.equal(await full.unseal(sealed), 'secret');
});

t.test('a restore replaces a store, or a sealing key, only when forced', async (t) => {
  const dir = tempFolder(t, { a: {}, b: {} });
  const { store: a } = await openTestStore(t, { dir: join(dir, 'a') });
  await a.apply({ writes: [put(plain, { id: 'from a', n: 1 })] });
  const from = join(dir, 'backup');
  await backUp(a, from, true);
  const { store: b } = await openTestStore(t, { dir: join(dir, 'b') });
  await b.apply({ writes: [put(plain, { id: 'from b', n: 1 })] });
  await b.close();
  const target = { from, dir: join(dir, 'b') };
  await t.rejects(restoreStore(target), { code: 'already_exists', message: /holds a store already/ });
  const { store: same } = await openTestStore(t, { dir: join(dir, 'b') });
  t.same(ids(same.list(plain)), ['from b']);
  await same.close();

  mkdirSync(join(dir, 'c'));
  writeFileSync(join(dir, 'c', 'sealing.key'), readFileSync(join(dir, 'b', 'sealing.key')));
  await t.rejects(restoreStore({ from, dir: join(dir, 'c') }), {
    code: 'already_exists',
    message: /is another key: `--force`/,
  });
  t.notOk(existsSync(join(dir, 'c', 'store.mdb')));
});

t.test('forced, a restore replaces both, and keeps the other key', async (t) => {
  const dir = tempFolder(t, { a: {}, b: {} });
  const { store: a } = await openTestStore(t, { dir: join(dir, 'a') });
  await a.apply({ writes: [put(plain, { id: 'from a', n: 1 })] });
  await backUp(a, join(dir, 'backup'), true);
  const { store: b } = await openTestStore(t, { dir: join(dir, 'b') });
  await b.apply({ writes: [put(plain, { id: 'from b', n: 1 })] });
  await b.close();
  const oldKey = readFileSync(join(dir, 'b', 'sealing.key'), 'latin1');
  await restoreStore({ from: join(dir, 'backup'), dir: join(dir, 'b'), force: true });
  const { store } = await openTestStore(t, { dir: join(dir, 'b') });
  t.same(ids(store.list(plain)), ['from a']);
  const kept = readdirSync(join(dir, 'b')).find((name) => name.includes('.replaced-')) ?? '';
  t.equal(readFileSync(join(dir, 'b', kept), 'latin1'), oldKey);
});

t.test('another file, or half a backup, is refused and leaves nothing', async (t) => {
  const dir = tempFolder(t, { data: {} });
  const { store } = await openTestStore(t, { dir: join(dir, 'data') });
  await store.apply({ writes: [put(plain, noisy('a', 1))] });
  await backUp(store, join(dir, 'backup'));
  const whole = readFileSync(join(dir, 'backup'));
  const damaged = Buffer.from(whole);
  damaged.fill(0, whole.length >> 1, (whole.length >> 1) + 100);
  for (const bytes of [
    Buffer.alloc(0),
    Buffer.from('hello'),
    whole.subarray(0, whole.length >> 1),
    whole.subarray(0, -9),
    damaged,
  ]) {
    await t.rejects(restoreStore({ from: Readable.from([bytes]), dir: join(dir, 'new') }), {
      code: 'invalid_input',
      message: /not a backup of Roundhouse, or not a whole one/,
    });
    t.notOk(existsSync(join(dir, 'new', 'store.mdb')));
    t.same(leftovers(join(dir, 'new')), []);
  }
  await t.rejects(restoreStore({ from: join(dir, 'nope'), dir: join(dir, 'new') }), { code: 'ENOENT' });
});

t.test('a backup that is left early, or never read, leaves nothing; closing ends those being read', async (t) => {
  const { store, dir } = await openTestStore(t);
  await store.apply({
    writes: Array.from({ length: 40 }, (_, i) => put(plain, noisy(`t${i}`, i))),
  });
  for await (const chunk of await store.copy({ withSealingKey: false })) {
    t.ok(chunk.length > 0);
    break;
  }
  const unread = (await store.copy({ withSealingKey: false }))[Symbol.asyncIterator]();
  await unread.return?.();
  const stalled = (await store.copy({ withSealingKey: false }))[Symbol.asyncIterator]();
  await stalled.next();
  await store.copy({ withSealingKey: false });
  await store.close();
  t.same(leftovers(dir), []);
  await t.rejects(async () => {
    for (;;) if ((await stalled.next()).done) return;
  }, 'the reader learns that it has no whole backup');
  await t.rejects(store.copy({ withSealingKey: false }), { code: 'unavailable' });
});

t.test('the unfinished backup of a killed hub is removed at the next start', async (t) => {
  const dir = tempFolder(t, { tmp: { 'backup-abc': { 'store.mdb': 'x' }, 'restore-abc': {}, other: 'mine' } });
  await openTestStore(t, { dir });
  t.same(leftovers(dir), ['other']);
});

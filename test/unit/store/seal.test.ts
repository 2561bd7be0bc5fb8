import { chmodSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { put } from '../../../hub/domain/store.js';
import { openStore } from '../../../hub/store/open.js';
import { tempFolder } from '../../temp-folder.js';
import { keptLog, openTestStore, plain } from './stores.js';

const secret = 'correct horse battery staple';

t.test('a sealed secret can be unsealed, is different each time, and is nowhere in the data', async (t) => {
  const { store, dir } = await openTestStore(t);
  const sealed = await store.seal(secret);
  t.equal(await store.unseal(sealed), secret);
  t.not(await store.seal(secret), sealed);
  t.equal(await store.unseal(await store.seal('')), '');
  t.equal(await store.unseal(await store.seal('ä😀')), 'ä😀');
  t.match(JSON.parse(Buffer.from(sealed.split('.')[0] ?? '', 'base64url').toString()), { alg: 'dir', enc: 'A256GCM' });
  await store.apply({ writes: [put(plain, { id: 'a', n: 1, sealed, marker: 'visible' } as never)] });
  await store.close();
  const bytes = readFileSync(join(dir, 'store.mdb'));
  t.ok(bytes.includes('visible'));
  t.notOk(bytes.includes(secret));
  const key = readFileSync(join(dir, 'sealing.key'), 'latin1').trim();
  t.notOk(bytes.includes(key));
  t.notOk(bytes.includes(Buffer.from(key, 'base64url')));
  const { store: again } = await openTestStore(t, { dir });
  t.equal(await again.unseal(sealed), secret);
});

t.test('the key is made once, for its owner only, where it was asked for', async (t) => {
  const dir = tempFolder(t);
  const sealingKeyFile = join(dir, 'elsewhere', 'my.key');
  const { store } = await openTestStore(t, { dir: join(dir, 'data'), sealingKeyFile });
  await store.close();
  const text = readFileSync(sealingKeyFile, 'latin1');
  t.match(text, /^[\w-]{43}\n$/);
  t.equal(statSync(sealingKeyFile).mode & 0o777, 0o600);
  t.equal(statSync(join(dir, 'data', 'store.mdb')).mode & 0o777, 0o600);
  await openTestStore(t, { dir: join(dir, 'data'), sealingKeyFile });
  t.equal(readFileSync(sealingKeyFile, 'latin1'), text);
});

t.test('another key unseals nothing, and the reason holds no secret', async (t) => {
  const { store, dir } = await openTestStore(t);
  const sealed = await store.seal(secret);
  await store.close();
  const file = join(dir, 'sealing.key');
  const old = readFileSync(file, 'latin1').trim();
  writeFileSync(file, Buffer.alloc(32, 7).toString('base64url'));
  const { store: other, log } = await openTestStore(t, { dir });
  t.match(log.lines, [{ level: 'warn', message: /another one than before/ }]);
  const refused = {
    code: 'internal',
    message: `a secret cannot be unsealed: it was not sealed under the key in ${file}`,
  };
  await t.rejects(other.unseal(sealed), refused);
  await t.rejects(other.unseal('nonsense'), { code: 'internal' });
  const own = await other.seal('x');
  await t.rejects(other.unseal(`${own.slice(0, -2)}AA`), { message: 'a secret cannot be unsealed: it is damaged' });
  const error = await other.unseal(sealed).catch((error: Error) => error);
  const text = `${(error as Error).stack} ${JSON.stringify(error)} ${(error as Error).cause}`;
  t.notOk([secret, old, sealed].some((part) => text.includes(part)));
});

t.test('a key that is missing, though the store has secrets under it, is not silently replaced', async (t) => {
  const { store, dir } = await openTestStore(t);
  await store.close();
  rmSync(join(dir, 'sealing.key'));
  await t.rejects(openStore({ dir, log: keptLog() }), { code: 'internal', message: /sealing\.key is missing/ });
});

t.test('a malformed or unreadable key file gives a clear error, an exposed key file a warning', async (t) => {
  for (const text of ['', 'short', `${'A'.repeat(44)}`, `${'A'.repeat(42)}=`, `${'A'.repeat(42)}+`]) {
    const dir = tempFolder(t, { 'sealing.key': text });
    const error = await openStore({ dir, log: keptLog() }).catch((error) => error);
    t.match(error, { code: 'internal', message: /sealing\.key is malformed: it must be 32 bytes in base64url/ });
    t.notOk(text && error.message.includes(text));
  }
  const dir = tempFolder(t, { 'sealing.key': {} });
  await t.rejects(openStore({ dir, log: keptLog() }), { message: /sealing\.key cannot be read: EISDIR/ });

  const open = tempFolder(t, { 'sealing.key': Buffer.alloc(32, 1).toString('base64url') });
  chmodSync(join(open, 'sealing.key'), 0o644);
  const { log } = await openTestStore(t, { dir: open });
  t.match(log.lines, [{ level: 'warn', message: /can be read by others/ }]);
});

import t from 'tap';
import { restoreStore } from '../../../hub/store/copies/restore.js';
import { openStore } from '../../../hub/store/open.js';
import { tempFolder } from '../../temp-folder.js';
import { startChild } from './child.js';
import { keptLog, openTestStore } from './stores.js';

t.test('a second hub on the same folder is refused, and so is a restore into it', async (t) => {
  const dir = tempFolder(t);
  const { child, lines, exited } = startChild(t, 'holder.ts', [dir]);
  for await (const line of lines) if (line === 'open') break;
  const inUse = { code: 'conflict', message: `${dir} is in use by another hub (process ${child.pid})` };
  await t.rejects(openStore({ dir, log: keptLog() }), inUse);
  await t.rejects(restoreStore({ from: '/nonexistent', dir, force: true }), inUse);

  child.kill('SIGKILL');
  await exited;
  await openTestStore(t, { dir });
  t.pass('the lock of a killed hub is no lock');
});

t.test('the same process cannot open a folder twice, and can again after closing it', async (t) => {
  const { store, dir } = await openTestStore(t);
  await t.rejects(openStore({ dir, log: keptLog() }), { code: 'conflict' });
  await store.close();
  await openTestStore(t, { dir });
});

t.test('a store that fails to open gives its folder back', async (t) => {
  const dir = tempFolder(t, { 'sealing.key': 'nonsense' });
  for (let i = 0; i < 2; i++) {
    await t.rejects(openStore({ dir, log: keptLog() }), { code: 'internal', message: /malformed/ });
  }
});

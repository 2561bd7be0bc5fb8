import { join } from 'node:path';
import { systemSentence } from '@roundhouse/proto/system-errors';
import t from 'tap';
import { tempFolder } from '../../temp-folder.js';

t.test('a folder of another user: the user, and the owner of the folder, are named', async (t) => {
  const folder = tempFolder(t);
  const user = process.getuid?.();
  for (const code of ['EACCES', 'EPERM']) {
    const path = join(folder, 'data', 'hub.lock');
    const error = Object.assign(new Error('x'), { code, syscall: 'open', path });
    t.equal(systemSentence(error), `this user (${user}) may not use ${path}: ${folder} belongs to user ${user}`);
  }
});

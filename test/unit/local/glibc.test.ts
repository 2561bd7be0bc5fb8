import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { useOldNames } from '../../../deploy/local/glibc.mjs';
import { root } from '../../../deploy/local/prepare.mjs';

const binary = (name: string) => readFileSync(join(root, 'node_modules/uWebSockets.js', name));

t.test('a binary that asks for the new glibc asks for an old one afterwards', async (t) => {
  // Not the one of the Node that runs this: that one may have been adapted already.
  const file = binary('uws_linux_arm64_127.node');
  const size = file.length;
  t.ok(useOldNames(file, 'GLIBC_2.17'));
  t.equal(file.length, size);
  t.notOk(useOldNames(file, 'GLIBC_2.17'), 'there is nothing left to change');
});

t.test('a binary that does not need it is left alone', async (t) => {
  const file = binary('uws_linux_x64_115.node');
  const before = Buffer.from(file);
  t.notOk(useOldNames(file, 'GLIBC_2.2.5'));
  t.ok(file.equals(before));
});

t.test('so is a file of another kind', async (t) => {
  const file = binary('uws_win32_x64_127.node');
  t.notOk(useOldNames(file, 'GLIBC_2.2.5'));
  t.notOk(useOldNames(Buffer.from('too short'), 'GLIBC_2.2.5'));
});

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { root } from '../../../deploy/local/prepare.mjs';
import { prepareSocketBinary, socketBinaries, useOldNames } from '../../../hub/http/socket/binary.js';
import { tempFolder } from '../../temp-folder.js';

const binary = (name: string) => readFileSync(join(root, 'node_modules/uWebSockets.js', name));

t.test('a binary for the new glibc is changed to need an old one', async (t) => {
  // Not the binary for the current Node: that one may have been adapted already.
  const file = binary('uws_linux_arm64_127.node');
  const size = file.length;
  t.ok(useOldNames(file, 'GLIBC_2.17'));
  t.equal(file.length, size);
  const hash = createHash('sha256').update(file).digest('hex');
  t.ok(socketBinaries.uws_linux_arm64_127?.includes(hash), 'the adapted binary is recorded');
  t.notOk(useOldNames(file, 'GLIBC_2.17'), 'there is nothing left to change');
});

t.test('a binary that does not need the new glibc stays unchanged', async (t) => {
  const file = binary('uws_linux_x64_115.node');
  const before = Buffer.from(file);
  t.notOk(useOldNames(file, 'GLIBC_2.2.5'));
  t.ok(file.equals(before));
});

t.test('a file of another kind stays unchanged', async (t) => {
  const file = binary('uws_win32_x64_127.node');
  t.notOk(useOldNames(file, 'GLIBC_2.2.5'));
  t.notOk(useOldNames(Buffer.from('too short'), 'GLIBC_2.2.5'));
});

t.test('the hub refuses a binary that was changed', async (t) => {
  const name = `uws_${process.platform}_${process.arch}_${process.versions.modules}.node`;
  const file = binary(name);
  const folder = tempFolder(t);
  writeFileSync(join(folder, name), file);
  t.doesNotThrow(() => prepareSocketBinary(folder));
  file.writeUInt8(file.readUInt8(file.length - 1) ^ 1, file.length - 1);
  writeFileSync(join(folder, name), file);
  t.throws(() => prepareSocketBinary(folder), /is not the binary that Roundhouse was released with/);
});

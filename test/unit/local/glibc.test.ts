import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { checkBinary, useOldNames } from '../../../deploy/local/glibc.mjs';
import { root } from '../../../deploy/local/prepare.mjs';
import { checkSocketBinary } from '../../../hub/http/socket-binary.js';
import { tempFolder } from '../../temp-folder.js';

const binary = (name: string) => readFileSync(join(root, 'node_modules/uWebSockets.js', name));

t.test('a binary that asks for the new glibc asks for an old one afterwards', async (t) => {
  // Not the one of the Node that runs this: that one may have been adapted already.
  const file = binary('uws_linux_arm64_127.node');
  const size = file.length;
  t.ok(useOldNames(file, 'GLIBC_2.17'));
  t.equal(file.length, size);
  t.doesNotThrow(() => checkBinary('uws_linux_arm64_127.node', file), 'the adapted binary is recorded');
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

t.test('a binary that was changed is refused when it is installed and when the hub loads it', async (t) => {
  const name = `uws_${process.platform}_${process.arch}_${process.versions.modules}.node`;
  const file = binary(name);
  t.doesNotThrow(() => checkBinary(name, file));
  const folder = tempFolder(t);
  writeFileSync(join(folder, name), file);
  t.doesNotThrow(() => checkSocketBinary(folder));
  file.writeUInt8(file.readUInt8(file.length - 1) ^ 1, file.length - 1);
  t.throws(
    () => checkBinary(name, file),
    /has the SHA-256 [0-9a-f]{64}, which hub.http.socket-binaries\.ts does not list/,
  );
  writeFileSync(join(folder, name), file);
  t.throws(() => checkSocketBinary(folder), /is not the binary that Roundhouse was released with/);
});

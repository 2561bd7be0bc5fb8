// Imported before the socket layer, whose native code has all the rights of the hub.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire, Module } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fitOlderGlibc } from './older-glibc.js';
import { socketBinaries } from './socket-binaries.js';

const require = createRequire(import.meta.url);

/** @throws Error naming the binary, if its bytes differ from the recorded ones. */
function check(name: string, path: string, bytes: Buffer): void {
  const known = socketBinaries[name];
  if (known === undefined)
    throw new Error(
      `uWebSockets has no checked binary for Node ${process.version} on ${process.platform}-${process.arch}`,
    );
  const found = createHash('sha256').update(bytes).digest('hex');
  if (!known.includes(found))
    throw new Error(`${path} is not the binary that Roundhouse was released with (SHA-256 ${found}): install again`);
}

/**
 * Checks the binary that uWebSockets loads, and adapts it to an older glibc where this system has one.
 * @param folder of the package uWebSockets.js
 * @throws Error naming the binary, if its bytes differ from the recorded ones.
 */
export function prepareSocketBinary(folder: string): void {
  const name = `uws_${process.platform}_${process.arch}_${process.versions.modules}`;
  const path = join(folder, `${name}.node`);
  const bytes = readFileSync(path);
  check(name, path, bytes);
  if (!fitOlderGlibc(bytes)) return;
  check(name, path, bytes);
  try {
    // Renamed into place: a process that has the file open keeps the old one.
    const draft = `${path}.${process.pid}`;
    writeFileSync(draft, bytes);
    renameSync(draft, path);
  } catch {
    loadCopy(path, bytes);
  }
}

/** Loads a binary in place of a file that this user may not change: uWebSockets finds it among the loaded modules. */
function loadCopy(path: string, bytes: Buffer): void {
  const folder = mkdtempSync(join(tmpdir(), 'roundhouse-'));
  try {
    const copy = join(folder, 'uws.node');
    writeFileSync(copy, bytes);
    const module = new Module(path);
    process.dlopen(module, copy);
    require.cache[path] = Object.assign(module, { filename: path, loaded: true });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

prepareSocketBinary(dirname(require.resolve('uWebSockets.js')));

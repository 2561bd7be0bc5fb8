// Lets uWebSockets' prebuilt binaries for Node 22 and later run on Debian 12.
//
// They are linked against glibc 2.38, of which they use three functions: `strtol` and its like under the new names that C23 gave them
// (`__isoc23_strtol` …). The old names are in every glibc and do the same, but for the prefix `0b`, which nothing here parses.
// So the symbols are pointed at the old names. A system with glibc 2.38 needs none of this.
import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const newVersion = 'GLIBC_2.38';
const newPrefix = '__isoc23_';
/** The first version of each architecture's glibc. @type {Readonly<Record<string, string>>} */
const firstVersion = { x64: 'GLIBC_2.2.5', arm64: 'GLIBC_2.17' };
/** ELF section types. */
const [SHT_DYNSYM, SHT_VERNEED, SHT_VERSYM] = [11, 0x6ffffffe, 0x6fffffff];

/** @param {Buffer} file a little-endian ELF64 file */
function sections(file) {
  const [start, size, count] = [Number(file.readBigUInt64LE(40)), file.readUInt16LE(58), file.readUInt16LE(60)];
  return Array.from({ length: count }, (_, i) => {
    const at = start + i * size;
    const wide = (/** @type {number} */ offset) => Number(file.readBigUInt64LE(at + offset));
    const [type, link] = [file.readUInt32LE(at + 4), file.readUInt32LE(at + 40)];
    return { type, offset: wide(24), size: wide(32), link };
  });
}

/**
 * @param {Buffer} file changed in place
 * @param {string} oldVersion a version that the file asks for already
 * @returns {boolean} whether it was changed; not where it needs anything of the new version that has no old name
 */
export function useOldNames(file, oldVersion) {
  // ELF, 64 bits, little-endian.
  if (!file.subarray(0, 6).equals(Buffer.from('\x7fELF\x02\x01', 'latin1'))) return false;
  const all = sections(file);
  const [symbols, versions, needs] = [SHT_DYNSYM, SHT_VERSYM, SHT_VERNEED].map((type) =>
    all.find((s) => s.type === type),
  );
  const strings = symbols && all[symbols.link];
  if (!symbols || !versions || !needs || !strings) return false;
  const text = (/** @type {number} */ offset) => {
    const at = strings.offset + offset;
    return file.toString('latin1', at, file.indexOf(0, at));
  };

  /** Version name → offsets of the entries that ask for it, one per library. @type {Map<string, number[]>} */
  const asked = new Map();
  for (let at = needs.offset, next = 1; next !== 0; at += next) {
    next = file.readUInt32LE(at + 12);
    for (let entry = at + file.readUInt32LE(at + 8), step = 1; step !== 0; entry += step) {
      step = file.readUInt32LE(entry + 12);
      const name = text(file.readUInt32LE(entry + 8));
      asked.set(name, [...(asked.get(name) ?? []), entry]);
    }
  }
  const old = asked.get(oldVersion)?.[0];
  const entries = asked.get(newVersion) ?? [];
  if (old === undefined || entries.length === 0) return false;

  const indices = new Set(entries.map((entry) => file.readUInt16LE(entry + 6)));
  const affected = Array.from({ length: symbols.size / 24 }, (_, i) => i).filter((i) =>
    indices.has(file.readUInt16LE(versions.offset + i * 2)),
  );
  const names = affected.map((i) => symbols.offset + i * 24);
  if (!names.every((at) => text(file.readUInt32LE(at)).startsWith(newPrefix))) return false;
  // The old name is the end of the new one, so the string table holds it already.
  for (const at of names) file.writeUInt32LE(file.readUInt32LE(at) + newPrefix.length, at);
  for (const entry of entries) {
    file.copy(file, entry, old, old + 4);
    file.copy(file, entry + 8, old + 8, old + 12);
  }
  return true;
}

/**
 * The hashes that the hub accepts for a binary. Its list is read as text: it is not compiled yet when the packages are installed.
 * @param {string} name without `.node`
 * @returns {string[]}
 */
function recordedHashes(name) {
  const list = fileURLToPath(new URL('../../hub/http/socket-binaries.ts', import.meta.url));
  const line = readFileSync(list, 'utf8')
    .split('\n')
    .find((line) => line.trim().startsWith(`${name}:`));
  return line?.match(/[0-9a-f]{64}/g) ?? [];
}

/**
 * @param {string} path a binary of uWebSockets
 * @param {Buffer} file its bytes
 * @throws {Error} when they are not those that were recorded
 */
export function checkBinary(path, file) {
  const found = createHash('sha256').update(file).digest('hex');
  const name = basename(path, '.node');
  if (!recordedHashes(name).includes(found))
    throw new Error(`${path} has the SHA-256 ${found}, which hub/http/socket-binaries.ts does not list.`);
}

/** Checks the installed binary and makes it fit this system, where it does not. @param {string} root the clone's folder */
export function fitNativeModules(root) {
  const name = `uws_${process.platform}_${process.arch}_${process.versions.modules}.node`;
  const path = join(root, 'node_modules/uWebSockets.js', name);
  const file = readFileSync(path);
  checkBinary(path, file);
  const oldVersion = firstVersion[process.arch];
  if (process.platform !== 'linux' || Number(process.versions.modules) < 127 || !oldVersion) return;
  const { header } = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport());
  const [major = 0, minor = 0] = (header.glibcVersionRuntime ?? '').split('.').map(Number);
  if (major !== 2 || minor >= 38 || !useOldNames(file, oldVersion)) return;
  checkBinary(path, file);
  // Renamed into place: a process that has the file open keeps what it has.
  writeFileSync(`${path}.new`, file);
  renameSync(`${path}.new`, path);
}

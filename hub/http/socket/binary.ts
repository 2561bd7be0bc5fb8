// Imported before the socket layer, whose native code has all the rights of the hub.

import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire, Module } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/**
 * SHA-256 of each binary of uWebSockets 3.0.6 that the hub may load: as it is published, and as the hub adapts it to an older glibc.
 */
// biome-ignore format: one list on each line
export const socketBinaries: Readonly<Record<string, readonly string[]>> = {
  uws_linux_x64_115: ['f4fa5d7b697529b45ac8aa3d57385d9af51bc1d2b26aa9f5b68ca4361542e665'],
  uws_linux_x64_120: ['d5ad6e0ea9738821e8d38af271a02bb6ce7665f4149c935f59464d2365186563'],
  uws_linux_x64_127: ['78e38a9a163b1cf33ce539619e5908111dea95a12e7943d95fbcdd524879caa8', '474008b0c90e22324cc5fc8880d77a784a1347809853082549949dc252f13adf'],
  uws_linux_x64_137: ['3b549c14e01d9d1faf234cdf4b6f0fb08158605e3692cd0eb1b905e327bd3449', '176a33f82646b4ac277fd07f038b2d5eeacfaaf0bd27d30eead08879024689f0'],
  uws_linux_x64_141: ['d22bae7642b872152cd0eeb682c6c2ffd186e91af8cf18cdf98be984a6549d49', '9b6281aa56a19faa0da4aa9eaff013019ba9a4d9157c13ba5d64fe703f82874b'],
  uws_linux_arm64_115: ['034e0fcccdc08f90df3b130f421516311831b1352fe38eab91abc2984c2fdf3a'],
  uws_linux_arm64_120: ['87a48dc0366ae7011874d8c4cfb57c7c94dd5776d09c2f971b3d40d211fdd6d1'],
  uws_linux_arm64_127: ['a7d9bc3ec166421a49416d5ea4f49118ae68ea1dbf8a765c4f45a79b0b6adb13', 'cde13389dbe5f5b0861441c99c4b4f75dfcaa8cd43cb414ac83ae4066cad85ed'],
  uws_linux_arm64_137: ['b6eb007d627e00bcce03ad38f197124e9027c03f6fe784b37f97b8a6ea709cb4', 'e610b3277d652f4c675df07777ddb4f559f0337750f7bb1915f1d3778337f410'],
  uws_linux_arm64_141: ['1317f2e69ea1924ee8dd94ed02a3e6beb08e55d8b06f18caeda3d67a02857aee', 'a46d8991aae0adf89cd2044b401c6f1fd50da36173d5657cafe4ebcc5dfaa20b'],
  uws_darwin_x64_115: ['7552dc27e278be4a5f9ca4f571676e9046929ef8753b1bb63b84f78e1a752a11'],
  uws_darwin_x64_120: ['62bdc131b12d70fa4869b852bd4d894d21f79c5a7048fb12f0f790e6f7e96827'],
  uws_darwin_x64_127: ['1bcd63a9cd5cda811d899b80f9b1f7c9f29d128feafebe6976069ab1045a0335'],
  uws_darwin_x64_137: ['7df6e0b2be43048200370a64ee91d6563879f5d3b0207f846dc81377ffc4e189'],
  uws_darwin_x64_141: ['f490b002468feebeeedba127e20594ec75138bb7c17e9f681a652fe5d408db7d'],
  uws_darwin_arm64_115: ['f6132ac4d0954ce32ed716d5b367270904c5885bc6e01dcc8ae5809a8967d504'],
  uws_darwin_arm64_120: ['5063e409c6c30bc0b3bd6f9dc2f16e2fc69d5766b04bb25df7c37d548dd52b3c'],
  uws_darwin_arm64_127: ['84ab0c487fbbb895afbfa24c7ac02db5922b2eb468b3a4663aaca52af29b420c'],
  uws_darwin_arm64_137: ['dd7623e7e600dcc1384c4a639ac05849f0c27125be8c431b702e0513e86613f0'],
  uws_darwin_arm64_141: ['a1c354c77958054d144a1cb1ab2b5f445e4c1454c98762eb52eef7a6cd95c0c5'],
  uws_win32_x64_115: ['160eeb564c9e5887893f6b561fbcf39fecc6fbd6cacc86f461af67b3688d84fa'],
  uws_win32_x64_120: ['e91547c38e7e09d20c4130aa64b6e19bed9869fd1021bfef5deb7d588dd283dc'],
  uws_win32_x64_127: ['bf190a123983621f89f8ac667c354fd95f45b9b153095bdfe1167c50d1922746'],
  uws_win32_x64_137: ['ad2eff4924594a5dba3b451334f432bd526c33885960f8b68e85261b0ac4ff07'],
  uws_win32_x64_141: ['057219df64d16ec607f9e36108565b6968a9812961ded928de251baa5240d150'],
};

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
    // The file is renamed into place: a process that has the old file open keeps it.
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

// Lets uWebSockets' prebuilt binaries for Node 22 and later run on Debian 12.  They are linked against glibc 2.38. They use three of its functions:
// `strtol` and two similar ones, under the new names that C23 gave them (`__isoc23_strtol` …). The old names are in every glibc, and do the same
// except for the prefix `0b`, which uWebSockets does not parse. So the symbols get the old names. A system with glibc 2.38 does not need this.
const newVersion = 'GLIBC_2.38';
const newPrefix = '__isoc23_';
/** The first version of each architecture's glibc. */
const firstVersion: Readonly<Record<string, string>> = { x64: 'GLIBC_2.2.5', arm64: 'GLIBC_2.17' };
/** ELF section types. */
const [SHT_DYNSYM, SHT_VERNEED, SHT_VERSYM] = [11, 0x6ffffffe, 0x6fffffff] as const;

/** @param file a little-endian ELF64 file */
function sections(file: Buffer) {
  const [start, size, count] = [Number(file.readBigUInt64LE(40)), file.readUInt16LE(58), file.readUInt16LE(60)];
  return Array.from({ length: count }, (_, i) => {
    const at = start + i * size;
    const wide = (offset: number) => Number(file.readBigUInt64LE(at + offset));
    const [type, link] = [file.readUInt32LE(at + 4), file.readUInt32LE(at + 40)];
    return { type, offset: wide(24), size: wide(32), link };
  });
}

/**
 * @param file changed in place
 * @param oldVersion a version that the file asks for already
 * @returns whether the file was changed; false if it needs a symbol of the new version that has no old name
 */
export function useOldNames(file: Buffer, oldVersion: string): boolean {
  // ELF, 64 bits, little-endian.
  if (!file.subarray(0, 6).equals(Buffer.from('\x7fELF\x02\x01', 'latin1'))) return false;
  const all = sections(file);
  const [symbols, versions, needs] = [SHT_DYNSYM, SHT_VERSYM, SHT_VERNEED].map((type) =>
    all.find((s) => s.type === type),
  );
  const strings = symbols && all[symbols.link];
  if (!symbols || !versions || !needs || !strings) return false;
  const text = (offset: number) => {
    const at = strings.offset + offset;
    return file.toString('latin1', at, file.indexOf(0, at));
  };

  /** Version name → offsets of the entries that ask for it, one per library. */
  const asked = new Map<string, number[]>();
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
 * @param file a binary of uWebSockets, changed in place
 * @returns whether it had to be adapted to this system, and was
 */
function fitOlderGlibc(file: Buffer): boolean {
  const oldVersion = firstVersion[process.arch];
  if (process.platform !== 'linux' || Number(process.versions.modules) < 127 || !oldVersion) return false;
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  const [major = 0, minor = 0] = (header.glibcVersionRuntime ?? '').split('.').map(Number);
  return major === 2 && minor < 38 && useOldNames(file, oldVersion);
}

prepareSocketBinary(dirname(require.resolve('uWebSockets.js')));

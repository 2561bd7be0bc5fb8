// Lets uWebSockets' prebuilt binaries for Node 22 and later run on Debian 12.
//
// They are linked against glibc 2.38, of which they use three functions: `strtol` and its like under the new names that C23 gave them
// (`__isoc23_strtol` …). The old names are in every glibc and do the same, but for the prefix `0b`, which nothing here parses.
// So the symbols are pointed at the old names. A system with glibc 2.38 does not need this.
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
 * @returns whether it was changed; not where it needs anything of the new version that has no old name
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
export function fitOlderGlibc(file: Buffer): boolean {
  const oldVersion = firstVersion[process.arch];
  if (process.platform !== 'linux' || Number(process.versions.modules) < 127 || !oldVersion) return false;
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  const [major = 0, minor = 0] = (header.glibcVersionRuntime ?? '').split('.').map(Number);
  return major === 2 && minor < 38 && useOldNames(file, oldVersion);
}

import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** A file below a folder of the agent. */
export interface FoundFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** When it was last changed, milliseconds since 1970. */
  readonly changedMs: number;
}

/** How many files, and how many bytes. */
export interface Amount {
  readonly files: number;
  readonly bytes: number;
}

/** Whether a path is a folder, and no symbolic link to one. */
async function isOwnFolder(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** Every file below a folder, at any depth. Symbolic links are neither followed nor listed. Files that vanish meanwhile are left out. */
export async function* filesBelow(folder: string): AsyncGenerator<FoundFile> {
  if (!(await isOwnFolder(folder))) return;
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.isFile()) {
      const found = await lstat(path).catch(() => undefined);
      if (found?.isFile()) yield { path, size: found.size, changedMs: found.mtimeMs };
    }
  }
}

/** The number of files in a folder, and their size. */
export async function amountOf(folder: string): Promise<Amount> {
  let files = 0;
  let bytes = 0;
  for await (const { size } of filesBelow(folder)) {
    files += 1;
    bytes += size;
  }
  return { files, bytes };
}

/** The names of the folders in a folder, symbolic links left out. */
export async function foldersIn(folder: string): Promise<string[]> {
  if (!(await isOwnFolder(folder))) return [];
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** A file below one of our folders. */
export interface FoundFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** When it was last changed, milliseconds since 1970. */
  readonly changedMs: number;
}

/** Every file below a folder, at any depth. Symbolic links are neither followed nor listed; files that vanish meanwhile are left out. */
export async function* filesBelow(folder: string): AsyncGenerator<FoundFile> {
  const root = await lstat(folder).catch(() => undefined);
  if (!root?.isDirectory()) return;
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

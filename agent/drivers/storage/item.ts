import { realpath, rename, rm, unlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { Amount, FoundFile } from './walk.js';

/** Something that a cleanup would delete, as a whole. */
export interface Item extends Amount {
  readonly path: string;
  remove(): Promise<void>;
}

/** A single file below a root of ours. */
export function fileItem(root: string, { path, size }: FoundFile): Item {
  return {
    path,
    files: 1,
    bytes: size,
    async remove() {
      await checkInside(root, path);
      await unlink(path);
    },
  };
}

/** A whole folder below a root of ours. It is moved aside first, so that no program finds half of it. */
export function folderItem(root: string, path: string, amount: Amount, aside: string): Item {
  return {
    path,
    ...amount,
    async remove() {
      await checkInside(root, path);
      await rename(path, aside);
      await rm(aside, { recursive: true, force: true });
    },
  };
}

/** Folders may be exchanged for symbolic links between the look and the deletion. @throws Error */
async function checkInside(root: string, path: string): Promise<void> {
  const parent = dirname(path);
  const [realRoot, realParent] = await Promise.all([realpath(root), realpath(parent)]);
  if (realParent !== join(realRoot, relative(root, parent)))
    throw new Error('it leads out of the data folder by a symbolic link');
}

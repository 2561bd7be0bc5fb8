import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

type Purpose = 'backup' | 'restore';
const purposes: readonly Purpose[] = ['backup', 'restore'];

/** Folders in use, which go with the process at the latest, unless it is killed. */
const open = new Set<string>();

/** A folder for unfinished work, in the data folder's `tmp`. No other user can read it. */
export interface Staging {
  readonly folder: string;
  remove(): Promise<void>;
}

export async function makeStaging(dir: string, purpose: Purpose): Promise<Staging> {
  await mkdir(join(dir, 'tmp'), { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(join(dir, 'tmp', `${purpose}-`));
  if (open.size === 0) process.on('exit', removeAll);
  open.add(folder);
  const remove = async () => {
    await rm(folder, { recursive: true, force: true });
    if (open.delete(folder) && open.size === 0) process.off('exit', removeAll);
  };
  return { folder, remove };
}

/** Removes the files that a killed process left. */
export async function removeLeftovers(dir: string): Promise<void> {
  const names = await readdir(join(dir, 'tmp')).catch(() => []);
  for (const name of names) {
    if (purposes.some((purpose) => name.startsWith(`${purpose}-`))) {
      await rm(join(dir, 'tmp', name), { recursive: true, force: true });
    }
  }
}

function removeAll(): void {
  for (const folder of open) rmSync(folder, { recursive: true, force: true });
}

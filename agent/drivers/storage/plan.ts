import { randomUUID } from 'node:crypto';
import { lstat, realpath, rename, rm, unlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import semver from 'semver';
import { type Amount, amountOf, type FoundFile, filesBelow, foldersIn } from './walk.js';

/** Which files are old enough to delete. */
export interface PlanOptions {
  /** Milliseconds since 1970: only files that were last changed before. */
  readonly before: number;
  /** Delete also the versions that are kept for rollbacks. */
  readonly force: boolean;
}

/** Unfinished work is never younger than this, milliseconds. */
const TEMP_LEAST_AGE_MS = 3_600_000;

/** The leftovers of unfinished work. */
export async function planTemp(dataDir: string, { before }: PlanOptions): Promise<Item[]> {
  const limit = Math.min(before, Date.now() - TEMP_LEAST_AGE_MS);
  const items: Item[] = [];
  for (const folder of [join(dataDir, 'sources', '.tmp'), join(dataDir, 'tmp')])
    for await (const file of filesBelow(folder)) if (file.changedMs < limit) items.push(fileItem(dataDir, file));
  return items;
}

/** Backups, each server's in a folder of its own. The newest of each server stays unless forced. */
export async function planBackups(dataDir: string, { before, force }: PlanOptions): Promise<Item[]> {
  const root = join(dataDir, 'backups');
  const items: Item[] = [];
  for (const name of await foldersIn(root)) {
    const files: FoundFile[] = [];
    for await (const file of filesBelow(join(root, name))) files.push(file);
    files.sort((a, b) => b.changedMs - a.changedMs);
    for (const file of force ? files : files.slice(1)) if (file.changedMs < before) items.push(fileItem(dataDir, file));
  }
  return items;
}

/**
 * Installed versions of packages that no server runs, and that no server was started from since `before`. Unless forced, the newest unused
 * version of each package stays: a rollback would use it.
 */
export async function planCache(dataDir: string, inUse: ReadonlySet<string>, options: PlanOptions): Promise<Item[]> {
  const items: Item[] = [];
  for (const folder of await packageFolders(join(dataDir, 'sources'))) {
    const unused = (await foldersIn(folder)).filter((version) => !inUse.has(join(folder, version))).sort(newestFirst);
    for (const version of options.force ? unused : unused.slice(1)) {
      const path = join(folder, version);
      const found = await lstat(path).catch(() => undefined);
      if (found === undefined || found.mtimeMs >= options.before) continue;
      const aside = join(dataDir, 'sources', '.tmp', randomUUID());
      items.push(folderItem(dataDir, path, await amountOf(path), aside));
    }
  }
  // Downloads that were never installed.
  for (const folder of await downloadFolders(join(dataDir, 'sources', 'downloads'))) {
    const found = await lstat(folder).catch(() => undefined);
    if (found === undefined || found.mtimeMs >= options.before) continue;
    items.push(folderItem(dataDir, folder, await amountOf(folder), join(dataDir, 'sources', '.tmp', randomUUID())));
  }
  return items;
}

/** `sources/downloads/<registry>/<package>/<version>` */
async function downloadFolders(root: string): Promise<string[]> {
  const found: string[] = [];
  for (const registry of await foldersIn(root))
    for (const name of await foldersIn(join(root, registry)))
      for (const version of await foldersIn(join(root, registry, name)))
        found.push(join(root, registry, name, version));
  return found;
}

/** `sources/<registry>/<package>`, where a package's name may have two parts. */
async function packageFolders(root: string): Promise<string[]> {
  const found: string[] = [];
  for (const registry of ['npm', 'pypi', 'git']) {
    for (const name of await foldersIn(join(root, registry))) {
      const folder = join(root, registry, name);
      if (!name.startsWith('@')) found.push(folder);
      else for (const scoped of await foldersIn(folder)) found.push(join(folder, scoped));
    }
  }
  return found;
}

function newestFirst(a: string, b: string): number {
  const [left, right] = [semver.coerce(a), semver.coerce(b)];
  return left && right ? semver.rcompare(left, right) || b.localeCompare(a) : b.localeCompare(a);
}

/** Something that a cleanup would delete, as a whole. */
export interface Item extends Amount {
  readonly path: string;
  remove(): Promise<void>;
}

/** A single file below a root of ours. */
function fileItem(root: string, { path, size }: FoundFile): Item {
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
function folderItem(root: string, path: string, amount: Amount, aside: string): Item {
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

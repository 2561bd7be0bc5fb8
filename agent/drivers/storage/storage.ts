import { createHash, randomUUID } from 'node:crypto';
import { lstat, mkdir, readFile, realpath, rename, rm, stat, statfs, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, relative } from 'node:path';
import type { Logger } from '@roundhouse/proto/log';
import semver from 'semver';
import { type Amount, amountOf, type FoundFile, filesBelow, foldersIn } from './walk.js';

export const targets = ['logs', 'cache', 'temp', 'backups'] as const;
export type Target = (typeof targets)[number];

/** The effect of a cleanup on one target. With `dryRun` it is the effect that the cleanup would have. */
export interface TargetReport extends Amount {
  readonly target: Target;
  /** How many files and folders could not be deleted. */
  readonly errors: number;
}

export interface CleanupRequest extends PlanOptions {
  readonly targets: readonly Target[];
  readonly dryRun: boolean;
}

export interface StorageStats {
  /** An id of the file system: agents and hubs on the same file system have the same. */
  readonly fileSystem: string;
  readonly totalBytes: number;
  readonly freeBytes: number;
  readonly targets: readonly (Amount & { readonly target: Target })[];
}

export interface StorageOptions {
  readonly dataDir: string;
  readonly log: Logger;
  /** The agent's logs: they know which of their files are in use. */
  readonly logs: { clean(before: number, dryRun: boolean): Promise<Amount> };
  /** The installed sources. */
  readonly sources: { inUse(): Promise<ReadonlySet<string>> | ReadonlySet<string> };
}

/** The agent's own folders: their size, and the files that a cleanup may delete. Nothing outside them is ever touched. */
export class Storage {
  readonly #options: StorageOptions;

  constructor(options: StorageOptions) {
    this.#options = options;
  }

  /** Deletes old files, or counts them. */
  async clean(request: CleanupRequest): Promise<TargetReport[]> {
    const reports: TargetReport[] = [];
    for (const target of request.targets) {
      const report =
        target === 'logs'
          ? { ...(await this.#options.logs.clean(request.before, request.dryRun)), errors: 0 }
          : await this.#remove(await this.#plan(target, request), request.dryRun);
      reports.push({ target, ...report });
    }
    return reports;
  }

  async stats(): Promise<StorageStats> {
    const { dataDir } = this.#options;
    const { bsize, blocks, bavail } = await statfs(dataDir);
    const cache = await sum(
      ['npm', 'pypi', 'git', 'downloads', 'tools', 'resolved', 'kept'].map((name) => join(dataDir, 'sources', name)),
    );
    return {
      fileSystem: await fileSystemOf(dataDir),
      totalBytes: bsize * blocks,
      freeBytes: bsize * bavail,
      targets: [
        { target: 'logs', ...(await amountOf(join(dataDir, 'logs'))) },
        { target: 'cache', ...cache },
        { target: 'temp', ...(await sum([join(dataDir, 'sources', '.tmp'), join(dataDir, 'tmp')])) },
        { target: 'backups', ...(await amountOf(join(dataDir, 'backups'))) },
      ],
    };
  }

  async #plan(target: Exclude<Target, 'logs'>, options: PlanOptions): Promise<Item[]> {
    const { dataDir, sources } = this.#options;
    if (target === 'temp') return planTemp(dataDir, options);
    if (target === 'backups') return planBackups(dataDir, options);
    // Folders are moved there before they are deleted.
    if ((await foldersIn(join(dataDir, 'sources'))).length > 0)
      await mkdir(join(dataDir, 'sources', '.tmp'), { recursive: true, mode: 0o700 });
    return planCache(dataDir, await sources.inUse(), options);
  }

  async #remove(items: readonly Item[], dryRun: boolean): Promise<Amount & { errors: number }> {
    let files = 0;
    let bytes = 0;
    let errors = 0;
    for (const item of items) {
      try {
        if (!dryRun) await item.remove();
        files += item.files;
        bytes += item.bytes;
      } catch (error) {
        errors += 1;
        this.#options.log.warn(
          { event: 'cleanup.not_deleted', err: error, path: item.path },
          'a cleanup could not delete this',
        );
      }
    }
    return { files, bytes, errors };
  }
}

async function sum(folders: readonly string[]): Promise<Amount> {
  let files = 0;
  let bytes = 0;
  for (const folder of folders) {
    const amount = await amountOf(folder);
    files += amount.files;
    bytes += amount.bytes;
  }
  return { files, bytes };
}

/** An id of the file system of a folder, made of this run of the machine and the device. */
async function fileSystemOf(folder: string): Promise<string> {
  const machine = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => hostname());
  const { dev } = await stat(folder);
  return createHash('sha256').update(`${machine.trim()}:${dev}`).digest('hex').slice(0, 32);
}

/** Which files are old enough to delete. */
interface PlanOptions {
  /** Milliseconds since 1970: only files that were last changed before. */
  readonly before: number;
  /** Also deletes the versions that are kept for rollbacks. */
  readonly force: boolean;
}

/** The least age of files of unfinished work before they are deleted, milliseconds. */
const TEMP_LEAST_AGE_MS = 3_600_000;

/** The files of unfinished work. */
async function planTemp(dataDir: string, { before }: PlanOptions): Promise<Item[]> {
  const limit = Math.min(before, Date.now() - TEMP_LEAST_AGE_MS);
  const items: Item[] = [];
  for (const folder of [join(dataDir, 'sources', '.tmp'), join(dataDir, 'tmp')])
    for await (const file of filesBelow(folder)) if (file.changedMs < limit) items.push(fileItem(dataDir, file));
  return items;
}

/** Backups, in a folder for each server. The newest backup of each server stays unless forced. */
async function planBackups(dataDir: string, { before, force }: PlanOptions): Promise<Item[]> {
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
async function planCache(dataDir: string, inUse: ReadonlySet<string>, options: PlanOptions): Promise<Item[]> {
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

/** A file or a folder that a cleanup deletes as a whole. */
interface Item extends Amount {
  readonly path: string;
  remove(): Promise<void>;
}

/** A single file below a root of the agent. */
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

/** A whole folder below a root of the agent. It is moved aside first, so that no program finds a part of it. */
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

/** Checks again before the deletion: a folder may have been replaced by a symbolic link meanwhile. @throws Error */
async function checkInside(root: string, path: string): Promise<void> {
  const parent = dirname(path);
  const [realRoot, realParent] = await Promise.all([realpath(root), realpath(parent)]);
  if (realParent !== join(realRoot, relative(root, parent)))
    throw new Error('it leads out of the data folder by a symbolic link');
}

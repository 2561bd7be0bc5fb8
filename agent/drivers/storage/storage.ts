import { createHash } from 'node:crypto';
import { mkdir, readFile, stat, statfs } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { type Item, type PlanOptions, planBackups, planCache, planTemp } from './plan.js';
import { type Amount, amountOf, foldersIn } from './walk.js';

export const targets = ['logs', 'cache', 'temp', 'backups'] as const;
export type Target = (typeof targets)[number];

/** The effect of a cleanup on one target. With `dryRun` it is the effect that the cleanup would have. */
export interface TargetReport extends Amount {
  readonly target: Target;
  /** How many things could not be deleted. */
  readonly errors: number;
}

export interface CleanupRequest extends PlanOptions {
  readonly targets: readonly Target[];
  readonly dryRun: boolean;
}

export interface StorageStats {
  /** Agents and hubs on one file system give the same text. */
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

/** The agent's own folders: how much is in them, and what of it may go. Nothing outside them is ever touched. */
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
    // Folders are moved there before they go.
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
        this.#options.log.warn({ err: error, path: item.path }, 'a cleanup could not delete this');
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

/** A name for the file system of a folder: that of this machine's start and the device. */
async function fileSystemOf(folder: string): Promise<string> {
  const machine = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => hostname());
  const { dev } = await stat(folder);
  return createHash('sha256').update(`${machine.trim()}:${dev}`).digest('hex').slice(0, 32);
}

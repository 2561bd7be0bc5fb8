import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, realpath, stat, statfs, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import type { Logger } from '@roundhouse/proto/log';
import type { Cleaned, CleanRequest, CleanupTarget, Folders, Measured } from '../domain/cleanup/storage.js';

/** The folders with files that a cleanup may delete, below the data folder of the hub. The store is next to them. */
const folders: Readonly<Record<CleanupTarget, string>> = {
  logs: 'logs',
  cache: 'cache',
  temp: 'tmp',
  backups: 'backups',
};
const targets = Object.keys(folders) as CleanupTarget[];

/** A full file of the hub's own log. The hub no longer writes to it. */
const fullLog = /^hub-\d+-\d+\.log$/;

/** Younger temporary files may belong to unfinished work, such as a backup that is being copied; milliseconds. */
const TEMP_LEAST_AGE_MS = 3_600_000;

/** The hub's own folders. Files outside are never touched: symbolic links are not followed. */
export class HubFolders implements Folders {
  readonly #dir: string;
  readonly #log: Logger;

  constructor(dir: string, log: Logger) {
    this.#dir = dir;
    this.#log = log;
  }

  async clean(request: CleanRequest): Promise<Cleaned> {
    const cleaned = [];
    for (const target of request.targets) {
      let files = 0;
      let bytes = 0;
      let errors = 0;
      for (const file of await this.#old(target, request)) {
        try {
          if (!request.dryRun) await this.#remove(file.path);
          files += 1;
          bytes += file.size;
        } catch (error) {
          errors += 1;
          this.#log.warn(
            { event: 'cleanup.not_deleted', err: error, path: file.path },
            'a cleanup could not delete this',
          );
        }
      }
      cleaned.push({ target, files, bytes, errors });
    }
    return cleaned;
  }

  async measure(): Promise<Measured> {
    const { bsize, blocks, bavail } = await statfs(this.#dir);
    const measured = [];
    for (const target of targets) {
      let files = 0;
      let bytes = 0;
      for await (const { size } of filesBelow(join(this.#dir, folders[target]))) {
        files += 1;
        bytes += size;
      }
      measured.push({ target, files, bytes });
    }
    const fileSystem = await fileSystemOf(this.#dir);
    return { fileSystem, totalBytes: bsize * blocks, freeBytes: bsize * bavail, targets: measured };
  }

  async #old(target: CleanupTarget, { beforeMs, force }: CleanRequest): Promise<FoundFile[]> {
    const before = target === 'temp' ? Math.min(beforeMs, Date.now() - TEMP_LEAST_AGE_MS) : beforeMs;
    const files: FoundFile[] = [];
    for await (const file of filesBelow(join(this.#dir, folders[target]))) files.push(file);
    files.sort((a, b) => b.changedMs - a.changedMs);
    // The newest backup stays.
    const kept = target === 'backups' && !force ? 1 : 0;
    // Only full log files: the hub still writes to the newest one.
    const fits = ({ path }: FoundFile) => target !== 'logs' || fullLog.test(basename(path));
    return files.slice(kept).filter((file) => file.changedMs < before && fits(file));
  }

  /** Deletes a file. It checks the folder again, which may have been replaced by a symbolic link. */
  async #remove(path: string): Promise<void> {
    const parent = dirname(path);
    const [root, realParent] = await Promise.all([realpath(this.#dir), realpath(parent)]);
    if (realParent !== join(root, relative(this.#dir, parent)))
      throw new Error('it leads out of the data folder by a symbolic link');
    await unlink(path);
  }
}

/** A name for the file system of a folder, made of the machine's boot id and the device. Agents make it in the same way. */
async function fileSystemOf(folder: string): Promise<string> {
  const machine = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => hostname());
  const { dev } = await stat(folder);
  return createHash('sha256').update(`${machine.trim()}:${dev}`).digest('hex').slice(0, 32);
}

/** A file below one of the hub's folders. */
interface FoundFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** When it was last changed, milliseconds since 1970. */
  readonly changedMs: number;
}

/** Every file below a folder, at any depth. Symbolic links are neither followed nor listed; files that vanish meanwhile are left out. */
async function* filesBelow(folder: string): AsyncGenerator<FoundFile> {
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

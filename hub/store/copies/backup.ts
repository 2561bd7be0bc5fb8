import { createReadStream, existsSync, rmSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addAbortSignal, pipeline, type Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { RootDatabase } from 'lmdb';
import { Header } from 'tar';
import type { BackupOptions } from '../../domain/backups.js';
import { DomainError } from '../../domain/errors.js';
import { DATA_FILE } from '../environment.js';
import { SEALING_KEY_FILE } from '../seal.js';

/** The authority that signs the agents' certificates, in the data folder (`hub/fleet/listen/ca.ts`). Agents know a hub by it. */
export const authorityFiles = ['ca.key', 'ca.crt'] as const;

/** A backup is a gzipped tar of these files; the keys only if the caller asked for the sealing key. */
export const MANIFEST_FILE = 'manifest.json';
export const backupFiles = [MANIFEST_FILE, DATA_FILE, SEALING_KEY_FILE, ...authorityFiles] as const;
export const BACKUP_FORMAT = 'roundhouse-backup';

/** The content of `manifest.json` in a backup. */
export interface Manifest {
  readonly format: typeof BACKUP_FORMAT;
  /** Version of the store's schema. */
  readonly schema: number;
  /** UTC, ISO 8601. */
  readonly created: string;
  /** The id of the key that seals its secrets. */
  readonly sealingKeyId: string;
  readonly withSealingKey: boolean;
}

export interface BackupSourceParts {
  readonly root: RootDatabase;
  readonly dir: string;
  readonly sealingKeyFile: string;
  readonly sealingKeyId: string;
  readonly schema: number;
}

/** Bytes read from disk, and compressed, at a time. */
const CHUNK = 256 * 1024;

/**
 * Makes backups of a live store. The copy shows one moment, and is complete before the first byte of the backup is read: a slow reader
 * keeps a file in the data folder, but no transaction open.
 */
export class BackupWriter {
  readonly #source: BackupSourceParts;
  readonly #closing = new AbortController();
  /** Copies that are being made, and copies that still have a reader. */
  readonly #open = new Set<Promise<unknown>>();

  constructor(source: BackupSourceParts) {
    this.#source = source;
  }

  /** The copy's files are removed when the backup was read, was left early, or failed, and at the latest by `close`. */
  copy(options: BackupOptions): Promise<AsyncIterable<Uint8Array>> {
    return this.#track(this.#copy(options));
  }

  /** Ends the backups being read, with an error for their readers. */
  async close(): Promise<void> {
    this.#closing.abort(new DomainError('unavailable', 'the store is closing'));
    while (this.#open.size > 0) await Promise.allSettled(this.#open);
  }

  async #copy({ withSealingKey }: BackupOptions): Promise<AsyncIterable<Uint8Array>> {
    const { root, dir, sealingKeyFile, schema, sealingKeyId } = this.#source;
    const { folder, remove } = await makeStaging(dir, 'backup');
    try {
      await root.backup(join(folder, DATA_FILE), true);
      const created = new Date().toISOString();
      const manifest: Manifest = { format: BACKUP_FORMAT, schema, created, sealingKeyId, withSealingKey };
      await writeFile(join(folder, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600 });
      if (withSealingKey) {
        await copyFile(sealingKeyFile, join(folder, SEALING_KEY_FILE));
        for (const file of authorityFiles)
          if (existsSync(join(dir, file))) await copyFile(join(dir, file), join(folder, file));
      }
      this.#closing.signal.throwIfAborted();
    } catch (error) {
      await remove();
      throw error;
    }
    const files = backupFiles.filter((file) => existsSync(join(folder, file)));
    const gzip = createGzip({ chunkSize: CHUNK });
    const ended = new Promise<void>((resolve) => {
      pipeline(archive(folder, files), addAbortSignal(this.#closing.signal, gzip), () => resolve());
    });
    // Files that cannot be removed now are removed at the next start.
    return leavable(gzip, this.#track(ended.then(remove).catch(() => {})));
  }

  #track<T>(work: Promise<T>): Promise<T> {
    const tracked = work.finally(() => this.#open.delete(tracked));
    this.#open.add(tracked);
    return tracked;
  }
}

/** A stream's own iterator does not end the stream when it is left before the first chunk. `gone` follows its end. */
function leavable(stream: Readable, gone: Promise<void>): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]() {
      const chunks = stream[Symbol.asyncIterator]();
      return {
        async next() {
          const result = await chunks.next();
          if (result.done) await gone;
          return result;
        },
        async return() {
          stream.destroy();
          await gone;
          return { done: true, value: undefined };
        },
      };
    },
  };
}

/** A tar of files in a folder. tar's own packing compresses on the event loop, so only its headers are used. */
async function* archive(folder: string, files: readonly string[]): AsyncGenerator<Buffer> {
  for (const path of files) {
    const { size, mtime } = await stat(join(folder, path));
    const header = Buffer.alloc(512);
    new Header({ path, size, mtime, mode: 0o600, uid: 0, gid: 0, type: 'File' }).encode(header, 0);
    yield header;
    yield* createReadStream(join(folder, path), { highWaterMark: CHUNK });
    yield Buffer.alloc((512 - (size % 512)) % 512);
  }
  yield Buffer.alloc(1024);
}

type Purpose = 'backup' | 'restore';
const purposes: readonly Purpose[] = ['backup', 'restore'];

/** Folders in use. They are removed when the process ends, unless it is killed. */
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

import { chmodSync, closeSync, existsSync, ftruncateSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '@roundhouse/proto/log';
import { tryLock } from 'fs-native-extensions';
import { type Database, open, type RootDatabase } from 'lmdb';
import { Packr } from 'msgpackr';
import { DomainError } from '../domain/errors.js';

/**
 * Records and events as plain MessagePack maps. Not msgpackr's record extension: it would keep shared structures in the
 * database, written outside the change that needs them. Buffers are copied because LMDB reads into memory that it reuses.
 */
export const codec = new Packr({ useRecords: false, mapsAsObjects: true, copyBuffers: true });

/** A database of records or events: values in MessagePack, read decoded, written as bytes. */
export type ValueDatabase = Database<unknown, Buffer>;
/** A database of bytes. */
export type ByteDatabase = Database<Buffer, Buffer>;

export const DATA_FILE = 'store.mdb';

/** Two per collection, and a few for the store itself. */
const MAX_DATABASES = 512;
/** Address space, not memory or disk; LMDB extends it when the file outgrows it. */
const INITIAL_MAP_BYTES = 2 ** 30;

/** Where a meta page has its stamp, and the stamp itself: LMDB's magic and data version. */
const STAMP_AT = 24;
const STAMP = Buffer.from('dec0efbe02000000', 'hex');

/**
 * Opens the environment in a file, and makes the file if it is missing.
 * @throws DomainError `internal` if the file is no LMDB file.
 */
export function openEnvironment(file: string): RootDatabase {
  checkStamp(file);
  const root = open(file, {
    noSubdir: true,
    // Plain LMDB commits: data, then the meta page, each on disk before the next. Overlapping commits are not faster here.
    overlappingSync: false,
    // The committer makes the batches; LMDB must neither delay nor join them.
    eventTurnBatching: false,
    maxDbs: MAX_DATABASES,
    mapSize: INITIAL_MAP_BYTES,
  });
  // LMDB makes its files with the mode of the umask. They contain password hashes: no other user may read them.
  for (const made of [file, `${file}-lock`]) if (existsSync(made)) chmodSync(made, 0o600);
  return root;
}

/** Checks that LMDB wrote the file: opening any other file crashes the process. */
function checkStamp(file: string): void {
  if (!existsSync(file)) return;
  const stamp = Buffer.alloc(STAMP.length);
  const descriptor = openSync(file, 'r');
  try {
    if (readSync(descriptor, stamp, 0, 1, 0) === 0) return;
    readSync(descriptor, stamp, 0, stamp.length, STAMP_AT);
  } finally {
    closeSync(descriptor);
  }
  if (!stamp.equals(STAMP)) throw new DomainError('internal', `${file} is not a store of Roundhouse, or it is damaged`);
}

export function openValues(root: RootDatabase, name: string): ValueDatabase {
  return root.openDB(name, { keyEncoding: 'binary', encoder: codec } as object);
}

export function openBytes(root: RootDatabase, name: string): ByteDatabase {
  return root.openDB(name, { keyEncoding: 'binary', encoding: 'binary' });
}

/** The data file of a store in `dir`. */
export function dataFile(dir: string): string {
  return join(dir, DATA_FILE);
}

const LOCK_FILE = 'hub.lock';

/**
 * Takes a data folder for this process; returns a function that gives it back. The lock is the operating system's: it ends with the
 * process, however the process ends, so there is no stale lock. The process id in the file is for people only.
 * @throws DomainError `conflict` when another hub has the folder.
 */
export function lockFolder(dir: string): () => void {
  const file = join(dir, LOCK_FILE);
  const descriptor = openSync(file, 'a+', 0o600);
  try {
    if (!tryLock(descriptor))
      throw new DomainError('conflict', `${dir} is in use by another hub${holder(file)}`, { dir });
    ftruncateSync(descriptor);
    writeSync(descriptor, `${process.pid}\n`);
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  // The file stays: removing it would let two processes lock two files of one name.
  return () => closeSync(descriptor);
}

function holder(file: string): string {
  const pid = readFileSync(file, 'latin1').trim();
  return /^\d+$/.test(pid) ? ` (process ${pid})` : '';
}

/** The functions of a logger that the store needs. */
export type StoreLog = Pick<Logger, 'info' | 'warn' | 'error'>;

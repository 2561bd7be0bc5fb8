/// <reference path="./fs-native-extensions.d.ts" />
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { tryLock } from 'fs-native-extensions';
import { DomainError } from '../domain/errors.js';

const LOCK_FILE = 'hub.lock';

/**
 * Takes a data folder for this process; returns the way to give it back. The lock is the operating system's: it ends with
 * the process, however the process ends, so there is no stale lock. The process id in the file is for people only.
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

import { createReadStream, existsSync, renameSync, statSync } from 'node:fs';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar';
import { DomainError } from '../../domain/errors.js';
import type { StoreLog } from '../environment.js';
import { DATA_FILE, dataFile, lockFolder, openEnvironment } from '../environment.js';
import { Meta } from '../meta.js';
import { checkVersion, migrations, schemaVersion } from '../migrations.js';
import { SEALING_KEY_FILE, syncFolder } from '../seal.js';
import {
  authorityFiles,
  BACKUP_FORMAT,
  backupFiles,
  MANIFEST_FILE,
  type Manifest,
  makeStaging,
  removeLeftovers,
} from './backup.js';

export interface RestoreOptions {
  /** The backup: a file's path, or its bytes. */
  readonly from: string | Readable;
  /** The data folder; no hub may be running on it. */
  readonly dir: string;
  /** Default: `sealing.key` in `dir`. */
  readonly sealingKeyFile?: string;
  /** Replaces an existing store. */
  readonly force?: boolean;
  readonly log?: StoreLog;
}

/**
 * Makes a backup the store of a data folder; migrations run when it is next opened. The sealing key and the authority of the agents'
 * certificates in the backup are put in place, too; existing other files are renamed to `….replaced-<time>`.
 * @throws DomainError `already_exists` (there is a store, or another key, and no `force`), `conflict` (a hub is
 *   running there, or the backup is of a newer version), `invalid_input` (not a backup, or an incomplete one).
 */
export async function restoreStore({ from, dir, sealingKeyFile, force, log }: RestoreOptions): Promise<Manifest> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const unlock = lockFolder(dir);
  try {
    await removeLeftovers(dir);
    if (!force && holdsStore(dir)) {
      throw new DomainError('already_exists', `${dir} holds a store already: \`--force\` replaces it`, { dir });
    }
    const staging = await makeStaging(dir, 'restore');
    try {
      await unpack(typeof from === 'string' ? createReadStream(from) : from, staging.folder);
      const manifest = await check(staging.folder);
      const places = [
        [SEALING_KEY_FILE, resolve(sealingKeyFile ?? join(dir, SEALING_KEY_FILE))],
        ...authorityFiles.map((file) => [file, join(dir, file)] as const),
      ] as const;
      const keys = places.filter(([file]) => existsSync(join(staging.folder, file)));
      if (!force) for (const [file, to] of keys) await checkSame(join(staging.folder, file), to);
      for (const [file, to] of keys) await placeKey(join(staging.folder, file), to, log);
      await placeData(staging.folder, dir);
      log?.info({ event: 'store.restored', dir, created: manifest.created }, 'restored the store from a backup');
      return manifest;
    } finally {
      await staging.remove();
    }
  } finally {
    unlock();
  }
}

function holdsStore(dir: string): boolean {
  return existsSync(dataFile(dir)) && statSync(dataFile(dir)).size > 0;
}

async function unpack(from: Readable, staging: string): Promise<void> {
  const names: readonly string[] = backupFiles;
  try {
    await pipeline(
      from,
      createGunzip(),
      extract({
        cwd: staging,
        strict: true,
        filter: (path, entry) => {
          if (names.includes(path) && 'type' in entry && entry.type === 'File') return true;
          throw new Error(`unexpected '${path.slice(0, 100)}'`);
        },
      }),
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall) throw error;
    throw notWhole((error as Error).message, error);
  }
}

/** @throws DomainError unless the staging folder holds a readable store of a known version. */
async function check(staging: string): Promise<Manifest> {
  const manifest = await readManifest(staging);
  const expected = [MANIFEST_FILE, DATA_FILE, ...(manifest.withSealingKey ? [SEALING_KEY_FILE] : [])];
  for (const file of expected) if (!existsSync(join(staging, file))) throw notWhole(`it has no ${file}`);
  const known = schemaVersion(migrations);
  checkVersion(manifest.schema, known);
  const root = openEnvironment(join(staging, DATA_FILE));
  try {
    const meta = new Meta(root);
    const schema = meta.get('schema');
    if (schema === undefined) throw notWhole('its data are not a store of Roundhouse');
    checkVersion(schema, known);
    // The restored hub differs from the hub of the backup, and its records come from no log.
    meta.remove('place');
    meta.remove('hub');
  } finally {
    await root.close();
  }
  return manifest;
}

async function readManifest(staging: string): Promise<Manifest> {
  let manifest: Manifest;
  try {
    manifest = JSON.parse(await readFile(join(staging, MANIFEST_FILE), 'utf8'));
  } catch (error) {
    throw notWhole(`it has no readable ${MANIFEST_FILE}`, error);
  }
  if (manifest?.format !== BACKUP_FORMAT) throw notWhole(`its ${MANIFEST_FILE} is of another kind`);
  return manifest;
}

/** @throws DomainError `already_exists` if another key is in place. */
async function checkSame(from: string, to: string): Promise<void> {
  if (existsSync(to) && !(await areSame(from, to)))
    throw new DomainError('already_exists', `${to} is another key: \`--force\` replaces it`, { file: to });
}

async function areSame(one: string, other: string): Promise<boolean> {
  const [mine, theirs] = await Promise.all([readFile(one, 'latin1'), readFile(other, 'latin1')]);
  return mine.trim() === theirs.trim();
}

async function placeKey(from: string, to: string, log: StoreLog | undefined): Promise<void> {
  if (existsSync(to)) {
    if (await areSame(from, to)) return;
    const kept = `${to}.replaced-${Date.now()}`;
    renameSync(to, kept);
    log?.warn({ event: 'sealing_key.kept', kept }, 'another key was in place, and is kept');
  }
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  const key = await open(to, 'wx', 0o600);
  try {
    await key.writeFile(await readFile(from));
    await key.sync();
  } finally {
    await key.close();
  }
  syncFolder(dirname(to));
}

async function placeData(staging: string, dir: string): Promise<void> {
  const data = await open(join(staging, DATA_FILE), 'r+');
  try {
    await data.chmod(0o600);
    await data.sync();
  } finally {
    await data.close();
  }
  // LMDB's own lock file belongs to the data that it was made for.
  await rm(`${dataFile(dir)}-lock`, { force: true });
  renameSync(join(staging, DATA_FILE), dataFile(dir));
  syncFolder(dir);
}

function notWhole(reason: string, cause?: unknown): DomainError {
  return new DomainError('invalid_input', `not a backup of Roundhouse, or not a whole one: ${reason}`, {}, { cause });
}

import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { RootDatabase } from 'lmdb';
import type { SecretScope } from '../domain/audit/known-secrets.js';
import { DomainError } from '../domain/errors.js';
import { removeLeftovers } from './copies/backup.js';
import type { StoreLog } from './environment.js';
import { dataFile, lockFolder, openEnvironment } from './environment.js';
import { type HubStore, LmdbStore, type ReplicaStore } from './hub-store.js';
import { Meta } from './meta.js';
import { type Migration, migrate, migrations as released } from './migrations.js';
import { openSealer, SEALING_KEY_FILE, type Sealer } from './seal.js';

export interface StoreOptions {
  /** The data folder; made if it is missing. The store is `store.mdb` in it. */
  readonly dir: string;
  /** Default: `sealing.key` in `dir`. Made on first start. */
  readonly sealingKeyFile?: string;
  readonly log: StoreLog;
  /** Called with every text that is sealed or unsealed, so that the redactor can take secrets out of answers and logs. */
  readonly onSecret?: (plain: string, scope?: SecretScope) => void;
  /** Default: the program's own migrations. */
  readonly migrations?: readonly Migration[];
}

/**
 * Opens the store of a data folder, makes it if it is missing, and brings it to the program's version.
 * @throws DomainError `conflict` (another hub has the folder; the store is of a newer version), `internal` (a damaged file,
 *   a sealing key that is missing or malformed, a failed migration).
 */
export function openStore(options: StoreOptions): Promise<HubStore> {
  return open(options, (root, meta, migrations) => {
    const place = meta.get('place');
    if (place === 'loading') {
      const remedy = 'let the hub join the other hubs once more, or take the store of another hub';
      throw new DomainError('conflict', `the store in ${options.dir} does not have all records yet: ${remedy}`);
    }
    // The hub has left the cluster: from now on its store is independent.
    if (place) meta.remove('place');
    migrate(root, meta, migrations, options.log);
  });
}

/**
 * Opens the store of a hub that follows others. Its records come from their log, and keep their version in the log.
 * @throws DomainError as {@link openStore}
 */
export function openReplica(options: StoreOptions): Promise<ReplicaStore> {
  return open(options, () => {});
}

type Prepare = (root: RootDatabase, meta: Meta, migrations: readonly Migration[]) => void;

async function open(options: StoreOptions, prepare: Prepare): Promise<LmdbStore> {
  const { dir, sealingKeyFile, log, onSecret, migrations = released } = options;
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const unlock = lockFolder(dir);
  let root: RootDatabase | undefined;
  try {
    await removeLeftovers(dir);
    root = openEnvironment(dataFile(dir));
    const meta = openMeta(root, dir);
    prepare(root, meta, migrations);
    const keyFile = resolve(sealingKeyFile ?? join(dir, SEALING_KEY_FILE));
    const sealer = checkedSealer(meta, keyFile, log);
    return new LmdbStore({ root, meta, sealer, dir, sealingKeyFile: keyFile, migrations, onSecret, unlock, log });
  } catch (error) {
    await root?.close();
    unlock();
    throw error;
  }
}

function openMeta(root: RootDatabase, dir: string): Meta {
  const databases = Array.from(root.getKeys());
  if (databases.length > 0 && !databases.includes('meta')) {
    throw new DomainError('internal', `${dataFile(dir)} is an LMDB file, but not a store of Roundhouse`);
  }
  return new Meta(root);
}

/** Never makes a new key for a store that had one: that would hide the loss of all its secrets. */
function checkedSealer(meta: Meta, file: string, log: StoreLog): Sealer {
  const known = meta.get('sealingKey');
  const sealer = openSealer(file, known === undefined, log);
  if (known === sealer.keyId) return sealer;
  if (known)
    log.warn(
      { event: 'sealing_key.changed', file },
      'the sealing key is another one than before: older secrets cannot be unsealed',
    );
  meta.set('sealingKey', sealer.keyId);
  return sealer;
}

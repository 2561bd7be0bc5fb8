import { asBinary, type RootDatabase } from 'lmdb';
import { DomainError } from '../domain/errors.js';
import type { StoreLog } from './environment.js';
import { codec, openValues, type ValueDatabase } from './environment.js';
import { recordKey } from './index-key.js';
import type { Meta } from './meta.js';
import { recordsDatabase } from './tables.js';

/** A record as some earlier version of the program wrote it. */
export type OldRecord = { readonly id: string } & Readonly<Record<string, unknown>>;

/** The operations of a migration. When a collection is next used, the store builds its index entries again from the new records. */
export interface MigrationTransaction {
  /** All records of a collection by id; it may be written meanwhile. */
  records(collection: string): Iterable<OldRecord>;
  put(collection: string, record: OldRecord): void;
  remove(collection: string, id: string): void;
}

export interface Migration {
  /** The schema's version after it; each is one above the one before, the first is 2. */
  readonly version: number;
  readonly name: string;
  readonly up: (tx: MigrationTransaction) => void;
}

/** The migrations from older stores to today's, oldest first. Never change a released migration: add another. */
export const migrations: readonly Migration[] = [];

/** The schema's version after these migrations. */
export function schemaVersion(migrations: readonly Migration[]): number {
  return 1 + migrations.length;
}

/**
 * Brings a store to the program's version, or leaves it exactly as it was.
 * @throws DomainError `conflict` when the store is of a newer version, `internal` when a migration fails.
 */
export function migrate(root: RootDatabase, meta: Meta, migrations: readonly Migration[], log: StoreLog): void {
  const known = schemaVersion(migrations);
  const found = meta.get('schema');
  if (found === undefined) {
    meta.set('schema', known);
    return;
  }
  checkVersion(found, known);
  if (found === known) return;
  root.transactionSync(() => {
    for (const [i, { version, name, up }] of migrations.entries()) {
      if (version !== i + 2) throw new TypeError(`migration '${name}' has version ${version}, and stands at ${i + 2}`);
      if (version <= found) continue;
      log.info({ version, name }, 'migrating the store');
      try {
        up(transaction(root, meta));
      } catch (error) {
        const message = `migration ${version} (${name}) failed, and the store is as it was`;
        throw new DomainError('internal', message, { version }, { cause: error });
      }
    }
    meta.set('schema', known);
  });
}

/** @throws DomainError `conflict` when a store of version `found` is newer than the program. */
export function checkVersion(found: number, known: number): void {
  if (found <= known) return;
  const message = `the store is of version ${found}, and this program knows versions up to ${known}: use a newer program`;
  throw new DomainError('conflict', message, { found, known });
}

/** Records read at a time: reading on from the last key lets a migration write to the collection that it walks. */
const PORTION = 256;

function transaction(root: RootDatabase, meta: Meta): MigrationTransaction {
  const open = new Map<string, ValueDatabase>();
  const records = (collection: string) => {
    const db = open.get(collection) ?? openValues(root, recordsDatabase(collection));
    open.set(collection, db);
    return db;
  };
  const keyOf = (id: string) => {
    const key = recordKey(id);
    if (!key) throw new TypeError(`'${id}' cannot be an id`);
    return key;
  };
  return {
    *records(collection) {
      let start: Buffer = Buffer.from([0]);
      for (;;) {
        const portion = Array.from(records(collection).getRange({ start, limit: PORTION }));
        for (const { value } of portion) yield value as OldRecord;
        const last = portion.at(-1);
        if (!last) return;
        start = Buffer.concat([last.key, Buffer.from([0])]);
      }
    },
    put(collection, record) {
      records(collection).putSync(keyOf(record.id), asBinary(codec.encode(record)));
      meta.forgetIndexesOf(collection);
    },
    remove(collection, id) {
      records(collection).removeSync(keyOf(id));
      meta.forgetIndexesOf(collection);
    },
  };
}

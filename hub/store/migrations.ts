import { asBinary, type RootDatabase } from 'lmdb';
import { DomainError } from '../domain/errors.js';
import type { StoreLog } from './environment.js';
import { codec, openValues, type ValueDatabase } from './environment.js';
import { recordKey } from './index-key.js';
import type { Meta } from './meta.js';
import { portionsOf } from './table.js';
import { recordsDatabase } from './tables.js';

/** A record as some earlier version of the program wrote it. */
export type OldRecord = { readonly id: string } & Readonly<Record<string, unknown>>;

/** The operations of a migration. When a collection is next used, the store builds its index entries again from the new records. */
export interface MigrationTransaction {
  /** All records of a collection by id. The collection may be written meanwhile. */
  records(collection: string): Iterable<OldRecord>;
  put(collection: string, record: OldRecord): void;
  remove(collection: string, id: string): void;
}

export interface Migration {
  /** The schema's version after it: 2 for the first migration, and one more for each further one. */
  readonly version: number;
  readonly name: string;
  readonly up: (tx: MigrationTransaction) => void;
}

/** An API key as the migration reads it. */
type OldKey = OldRecord & {
  readonly userId: string | null;
  readonly api: string | null;
  readonly tier: string;
  readonly limits: unknown;
  readonly grants?: unknown;
  readonly madeBy?: string;
  readonly countedAs?: string;
};

type OldAuditEntry = OldRecord & {
  readonly action: string;
  readonly actor: { readonly type: string; readonly id: string } | null;
  readonly resource: { readonly id: string } | null;
};

/**
 * Records of older keys do not name the key that made them, or the caller with whom they count. The audit log names the maker, as far back
 * as it goes. A key that a caller made for itself has an API; it counts with its user or, without a user, with its maker. So does a key
 * that a limited key made.
 */
const makersOfKeys: Migration = {
  version: 2,
  name: 'makers of keys',
  up(tx) {
    const keys = new Map(Array.from(tx.records('api_keys') as Iterable<OldKey>, (key) => [key.id, key]));
    if ([...keys.values()].every(({ countedAs }) => countedAs !== undefined)) return;
    const makers = new Map<string, string>();
    for (const { action, actor, resource } of tx.records('audit') as Iterable<OldAuditEntry>)
      if (action === 'api_key.create' && actor?.type === 'api_key' && resource) makers.set(resource.id, actor.id);
    const makerOf = ({ id, madeBy = makers.get(id) }: OldKey) => (madeBy === undefined ? undefined : keys.get(madeBy));
    const payerOf = (key: OldKey): string => countedAs(key) ?? `api_key:${key.id}`;
    const countedAs = (key: OldKey): string | undefined => {
      const maker = makerOf(key);
      const isOwn = key.api !== null;
      if (key.countedAs !== undefined) return key.countedAs;
      if (isOwn && key.userId !== null) return `user:${key.userId}`;
      const isOfLimited = maker !== undefined && (maker.tier !== 'enterprise' || maker.limits !== null);
      return maker !== undefined && (isOwn || isOfLimited) ? payerOf(maker) : undefined;
    };
    for (const key of keys.values()) {
      const [maker, payer] = [makerOf(key), countedAs(key)];
      if (maker?.id === key.madeBy && payer === key.countedAs) continue;
      const made = maker === undefined ? {} : { madeBy: maker.id };
      tx.put('api_keys', { ...key, ...made, ...(payer === undefined ? {} : { countedAs: payer }) });
    }
  },
};

/** A caller that a record keeps, as the migration reads it. */
type OldCaller = { readonly kind?: string; readonly id: string; readonly countedAs?: string };

/** The records that keep a caller under `field`: the caller itself, or an origin that names it. */
const keptCallers = [
  { collection: 'workflow_triggers', field: 'owner' },
  { collection: 'webhooks', field: 'owner' },
  { collection: 'join_tokens', field: 'maker' },
  { collection: 'workflow_schedules', field: 'origin' },
  { collection: 'jobs', field: 'origin' },
] as const;

/**
 * A key that counts with a user owns the things of the user. Migration 2 took each key with an API and a user for such a key, also one that
 * the holder of a key for another person made for itself. A key that a key made counts as its maker does. Where the maker is not known: the
 * keys that users make for themselves have no limits and no grants, so a key with limits or grants counts by itself.
 */
const ownersOfKeys: Migration = {
  version: 3,
  name: 'owners of keys',
  up(tx) {
    const keys = new Map(Array.from(tx.records('api_keys') as Iterable<OldKey>, (key) => [key.id, key]));
    const payerOf = (key: OldKey): string => countedAs(key) ?? `api_key:${key.id}`;
    const countedAs = (key: OldKey): string | undefined => {
      if (!key.countedAs?.startsWith('user:')) return key.countedAs;
      const maker = key.madeBy === undefined ? undefined : keys.get(key.madeBy);
      if (maker) return payerOf(maker);
      return isBounded(key) ? undefined : key.countedAs;
    };
    const corrected = new Map<string, string>();
    for (const key of keys.values()) {
      const payer = countedAs(key);
      if (payer === key.countedAs) continue;
      corrected.set(key.id, payerOf(key));
      const { countedAs: _, ...rest } = key;
      tx.put('api_keys', payer === undefined ? rest : { ...rest, countedAs: payer });
    }
    if (corrected.size === 0) return;
    const withPayer = (caller: OldCaller): OldCaller | undefined => {
      const payer = caller.kind === 'user' ? undefined : corrected.get(caller.id);
      return payer === undefined || caller.countedAs === undefined ? undefined : { ...caller, countedAs: payer };
    };
    for (const { collection, field } of keptCallers)
      for (const record of tx.records(collection)) {
        const kept = record[field] as (OldCaller & { readonly caller?: OldCaller | null }) | null | undefined;
        const caller = field === 'origin' ? kept?.caller : kept;
        const now = caller ? withPayer(caller) : undefined;
        if (now) tx.put(collection, { ...record, [field]: field === 'origin' ? { ...kept, caller: now } : now });
      }
  },
};

/** Whether a key has limits or grants. */
function isBounded({ tier, limits, grants }: OldKey): boolean {
  return tier !== 'enterprise' || limits !== null || (grants ?? null) !== null;
}

/** The migrations from older stores to today's, oldest first. Never change a released migration: add another. */
export const migrations: readonly Migration[] = [makersOfKeys, ownersOfKeys];

/** The schema's version after these migrations. */
export function schemaVersion(migrations: readonly Migration[]): number {
  return 1 + migrations.length;
}

/**
 * Brings a store to the program's version, or leaves it unchanged.
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
      log.info({ event: 'store.migrating', version, name }, 'migrating the store');
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
      for (const portion of portionsOf(records(collection))) for (const { value } of portion) yield value as OldRecord;
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

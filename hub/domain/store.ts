import type { Caller } from './access/caller.js';
import type { SecretScope } from './audit/known-secrets.js';
import type { DomainError } from './errors.js';

/**
 * The types of a record's index key. Arrays sort element by element; booleans come before numbers, numbers before
 * strings, and strings sort by code point.
 */
export type IndexPart = string | number | boolean;
export type IndexKey = IndexPart | readonly IndexPart[];

export interface Index<T> {
  /**
   * The key under which a record is found; `undefined` leaves it out of this index, an array of array keys (`[['a'], ['b']]`)
   * lists it under each. The store keeps its results: a change of its meaning needs a new index name or a migration.
   */
  readonly of: (value: T) => IndexKey | readonly (readonly IndexPart[])[] | undefined;
  /** A second record with the same key is refused with `already_exists`, naming the index's `field`. */
  readonly unique?: boolean;
  /** The field that a violation names; default: the index's name. */
  readonly field?: string;
}

/**
 * The classes of collections, and their rules:
 *
 * | | `registry` | `ledger` | `counters` |
 * |---|---|---|---|
 * | holds | settings and work | what happened | numbers that only grow |
 * | a write says what it expects to find | always ({@link put}) | never: an entry does not change | never: it adds ({@link add}) |
 * | is trimmed | once its owner is gone or its work is over | by age and number | once its owner is gone or its time is over |
 * | an export takes | all records of one moment | the entries of a range of ids | the sums of one moment |
 */
export type CollectionClass = 'registry' | 'ledger' | 'counters';

/** Every collection of the store, with its class. */
const classes = {
  admin_guard: 'registry',
  agents: 'registry',
  alert_rules: 'registry',
  alerts: 'registry',
  api_key_usage: 'counters',
  api_keys: 'registry',
  audit: 'ledger',
  catalog_entries: 'registry',
  cluster_facts: 'registry',
  cluster_notes: 'registry',
  clusters: 'registry',
  consents: 'registry',
  databases: 'registry',
  day_counts: 'counters',
  definition_versions: 'registry',
  definitions: 'registry',
  device_backups: 'registry',
  device_candidates: 'registry',
  device_changes: 'registry',
  device_configs: 'registry',
  device_facts: 'registry',
  devices: 'registry',
  enablements: 'registry',
  favorites: 'registry',
  gone_servers: 'registry',
  groups: 'registry',
  identities: 'registry',
  jobs: 'registry',
  join_tokens: 'registry',
  milestones: 'registry',
  preferences: 'registry',
  request_stretches: 'counters',
  server_backups: 'registry',
  server_states: 'registry',
  servers: 'registry',
  sessions: 'registry',
  signing_keys: 'registry',
  test_declarations: 'registry',
  test_results: 'registry',
  tool_usage: 'counters',
  tool_usage_daily: 'counters',
  user_activity: 'counters',
  users: 'registry',
  webhook_cursor: 'registry',
  webhook_deliveries: 'registry',
  webhook_stats: 'counters',
  webhooks: 'registry',
  workflow_definitions: 'registry',
  workflow_schedules: 'registry',
  workflow_trigger_cursor: 'registry',
  workflow_trigger_events: 'registry',
  workflow_trigger_messages: 'registry',
  workflow_triggers: 'registry',
} as const satisfies Readonly<Record<string, CollectionClass>>;

/** The names of the collections of a class. */
type NameOf<C extends CollectionClass> = {
  [N in keyof typeof classes]: (typeof classes)[N] extends C ? N : never;
}[keyof typeof classes];

/** A kind of record: its name in the store and how it is found. Ids are strings of 1 to 255 bytes; UUID v7 sort by time. */
export interface Collection<T extends { readonly id: string }, C extends CollectionClass = CollectionClass> {
  readonly name: string;
  readonly class: C;
  /** The name of one record in error messages. */
  readonly noun: string;
  readonly indexes: Readonly<Record<string, Index<T>>>;
  /** The sealed secret of a record, if it has one. */
  readonly sealed?: (value: T) => SealedSecret | undefined;
}

/** A secret as {@link Store.seal} gives it, with the scope that it was sealed for. */
export interface SealedSecret {
  readonly text: string;
  readonly scope?: SecretScope;
}

/** Declares a collection. Its name is in the table of {@link classes}; the type parameter is the type of its records. */
export function collection<T extends { readonly id: string }>(
  name: NameOf<'registry'>,
  noun: string,
  indexes?: Readonly<Record<string, Index<T>>>,
  more?: Pick<Collection<T>, 'sealed'>,
): Collection<T, 'registry'>;
export function collection<T extends { readonly id: string }>(
  name: NameOf<'ledger'>,
  noun: string,
  indexes?: Readonly<Record<string, Index<T>>>,
): Collection<T, 'ledger'>;
export function collection<T extends { readonly id: string }>(
  name: NameOf<'counters'>,
  noun: string,
): Collection<T, 'counters'>;
export function collection<T extends { readonly id: string }>(
  name: keyof typeof classes,
  noun: string,
  indexes: Readonly<Record<string, Index<T>>> = {},
  more: Pick<Collection<T>, 'sealed'> = {},
): Collection<T> {
  const made = { name, class: classes[name], noun, indexes, ...more };
  declared.set(name, made as Collection<never>);
  return made;
}

const declared = new Map<string, Collection<never>>();

/** The collection that the program declares under a name. */
export function collectionNamed(name: string): Collection<never> | undefined {
  return declared.get(name);
}

/** A range over one index, or over the ids when `index` is absent. `equals`, `from` and `to` narrow it together. */
export interface Range {
  readonly index?: string;
  /** Records whose key equals this, or starts with it when the key is an array. */
  readonly equals?: IndexKey;
  /** Inclusive lower bound: a key, or the first elements of one. */
  readonly from?: IndexKey;
  /** Exclusive upper bound, likewise: `to: ['a', 5]` leaves out every key that starts with `['a', 5]`. */
  readonly to?: IndexKey;
  /** Largest key first. */
  readonly reverse?: boolean;
  readonly limit?: number;
  readonly offset?: number;
}

/** One write of a change. */
export type Write =
  | {
      readonly kind: 'put';
      readonly collection: Collection<never>;
      readonly value: { readonly id: string };
      /**
       * `absent`: refuse with `already_exists` if the id is taken; a number: refuse with `conflict` unless the stored record's `revision` is
       * this. A record without a revision has 0.
       */
      readonly expect?: 'absent' | number;
    }
  | { readonly kind: 'delete'; readonly collection: Collection<never>; readonly id: string; readonly expect?: number }
  | {
      readonly kind: 'add';
      readonly collection: Collection<never>;
      /** The id, and what is added to the fields of that record, see {@link add}. */
      readonly value: { readonly id: string };
      /** Moments: a field becomes the later of its value and this one. */
      readonly latest?: Readonly<Record<string, number>>;
    };

/** A record, and the revision that it must have. */
export interface Guard {
  readonly collection: Collection<never>;
  readonly id: string;
  readonly revision: number;
}

export function guard<T extends { readonly id: string; readonly revision?: number }>(
  of: Collection<T>,
  record: T,
): Guard {
  return { collection: of as Collection<never>, id: record.id, revision: record.revision ?? 0 };
}

/**
 * Writes a record.
 * @param expect of a registry: see {@link Write}; `any`: replaces the stored record; only where no other writer loses a change by that
 */
export function put<T extends { readonly id: string }>(
  to: Collection<T, 'registry'>,
  value: T,
  expect: 'absent' | 'any' | number,
): Write;
export function put<T extends { readonly id: string }>(to: Collection<T, 'ledger'>, value: T): Write;
export function put<T extends { readonly id: string }>(
  to: Collection<T>,
  value: T,
  expect: 'absent' | 'any' | number = 'any',
): Write {
  return { kind: 'put', collection: to as Collection<never>, value, ...(expect === 'any' ? {} : { expect }) };
}

/** Replaces a record that was read, and gives it the next revision. The store refuses the write if the record has changed or was made meanwhile. */
export function replace<T extends { readonly id: string; readonly revision?: number }>(
  to: Collection<T, 'registry'>,
  before: T | undefined,
  value: T,
): Write {
  const revision = before?.revision ?? 0;
  return put(to, { ...value, revision: revision + 1 }, before ? revision : 'absent');
}

/**
 * Adds to the counts of a record, or makes the record. The store adds when it accepts the change, so no writer undoes the count of another.
 * @param amounts by field: a number is added, a list of pairs adds to the number of each name, and a text is what the field then holds
 * @param latest moments, milliseconds since 1970: a field becomes the later of its value and this one
 */
export function add<T extends { readonly id: string }, L extends keyof T = never>(
  to: Collection<T, 'counters'>,
  amounts: Omit<T, L>,
  latest?: Readonly<Record<L, number>>,
): Write {
  const value = amounts as unknown as { readonly id: string };
  return { kind: 'add', collection: to as Collection<never>, value, ...(latest === undefined ? {} : { latest }) };
}

/**
 * Deletes a record.
 * @param expect of a registry: the revision of the record; `any`: deletes it in any revision, for example together with its owner
 */
export function remove<T extends { readonly id: string }>(
  from: Collection<T, 'registry'>,
  id: string,
  expect: 'any' | number,
): Write;
export function remove<T extends { readonly id: string }>(
  from: Collection<T, 'ledger' | 'counters'>,
  id: string,
): Write;
export function remove<T extends { readonly id: string }>(
  from: Collection<T>,
  id: string,
  expect: 'any' | number = 'any',
): Write {
  return { kind: 'delete', collection: from as Collection<never>, id, ...(expect === 'any' ? {} : { expect }) };
}

/** Something that happened, as the journal keeps it. `data` holds no secret. */
export interface NewEvent {
  readonly type: string;
  /** Server ids that filters and grants look at. */
  readonly serverId?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface JournalEvent extends NewEvent {
  /** Grows by one with every event; never reused. */
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/** Records, events and audit entry that become visible together. */
export interface Change {
  readonly writes: readonly Write[];
  /**
   * Records that this change depends on. The store refuses the change with `conflict` if such a record is gone or has another
   * revision, even if that change is not on disk yet.
   */
  readonly guards?: readonly Guard[];
  readonly events?: readonly NewEvent[];
  /** May use the space that is reserved for a full disk, as deletions may. For a sign-in: without it no client could delete anything. */
  readonly urgent?: boolean;
}

/** A change with its caller. The domain's store checks the rights of the caller right before the change. */
export interface AskedChange extends Change {
  /**
   * `null`: the hub itself, also when it records an action of a caller that has already happened. A user who is signing in has no rights yet,
   * so the store does not check them.
   */
  readonly by: Caller | Pick<Caller, 'kind' | 'id' | 'name'> | null;
}

/** The change feed's message after a commit, in commit order. */
export interface Committed {
  readonly writes: readonly {
    readonly collection: string;
    readonly id: string;
    /** `undefined` after a delete. */
    readonly value: unknown;
  }[];
  readonly events: readonly JournalEvent[];
}

/** The parts of a commit that a listener asks for: the writes of a collection, or the events. */
export type Topic = Pick<Collection<never>, 'name'> | 'events';

/** How much of the journal is kept. Each bound that is given holds. */
export interface EventBounds {
  /** Age, milliseconds. */
  readonly olderThanMs?: number;
  /** How many of the newest events. */
  readonly keep?: number;
  /** Size on disk, bytes. */
  readonly bytes?: number;
  /** `seq` of the first event that stays, whatever its size. */
  readonly needed?: number;
}

/** The storage of the domain. Implemented by `hub/store` over LMDB. */
export interface Store {
  /**
   * Applies a change atomically and resolves once it is durable on disk.
   * @throws DomainError `already_exists` (unique index, or `expect: 'absent'`), `conflict` (revision), `forbidden` and `invalid_credential`
   * (its caller has lost rights).
   */
  apply(change: AskedChange): Promise<Committed>;

  /**
   * Applies a change in one commit with the other changes of the next 50 ms; returns at once. A crash can lose the changes of that window.
   * While the disk is full, the change waits in memory. For audit entries, history and counters of tool calls.
   * @throws DomainError as {@link Store.apply}; a change that waits in memory, and is refused later, is dropped
   */
  record(change: Change): void;

  /** Resolves once everything recorded so far is durable. */
  flush(): Promise<void>;

  /** Why the last change could not be written, such as a full disk; `undefined` while changes are written. */
  readonly failure: DomainError | undefined;

  /** Why recorded changes are not durable: then an action that must be audited is refused. */
  readonly recordFailure: DomainError | undefined;

  /** Recorded changes that wait in memory until the disk takes them again. */
  readonly waiting: number;

  get<T extends { readonly id: string }>(from: Collection<T>, id: string): T | undefined;

  /** The record under a unique index's key. */
  find<T extends { readonly id: string }>(from: Collection<T>, index: string, key: IndexKey): T | undefined;

  /**
   * The records in a range, read lazily in short transactions: safe to abandon, and never pins pages across an `await`.
   * Changes made meanwhile may or may not be seen. A record listed under several keys of the range appears under each.
   */
  list<T extends { readonly id: string }>(from: Collection<T>, range?: Range): Iterable<T>;

  /** The number of records in a range, without regard to its `limit` and `offset`. */
  count<T extends { readonly id: string }>(from: Collection<T>, range?: Range): number;

  /** Events after `seq`, oldest first. */
  events(afterSeq: number, limit: number): readonly JournalEvent[];

  /** `seq` of the newest event on disk; 0 before the first one. */
  readonly latestSeq: number;

  /** `seq` of the oldest event still kept, `latestSeq + 1` if there is no event: a reader up to `oldestSeq - 1` has missed nothing. */
  readonly oldestSeq: number;

  /** Drops the oldest events, but never the newest one. Resolves with the number of dropped events. */
  trimEvents(bounds: EventBounds): Promise<number>;

  /**
   * Calls `listener` after each commit about one of the topics, in order; without topics after every commit. Returns a function that stops
   * it. The hub logs the error of a listener and goes on.
   * For listeners that update the memory of this hub or notify its own clients: replicated changes of other hubs call them as well.
   */
  observe(listener: (committed: Committed) => void, ...topics: readonly Topic[]): () => void;

  /**
   * As {@link Store.observe}, for listeners whose work must happen once across all hubs, such as writes, deliveries and alerts. Replicated
   * changes of other hubs do not call them.
   */
  act(listener: (committed: Committed) => void, ...topics: readonly Topic[]): () => void;

  /**
   * Encrypts a secret for keeping in a record (JWE, A256GCM, under the sealing key outside the store).
   * @param scope the owner of the secret; absent: a shared secret
   */
  seal(plain: string, scope?: SecretScope): Promise<string>;

  /** @throws DomainError `internal` when the text was not sealed under this key. */
  unseal(sealed: string, scope?: SecretScope): Promise<string>;

  /** Encrypts texts that are confidential as a whole, such as devices' configurations. The redactor does not look for them elsewhere. */
  sealData(data: Uint8Array): Promise<string>;

  /** @throws DomainError `internal` as {@link Store.unseal}. */
  unsealData(sealed: string): Promise<Uint8Array>;
}

/** Calls back with the id of each record of a collection that is removed, once the change is on disk. Returns a function that stops it. */
export function onRemoved<T extends { readonly id: string }>(
  store: Pick<Store, 'observe'>,
  of: Collection<T>,
  listener: (id: string) => void,
): () => void {
  return store.observe(({ writes }) => {
    for (const { collection, id, value } of writes) if (collection === of.name && value === undefined) listener(id);
  }, of);
}

/** Calls back with each record of a collection that is written, once it is on disk. Returns a function that stops it. */
export function onWritten<T extends { readonly id: string }>(
  store: Pick<Store, 'observe' | 'act'>,
  of: Collection<T>,
  listener: (record: T) => void,
  how: 'observe' | 'act' = 'observe',
): () => void {
  return store[how](({ writes }) => {
    for (const { collection, value } of writes) if (collection === of.name && value) listener(value as T);
  }, of);
}

/**
 * Teaches the redactor the secrets of all records at the start, before an agent or a server can echo them. The store teaches each secret that
 * it unseals.
 * @param all the records, where they are in memory already
 */
export async function learnSecrets<T extends { readonly id: string }>(
  store: Pick<Store, 'list' | 'unseal'>,
  records: Collection<T>,
  all: Iterable<T> = store.list(records),
): Promise<void> {
  for (const record of all) {
    const secret = records.sealed?.(record);
    try {
      if (secret) await store.unseal(secret.text, secret.scope);
    } catch {
      // The sealing key of this secret is lost: the hub cannot send the secret either, so it cannot be echoed.
    }
  }
}

/** A record by its id, or by the name that its collection has as the index `name`. */
export function findNamed<T extends { readonly id: string }>(
  store: Pick<Store, 'get' | 'find'>,
  records: Collection<T>,
  idOrName: string,
): T | undefined {
  return store.get(records, idOrName) ?? store.find(records, 'name', idOrName.toLowerCase());
}

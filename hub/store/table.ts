import type { Collection, IndexKey, IndexPart } from '../domain/store.js';
import { type ByteDatabase, codec, type ValueDatabase } from './environment.js';
import { entryKey, indexPrefix, recordKey } from './index-key.js';

/** One put or delete of bytes. */
export interface Operation {
  readonly db: ValueDatabase | ByteDatabase;
  readonly key: Buffer;
  /** `undefined` deletes. */
  value: Buffer | undefined;
}

export interface TableIndex {
  readonly name: string;
  readonly unique: boolean;
  readonly field: string;
  readonly prefix: Buffer;
  readonly of: (value: unknown) => IndexKey | readonly (readonly IndexPart[])[] | undefined;
}

/** A record's place in an index. */
export interface Entry {
  readonly index: TableIndex;
  readonly key: Buffer;
  /** The key in its readable form, for messages. */
  readonly shown: IndexKey;
}

/** The state of a record that is not on disk yet. */
export interface Pending {
  readonly operation: Operation;
  readonly entries: readonly Entry[];
  readonly revision: unknown;
}

/** The state of a record: whether it exists, where it is listed, and its revision. */
export interface State {
  readonly exists: boolean;
  readonly entries: readonly Entry[];
  readonly revision: unknown;
}

const none: readonly Entry[] = [];
const absent: State = { exists: false, entries: none, revision: undefined };

/** The databases of a collection, and its operations that wait for the disk. */
export class Table {
  readonly indexes: readonly TableIndex[];
  readonly hasUnique: boolean;
  /** Operations that wait for the next commit. */
  queued = new Map<string, Pending>();
  /** Operations in the present commit. */
  #writing = new Map<string, Pending>();
  /** Holders of unique keys after the waiting operations: an id, or `null` if the key has become free. */
  claims = new Map<string, string | null>();
  #claimsWriting = new Map<string, string | null>();

  constructor(
    readonly collection: Collection<never>,
    readonly records: ValueDatabase,
    /** `undefined` in a collection without indexes. */
    readonly listing: ByteDatabase | undefined,
  ) {
    this.indexes = Object.entries(collection.indexes).map(([name, { of, unique = false, field = name }]) => ({
      name,
      unique,
      field,
      prefix: indexPrefix(name),
      of: of as TableIndex['of'],
    }));
    this.hasUnique = this.indexes.some(({ unique }) => unique);
  }

  index(name: string): TableIndex {
    const index = this.indexes.find((index) => index.name === name);
    if (!index) throw new TypeError(`collection '${this.collection.name}' has no index '${name}'`);
    return index;
  }

  /** The database of the index entries; only for tables that have indexes. */
  get entriesDatabase(): ByteDatabase {
    if (!this.listing) throw new TypeError(`collection '${this.collection.name}' has no indexes`);
    return this.listing;
  }

  /** The index entries of a record. */
  entriesOf(id: Buffer, value: unknown): readonly Entry[] {
    if (this.indexes.length === 0) return none;
    const entries: Entry[] = [];
    for (const index of this.indexes) {
      const given = index.of(value);
      if (given === undefined) continue;
      if (isList(given)) for (const key of given) entries.push(entry(index, key, id));
      else entries.push(entry(index, given, id));
    }
    return entries;
  }

  /** A record's state after all changes that were accepted so far, on disk or not. */
  state(id: string, key: Buffer): State {
    const pending = this.queued.get(id) ?? this.#writing.get(id);
    if (pending) return { exists: pending.operation.value !== undefined, ...pending };
    const value = this.records.get(key) as { revision?: unknown } | undefined;
    if (value === undefined) return absent;
    return { exists: true, entries: this.entriesOf(key, value), revision: value.revision };
  }

  /** The record after all accepted changes; `undefined` if no record has the id. */
  value(id: string, key: Buffer): unknown {
    const pending = this.queued.get(id) ?? this.#writing.get(id);
    if (!pending) return this.records.get(key);
    return pending.operation.value && codec.decode(pending.operation.value);
  }

  /** The id of the record that holds a unique key once all accepted changes are written; `undefined` if no record holds it. */
  holder(entry: Entry, claim: string): string | undefined {
    const pending = this.claims.get(claim) ?? (this.claims.has(claim) ? null : this.#claimsWriting.get(claim));
    return pending === undefined ? this.entriesDatabase.get(entry.key)?.toString() : (pending ?? undefined);
  }

  /** Moves the waiting operations into a commit. */
  startWriting(): void {
    if (this.queued.size > 0) {
      this.#writing = this.queued;
      this.queued = new Map();
    }
    if (this.claims.size > 0) {
      this.#claimsWriting = this.claims;
      this.claims = new Map();
    }
  }

  /** Removes the operations of the commit: they are read from disk now. */
  written(): void {
    if (this.#writing.size > 0) this.#writing = new Map();
    if (this.#claimsWriting.size > 0) this.#claimsWriting = new Map();
  }

  /** Gives up waiting and running writes: only the state on disk counts. */
  forget(): void {
    this.written();
    this.queued.clear();
    this.claims.clear();
  }

  /** The records on disk in portions, by id. */
  *portions(): Generator<readonly { readonly id: string }[]> {
    for (const portion of portionsOf(this.records)) yield portion.map(({ value }) => value as { readonly id: string });
  }

  /** Removes every record, in the present transaction. */
  clear(): void {
    this.records.clearSync();
    this.listing?.clearSync();
  }

  /** Lists every record again, in the present transaction. */
  relist(): number {
    const listing = this.entriesDatabase;
    listing.clearSync();
    let count = 0;
    for (const { value } of this.records.getRange({ start: Buffer.from([0]) })) {
      const id = (value as { id: string }).id;
      const key = recordKey(id);
      if (!key) continue;
      for (const entry of this.entriesOf(key, value)) {
        const holder = entry.index.unique ? listing.get(entry.key) : undefined;
        if (holder && !holder.equals(key)) {
          const records = `${this.collection.noun}s '${holder}' and '${id}'`;
          throw new Error(`${records} have the same ${entry.index.field}: its index cannot be made unique`);
        }
        listing.putSync(entry.key, entryValue(entry, key));
      }
      count++;
    }
    return count;
  }
}

/** Records read at a time: the database may be written between two portions. */
const PORTION = 256;

/** All entries of a database of records in portions, by key. */
export function* portionsOf(
  records: ValueDatabase,
): Generator<readonly { readonly key: Buffer; readonly value: unknown }[]> {
  let start: Buffer = Buffer.from([0]);
  for (;;) {
    const portion = Array.from(records.getRange({ start, limit: PORTION }));
    const last = portion.at(-1);
    if (!last) return;
    yield portion;
    start = Buffer.concat([last.key, Buffer.from([0])]);
  }
}

/** The content of an index entry: the record's id if the key does not contain it. */
export function entryValue(entry: Entry, id: Buffer): Buffer {
  return entry.index.unique ? id : EMPTY;
}
const EMPTY = Buffer.alloc(0);

function entry(index: TableIndex, shown: IndexKey, id: Buffer): Entry {
  return { index, shown, key: entryKey(index.prefix, shown, index.unique ? undefined : id) };
}

function isList(given: IndexKey | readonly (readonly IndexPart[])[]): given is readonly (readonly IndexPart[])[] {
  return typeof given === 'object' && (given.length === 0 || typeof given[0] === 'object');
}

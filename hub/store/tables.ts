import type { RootDatabase } from 'lmdb';
import { type Collection, collectionNamed } from '../domain/store.js';
import type { StoreLog } from './environment.js';
import { openBytes, openValues } from './environment.js';
import type { Meta } from './meta.js';
import { Table } from './table.js';

/** Names of a collection's databases. */
export const recordsDatabase = (collection: string) => `records/${collection}`;
export const entriesDatabase = (collection: string) => `entries/${collection}`;

/** The tables of all collections in use, each opened at the first use of its collection. */
export class Tables {
  readonly #root: RootDatabase;
  readonly #meta: Meta;
  readonly #log: StoreLog;
  readonly #tables = new Map<string, Table>();
  readonly #known = new WeakMap<object, Table>();

  constructor(root: RootDatabase, meta: Meta, log: StoreLog) {
    this.#root = root;
    this.#meta = meta;
    this.#log = log;
  }

  /** @throws TypeError if two collections with different indexes have one name. */
  of(collection: Collection<never>): Table {
    return this.#known.get(collection) ?? this.#meet(collection);
  }

  /** The collection of a name, as the program declares it. A collection that only a newer program declares has no indexes here. */
  named(name: string): Collection<never> {
    const known = this.#tables.get(name)?.collection ?? collectionNamed(name);
    return known ?? { name, class: 'registry', noun: 'record', indexes: {} };
  }

  /** The tables of all collections that have ever held a record. */
  all(): readonly Table[] {
    const prefix = recordsDatabase('');
    const names = Array.from(this.#root.getKeys(), String).filter((name) => name.startsWith(prefix));
    return names.map((name) => this.of(this.named(name.slice(prefix.length))));
  }

  startWriting(): void {
    for (const table of this.#tables.values()) table.startWriting();
  }

  written(): void {
    for (const table of this.#tables.values()) table.written();
  }

  forget(): void {
    for (const table of this.#tables.values()) table.forget();
  }

  #meet(collection: Collection<never>): Table {
    let table = this.#tables.get(collection.name);
    if (table && signature(table) !== signature(new Table(collection, table.records, table.listing))) {
      throw new TypeError(`collection '${collection.name}' is declared twice, with different indexes`);
    }
    table ??= this.#root.transactionSync(() => this.#open(collection));
    this.#tables.set(collection.name, table);
    this.#known.set(collection, table);
    return table;
  }

  /** Runs in a transaction: databases, index entries and the note about them appear together. */
  #open(collection: Collection<never>): Table {
    const { name } = collection;
    const indexed = Object.keys(collection.indexes).length > 0;
    const records = openValues(this.#root, recordsDatabase(name));
    const table = new Table(collection, records, indexed ? openBytes(this.#root, entriesDatabase(name)) : undefined);
    const wanted = signature(table);
    if (this.#meta.indexesOf(name) === wanted) return table;
    const count = indexed ? table.relist() : 0;
    this.#meta.setIndexesOf(name, wanted);
    if (count > 0)
      this.#log.info(
        { event: 'store.index_built', collection: name, records: count },
        'listed all records in changed indexes',
      );
    return table;
  }
}

/** The indexes by name and kind: if this changes, the store lists the records again. */
function signature(table: Table): string {
  return table.indexes
    .map(({ name, unique }) => (unique ? `${name}!` : name))
    .sort()
    .join(' ');
}

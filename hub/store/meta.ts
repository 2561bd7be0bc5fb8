import { asBinary, type RootDatabase } from 'lmdb';
import { codec, openValues, type ValueDatabase } from './environment.js';
import type { Operation } from './table.js';

/** A place in the log of several hubs: the number of a change, the batch that it came in, and the number of the newest event. */
export interface Place {
  readonly change: number;
  readonly batch: string;
  readonly seq: number;
}

/** The store's notes about itself. */
interface Notes {
  /** Version of the schema, see `migrations.ts`. */
  schema: number;
  /** The id of the key that seals the secrets, see `seal.ts`. */
  sealingKey: string;
  /** Tells this hub from other hubs of a cluster. */
  hub: string;
  /** Set while the store follows the log of several hubs: its place in the log, or `'loading'` until it has its first records. */
  place: Place | 'loading';
}

/** The store's notes about itself; writes are synchronous, in the present transaction. */
export class Meta {
  readonly #db: ValueDatabase;

  constructor(root: RootDatabase) {
    this.#db = openValues(root, 'meta');
  }

  get<K extends keyof Notes>(name: K): Notes[K] | undefined {
    return this.#db.get(Buffer.from(name)) as Notes[K] | undefined;
  }

  set<K extends keyof Notes>(name: K, value: Notes[K]): void {
    this.#db.putSync(Buffer.from(name), asBinary(codec.encode(value)));
  }

  /** A note that is written together with other operations. */
  operation<K extends keyof Notes>(name: K, value: Notes[K]): Operation {
    return { db: this.#db, key: Buffer.from(name), value: codec.encode(value) };
  }

  remove(name: keyof Notes): void {
    this.#db.removeSync(Buffer.from(name));
  }

  /** The indexes that a collection's records are listed in; `undefined` if the records have to be listed again. */
  indexesOf(collection: string): string | undefined {
    return this.#db.get(indexesKey(collection)) as string | undefined;
  }

  setIndexesOf(collection: string, indexes: string): void {
    this.#db.putSync(indexesKey(collection), asBinary(codec.encode(indexes)));
  }

  forgetIndexesOf(collection: string): void {
    this.#db.removeSync(indexesKey(collection));
  }
}

function indexesKey(collection: string): Buffer {
  return Buffer.from(`indexes/${collection}`);
}

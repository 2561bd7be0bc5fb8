import { asBinary, type RootDatabase } from 'lmdb';
import { codec, openValues, type ValueDatabase } from './environment.js';

/** The store's notes about itself. */
interface Notes {
  /** Version of the schema, see `migrations.ts`. */
  schema: number;
  /** Which sealing key the secrets are under, see `seal.ts`. */
  sealingKey: string;
}

/** The store's notes about itself; writes are synchronous, and part of a transaction that runs. */
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

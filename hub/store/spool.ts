import { asBinary, type RootDatabase } from 'lmdb';
import type { Change, Write } from '../domain/store.js';
import { codec, openValues, type ValueDatabase } from './environment.js';
import type { TimedEvent } from './journal.js';
import type { Operation } from './table.js';
import type { Tables } from './tables.js';

/** A write in the spool: it has the name of its collection. */
type SpooledWrite = Readonly<Record<string, unknown>> & { readonly collection: string };

interface SpooledChange {
  readonly writes: readonly SpooledWrite[];
  readonly events: readonly TimedEvent[];
}

/** Recorded changes on this hub's disk that wait for the other hubs. They outlast the process. */
export class Spool {
  readonly #root: RootDatabase;
  readonly #tables: Tables;
  readonly #db: ValueDatabase;
  #next: number;

  constructor(root: RootDatabase, tables: Tables) {
    this.#root = root;
    this.#tables = tables;
    this.#db = openValues(root, 'spool');
    this.#next = 1;
    for (const key of this.#db.getKeys({ reverse: true, start: Buffer.from([0xff]), limit: 1 }))
      this.#next = key.readUIntBE(0, KEY_BYTES) + 1;
  }

  /** Adds a change with the present time. @returns its key, and a promise that resolves when it is on disk */
  add({ writes, events = [] }: Change): { readonly key: Buffer; readonly written: Promise<unknown> } {
    const time = Date.now();
    const spooled: SpooledChange = {
      writes: writes.map((write) => ({ ...write, collection: write.collection.name })),
      events: events.map((event) => ({ time, ...event })),
    };
    const key = Buffer.allocUnsafe(KEY_BYTES);
    key.writeUIntBE(this.#next, 0, KEY_BYTES);
    this.#next += 1;
    const value = codec.encode(spooled);
    return { key, written: this.#root.batch(() => void this.#db.put(key, asBinary(value))) };
  }

  /** All changes, oldest first. */
  *all(): Generator<{ readonly key: Buffer; readonly change: Change }> {
    for (const { key, value } of this.#db.getRange({ start: Buffer.from([0]) })) {
      const { writes, events } = value as SpooledChange;
      const named = writes.map((write) => ({ ...write, collection: this.#tables.named(write.collection) }));
      yield { key, change: { writes: named as unknown as Write[], events } };
    }
  }

  /** The removal of a change, which goes into the commit that takes it. */
  removal(key: Buffer): Operation {
    return { db: this.#db, key, value: undefined };
  }
}

/** Six bytes hold more numbers than a spool ever counts. */
const KEY_BYTES = 6;

import type { RootDatabase } from 'lmdb';
import type { JournalEvent, NewEvent } from '../domain/store.js';
import { codec, openValues, type ValueDatabase } from './environment.js';
import type { Operation } from './table.js';

/** An event in the journal, under its number. */
type Kept = readonly [type: string, time: number, data: JournalEvent['data'], serverId?: string];

/** A new event; an event of another hub has its time already. */
export type TimedEvent = NewEvent & { readonly time?: number };

/** LMDB's own figures of a database. */
interface Stats {
  readonly pageSize: number;
  readonly treeLeafPageCount: number;
  /** Pages of values that are too long for a leaf. */
  readonly overflowPages: number;
  readonly entryCount: number;
}

/** The events, numbered. */
export class Journal {
  readonly #db: ValueDatabase;
  /** Number of the newest event that was accepted, on disk or not. */
  #staged: number;
  #latest: number;

  constructor(root: RootDatabase) {
    this.#db = openValues(root, 'journal');
    this.#latest = this.#edge(true) ?? 0;
    this.#staged = this.#latest;
  }

  /** Number of the newest event on disk; 0 before the first one. */
  get latest(): number {
    return this.#latest;
  }

  /** Number of the oldest event on disk, `latest + 1` if the journal is empty. */
  get oldest(): number {
    return this.#edge(false) ?? this.#latest + 1;
  }

  /**
   * Numbers events in the order of their acceptance. @returns the events and their operations. @throws and numbers none, if one event
   * cannot be stored
   */
  stage(events: readonly TimedEvent[]): { told: readonly JournalEvent[]; operations: Operation[] } {
    const told: JournalEvent[] = [];
    const operations: Operation[] = [];
    const now = Date.now();
    let seq = this.#staged;
    for (const { type, time = now, serverId, data } of events) {
      seq++;
      const event = serverId === undefined ? { seq, time, type, data } : { seq, time, type, serverId, data };
      operations.push({ db: this.#db, key: eventKey(seq), value: encodeEvent(event) });
      told.push(event);
    }
    this.#staged = seq;
    return { told, operations };
  }

  /** Gives the next event a number after this one. */
  continueAfter(seq: number): void {
    if (seq <= this.#staged) return;
    this.#latest = seq;
    this.#staged = seq;
  }

  /** Removes all events, within the transaction that runs. */
  clear(): void {
    this.#db.clearSync();
    this.#latest = 0;
    this.#staged = 0;
  }

  /** Events up to this number are on disk. */
  written(seq: number): void {
    this.#latest = seq;
  }

  /** Gives up accepted events that are not on disk. */
  forget(): void {
    this.#staged = this.#latest;
  }

  /** Events after a number, oldest first. */
  read(after: number, limit: number): readonly JournalEvent[] {
    const events: JournalEvent[] = [];
    const start = eventKey(Math.min(Math.max(0, Math.floor(after)) + 1, Number.MAX_SAFE_INTEGER));
    for (const { key, value } of this.#db.getRange({ start, limit })) {
      const [type, time, data, serverId] = value as Kept;
      const seq = seqOf(key);
      events.push(serverId === undefined ? { seq, time, type, data } : { seq, time, type, serverId, data });
    }
    return events;
  }

  /** About the number of the oldest event that fits if the newest events may take this many bytes on disk. */
  firstWithin(bytes: number): number {
    const { pageSize, treeLeafPageCount, overflowPages, entryCount } = this.#db.getStats() as Stats;
    const size = pageSize * (treeLeafPageCount + overflowPages);
    return size <= bytes ? 0 : this.oldest + Math.ceil(entryCount * (1 - bytes / size));
  }

  /**
   * The deletion of up to `limit` of the oldest events: events before `time`, and events with numbers below `seq`; never the newest event.
   */
  trim(time: number, seq: number, limit: number): Operation[] {
    const operations: Operation[] = [];
    for (const { key, value } of this.#db.getRange({ start: eventKey(0), end: eventKey(this.#latest), limit })) {
      if (seqOf(key) >= seq && (value as Kept)[1] >= time) break;
      operations.push({ db: this.#db, key, value: undefined });
    }
    return operations;
  }

  #edge(newest: boolean): number | undefined {
    const options = newest ? { reverse: true, start: Buffer.from([0xff]), limit: 1 } : { start: eventKey(0), limit: 1 };
    for (const key of this.#db.getKeys(options)) return seqOf(key);
    return undefined;
  }
}

/** The bytes of an event in the journal, without its number. */
export function encodeEvent({ type, time, data, serverId }: JournalEvent): Buffer {
  const kept: Kept = serverId === undefined ? [type, time, data] : [type, time, data, serverId];
  return codec.encode(kept);
}

export function decodeEvent(bytes: Uint8Array): TimedEvent {
  const [type, time, data, serverId] = codec.decode(bytes as Buffer) as Kept;
  return serverId === undefined ? { type, time, data } : { type, time, data, serverId };
}

function eventKey(seq: number): Buffer {
  const key = Buffer.allocUnsafe(8);
  key.writeUInt32BE(Math.floor(seq / 2 ** 32), 0);
  key.writeUInt32BE(seq >>> 0, 4);
  return key;
}

function seqOf(key: Buffer): number {
  return key.readUInt32BE(0) * 2 ** 32 + key.readUInt32BE(4);
}

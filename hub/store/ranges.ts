import type { IndexKey, Range } from '../domain/store.js';
import { behind, boundary, idOfEntry, recordKey } from './index-key.js';
import type { Table, TableIndex } from './table.js';

/** The records of one portion. The first portions are smaller, because many lists end early. */
const FIRST_PORTION = 32;
const PORTION = 256;
/** A portion of large records ends after this time: reading them holds the event loop, milliseconds. */
const PORTION_MS = 2;

/** Below and above every key. */
const LOWEST = Buffer.from([0]);
const HIGHEST = Buffer.from([0xff]);

interface Bounds {
  readonly index: TableIndex | undefined;
  /** Inclusive. */
  readonly lower: Buffer;
  /** Exclusive. */
  readonly upper: Buffer;
}

/** A key of the database that is read, and its record. */
interface Found {
  readonly key: Buffer;
  readonly value: unknown;
}

/**
 * Reads a range in portions. Each portion is read in one transaction, and the next one starts after the last key: no transaction is open
 * between two records.
 */
export function* readRange(table: Table, range: Range, read: () => void): Generator<unknown> {
  const bounds = boundsOf(table, range);
  let { lower, upper } = bounds;
  let left = range.limit ?? Number.POSITIVE_INFINITY;
  let offset = range.offset ?? 0;
  let after: Buffer | undefined;
  let size = FIRST_PORTION;
  while (left > 0 && lower.compare(upper) < 0) {
    const limit = Math.min(left, size);
    const options = range.reverse
      ? { reverse: true, start: upper, exclusiveStart: true, end: lower, inclusiveEnd: true }
      : { start: lower, exclusiveStart: after !== undefined, end: upper };
    read();
    const { found, ended } = readPortion(table, bounds.index, { ...options, offset, limit });
    for (const { value } of found) if (value !== undefined) yield value;
    after = found.at(-1)?.key;
    if (!after || (ended && found.length < limit)) return;
    if (range.reverse) upper = after;
    else lower = after;
    left -= found.length;
    offset = 0;
    size = Math.min(size * 2, PORTION);
  }
}

/** The number of records, or of entries of an index, in a range. */
export function countRange(table: Table, range: Range): number {
  const { index, lower, upper } = boundsOf(table, range);
  if (lower.compare(upper) >= 0) return 0;
  // LMDB knows the size of a whole collection without counting.
  if (lower === LOWEST && upper === HIGHEST) return (table.records.getStats() as { entryCount: number }).entryCount;
  const db = index ? table.entriesDatabase : table.records;
  return db.getKeysCount({ start: lower, end: upper });
}

interface PortionOptions {
  readonly start: Buffer;
  readonly end: Buffer;
  readonly reverse?: boolean;
  readonly exclusiveStart?: boolean;
  readonly inclusiveEnd?: boolean;
  readonly offset: number;
  readonly limit: number;
}

/** Reads records until there are enough or the time is over. `ended`: it came to the end of the range, or has enough. */
function readPortion(table: Table, index: TableIndex | undefined, options: PortionOptions) {
  const endsAt = performance.now() + PORTION_MS;
  const found: Found[] = [];
  for (const one of recordsOf(table, index, options)) {
    found.push(one);
    if (performance.now() > endsAt) return { found, ended: false };
  }
  return { found, ended: true };
}

function* recordsOf(table: Table, index: TableIndex | undefined, options: PortionOptions): Generator<Found> {
  if (!index) {
    for (const { key, value } of table.records.getRange({ ...options })) yield { key, value };
    return;
  }
  const entries = index.unique
    ? Array.from(table.entriesDatabase.getRange({ ...options }), ({ key, value }) => ({ key, id: value.toString() }))
    : Array.from(table.entriesDatabase.getKeys({ ...options }), (key) => ({ key, id: idOfEntry(key) }));
  for (const { key, id } of entries) yield { key, value: table.records.get(Buffer.from(id)) };
}

function boundsOf(table: Table, range: Range): Bounds {
  requireCount('limit', range.limit);
  requireCount('offset', range.offset);
  return range.index === undefined ? idBounds(range) : indexBounds(table.index(range.index), range);
}

function idBounds({ equals, from, to }: Range): Bounds {
  let lower = from === undefined ? LOWEST : idBoundary(from);
  let upper = to === undefined ? HIGHEST : idBoundary(to);
  if (equals !== undefined) {
    const id = idBoundary(equals);
    lower = later(lower, id);
    upper = sooner(upper, Buffer.concat([id, LOWEST]));
  }
  return { index: undefined, lower, upper };
}

function indexBounds(index: TableIndex, { equals, from, to }: Range): Bounds {
  let lower = from === undefined ? index.prefix : boundary(index.prefix, from);
  let upper = to === undefined ? behind(index.prefix) : boundary(index.prefix, to);
  if (equals !== undefined) {
    const start = boundary(index.prefix, equals);
    lower = later(lower, start);
    upper = sooner(upper, behind(start));
  }
  return { index, lower, upper };
}

function idBoundary(id: IndexKey): Buffer {
  if (typeof id !== 'string') throw new TypeError('ids are texts, and so are the bounds of a range over them');
  // Bounds need not be valid ids: the empty id lies before all others, and a longer id behind its prefixes.
  return id === '' ? LOWEST : (recordKey(id) ?? Buffer.from(id).subarray(0, 256));
}

function later(a: Buffer, b: Buffer): Buffer {
  return a.compare(b) > 0 ? a : b;
}

function sooner(a: Buffer, b: Buffer): Buffer {
  return a.compare(b) < 0 ? a : b;
}

function requireCount(name: string, value: number | undefined): void {
  if (value === undefined || value === Number.POSITIVE_INFINITY) return;
  if (!Number.isSafeInteger(value) || value < 0)
    throw new TypeError(`${name} of a range must be a whole number, at least 0`);
}

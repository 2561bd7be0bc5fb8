import { DomainError, invalid } from '../domain/errors.js';
import type { Change, Collection, Committed, Guard, IndexKey, Write } from '../domain/store.js';
import { codec } from './environment.js';
import type { Purpose } from './headroom.js';
import { recordKey } from './index-key.js';
import type { Journal } from './journal.js';
import { type Entry, entryValue, type Operation, type State, type Table } from './table.js';
import type { Tables } from './tables.js';

/** An accepted change: its bytes, and its message when they are on disk. */
export interface Accepted {
  readonly operations: readonly Operation[];
  readonly committed: Committed;
  /** About how much memory it holds until it is on disk. */
  readonly bytes: number;
  readonly purpose: Purpose;
}

/** A checked write that is not yet joined to the waiting operations. */
interface Draft {
  readonly table: Table;
  readonly id: string;
  readonly key: Buffer;
  readonly value: Buffer | undefined;
  /** The record that the value holds. */
  readonly record: unknown;
  readonly before: State;
  readonly after: State;
}

/** Memory of an operation besides its bytes. */
const OPERATION_BYTES = 128;

/** Turns changes into operations, one after the other. Each change sees the effect of all changes that were accepted before it. */
export class Changes {
  readonly #tables: Tables;
  readonly #journal: Journal;

  constructor(tables: Tables, journal: Journal) {
    this.#tables = tables;
    this.#journal = journal;
  }

  /**
   * Checks a change and takes it as a whole, or throws and takes nothing of it.
   * @throws DomainError `already_exists`, `conflict`, `invalid_input` (an id or index key that cannot be stored).
   */
  accept({ writes, guards = [], events = [], urgent = false }: Change): Accepted {
    for (const guard of guards) this.#check(guard);
    const drafts: Draft[] = [];
    // A write can only change the effect of another write of the same change if there are several.
    const own = writes.length > 1 ? new Own() : undefined;
    for (const write of writes) {
      const draft = this.#draft(write, own);
      own?.add(draft);
      drafts.push(draft);
    }
    const { told, operations } = this.#journal.stage(events);
    for (const draft of drafts) join(draft, operations);
    let bytes = 0;
    for (const { value } of operations) bytes += OPERATION_BYTES + (value?.length ?? 0);
    const purpose = writes.some(({ kind }) => kind === 'delete') ? 'deletion' : urgent ? 'urgent' : 'growth';
    return { operations, committed: { writes: drafts.map(tell), events: told }, bytes, purpose };
  }

  #check({ collection, id, revision }: Guard): void {
    const key = recordKey(id);
    const before = key ? this.#tables.of(collection).state(id, key) : absent;
    checkRevision(before, revision, collection, id);
  }

  #draft(write: Write, own: Own | undefined): Draft {
    const table = this.#tables.of(write.collection);
    const id = idOf(write);
    const key = recordKey(id);
    if (!key) throw invalid('id', `the id of a ${table.collection.noun} is a text of 1 to 255 bytes`);
    // An entry of a ledger is new and does not change, so no earlier one is looked up.
    const isNew = write.kind === 'put' && table.collection.class === 'ledger';
    const needed = (write.kind !== 'add' && write.expect !== undefined) || (table.indexes.length > 0 && !isNew);
    const before = own?.draft(table, id)?.after ?? (needed ? table.state(id, key) : unasked);
    if (write.kind !== 'add') check(write, before, table.collection, id);
    if (write.kind === 'delete') return { table, id, key, value: undefined, record: undefined, before, after: absent };
    const earlier = own?.draft(table, id);
    const record = write.kind === 'add' ? sum(earlier ? earlier.record : table.value(id, key), write) : write.value;
    const entries = table.entriesOf(key, record);
    for (const entry of entries) if (entry.index.unique) checkUnique(table, entry, record, before, own);
    const after = { exists: true, entries, revision: (record as { revision?: unknown }).revision };
    return { table, id, key, value: codec.encode(record), record, before, after };
  }
}

const absent: State = { exists: false, entries: [], revision: undefined };
/** The state of a record without indexes: the change does not look it up. */
const unasked: State = absent;

/** The effects of the earlier writes of the same change. */
class Own {
  readonly #drafts = new Map<string, Draft>();
  readonly #claims = new Map<string, string | null>();

  draft(table: Table, id: string): Draft | undefined {
    return this.#drafts.get(`${table.collection.name}/${id}`);
  }

  holder(table: Table, claim: string): string | null | undefined {
    return this.#claims.get(`${table.collection.name}/${claim}`);
  }

  add(draft: Draft): void {
    const { table, id, before, after } = draft;
    this.#drafts.set(`${table.collection.name}/${id}`, draft);
    for (const [claim, holder] of claims(id, before, after)) {
      this.#claims.set(`${table.collection.name}/${claim}`, holder);
    }
  }
}

/** Joins a checked write to the waiting operations; nothing here can fail. */
function join({ table, id, key, value, before, after }: Draft, operations: Operation[]): void {
  // If several writes of a commit change one record, only the last has to reach the disk.
  let operation = table.queued.get(id)?.operation;
  if (operation) operation.value = value;
  else {
    operation = { db: table.records, key, value };
    operations.push(operation);
  }
  table.queued.set(id, { operation, entries: after.entries, revision: after.revision });
  if (table.indexes.length === 0) return;
  const db = table.entriesDatabase;
  for (const old of before.entries) {
    if (!has(after.entries, old)) operations.push({ db, key: old.key, value: undefined });
  }
  for (const entry of after.entries) {
    if (!has(before.entries, entry)) operations.push({ db, key: entry.key, value: entryValue(entry, key) });
  }
  if (table.hasUnique) for (const [claim, holder] of claims(id, before, after)) table.claims.set(claim, holder);
}

function check(
  { expect }: Exclude<Write, { kind: 'add' }>,
  before: State,
  collection: Collection<never>,
  id: string,
): void {
  if (expect === 'absent' && before.exists) throw alreadyExists(collection.noun, 'id', id);
  if (typeof expect === 'number') checkRevision(before, expect, collection, id);
}

function checkRevision(before: State, wanted: number, { noun }: Collection<never>, id: string): void {
  if (before.exists && (before.revision ?? 0) === wanted) return;
  const message = `${noun} '${id}' was ${before.exists ? 'changed' : 'deleted'} meanwhile`;
  throw new DomainError('conflict', message, { resource: noun, id });
}

function checkUnique(table: Table, entry: Entry, value: { id: string }, before: State, own: Own | undefined): void {
  if (has(before.entries, entry)) return;
  const claim = claimOf(entry);
  const holder = own?.holder(table, claim);
  const taken = holder === undefined ? table.holder(entry, claim) : holder;
  if (!taken || taken === value.id) return;
  const { field } = entry.index;
  // The name as the caller wrote it: the key of an index may be in lower case, with its owner before it.
  const { [field]: written } = value as Readonly<Record<string, unknown>>;
  throw alreadyExists(table.collection.noun, field, typeof written === 'string' ? written : entry.shown);
}

function alreadyExists(resource: string, field: string, key: IndexKey): DomainError {
  const text = typeof key === 'object' ? key.join(', ') : String(key);
  const value = text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
  return new DomainError('already_exists', `${resource} with ${field} '${value}' already exists`, {
    resource,
    field,
    value,
  });
}
const LONGEST_SHOWN = 100;

/** Unique keys that a write takes (the record's id) or frees (`null`). */
function* claims(id: string, before: State, after: State): Generator<[string, string | null]> {
  for (const old of before.entries) if (old.index.unique && !has(after.entries, old)) yield [claimOf(old), null];
  for (const entry of after.entries) {
    if (entry.index.unique && !has(before.entries, entry)) yield [claimOf(entry), id];
  }
}

function claimOf(entry: Entry): string {
  return entry.key.toString('latin1');
}

function has(entries: readonly Entry[], wanted: Entry): boolean {
  for (const { index, key } of entries) if (index === wanted.index && key.equals(wanted.key)) return true;
  return false;
}

function idOf(write: Write): string {
  return write.kind === 'delete' ? write.id : write.value.id;
}

function tell({ table, id, record }: Draft): Committed['writes'][number] {
  return { collection: table.collection.name, id, value: record };
}

/** A record of counters after an increment; see {@link add} of the domain. */
function sum(before: unknown, { value, latest = {} }: Extract<Write, { kind: 'add' }>): { readonly id: string } {
  const known = (before ?? {}) as Readonly<Record<string, unknown>>;
  const after: Record<string, unknown> & { id: string } = { ...known, ...value };
  for (const [field, amount] of Object.entries(value)) {
    if (typeof amount === 'number') after[field] = ((known[field] as number | undefined) ?? 0) + amount;
    else if (Array.isArray(amount)) after[field] = sumByName(known[field] as Pairs | undefined, amount as Pairs);
  }
  for (const [field, moment] of Object.entries(latest))
    after[field] = Math.max((known[field] as number | null | undefined) ?? 0, moment);
  return after;
}

type Pairs = readonly (readonly [name: string, count: number])[];

function sumByName(before: Pairs = [], amounts: Pairs): Pairs {
  const counts = new Map(before);
  for (const [name, amount] of amounts) counts.set(name, (counts.get(name) ?? 0) + amount);
  return [...counts];
}

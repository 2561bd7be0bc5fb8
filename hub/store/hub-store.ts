import { randomUUID } from 'node:crypto';
import type { RootDatabase } from 'lmdb';
import type { SecretScope } from '../domain/audit/known-secrets.js';
import type { BackupOptions, BackupSource } from '../domain/backups.js';
import { DomainError } from '../domain/errors.js';
import type {
  Change,
  Collection,
  Committed,
  EventBounds,
  IndexKey,
  JournalEvent,
  Range,
  Store,
  Topic,
  Write,
} from '../domain/store.js';
import { type Accepted, Changes } from './changes.js';
import { Committer, Feed, type Replication } from './committer.js';
import { BackupWriter } from './copies/backup.js';
import type { StoreLog } from './environment.js';
import { codec, dataFile } from './environment.js';
import { Headroom } from './headroom.js';
import { entryKey, recordKey } from './index-key.js';
import { decodeEvent, encodeEvent, Journal } from './journal.js';
import type { Meta, Place } from './meta.js';
import { type Migration, type OldRecord, schemaVersion } from './migrations.js';
import { countRange, readRange } from './ranges.js';
import type { Sealer } from './seal.js';
import { Spool } from './spool.js';
import type { Operation, Table } from './table.js';
import { Tables } from './tables.js';

/** The store of a hub: the domain's port, and the operations for the code that runs the hub. */
export interface HubStore extends Store, BackupSource {
  /** The store itself checks no rights: the domain's store does, see `MeasuredStore`. */
  apply(change: Change): Promise<Committed>;

  /**
   * A backup of this moment (a gzipped tar, see `backup.ts`), with all changes that were recorded so far; changes go on meanwhile. The
   * caller reads it to the end or leaves its iterator: until then its files are in the data folder's `tmp`.
   */
  copy(options: BackupOptions): Promise<AsyncIterable<Uint8Array>>;

  /** Brings everything to disk, ends backups being read, and gives the folder back. Later reads and changes throw. */
  close(): Promise<void>;
}

/** A record in the log of several hubs: its bytes, or nothing if it was removed. */
export interface LoggedWrite {
  readonly collection: string;
  readonly id: string;
  readonly value?: Uint8Array | undefined;
}

/** A change in the log of several hubs. */
export interface LoggedChange {
  readonly writes: readonly LoggedWrite[];
  readonly events: readonly Uint8Array[];
}

/** A store that follows the log of several hubs, or writes it. */
export interface ReplicaStore extends HubStore {
  /** The place of the store in the log; `undefined`: it has not begun, or an earlier load did not end. */
  readonly place: Place | undefined;

  /** The version of the records' schema, see `migrations.ts`. */
  schema: number | undefined;

  /** Tells this hub from the others; made when it is first asked for. */
  readonly hubId: string;

  /** Names the key that seals the secrets. */
  readonly sealingKeyId: string;

  /** Whether the store holds records that come from no log. */
  readonly isOwn: boolean;

  /** All records, in portions, in the form of the log. */
  loggedRecords(): Iterable<readonly LoggedWrite[]>;

  /** A write in the form of the log. */
  logged(write: Extract<Write, { kind: 'put' }>): LoggedChange;

  /** Takes a change of the log, and notes the place after it. */
  take(change: LoggedChange, place: Place): Promise<void>;

  /** Removes everything. The new records come by {@link ReplicaStore.put}, and {@link ReplicaStore.take} notes the place at the end. */
  clear(): void;
  put(records: readonly LoggedWrite[]): Promise<void>;

  /**
   * Brings the records to the version of this program, each migration in one change.
   * @param note the write that notes a version for the other hubs
   */
  migrate(note: (version: number) => Write): Promise<void>;

  /** From now on this store makes the changes: each goes through `log` before it is on this disk. */
  lead(log: Replication<LoggedChange, Place>): void;
}

/** The parts of an open store. */
export interface Parts {
  readonly root: RootDatabase;
  readonly meta: Meta;
  readonly sealer: Sealer;
  readonly dir: string;
  readonly sealingKeyFile: string;
  readonly migrations: readonly Migration[];
  /** Called with every text that is sealed or unsealed, before other code can show it. */
  readonly onSecret?: ((plain: string, scope?: SecretScope) => void) | undefined;
  readonly unlock: () => void;
  readonly log: StoreLog;
}

/** The most events that one commit deletes. */
const TRIM_PORTION = 1000;

type Stored = { readonly id: string };

/** {@link ReplicaStore} over LMDB. */
export class LmdbStore implements ReplicaStore {
  readonly #parts: Parts;
  readonly #tables: Tables;
  readonly #journal: Journal;
  readonly #feed: Feed;
  readonly #changes: Changes;
  readonly #committer: Committer;
  readonly #checkOpen = () => this.#requireOpen();
  readonly #backups: BackupWriter;
  #closed: Promise<void> | undefined;

  constructor(parts: Parts) {
    const { root, meta, dir, log } = parts;
    const tables = new Tables(root, meta, log);
    const journal = new Journal(root);
    const feed = new Feed(log);
    const headroom = new Headroom(root, dataFile(dir));
    this.#parts = parts;
    this.#tables = tables;
    journal.continueAfter(this.place?.seq ?? 0);
    this.#journal = journal;
    this.#feed = feed;
    this.#changes = new Changes(tables, journal);
    const accept = (change: Change) => this.#changes.accept(change);
    this.#committer = new Committer({
      root,
      headroom,
      tables,
      journal,
      feed,
      spool: new Spool(root, tables),
      log,
      accept,
    });
    const schema = schemaVersion(parts.migrations);
    this.#backups = new BackupWriter({ ...parts, schema, sealingKeyId: parts.sealer.keyId });
  }

  async apply(change: Change): Promise<Committed> {
    this.#requireOpen();
    this.#committer.checkTakes();
    let accepted: Accepted;
    try {
      accepted = this.#changes.accept(change);
    } catch (error) {
      if (!(error instanceof DomainError) || !this.#committer.waits) throw error;
      // The reason may be a change that is not on disk yet. If the disk does not take it, the refusal would tell of a record that never was.
      await this.#committer.settled();
      accepted = this.#changes.accept(change);
    }
    await this.#committer.commit(accepted);
    return accepted.committed;
  }

  record(change: Change): void {
    this.#requireOpen();
    this.#committer.checkBacklog();
    this.#committer.gather(change);
  }

  flush(): Promise<void> {
    return this.#committer.flush();
  }

  get failure(): DomainError | undefined {
    return this.#committer.failure;
  }

  get recordFailure(): DomainError | undefined {
    return this.#committer.recordFailure;
  }

  get waiting(): number {
    return this.#committer.kept;
  }

  get place(): Place | undefined {
    const place = this.#parts.meta.get('place');
    return place === 'loading' ? undefined : place;
  }

  get hubId(): string {
    const { meta } = this.#parts;
    const known = meta.get('hub');
    if (known) return known;
    const made = randomUUID();
    meta.set('hub', made);
    return made;
  }

  get sealingKeyId(): string {
    return this.#parts.sealer.keyId;
  }

  get schema(): number | undefined {
    return this.#parts.meta.get('schema');
  }

  set schema(version: number) {
    this.#parts.meta.set('schema', version);
  }

  get isOwn(): boolean {
    return this.#parts.meta.get('place') === undefined && !this.#loggedRecords().next().done;
  }

  loggedRecords(): Iterable<readonly LoggedWrite[]> {
    return { [Symbol.iterator]: () => this.#loggedRecords() };
  }

  *#loggedRecords(): Iterator<readonly LoggedWrite[]> {
    for (const table of this.#tables.all())
      for (const records of table.portions())
        yield records.map((record) => ({
          collection: table.collection.name,
          id: record.id,
          value: codec.encode(record),
        }));
  }

  logged({ collection: { name }, value }: Extract<Write, { kind: 'put' }>): LoggedChange {
    return { writes: [{ collection: name, id: value.id, value: codec.encode(value) }], events: [] };
  }

  take({ writes, events }: LoggedChange, place: Place): Promise<void> {
    this.#journal.continueAfter(place.seq - events.length);
    return this.#replay(writes, { events: events.map(decodeEvent) }, [this.#parts.meta.operation('place', place)]);
  }

  clear(): void {
    this.#requireOpen();
    const tables = this.#tables.all();
    this.#parts.root.transactionSync(() => {
      this.#parts.meta.set('place', 'loading');
      for (const table of tables) table.clear();
      this.#journal.clear();
    });
  }

  put(records: readonly LoggedWrite[]): Promise<void> {
    return this.#replay(records);
  }

  async #replay(
    records: readonly LoggedWrite[],
    { events = [] }: Pick<Change, 'events'> = {},
    notes: readonly Operation[] = [],
  ): Promise<void> {
    this.#requireOpen();
    const writes = records.map(({ collection: name, id, value }): Write => {
      const collection = this.#tables.named(name);
      if (value === undefined) return { kind: 'delete', collection, id };
      return { kind: 'put', collection, value: codec.decode(value as Buffer) };
    });
    const accepted = this.#changes.accept({ writes, events });
    await this.#committer.commit({ ...accepted, operations: [...accepted.operations, ...notes] });
  }

  async migrate(note: (version: number) => Write): Promise<void> {
    for (const { version, up } of this.#parts.migrations) {
      if (version <= (this.schema ?? 1)) continue;
      const writes: Write[] = [];
      const table = (name: string) => this.#tables.of(this.#tables.named(name));
      up({
        *records(name) {
          for (const portion of table(name).portions()) yield* portion as OldRecord[];
        },
        put: (name, value) => writes.push({ kind: 'put', collection: this.#tables.named(name), value }),
        remove: (name, id) => writes.push({ kind: 'delete', collection: this.#tables.named(name), id }),
      });
      await this.apply({ writes: [...writes, note(version)] });
      this.schema = version;
    }
  }

  lead(log: Replication<LoggedChange, Place>): void {
    const { meta } = this.#parts;
    this.#committer.replicate({
      send: async (changes, away) => meta.operation('place', await log.send(changes.map(logged), away)),
      lost: (reason) => log.lost(reason),
      stop: () => log.stop(),
    });
  }

  get<T extends Stored>(from: Collection<T>, id: string): T | undefined {
    this.#requireOpen();
    const key = recordKey(id);
    return key && (this.#table(from).records.get(key) as T | undefined);
  }

  find<T extends Stored>(from: Collection<T>, index: string, key: IndexKey): T | undefined {
    this.#requireOpen();
    const table = this.#table(from);
    const { unique, prefix } = table.index(index);
    if (!unique) throw new TypeError(`index '${index}' of '${from.name}' is not unique: list its range instead`);
    const id = table.entriesDatabase.get(entryKey(prefix, key));
    return id && (table.records.get(id) as T | undefined);
  }

  list<T extends Stored>(from: Collection<T>, range: Range = {}): Iterable<T> {
    this.#requireOpen();
    const table = this.#table(from);
    const check = this.#checkOpen;
    return { [Symbol.iterator]: () => readRange(table, range, check) as Iterator<T> };
  }

  count<T extends Stored>(from: Collection<T>, range: Range = {}): number {
    this.#requireOpen();
    return countRange(this.#table(from), range);
  }

  events(afterSeq: number, limit: number): readonly JournalEvent[] {
    this.#requireOpen();
    return this.#journal.read(afterSeq, limit);
  }

  get latestSeq(): number {
    return this.#journal.latest;
  }

  get oldestSeq(): number {
    this.#requireOpen();
    return this.#journal.oldest;
  }

  async trimEvents({
    olderThanMs = Number.POSITIVE_INFINITY,
    keep = Number.POSITIVE_INFINITY,
    bytes = Number.POSITIVE_INFINITY,
    needed = Number.POSITIVE_INFINITY,
  }: EventBounds): Promise<number> {
    const time = Date.now() - olderThanMs;
    const oldestKept = this.#journal.latest - keep + 1;
    let trimmed = 0;
    for (;;) {
      this.#requireOpen();
      const seq = Math.max(oldestKept, Math.min(this.#journal.firstWithin(bytes), needed));
      const operations = this.#journal.trim(time, seq, TRIM_PORTION);
      if (operations.length === 0) return trimmed;
      await this.#committer.commit({ operations, committed: undefined, bytes: 0, purpose: 'deletion' });
      trimmed += operations.length;
    }
  }

  observe(listener: (committed: Committed) => void, ...topics: readonly Topic[]): () => void {
    return this.#feed.observe(listener, ...topics);
  }

  act(listener: (committed: Committed) => void, ...topics: readonly Topic[]): () => void {
    return this.#feed.act(listener, ...topics);
  }

  seal(plain: string, scope?: SecretScope): Promise<string> {
    this.#parts.onSecret?.(plain, scope);
    return this.#parts.sealer.seal(plain);
  }

  async unseal(sealed: string, scope?: SecretScope): Promise<string> {
    const plain = await this.#parts.sealer.unseal(sealed);
    this.#parts.onSecret?.(plain, scope);
    return plain;
  }

  sealData(data: Uint8Array): Promise<string> {
    return this.#parts.sealer.sealData(data);
  }

  unsealData(sealed: string): Promise<Uint8Array> {
    return this.#parts.sealer.unsealData(sealed);
  }

  async copy(options: BackupOptions): Promise<AsyncIterable<Uint8Array>> {
    this.#requireOpen();
    await this.flush();
    this.#requireOpen();
    return this.#backups.copy(options);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    try {
      await this.#backups.close();
      await this.#committer.flush();
    } catch (err) {
      this.#parts.log.error(
        { event: 'store.records_lost', err, lost: this.waiting },
        'the changes that were recorded last are lost: the disk did not take them',
      );
    } finally {
      await this.#committer.stop();
      await this.#parts.root.close();
      this.#parts.unlock();
    }
  }

  #table<T extends Stored>(collection: Collection<T>): Table {
    return this.#tables.of(collection as Collection<never>);
  }

  #requireOpen(): void {
    if (this.#closed) throw new DomainError('unavailable', 'the store is closed', { retryAfter: 5 });
  }
}

function logged({ writes, events }: Committed): LoggedChange {
  return {
    writes: writes.map(({ collection, id, value }) => ({
      collection,
      id,
      value: value === undefined ? undefined : codec.encode(value),
    })),
    events: events.map(encodeEvent),
  };
}

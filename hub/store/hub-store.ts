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
} from '../domain/store.js';
import { Changes } from './changes.js';
import { Committer, Feed } from './committer.js';
import { BackupWriter } from './copies/backup.js';
import type { StoreLog } from './environment.js';
import { dataFile } from './environment.js';
import { Headroom } from './headroom.js';
import { entryKey, recordKey } from './index-key.js';
import { Journal } from './journal.js';
import type { Meta } from './meta.js';
import { countRange, readRange } from './ranges.js';
import type { Sealer } from './seal.js';
import type { Table } from './table.js';
import { Tables } from './tables.js';

/** The store of a hub: the domain's port, and the operations for the code that runs the hub. */
export interface HubStore extends Store, BackupSource {
  /** The store itself asks for no rights: the domain's store does, see `MeasuredStore`. */
  apply(change: Change): Promise<Committed>;

  /**
   * A backup of this moment (a gzipped tar, see `backup.ts`), with all that was recorded so far; changes go on meanwhile.
   * The caller reads it to the end or leaves its iterator: until then its files lie in the data folder's `tmp`.
   */
  copy(options: BackupOptions): Promise<AsyncIterable<Uint8Array>>;

  /** Brings everything to disk, ends backups being read, and gives the folder back. Later reads and changes throw. */
  close(): Promise<void>;
}

/** The parts of an open store. */
export interface Parts {
  readonly root: RootDatabase;
  readonly meta: Meta;
  readonly sealer: Sealer;
  readonly dir: string;
  readonly sealingKeyFile: string;
  readonly schema: number;
  /** Called with every text that is sealed or unsealed, before other code can show it. */
  readonly onSecret?: ((plain: string, scope?: SecretScope) => void) | undefined;
  readonly unlock: () => void;
  readonly log: StoreLog;
}

/** Events whose deletion goes into one commit. */
const TRIM_PORTION = 1000;

type Stored = { readonly id: string };

/** {@link HubStore} over LMDB. */
export class LmdbStore implements HubStore {
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
    this.#journal = journal;
    this.#feed = feed;
    this.#changes = new Changes(tables, journal);
    const accept = (change: Change) => this.#changes.accept(change);
    this.#committer = new Committer({ root, headroom, tables, journal, feed, log, accept });
    this.#backups = new BackupWriter({ ...parts, sealingKeyId: parts.sealer.keyId });
  }

  async apply(change: Change): Promise<Committed> {
    this.#requireOpen();
    this.#committer.checkBacklog();
    const accepted = this.#changes.accept(change);
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

  get waiting(): number {
    return this.#committer.kept;
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

  observe(listener: (committed: Committed) => void): () => void {
    return this.#feed.observe(listener);
  }

  act(listener: (committed: Committed) => void): () => void {
    return this.#feed.act(listener);
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
        'what was recorded last is lost: the disk did not take it',
      );
    } finally {
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

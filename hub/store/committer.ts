import { asBinary, type RootDatabase } from 'lmdb';
import { DomainError } from '../domain/errors.js';
import type { Change, Committed, Topic } from '../domain/store.js';
import type { Accepted } from './changes.js';
import type { StoreLog } from './environment.js';
import type { Headroom, Purpose } from './headroom.js';
import type { Journal } from './journal.js';
import type { Spool } from './spool.js';
import type { Operation } from './table.js';
import type { Tables } from './tables.js';

/** A recorded change without a waiting caller is on disk within this time: a crash can lose the changes of this window. */
export const GROUP_COMMIT_MS = 50;
/** The part of that window that is left for the commit itself. */
const COMMIT_MS = 10;
/** The recorded changes, and their bytes, that start a commit at once: such a commit takes the event loop about 1 ms. */
const GROUP_LIMIT = 256;
const GROUP_BYTES = 1024 * 1024;
/** The most bytes of changes in memory: beyond that, changes fail. */
const BACKLOG_BYTES = 64 * 1024 * 1024;
/** The seconds after which a refused caller should try again. */
const RETRY_AFTER = 5;
/** The pause between two tries while the disk takes no writes, milliseconds. */
const RETRY_MS = 1000;
/** About the most operations of a recorded change: its record, its event and the entries of indexes. */
const KEPT_OPERATIONS = 10;

interface Waiting {
  readonly operations: readonly Operation[];
  /** `undefined` if the feed does not report it. */
  readonly committed: Committed | undefined;
  readonly bytes: number;
  readonly purpose: Purpose;
  /** The recorded change: it is kept while the disk takes no writes. */
  readonly change?: Change;
  /** Its key in the spool, if the spool has it. */
  readonly key?: Buffer | undefined;
  readonly resolve?: () => void;
  readonly reject?: (error: unknown) => void;
}

export interface CommitterParts {
  readonly root: RootDatabase;
  readonly headroom: Headroom;
  readonly tables: Tables;
  readonly journal: Journal;
  readonly feed: Feed;
  readonly spool: Spool;
  readonly log: StoreLog;
  /** Checks a change again. */
  readonly accept: (change: Change) => Accepted;
}

/** Brings changes to the other hubs before this hub's disk takes them. */
export interface Replication<Sent = Committed, Noted = Operation> {
  /**
   * Resolves once the other hubs can get the changes, with the note of the place of this store in the log.
   * @param away called each time that sending fails: the changes are sent again until they are taken, or the hub stops
   */
  send(changes: readonly Sent[], away: (error: DomainError) => void): Promise<Noted>;
  /** The changes were sent, and this disk did not take them: the store is behind the other hubs. */
  lost(reason: unknown): void;
  /** The hub stops: changes that are not sent yet fail. */
  stop(): void;
}

interface Kept {
  readonly change: Change;
  readonly bytes: number;
  /** Its key in the spool, if the spool has it. */
  readonly key?: Buffer | undefined;
}

/**
 * Brings accepted changes to disk in the order of their acceptance: one commit at a time, each with all changes that came during the one
 * before.
 */
export class Committer {
  readonly #root: RootDatabase;
  readonly #headroom: Headroom;
  readonly #tables: Tables;
  readonly #journal: Journal;
  readonly #feed: Feed;
  readonly #spool: Spool;
  readonly #log: StoreLog;
  #queue: Waiting[] = [];
  #queuedBytes = 0;
  #writingBytes = 0;
  #writing = false;
  /** A caller waits, or enough changes have gathered: the next commit starts as soon as it can. */
  #urgent = false;
  #timer: NodeJS.Timeout | undefined;
  /** Recorded changes that the disk, or the other hubs, did not take yet, oldest first. */
  #kept: Kept[] = [];
  #keptBytes = 0;
  #failure: DomainError | undefined;
  #retry: NodeJS.Timeout | undefined;
  #replication: Replication | undefined;
  /** Why the commit that runs cannot be sent to the other hubs yet. */
  #away: DomainError | undefined;
  #run: Promise<void> = Promise.resolve();
  readonly #accept: (change: Change) => Accepted;

  constructor({ root, headroom, tables, journal, feed, spool, log, accept }: CommitterParts) {
    this.#root = root;
    this.#headroom = headroom;
    this.#tables = tables;
    this.#journal = journal;
    this.#feed = feed;
    this.#spool = spool;
    this.#log = log;
    this.#accept = accept;
  }

  /** Why the last commit failed; `undefined` once one has succeeded. */
  get failure(): DomainError | undefined {
    return this.#away ?? this.#failure;
  }

  /** Why recorded changes are not on disk in time. While other hubs are away, the spool takes them. */
  get recordFailure(): DomainError | undefined {
    return this.#failure;
  }

  /** From now on each commit goes to the other hubs first. So do the changes that wait in the spool. */
  replicate(replication: Replication): void {
    this.#replication = replication;
    for (const { key, change } of this.#spool.all()) this.#keep(change, key);
    if (this.#kept.length > 0) this.#retryIn(0);
  }

  /** Recorded changes that the disk did not take yet. */
  get kept(): number {
    return this.#kept.length;
  }

  /** @throws DomainError `unavailable` when the disk is too far behind to accept more, or the other hubs cannot have it. */
  checkTakes(): void {
    if (this.#away) throw this.#away;
    this.checkBacklog();
  }

  /** @throws DomainError `unavailable` when the disk is too far behind to accept more. */
  checkBacklog(): void {
    if (this.#queuedBytes + this.#writingBytes + this.#keptBytes > BACKLOG_BYTES) {
      throw new DomainError('unavailable', 'the disk of the hub is too slow', { retryAfter: RETRY_AFTER });
    }
  }

  /** Commits a change as soon as possible. Resolves once it is on disk. */
  commit(change: Pick<Waiting, 'operations' | 'committed' | 'bytes' | 'purpose'>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#enqueue({ ...change, resolve, reject });
      this.#hurry();
    });
  }

  /** Commits a recorded change within {@link GROUP_COMMIT_MS}, or once the disk takes changes again. */
  gather(change: Change): void {
    if (this.#away || this.#failure) {
      this.#keep(change, this.#away && this.#toSpool(change));
      return;
    }
    this.#enqueue({ ...this.#accept(change), change });
    if (this.#queue.length >= GROUP_LIMIT || this.#queuedBytes >= GROUP_BYTES) this.#hurry();
    else this.#timer ??= setTimeout(() => this.#hurry(), GROUP_COMMIT_MS - COMMIT_MS);
  }

  /** Gives up changes that cannot be sent to the other hubs. */
  async stop(): Promise<void> {
    clearTimeout(this.#retry);
    this.#replication?.stop();
    await this.#run;
    clearTimeout(this.#retry);
  }

  #keep(change: Change, key?: Buffer): void {
    const bytes = JSON.stringify(change).length;
    this.#kept.push({ change, bytes, key });
    this.#keptBytes += bytes;
  }

  /** Resolves once all changes that were taken so far are on disk. */
  async flush(): Promise<void> {
    await this.settled();
    if (this.#kept.length === 0) return;
    await this.#takeUp();
    await this.settled();
    if (this.failure) throw this.failure;
  }

  /** Whether changes wait for the disk. */
  get waits(): boolean {
    return this.#queue.length > 0 || this.#writing;
  }

  /** Resolves once all changes that wait now are on disk. @throws DomainError `unavailable` if the disk, or the other hubs, did not take them */
  async settled(): Promise<void> {
    if (this.#away) throw this.#away;
    if (!this.waits) return;
    await this.commit({ operations: [], committed: undefined, bytes: 0, purpose: 'growth' });
  }

  #enqueue(waiting: Waiting): void {
    this.#queue.push(waiting);
    this.#queuedBytes += waiting.bytes;
  }

  #hurry(): void {
    if (this.#urgent) return;
    this.#urgent = true;
    // Not at once: changes made in the same turn share the commit.
    if (!this.#writing) queueMicrotask(() => this.#start());
  }

  #start(): void {
    if (this.#writing) return;
    this.#urgent = false;
    if (this.#queue.length === 0) return;
    const batch = this.#queue;
    this.#queue = [];
    this.#writingBytes = this.#queuedBytes;
    this.#queuedBytes = 0;
    this.#writing = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#tables.startWriting();
    this.#run = this.#write(batch).then(
      () => this.#written(batch),
      (error) => this.#failed(batch, error),
    );
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    const all = batch.flatMap(({ operations }) => operations);
    if (all.length === 0) return;
    await this.#headroom.take(all, purposeOf(batch));
    const changes = batch.flatMap(({ committed }) => committed ?? []);
    const replication = changes.length > 0 ? this.#replication : undefined;
    if (replication) all.push(await replication.send(changes, (error) => this.#isAway(error, batch)));
    this.#away = undefined;
    const written = this.#put(all);
    if (replication) written.catch((error) => replication.lost(error));
    await written;
  }

  /** The other hubs are away. Callers get an error now; whether their changes are taken is known later. */
  #isAway(error: DomainError, batch: readonly Waiting[]): void {
    if (!this.#away) {
      this.#log.error({ event: 'store.others_away', err: error }, 'changes wait: the other hubs cannot have them');
      this.#queue = this.#queue.map((waiting) => (waiting.change ? this.#spooled(waiting, waiting.change) : waiting));
    }
    this.#away = error;
    for (const { reject } of [...batch, ...this.#queue]) reject?.(error);
  }

  #spooled(waiting: Waiting, change: Change): Waiting {
    const key = this.#toSpool(change);
    return { ...waiting, key, operations: [...waiting.operations, this.#spool.removal(key)] };
  }

  #toSpool(change: Change): Buffer {
    const { key, written } = this.#spool.add(change);
    written.catch((error) => {
      this.#failure = failureOf(error);
    });
    return key;
  }

  async #put(all: readonly Operation[]): Promise<void> {
    await this.#root.batch(() => {
      for (const { db, key, value } of all) {
        if (value === undefined) db.remove(key);
        else (db as { put(key: Buffer, value: unknown): unknown }).put(key, asBinary(value));
      }
    });
  }

  #written(batch: readonly Waiting[]): void {
    this.#tables.written();
    // A deletion alone does not prove that the disk takes more.
    if (batch.some(isGrowth)) this.#failure = undefined;
    for (let i = batch.length - 1; i >= 0; i--) {
      const last = batch[i]?.committed?.events.at(-1);
      if (!last) continue;
      this.#journal.written(last.seq);
      break;
    }
    this.#done();
    if (this.#failure || this.#kept.length > 0) this.#retryIn(0);
    for (const { committed, resolve } of batch) {
      if (committed) this.#feed.publish(committed);
      resolve?.();
    }
  }

  /** Fails a batch, and all queued changes: the store had checked them in view of the lost ones. */
  #failed(batch: readonly Waiting[], failure: unknown): void {
    const lost = [...batch, ...this.#queue];
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#tables.forget();
    this.#journal.forget();
    this.#away = undefined;
    this.#failure = failureOf(failure);
    const recorded = lost.flatMap(({ change, bytes, key }) => (change ? [{ change, bytes, key }] : []));
    this.#kept = [...recorded, ...this.#kept];
    for (const { bytes } of recorded) this.#keptBytes += bytes;
    this.#retryIn(RETRY_MS);
    this.#done();
    // The reason comes as another promise, which only this code handles.
    Promise.resolve((failure as { commitError?: unknown }).commitError).then(
      () => this.#logFailure(failure, lost.length - recorded.length, recorded.length),
      (reason) => this.#logFailure(reason, lost.length - recorded.length, recorded.length),
    );
    for (const { reject } of lost) reject?.(this.#failure);
  }

  #logFailure(err: unknown, refused: number, kept: number): void {
    this.#log.error({ event: 'store.write_failed', err, refused, kept }, 'the store cannot write to its disk');
  }

  #retryIn(ms: number): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.#takeUp(), ms).unref();
  }

  /**
   * Commits the kept changes once there is room for them. It checks for room first: a failed commit would also lose changes that came
   * meanwhile, such as deletions.
   */
  async #takeUp(): Promise<void> {
    if (this.#writing) {
      this.#retryIn(RETRY_MS);
      return;
    }
    this.#writing = true;
    try {
      await this.#headroom.take(this.#kept.flatMap(operationsOf), 'growth');
      this.#failure = undefined;
      const kept = this.#kept;
      this.#kept = [];
      this.#keptBytes = 0;
      for (const one of kept) this.#takeUpOne(one);
      this.#urgent = true;
    } catch (error) {
      this.#failure = failureOf(error);
      this.#retryIn(RETRY_MS);
    }
    this.#done();
  }

  #takeUpOne({ change, key }: Kept): void {
    try {
      const accepted = this.#accept(change);
      const operations = key ? [...accepted.operations, this.#spool.removal(key)] : accepted.operations;
      this.#enqueue({ ...accepted, operations, change, key });
    } catch (err) {
      this.#log.error({ event: 'store.record_not_written', err }, 'a recorded change cannot be written');
    }
  }

  #done(): void {
    this.#writing = false;
    this.#writingBytes = 0;
    if (this.#urgent) this.#start();
  }
}

/** The most operations and bytes of a change, before the change is accepted. */
function operationsOf({ bytes }: { readonly bytes: number }) {
  return Array.from({ length: KEPT_OPERATIONS }, (_, i) => ({ value: i === 0 ? { length: bytes } : undefined }));
}

/** The purpose of a commit: `growth` if one of its changes is. */
function purposeOf(batch: readonly Waiting[]): Purpose {
  if (batch.some(isGrowth)) return 'growth';
  return batch.some(({ purpose }) => purpose === 'deletion') ? 'deletion' : 'urgent';
}

function isGrowth({ operations, purpose }: Waiting): boolean {
  return operations.length > 0 && purpose === 'growth';
}

function failureOf(cause: unknown): DomainError {
  if (cause instanceof DomainError) return cause;
  return new DomainError('unavailable', 'the hub cannot write to its disk', { retryAfter: RETRY_AFTER }, { cause });
}

type Listener = (committed: Committed) => void;

interface Subscription {
  readonly listener: Listener;
  readonly acts: boolean;
  /** Names of collections, and `events`; `undefined`: all commits. */
  readonly topics: ReadonlySet<string> | undefined;
}

/** Tells listeners of the commits about their topics. */
export class Feed {
  readonly #log: StoreLog;
  /** Replaced, never changed: a listener may come or go while the feed calls others. */
  #listeners: readonly Subscription[] = [];

  constructor(log: StoreLog) {
    this.#log = log;
  }

  /** As {@link Store.observe} of the domain. */
  observe(listener: Listener, ...topics: readonly Topic[]): () => void {
    return this.#add(listener, topics, false);
  }

  /** As {@link Store.act} of the domain. */
  act(listener: Listener, ...topics: readonly Topic[]): () => void {
    return this.#add(listener, topics, true);
  }

  #add(listener: Listener, topics: readonly Topic[], acts: boolean): () => void {
    const names = topics.map((topic) => (topic === 'events' ? topic : topic.name));
    const own = { listener, acts, topics: names.length === 0 ? undefined : new Set(names) };
    this.#listeners = [...this.#listeners, own];
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== own);
    };
  }

  /** @param by `replica`: the change of another hub, whose own listeners act */
  publish(committed: Committed, by: 'itself' | 'replica' = 'itself'): void {
    for (const { listener, acts, topics } of this.#listeners) {
      if ((acts && by === 'replica') || (topics && !isAbout(committed, topics))) continue;
      try {
        const result: unknown = listener(committed);
        // Otherwise the failure of an async listener would end the process.
        if (result instanceof Promise) result.catch((error) => this.#failed(error));
      } catch (error) {
        this.#failed(error);
      }
    }
  }

  #failed(error: unknown): void {
    this.#log.error({ event: 'store.listener_failed', err: error }, 'a listener of the change feed failed');
  }
}

function isAbout({ writes, events }: Committed, topics: ReadonlySet<string>): boolean {
  if (events.length > 0 && topics.has('events')) return true;
  for (const { collection } of writes) if (topics.has(collection)) return true;
  return false;
}

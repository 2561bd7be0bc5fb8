import { asBinary, type RootDatabase } from 'lmdb';
import { DomainError } from '../domain/errors.js';
import type { Change, Committed } from '../domain/store.js';
import type { Accepted } from './changes.js';
import type { StoreLog } from './environment.js';
import type { Headroom, Purpose } from './headroom.js';
import type { Journal } from './journal.js';
import type { Operation } from './table.js';
import type { Tables } from './tables.js';

/** A recorded change without a waiting caller is on disk within this time: a crash can lose the changes of this window. */
export const GROUP_COMMIT_MS = 50;
/** The part of that window that is left for the commit itself. */
const COMMIT_MS = 10;
/** As many recorded changes, or bytes of them, are committed at once: one commit then takes the event loop about 1 ms. */
const GROUP_LIMIT = 256;
const GROUP_BYTES = 1024 * 1024;
/** More is not held in memory: a disk this far behind makes changes fail. */
const BACKLOG_BYTES = 64 * 1024 * 1024;
/** Seconds after which it may go again. */
const RETRY_AFTER = 5;
/** While the disk takes nothing, it is tried again so often. */
const RETRY_MS = 1000;
/** About how many operations a recorded change has at most: its record, its event and the entries of indexes. */
const KEPT_OPERATIONS = 10;

interface Waiting {
  readonly operations: readonly Operation[];
  /** `undefined` if the feed says nothing about it. */
  readonly committed: Committed | undefined;
  readonly bytes: number;
  readonly purpose: Purpose;
  /** The recorded change: it is kept while the disk takes no writes. */
  readonly change?: Change;
  readonly resolve?: () => void;
  readonly reject?: (error: unknown) => void;
}

export interface CommitterParts {
  readonly root: RootDatabase;
  readonly headroom: Headroom;
  readonly tables: Tables;
  readonly journal: Journal;
  readonly feed: Feed;
  readonly log: StoreLog;
  /** Checks a change again. */
  readonly accept: (change: Change) => Accepted;
}

/** Brings accepted changes to disk in the order of their acceptance: one commit at a time, each with all that came during the one before. */
export class Committer {
  readonly #root: RootDatabase;
  readonly #headroom: Headroom;
  readonly #tables: Tables;
  readonly #journal: Journal;
  readonly #feed: Feed;
  readonly #log: StoreLog;
  #queue: Waiting[] = [];
  #queuedBytes = 0;
  #writingBytes = 0;
  #writing = false;
  /** A caller waits, or enough changes have gathered: the next commit starts as soon as it can. */
  #urgent = false;
  #timer: NodeJS.Timeout | undefined;
  /** Recorded changes that the disk did not take, oldest first. */
  #kept: { readonly change: Change; readonly bytes: number }[] = [];
  #keptBytes = 0;
  #failure: DomainError | undefined;
  #retry: NodeJS.Timeout | undefined;
  readonly #accept: (change: Change) => Accepted;

  constructor({ root, headroom, tables, journal, feed, log, accept }: CommitterParts) {
    this.#root = root;
    this.#headroom = headroom;
    this.#tables = tables;
    this.#journal = journal;
    this.#feed = feed;
    this.#log = log;
    this.#accept = accept;
  }

  /** Why the last commit failed; `undefined` once one has succeeded. */
  get failure(): DomainError | undefined {
    return this.#failure;
  }

  /** Recorded changes that the disk did not take yet. */
  get kept(): number {
    return this.#kept.length;
  }

  /** @throws DomainError `unavailable` when the disk is too far behind to accept more. */
  checkBacklog(): void {
    if (this.#queuedBytes + this.#writingBytes + this.#keptBytes > BACKLOG_BYTES) {
      throw new DomainError('unavailable', 'the disk of the hub is too slow', { retryAfter: RETRY_AFTER });
    }
  }

  /** Commits as soon as possible; resolves once it is on disk. */
  commit(change: Pick<Waiting, 'operations' | 'committed' | 'bytes' | 'purpose'>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#enqueue({ ...change, resolve, reject });
      this.#hurry();
    });
  }

  /** Commits within {@link GROUP_COMMIT_MS}, or once the disk takes changes again. */
  gather(change: Change): void {
    if (this.#failure) {
      const bytes = JSON.stringify(change).length;
      this.#kept.push({ change, bytes });
      this.#keptBytes += bytes;
      return;
    }
    this.#enqueue({ ...this.#accept(change), change });
    if (this.#queue.length >= GROUP_LIMIT || this.#queuedBytes >= GROUP_BYTES) this.#hurry();
    else this.#timer ??= setTimeout(() => this.#hurry(), GROUP_COMMIT_MS - COMMIT_MS);
  }

  /** Resolves once all that was taken so far is on disk. */
  async flush(): Promise<void> {
    await this.#settle();
    if (this.#kept.length === 0) return;
    await this.#takeUp();
    await this.#settle();
    if (this.#failure) throw this.#failure;
  }

  async #settle(): Promise<void> {
    if (this.#queue.length === 0 && !this.#writing) return;
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
    this.#write(batch).then(
      () => this.#written(batch),
      (error) => this.#failed(batch, error),
    );
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    const all = batch.flatMap(({ operations }) => operations);
    if (all.length === 0) return;
    await this.#headroom.take(all, purposeOf(batch));
    await this.#root.batch(() => {
      for (const { db, key, value } of all) {
        if (value === undefined) db.remove(key);
        else (db as { put(key: Buffer, value: unknown): unknown }).put(key, asBinary(value));
      }
    });
  }

  #written(batch: readonly Waiting[]): void {
    this.#tables.written();
    // A deletion alone does not make room for more.
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

  /** The store checked the queued changes against the lost ones: they fail too. */
  #failed(batch: readonly Waiting[], failure: unknown): void {
    const lost = [...batch, ...this.#queue];
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#tables.forget();
    this.#journal.forget();
    this.#failure = failureOf(failure);
    const recorded = lost.flatMap(({ change, bytes }) => (change ? [{ change, bytes }] : []));
    this.#kept = [...recorded, ...this.#kept];
    for (const { bytes } of recorded) this.#keptBytes += bytes;
    this.#retryIn(RETRY_MS);
    this.#done();
    // The reason comes as a promise of its own, which only this code handles.
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
   * Takes up the kept changes, once there is room for them. It looks for room first: a commit that fails also loses the changes that came
   * meanwhile, deletions among them.
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
      for (const { change } of kept) this.#takeUpOne(change);
      this.#urgent = true;
    } catch (error) {
      this.#failure = failureOf(error);
      this.#retryIn(RETRY_MS);
    }
    this.#done();
  }

  #takeUpOne(change: Change): void {
    try {
      this.#enqueue({ ...this.#accept(change), change });
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

/** The number and size of a change's operations, at most, before the change is accepted. */
function operationsOf({ bytes }: { readonly bytes: number }) {
  return Array.from({ length: KEPT_OPERATIONS }, (_, i) => ({ value: i === 0 ? { length: bytes } : undefined }));
}

/** The purpose of a commit: growth if any change of it is. */
function purposeOf(batch: readonly Waiting[]): Purpose {
  if (batch.some(isGrowth)) return 'growth';
  return batch.some(({ purpose }) => purpose === 'deletion') ? 'deletion' : 'urgent';
}

function isGrowth({ operations, purpose }: Waiting): boolean {
  return operations.length > 0 && purpose === 'growth';
}

function failureOf(cause: unknown): DomainError {
  return new DomainError('unavailable', 'the hub cannot write to its disk', { retryAfter: RETRY_AFTER }, { cause });
}

type Listener = (committed: Committed) => void;

/** Tells listeners of every commit. */
export class Feed {
  readonly #log: StoreLog;
  /** Replaced, never changed: a listener may come or go while the feed calls others. */
  #listeners: readonly { readonly listener: Listener; readonly acts: boolean }[] = [];

  constructor(log: StoreLog) {
    this.#log = log;
  }

  /** As {@link Store.observe} of the domain. */
  observe(listener: Listener): () => void {
    return this.#add(listener, false);
  }

  /** As {@link Store.act} of the domain. */
  act(listener: Listener): () => void {
    return this.#add(listener, true);
  }

  #add(listener: Listener, acts: boolean): () => void {
    const own = { listener, acts };
    this.#listeners = [...this.#listeners, own];
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== own);
    };
  }

  /** @param by `replica`: the change of another hub, whose own listeners act */
  publish(committed: Committed, by: 'itself' | 'replica' = 'itself'): void {
    for (const { listener, acts } of this.#listeners) {
      if (acts && by === 'replica') continue;
      try {
        const result: unknown = listener(committed);
        // An async listener's failure would otherwise end the process.
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

import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { DomainError } from '../domain/errors.js';
import type { Committed, Store, Write } from '../domain/store.js';
import {
  type Engine,
  type EngineChange,
  type HubAddress,
  type Lease,
  type Member,
  type Outcome,
  type Position,
  Refused,
} from './engine.js';
import {
  type AuthorityPair,
  activeAddress,
  isRecordsVersion,
  noteActive,
  noteAuthority,
  noteRecordsVersion,
  noteSealingKey,
  recordsVersion,
} from './notes.js';

/** The place of a store in the log of the engine. */
interface Place extends Position {
  readonly seq: number;
}

interface LoggedChange {
  readonly writes: readonly {
    readonly collection: string;
    readonly id: string;
    readonly value?: Uint8Array | undefined;
  }[];
  readonly events: readonly Uint8Array[];
}

/** The log that the store of the active hub writes. */
interface LeaderLog {
  send(changes: readonly LoggedChange[], away: (error: DomainError) => void): Promise<Place>;
  lost(reason: unknown): void;
  stop(): void;
}

/** The functions of a hub's store that the seat needs: see `ReplicaStore`. */
export interface SeatStore extends Omit<Store, 'apply'> {
  readonly place: Place | undefined;
  schema: number | undefined;
  readonly sealingKeyId: string;
  readonly isOwn: boolean;
  loggedRecords(): Iterable<LoggedChange['writes']>;
  logged(write: Write): LoggedChange;
  take(change: LoggedChange, place: Place): Promise<void>;
  clear(): void;
  put(records: LoggedChange['writes']): Promise<void>;
  migrate(note: (version: number) => Write): Promise<void>;
  lead(log: LeaderLog): void;
  apply(change: { readonly writes: readonly Write[] }): Promise<Committed>;
}

export interface SeatLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface SeatOptions {
  readonly engine: Engine;
  readonly store: SeatStore;
  readonly hub: HubAddress;
  /** The authority of this hub, for the case that it brings its records: the agents of those records trust it. */
  readonly authority: () => Promise<AuthorityPair>;
  /** The newest version of the records' schema that this program knows. */
  readonly knownSchema: number;
  readonly log: SeatLog;
  /** Called once when another hub is active, or this store differs from the engine: this process has to end. */
  readonly onLost: (reason: Error) => void;
  /** How long the active hub has its role after each renewal, milliseconds. */
  readonly termMs?: number;
  /** How often a waiting hub looks for changes and for the role, milliseconds. */
  readonly pollMs?: number;
}

/** The role of the hub that alone makes changes. */
export const ACTIVE = 'active';
const TERM_MS = 5000;
const POLL_MS = 250;
/** The pause between two tries of the active hub while the engine is away, milliseconds. */
const RETRY_MS = 500;
/** The entries of the log that are read at a time. */
const PORTION = 500;
const START: Position = { change: 0, batch: '' };
/** The entries of the log that are kept for hubs that were away. A hub that was away longer loads all records. */
const KEPT_ENTRIES = 50_000;
const TRIM_MS = 60_000;
const TRIM_PORTION = 1000;

/**
 * The place of a hub among several. One hub is active: it alone changes records, under a lease of the engine. The others follow the engine's
 * log into their own stores, and one of them becomes active once the lease is free.
 */
export class Seat {
  readonly #engine: Engine;
  readonly #store: SeatStore;
  readonly #member: Member;
  readonly #address: string;
  readonly #log: SeatLog;
  readonly #onLost: SeatOptions['onLost'];
  readonly #authority: SeatOptions['authority'];
  readonly #knownSchema: number;
  readonly #termMs: number;
  readonly #pollMs: number;
  readonly #stopping = new AbortController();
  readonly #timers: NodeJS.Timeout[] = [];
  #lease: Lease | undefined;
  #renewal: Promise<boolean> | undefined;
  /** The batch whose outcome is not known yet. */
  #sending = '';
  #isLost = false;
  #hasFollowed = false;
  /** The reason that was logged last: it is not logged twice. */
  #logged = '';

  private constructor(member: Member, options: SeatOptions) {
    const { engine, store, hub, authority, knownSchema, log, onLost, termMs = TERM_MS, pollMs = POLL_MS } = options;
    this.#engine = engine;
    this.#store = store;
    this.#member = member;
    this.#address = hub.address;
    this.#authority = authority;
    this.#knownSchema = knownSchema;
    this.#log = log;
    this.#onLost = onLost;
    this.#termMs = termMs;
    this.#pollMs = pollMs;
  }

  /** Makes this hub a member. */
  static async join(options: SeatOptions): Promise<Seat> {
    const member = await options.engine.join(options.hub, options.termMs ?? TERM_MS);
    return new Seat(member, options);
  }

  /** The address of the active hub; `undefined` while this hub does not know the newest changes. */
  get activeAddress(): string | undefined {
    return this.#hasFollowed ? activeAddress(this.#store) : undefined;
  }

  /**
   * Follows the log until this hub is the active one. Its store then has every change, and takes new ones.
   * @throws DomainError `conflict` if this hub cannot follow or lead: another key, own records besides those of the engine, a newer schema;
   * {@link Refused} if another process runs under this hub's id; the signal's reason
   */
  async active(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      try {
        if (await this.#try()) return;
      } catch (error) {
        if (!(error instanceof DomainError && error.code === 'unavailable')) throw error;
        this.#tell(error);
      }
      await pause(this.#pollMs, undefined, { signal });
    }
  }

  /** Lets another hub take the role. The store must be closed before. */
  async close(): Promise<void> {
    this.#stop();
    if (this.#lease && !this.#isLost) await this.#engine.release(this.#member, this.#lease).catch(() => {});
  }

  async #try(): Promise<boolean> {
    if (await this.#mayFollow()) await this.#follow();
    const epoch = await this.#engine.lease(this.#member, ACTIVE, this.#termMs);
    if (epoch === undefined) return false;
    this.#lease = { role: ACTIVE, epoch };
    this.#every(this.#termMs / 3, () => this.#renew());
    try {
      // From now on no other hub changes records.
      if (await this.#mayFollow()) await this.#follow();
      else await this.#adopt();
      await this.#lead();
      return true;
    } catch (error) {
      this.#stopTimers();
      await this.#engine.release(this.#member, this.#lease).catch(() => {});
      this.#lease = undefined;
      throw error;
    }
  }

  /**
   * Whether the engine has records that this hub follows. Otherwise the engine takes the records of this hub: the engine has none, or an
   * earlier process of this hub was interrupted while it brought them.
   * @throws DomainError `conflict` if both have records
   */
  async #mayFollow(): Promise<boolean> {
    const { isOwn } = this.#store;
    const tail = await this.#engine.tail(START, 1);
    const [first] = 'lost' in tail ? [] : tail.entries;
    if (!('lost' in tail) && tail.head.change === 0) return false;
    if (!isOwn) return true;
    if (first?.hub !== this.#member.id) throw new DomainError('conflict', DIFFERENT_RECORDS);
    if (!(await this.#isComplete())) return false;
    await this.#load();
    return true;
  }

  /** Whether the engine has all records of the hub that brought them. */
  async #isComplete(): Promise<boolean> {
    let isComplete = false;
    await this.#engine.snapshot((records) => {
      isComplete ||= records.some(isRecordsVersion);
    });
    return isComplete;
  }

  /**
   * Brings the records of this hub into an engine without records, and ends the membership.
   * @throws DomainError `conflict` if the engine has records, this hub has no records, or another hub is active
   */
  async bring(): Promise<void> {
    if (!this.#store.isOwn) throw new DomainError('conflict', 'the data folder has no records of a hub');
    const epoch = await this.#engine.lease(this.#member, ACTIVE, this.#termMs);
    if (epoch === undefined) throw new DomainError('conflict', 'a hub of this database is active');
    this.#lease = { role: ACTIVE, epoch };
    this.#every(this.#termMs / 3, () => this.#renew());
    try {
      if (await this.#mayFollow())
        throw new DomainError('conflict', 'the database has the records of this hub already');
      await this.#adopt();
    } finally {
      await this.close();
    }
  }

  /** Brings the records of this hub into the engine. The note about their version comes last, with the key and the authority. */
  async #adopt(): Promise<void> {
    const store = this.#store;
    const lease = this.#lease;
    if (!lease) throw new Refused('lease_lost');
    this.#log.info({ event: 'cluster.adopting' }, 'this hub brings its records into the database of the cluster');
    await this.#engine.continueAfter(this.#member, lease, store.latestSeq);
    for (const writes of store.loggedRecords()) await this.#commit([{ writes }]);
    store.schema ??= this.#knownSchema;
    const notes = [
      ...noteSealingKey(store, store.sealingKeyId),
      await noteAuthority(store, await this.#authority()),
      noteRecordsVersion(store.schema),
    ];
    const writes = notes.flatMap((one) => store.logged(one).writes);
    const { head } = await this.#commit([{ writes }]);
    await store.take({ writes, events: [] }, head);
  }

  /** Follows the log to its end. */
  async #follow(): Promise<void> {
    const store = this.#store;
    for (;;) {
      const tail = await this.#engine.tail(store.place ?? START, PORTION);
      if ('lost' in tail) {
        await this.#load();
        continue;
      }
      if (tail.entries.length === 0) break;
      await Promise.all(
        tail.entries.map(({ change, batch, firstSeq, writes, events }) =>
          store.take({ writes, events }, { change, batch, seq: firstSeq + events.length - 1 }),
        ),
      );
    }
    const version = recordsVersion(store);
    if (version !== undefined && version !== store.schema) store.schema = version;
    this.#tell(undefined);
    this.#hasFollowed = true;
  }

  async #load(): Promise<void> {
    this.#log.info({ event: 'cluster.loading' }, 'this hub loads all records of the cluster');
    await loadRecords(this.#engine, this.#store);
  }

  async #lead(): Promise<void> {
    const store = this.#store;
    knownVersion(store, this.#knownSchema);
    const keys = noteSealingKey(store, store.sealingKeyId);
    store.lead({
      send: (changes, away) => this.#send(changes, away),
      lost: (reason) => this.#lost(reason),
      stop: () => this.#stop(),
    });
    await store.migrate(noteRecordsVersion);
    await store.apply({ writes: [...keys, noteActive(this.#address)] });
    this.#every(TRIM_MS, () => this.#trim());
    this.#log.info({ event: 'cluster.active', change: store.place?.change }, 'this hub is the active one');
  }

  #commit(changes: readonly EngineChange[]): Promise<Outcome> {
    return this.#engine.commit(this.#member, { id: randomUUID(), changes, leases: this.#lease ? [this.#lease] : [] });
  }

  /** Sends the changes until the engine has them. The engine applies a batch once, even if it comes several times. */
  async #send(changes: readonly LoggedChange[], away: (error: DomainError) => void): Promise<Place> {
    const { signal } = this.#stopping;
    const id = randomUUID();
    this.#sending = id;
    const before = this.#store.place?.change ?? 0;
    for (;;) {
      signal.throwIfAborted();
      try {
        const leases = this.#lease ? [this.#lease] : [];
        const { verdicts, head } = await this.#engine.commit(this.#member, { id, changes, leases });
        const [first] = verdicts;
        if (!first || 'refused' in first || first.change !== before + 1) throw this.#lost(new Error(OTHER_HISTORY));
        this.#sending = '';
        return head;
      } catch (error) {
        if (error instanceof Refused) {
          if (error.why === 'lease_lost' && (await this.#renew())) continue;
          throw this.#lost(error);
        }
        if (!(error instanceof DomainError && error.code === 'unavailable')) throw error;
        away(error);
        await pause(RETRY_MS, undefined, { signal }).catch(() => {});
      }
    }
  }

  /** Renews the lease of the role; `false` if another hub has it, or had it meanwhile. */
  #renew(): Promise<boolean> {
    this.#renewal ??= this.#renewOnce().finally(() => {
      this.#renewal = undefined;
    });
    return this.#renewal;
  }

  async #renewOnce(): Promise<boolean> {
    const before = this.#lease;
    if (!before) return false;
    try {
      const epoch = await this.#engine.lease(this.#member, ACTIVE, this.#termMs);
      if (epoch === undefined) throw new Refused('lease_lost');
      if (epoch !== before.epoch) await this.#checkAlone();
      this.#lease = { role: ACTIVE, epoch };
      return true;
    } catch (error) {
      if (!(error instanceof Refused)) return false;
      this.#lost(error);
      return false;
    }
  }

  /** Checks that no other hub has changed records while the role was free. @throws Refused if one has */
  async #checkAlone(): Promise<void> {
    const tail = await this.#engine.tail(this.#store.place ?? START, PORTION);
    if ('lost' in tail || tail.entries.some(({ batch }) => batch !== this.#sending)) throw new Refused('lease_lost');
  }

  async #trim(): Promise<void> {
    const before = (this.#store.place?.change ?? 0) - KEPT_ENTRIES;
    if (before <= 0) return;
    while ((await this.#engine.trimLog(before, TRIM_PORTION)) === TRIM_PORTION) this.#stopping.signal.throwIfAborted();
  }

  #every(ms: number, work: () => Promise<unknown>): void {
    this.#timers.push(setInterval(() => void work().catch((error) => this.#tell(error)), ms).unref());
  }

  #stopTimers(): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
  }

  #stop(): void {
    this.#stopTimers();
    this.#stopping.abort(new DomainError('unavailable', 'the hub is stopping', { retryAfter: 5, outcome: 'unknown' }));
  }

  /** @returns the answer for callers whose changes wait */
  #lost(reason: unknown): DomainError {
    const error = reason instanceof Error ? reason : new Error(String(reason));
    const details = { retryAfter: 1, outcome: 'unknown' as const };
    const answer = new DomainError('unavailable', 'this hub is not the active one any more', details, { cause: error });
    if (this.#isLost) return answer;
    this.#isLost = true;
    this.#stop();
    this.#log.error({ event: 'cluster.lost', err: error }, 'this hub is not the active one any more');
    this.#onLost(error);
    return answer;
  }

  /** Logs a reason once, until it changes. */
  #tell(error: unknown): void {
    const reason = error === undefined ? '' : String(error);
    if (reason !== '' && reason !== this.#logged && !this.#stopping.signal.aborted)
      this.#log.warn({ event: 'cluster.away', err: error }, 'the database of the cluster does not answer as expected');
    this.#logged = reason;
  }
}

/** Loads all records of an engine into a store, in place of its own. */
async function loadRecords(engine: Engine, store: Pick<SeatStore, 'clear' | 'put' | 'take'>): Promise<void> {
  store.clear();
  const head = await engine.snapshot((records) => store.put(records));
  await store.take({ writes: [], events: [] }, head);
}

/**
 * Takes all records of an engine into an empty store. A hub by itself can use the store afterwards.
 * @throws DomainError `conflict` if the records are incomplete or of a later version, or if the store has another sealing key
 */
export async function takeRecords(engine: Engine, store: SeatStore, knownSchema: number): Promise<void> {
  await loadRecords(engine, store);
  noteSealingKey(store, store.sealingKeyId);
  store.schema = knownVersion(store, knownSchema);
}

/** The version of the records' schema. @throws DomainError `conflict` if the records are incomplete, or of a later version */
function knownVersion(store: SeatStore, knownSchema: number): number {
  const version = recordsVersion(store);
  if (version === undefined) throw new DomainError('conflict', INCOMPLETE);
  if (version <= knownSchema) return version;
  const message = `the records of the cluster are of version ${version}, and this program knows versions up to ${knownSchema}`;
  throw new DomainError('conflict', `${message}: use a newer program`);
}

const DIFFERENT_RECORDS =
  'the database of the cluster has records already, and the data folder of this hub has other ones: start it with an empty data folder and the file `sealing.key` of the other hubs';
const OTHER_HISTORY = 'the database of the cluster has lost changes that this hub has: its standby was behind';
const INCOMPLETE =
  'the database of the cluster does not have all records yet: start the hub that began to bring its records';

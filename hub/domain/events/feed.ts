import type { GrantableServers } from '../access/grants.js';
import { DomainError } from '../errors.js';
import { nextTurn } from '../event-loop.js';
import type { JournalEvent, Store } from '../store.js';
import { type Hearer, mayHear } from './types.js';

/** A listener for events: an SSE stream, a WebSocket. The feed reads the filters for each event. */
export interface EventListener {
  /** `null`: all types. Must not change while subscribed. */
  readonly types: ReadonlySet<string> | null;
  /** `null`: events of all servers, and events without a server. */
  readonly serverIds: ReadonlySet<string> | null;
  readonly hearer: Hearer;
  /**
   * Takes events, oldest first. `false`: it has taken these, and has no room for more. The next events come after
   * {@link EventSubscription.resume}, beginning with the missed ones.
   */
  deliver(events: readonly JournalEvent[]): boolean;
  /** The requested events are not stored, or no longer stored: events after `latestSeq` follow. */
  reset(reset: JournalReset): void;
  /** An event happened while the listener has no room; it waits in the journal. */
  missed?(event: JournalEvent): void;
  /** The subscription ended by a failure. */
  failed(error: DomainError): void;
}

export interface JournalReset {
  /** `expired`: older than the kept events; `unknown`: a number that never existed. */
  readonly reason: 'expired' | 'unknown';
  readonly oldestSeq: number;
  readonly latestSeq: number;
}

/**
 * The journal as a stream: each subscriber gets every event that passes its filters once and in order, first missed events from the store,
 * then new events. An idle subscriber costs a few small objects and no work. A slow subscriber costs no memory: the events that it has not
 * taken yet wait in the journal.
 */
export class EventFeed implements Source {
  readonly #store: Store;
  readonly #registry: GrantableServers;
  readonly #stop: () => void;
  readonly #ofAll = new Set<EventSubscription>();
  readonly #ofType = new Map<string, Set<EventSubscription>>();
  #gathered: JournalEvent[] = [];
  #latest: number;

  constructor(store: Store, registry: GrantableServers) {
    this.#store = store;
    this.#registry = registry;
    this.#latest = store.latestSeq;
    this.#stop = store.observe(({ events }) => this.#gather(events), 'events');
  }

  /** `seq` of the newest event that subscribers have got. */
  get latest(): number {
    return this.#latest;
  }

  /** `seq` of the oldest event still kept. */
  get oldest(): number {
    return this.#store.oldestSeq;
  }

  /**
   * Subscribes to the events after `afterSeq`; without it, to new events. The first events may be delivered before this returns.
   * A `seq` that is too old, was never given or is not a number leads to `reset`.
   */
  subscribe(listener: EventListener, afterSeq?: number): EventSubscription {
    const subscription = new EventSubscription(this, listener, afterSeq ?? this.#latest);
    subscription.resume();
    return subscription;
  }

  close(): void {
    this.#stop();
  }

  read(afterSeq: number, limit: number): readonly JournalEvent[] {
    return this.#store.events(afterSeq, limit);
  }

  passes({ serverIds, hearer, types }: EventListener, event: JournalEvent): boolean {
    if (types !== null && !types.has(event.type)) return false;
    if (serverIds !== null && (event.serverId === undefined || !serverIds.has(event.serverId))) return false;
    return mayHear(hearer, event, this.#registry);
  }

  join(subscription: EventSubscription): void {
    const { types } = subscription.listener;
    if (types === null) this.#ofAll.add(subscription);
    else {
      for (const type of types) {
        const others = this.#ofType.get(type);
        if (others) others.add(subscription);
        else this.#ofType.set(type, new Set([subscription]));
      }
    }
  }

  leave(subscription: EventSubscription): void {
    this.#ofAll.delete(subscription);
    for (const type of subscription.listener.types ?? []) {
      const others = this.#ofType.get(type);
      others?.delete(subscription);
      if (others?.size === 0) this.#ofType.delete(type);
    }
  }

  /** Delivers the events of one commit together: a subscriber then gets one message with all of them. */
  #gather(events: readonly JournalEvent[]): void {
    if (events.length === 0) return;
    if (this.#gathered.length === 0) queueMicrotask(() => this.#tell());
    for (const event of events) this.#gathered.push(event);
  }

  #tell(): void {
    const events = this.#gathered;
    this.#gathered = [];
    const last = events.at(-1);
    if (!last) return;
    this.#latest = last.seq;
    const heard = new Map<EventSubscription, JournalEvent[]>();
    for (const event of events) {
      this.#sort(event, this.#ofAll, heard);
      const ofType = this.#ofType.get(event.type);
      if (ofType) this.#sort(event, ofType, heard);
    }
    for (const [subscription, own] of heard) subscription.tell(own);
  }

  #sort(event: JournalEvent, to: ReadonlySet<EventSubscription>, heard: Map<EventSubscription, JournalEvent[]>): void {
    for (const subscription of to) {
      if (!this.passes(subscription.listener, event)) continue;
      const own = heard.get(subscription);
      if (own) own.push(event);
      else heard.set(subscription, [event]);
    }
  }
}

/** The source of a subscription. */
interface Source {
  readonly latest: number;
  readonly oldest: number;
  read(afterSeq: number, limit: number): readonly JournalEvent[];
  passes(listener: EventListener, event: JournalEvent): boolean;
  join(subscription: EventSubscription): void;
  leave(subscription: EventSubscription): void;
}

/** How many events are read from the journal at once; other work runs between two portions. */
const PORTION = 64;

/**
 * One subscriber's place in the journal. It is in one of three states: reading missed events; live, getting events as they come; or waiting
 * until its listener has room. A step from one to another happens in one turn of the event loop, so no event comes between.
 */
export class EventSubscription {
  readonly listener: EventListener;
  readonly #source: Source;
  /** Every event up to this `seq` was delivered, or is not for this listener; while live, up to the feed's latest. */
  #position: number;
  #state: 'reading' | 'live' | 'waiting' | 'closed' = 'waiting';

  constructor(source: Source, listener: EventListener, position: number) {
    this.#source = source;
    this.listener = listener;
    this.#position = position;
    source.join(this);
  }

  /** Whether it has all events up to the feed's latest. */
  get isLive(): boolean {
    return this.#state === 'live';
  }

  /** The listener has room again. */
  resume(): void {
    if (this.#state !== 'waiting') return;
    this.#state = 'reading';
    this.#read();
  }

  /** Ends the subscription: no more events are delivered. */
  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#source.leave(this);
  }

  /** Events that pass the filters, from the feed. */
  tell(events: readonly JournalEvent[]): void {
    if (this.#state === 'live') {
      // The subscription may have read some of these from the journal while the feed delivered others.
      const fresh = events.filter(({ seq }) => seq > this.#position);
      const last = fresh.at(-1);
      if (!last) return;
      this.#position = last.seq;
      this.#deliver(fresh);
    } else if (this.#state === 'waiting') for (const event of events) this.listener.missed?.(event);
  }

  #read(): void {
    if (this.#state !== 'reading') return;
    try {
      this.#checkPosition();
      const { latest } = this.#source;
      const events = this.#position < latest ? this.#source.read(this.#position, PORTION) : [];
      // The feed will deliver the later events live.
      const told = events.filter(({ seq }) => seq <= latest);
      const last = told.at(-1);
      if (!last) {
        this.#state = 'live';
        return;
      }
      this.#position = last.seq;
      const wanted = told.filter((event) => this.#source.passes(this.listener, event));
      if (wanted.length > 0 && !this.#deliver(wanted)) return;
      void nextTurn().then(() => this.#read());
    } catch (error) {
      this.#fail(error);
    }
  }

  /** @returns whether there is room for more. */
  #deliver(events: readonly JournalEvent[]): boolean {
    try {
      if (this.listener.deliver(events)) return true;
      if (this.#state !== 'closed') this.#state = 'waiting';
    } catch (error) {
      this.#fail(error);
    }
    return false;
  }

  #checkPosition(): void {
    const { latest, oldest } = this.#source;
    const after = this.#position;
    const isKnown = Number.isSafeInteger(after) && after >= 0 && after <= latest;
    if (isKnown && after >= oldest - 1) return;
    this.#position = latest;
    this.listener.reset({ reason: isKnown ? 'expired' : 'unknown', oldestSeq: oldest, latestSeq: latest });
  }

  #fail(error: unknown): void {
    if (this.#state === 'closed') return;
    this.close();
    this.listener.failed(asFailure(error));
  }
}

/** The error that a listener gets: the domain's own error, or `internal` for an unexpected one. */
function asFailure(error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  return new DomainError('internal', 'The event stream failed', {}, { cause: error });
}

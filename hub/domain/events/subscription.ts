import { DomainError } from '../errors.js';
import type { JournalEvent } from '../store.js';
import type { EventListener } from './feed.js';

/** The source of a subscription. */
export interface Source {
  readonly latest: number;
  readonly oldest: number;
  read(afterSeq: number, limit: number): readonly JournalEvent[];
  passes(listener: EventListener, event: JournalEvent): boolean;
  join(subscription: EventSubscription): void;
  leave(subscription: EventSubscription): void;
}

/** Events read from the journal at once; others get their turn between two portions. */
const PORTION = 64;

/**
 * One subscriber's place in the journal. It is in one of three states: reading missed events; live, getting events as they come; or waiting
 * until its listener has room. A step from one to another happens in one turn of the event loop, so nothing comes between.
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

  /** Nothing is delivered any more. */
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
      setImmediate(() => this.#read());
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

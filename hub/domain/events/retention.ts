import { Periodic } from '../periodic.js';
import type { Store } from '../store.js';

/** The bounds of the journal; all of them hold. */
export interface EventRetention {
  readonly maxAgeMs: number;
  readonly maxEvents: number;
  /** On disk. */
  readonly maxBytes: number;
}

export const defaultEventRetention: EventRetention = {
  maxAgeMs: 72 * 3_600_000,
  maxEvents: 250_000,
  maxBytes: 256 * 1024 * 1024,
};

const INTERVAL_MS = 10_000;

/** Trims the journal at intervals, and never past the position of a durable reader. */
export class EventTrimmer {
  readonly #store: Store;
  readonly #retention: EventRetention;
  readonly #doneWith: () => number;
  readonly #periodic: Periodic;

  /** @param doneWith gives the `seq` up to which all durable readers have read */
  constructor(
    store: Store,
    retention: EventRetention,
    doneWith: () => number,
    onError: (error: unknown) => void = () => {},
  ) {
    this.#store = store;
    this.#retention = retention;
    this.#doneWith = doneWith;
    this.#periodic = new Periodic(() => this.trim(), onError);
  }

  start(intervalMs = INTERVAL_MS): void {
    this.#periodic.start(intervalMs);
  }

  /** Resolves when no run is under way. */
  stop(): Promise<void> {
    return this.#periodic.stop();
  }

  /** Trims once; resolves with the number of removed events. */
  trim(): Promise<number> {
    const { maxAgeMs, maxEvents, maxBytes: bytes } = this.#retention;
    const done = this.#doneWith();
    const keep = Math.max(maxEvents, this.#store.latestSeq - done);
    const [needed] = this.#store.events(done, 1);
    const neededMs = needed ? Date.now() - needed.time + 1 : 0;
    const olderThanMs = Math.max(maxAgeMs, neededMs);
    return this.#store.trimEvents({ keep, olderThanMs, bytes, needed: done + 1 });
  }
}

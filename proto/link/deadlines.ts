/** Work with a deadline. */
export interface Timed {
  /** When its time is up, as `performance.now` counts. */
  dueAt: number;
  /** The time that it had, milliseconds. */
  limitMs: number;
}

/** The largest delay that a Node timer takes. */
export const longestTimer = 2 ** 31 - 1;

/**
 * The deadlines of all commands that run. They share one timer, which stands at the earliest deadline: nearly every command ends long before
 * its own, so a timer for each would be made and cleared for nothing.
 */
export class Deadlines<T extends Timed> {
  readonly #running: () => Iterable<T>;
  readonly #expired: (work: T, limitMs: number) => void;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;

  /**
   * @param running all work that has not ended
   * @param expired is called once for each work that has not ended at its deadline
   */
  constructor(running: () => Iterable<T>, expired: (work: T, limitMs: number) => void) {
    this.#running = running;
    this.#expired = expired;
  }

  /** Sets the deadline of work that has begun now. */
  set(work: T, limitMs: number): void {
    work.limitMs = Math.min(Math.max(1, limitMs), longestTimer);
    work.dueAt = performance.now() + work.limitMs;
    if (work.dueAt < this.#timerAt) this.#wakeAt(work.dueAt);
  }

  #wakeAt(dueAt: number): void {
    clearTimeout(this.#timer);
    this.#timerAt = dueAt;
    // A timer may fire a fraction of a millisecond early.
    const ms = Math.min(Math.max(1, Math.ceil(dueAt - performance.now())), longestTimer);
    this.#timer = setTimeout(this.#look, ms).unref();
  }

  readonly #look = (): void => {
    const now = performance.now();
    const expired: T[] = [];
    let next = Number.POSITIVE_INFINITY;
    for (const work of this.#running()) {
      if (work.dueAt <= now) expired.push(work);
      else if (work.dueAt < next) next = work.dueAt;
    }
    this.#timerAt = Number.POSITIVE_INFINITY;
    this.#timer = undefined;
    if (next !== Number.POSITIVE_INFINITY) this.#wakeAt(next);
    for (const work of expired) {
      work.dueAt = Number.POSITIVE_INFINITY;
      this.#expired(work, work.limitMs);
    }
  };
}

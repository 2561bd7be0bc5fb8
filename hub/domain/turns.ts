import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long one piece of work may keep the event loop to itself, milliseconds: other requests wait no longer. */
const TURN_MS = 4;

/** Shares the event loop: long work asks `due()` between its steps and awaits `next()` where that says so. */
export class Turns {
  readonly #limit: number;
  #turnEndsAt = performance.now() + TURN_MS;

  /** `limitMs`: how long the work may take altogether. */
  constructor(limitMs = Number.POSITIVE_INFINITY) {
    this.#limit = performance.now() + limitMs;
  }

  /** Whether it is time to let others go on. */
  get due(): boolean {
    return performance.now() >= this.#turnEndsAt;
  }

  /** Whether the work has taken as long as it may. */
  get over(): boolean {
    return performance.now() >= this.#limit;
  }

  /** Lets others go on. */
  async next(): Promise<void> {
    await nextTurn();
    this.#turnEndsAt = performance.now() + TURN_MS;
  }
}

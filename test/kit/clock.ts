import { setTimeout as pause } from 'node:timers/promises';
import type { Test } from 'tap';

const DAY_MS = 86_400_000;
/** Libraries keep a reading of the clock for a millisecond of real time. */
const KEPT_READING_MS = 2;

/** The time of the clock that was moved last. */
let latest = Date.now();

/** Noon of the next day: ids of records sort by time, so no clock of a process goes back. */
function nextNoon(): number {
  return Math.ceil((latest + DAY_MS) / DAY_MS) * DAY_MS + DAY_MS / 2;
}

/** A clock that stands still until its test moves it. */
export class Clock {
  readonly #start = nextNoon();
  #movedMs = 0;

  constructor() {
    latest = this.#start;
  }

  /** Milliseconds since 1970; noon at first. */
  get now(): number {
    return this.#start + this.#movedMs;
  }

  /** Since the clock was stopped, milliseconds. */
  get movedMs(): number {
    return this.#movedMs;
  }

  /** Moves the clock forward. Timers do not follow: a test calls `look()` of the parts that look from time to time. */
  async move(ms: number): Promise<void> {
    this.#movedMs += ms;
    latest = this.now;
    await pause(KEPT_READING_MS);
  }
}

/**
 * Stops `Date.now()` and `performance.now()` until the end of the test. It replaces the global functions, because the libraries that
 * measure cooldowns and lifetimes for the domain read these.
 */
export function stopClock(t: Pick<Test, 'teardown'>): Clock {
  const clock = new Clock();
  const [dateNow, performanceNow] = [Date.now, performance.now];
  // A whole number: differences of fractions are not exact.
  const stoppedAt = Math.ceil(performance.now());
  Date.now = () => clock.now;
  performance.now = () => stoppedAt + clock.movedMs;
  t.teardown(() => {
    Date.now = dateNow;
    performance.now = performanceNow;
  });
  return clock;
}

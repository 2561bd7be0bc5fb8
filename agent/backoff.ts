/** The pause before attempt number `failures + 1`, milliseconds: exponential, with full jitter. */
export function backoff(failures: number, firstMs: number, maxMs: number, random: () => number = Math.random): number {
  const ceiling = Math.min(maxMs, firstMs * 2 ** Math.max(0, failures - 1));
  return Math.round(random() * ceiling);
}

const baseMs = 250;

/** No wait between two attempts is longer. */
export const longestWaitMs = 20_000;
/** A wait may be so long in an outage of any length, milliseconds. */
const shortMs = 1_000;

/**
 * Waiting times between attempts: exponential, with full jitter, so that a thousand agents do not come back at once; and never
 * longer than the outage has lasted, so that a hub that was away for a moment is missed for no more than another one.
 */
export class Backoff {
  readonly #now: () => number;
  #attempt = 0;
  #since = 0;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** The next wait in milliseconds. */
  next(): number {
    const now = this.#now();
    if (this.#attempt === 0) this.#since = now;
    const outageMs = Math.max(shortMs, now - this.#since);
    const ceiling = Math.min(longestWaitMs, baseMs * 2 ** Math.min(this.#attempt++, 16), outageMs);
    return Math.max(50, Math.round(Math.random() * ceiling));
  }

  /** A wait for when nothing will change by itself soon. */
  static long(): number {
    return Math.round(longestWaitMs * (0.5 + Math.random() / 2));
  }

  /** A connection was there, and is gone: this is another outage. */
  lost(): void {
    this.#since = this.#now();
  }

  /** All is well: the next wait is as short as the first. */
  reset(): void {
    this.#attempt = 0;
  }
}

/** Resolves after a time, or as soon as the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}

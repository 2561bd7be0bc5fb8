/** The pause before attempt number `failures + 1`, milliseconds: exponential, with full jitter. */
export function backoff(failures: number, firstMs: number, maxMs: number, random: () => number = Math.random): number {
  const ceiling = Math.min(maxMs, firstMs * 2 ** Math.max(0, failures - 1));
  return Math.round(random() * ceiling);
}

const baseMs = 250;

/** The longest wait between two attempts, milliseconds. */
export const longestWaitMs = 20_000;
/** The bound of a wait while the outage is still shorter than this, milliseconds. */
const shortMs = 1_000;

/**
 * The waits between attempts. They grow exponentially, with full jitter, so that a thousand agents do not come back at once. A wait is
 * never longer than the outage has lasted: after a short outage the agent is soon back.
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

  /** A long wait, for a failure that does not soon end by itself. */
  static long(): number {
    return Math.round(longestWaitMs * (0.5 + Math.random() / 2));
  }

  /** A connection was lost: a new outage begins. */
  lost(): void {
    this.#since = this.#now();
  }

  /** The outage is over: the next wait is as short as the first. */
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

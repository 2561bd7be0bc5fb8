const baseMs = 250;

/** No wait between two attempts is longer. */
export const longestWaitMs = 20_000;

/** Waiting times between attempts: exponential, with full jitter, so that a thousand agents do not come back at once. */
export class Backoff {
  #attempt = 0;

  /** The next wait in milliseconds. */
  next(): number {
    const ceiling = Math.min(longestWaitMs, baseMs * 2 ** Math.min(this.#attempt++, 16));
    return Math.max(50, Math.round(Math.random() * ceiling));
  }

  /** A wait for when nothing will change by itself soon. */
  static long(): number {
    return Math.round(longestWaitMs * (0.5 + Math.random() / 2));
  }

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

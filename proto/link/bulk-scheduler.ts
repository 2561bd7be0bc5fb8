/** A turn that kept the event loop busy for longer is followed by a pause of three times its length, milliseconds. */
const longTurnMs = 2;

/**
 * Lets streams of bulk data take turns, one in each round of the event loop, so that commands and their answers wait for
 * one turn at most, and not for all streams. The agent takes a turn for the bytes that it sends, the hub for the bytes that it receives. If
 * turns take long, bulk data gets a quarter of the time.
 */
export class BulkScheduler {
  #waiting: (() => void)[] = [];
  #busy = false;

  /** Resolves when it is the caller's turn: first come, first served. */
  take(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#busy) return;
      this.#busy = true;
      setImmediate(this.#next);
    });
  }

  readonly #next = (): void => {
    const resolve = this.#waiting.shift();
    this.#busy = resolve !== undefined;
    if (!resolve) return;
    const began = performance.now();
    resolve();
    setImmediate(() => {
      const tookMs = performance.now() - began;
      if (tookMs > longTurnMs) setTimeout(this.#next, 3 * tookMs);
      else this.#next();
    });
  };
}

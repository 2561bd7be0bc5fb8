/** Since when nothing was asked of a device, and what follows from it. */
export class Idle {
  #since: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** Milliseconds of `performance.now()`. */
  get since(): number | undefined {
    return this.#since;
  }

  /** It was needed until now. Calls `over` if it is not needed for so long from here on. */
  begins(ms: number | undefined, over: () => void): void {
    this.ends();
    this.#since = performance.now();
    if (ms !== undefined) this.#timer = setTimeout(over, ms).unref();
  }

  ends(): void {
    clearTimeout(this.#timer);
    this.#since = undefined;
  }
}

/** Slices of the window: so much of it at a time is forgotten. */
const slices = 6;

/** How many of a server's answers were failures, over a window of time that moves on. */
export class ErrorRate {
  readonly #good = new Float64Array(slices);
  readonly #bad = new Float64Array(slices);
  #slice = 0;

  /** @param windowMs milliseconds. */
  constructor(private readonly windowMs: number) {}

  count(good: boolean, now = performance.now()): void {
    const at = this.#advance(now);
    const counts = good ? this.#good : this.#bad;
    counts[at] = (counts[at] ?? 0) + 1;
  }

  /** The counts within the window. */
  read(now = performance.now()): { readonly total: number; readonly failed: number } {
    this.#advance(now);
    const sum = (counts: Float64Array) => counts.reduce((a, b) => a + b, 0);
    const failed = sum(this.#bad);
    return { total: failed + sum(this.#good), failed };
  }

  #advance(now: number): number {
    const slice = Math.floor(now / (this.windowMs / slices));
    const passed = Math.min(slices, slice - this.#slice);
    for (let i = 1; i <= passed; i++) {
      const at = (slice - passed + i) % slices;
      this.#good[at] = 0;
      this.#bad[at] = 0;
    }
    this.#slice = slice;
    return slice % slices;
  }
}

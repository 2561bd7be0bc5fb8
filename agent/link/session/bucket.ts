/** A token bucket: so much per second, and `burst` seconds' worth at once. */
export class Bucket {
  readonly #perSecond: number;
  readonly #capacity: number;
  #level: number;
  #at = performance.now();

  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond;
    this.#capacity = perSecond * burst;
    this.#level = this.#capacity;
  }

  /** Takes one token out; returns false if the bucket is empty. */
  take(): boolean {
    if (this.#level < 1) this.#refill();
    if (this.#level < 1) return false;
    this.#level--;
    return true;
  }

  #refill(): void {
    const now = performance.now();
    this.#level = Math.min(this.#capacity, this.#level + ((now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
  }
}

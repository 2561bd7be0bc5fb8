/** A token bucket: it fills at a rate per second, and holds the amount of `burst` seconds. */
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

  /** Takes an amount out. Returns false, and takes nothing, if the bucket holds less. */
  take(amount = 1): boolean {
    if (this.#level < amount) this.#refill();
    if (this.#level < amount) return false;
    this.#level -= amount;
    return true;
  }

  #refill(): void {
    const now = performance.now();
    this.#level = Math.min(this.#capacity, this.#level + ((now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
  }
}

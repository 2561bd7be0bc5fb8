/** Bounds how many pieces of work run at once. The others wait for their turn, first come first served. */
export class Pace {
  readonly #limit: number;
  #running = 0;
  #queue: (() => void)[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Pieces of work that wait for their turn. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Whether the next piece of work would have to wait. */
  get busy(): boolean {
    return this.#running >= this.#limit;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#limit) this.#running++;
    // Work that ends hands its place to the next.
    else await new Promise<void>((resolve) => this.#queue.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#queue.shift();
      if (next) next();
      else this.#running--;
    }
  }
}

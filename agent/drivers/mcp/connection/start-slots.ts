interface Waiter {
  readonly start: () => void;
}

/** Bounds how many servers start at once: so many processes that start together would make each other's start time out. */
export class StartSlots {
  #free: number;
  readonly #urgent = new Set<Waiter>();
  readonly #others = new Set<Waiter>();
  readonly #holdMs: number;

  /** @param holdMs a start that takes longer gives its place to the next, milliseconds: a start that hangs must not hold up others */
  constructor(places: number, holdMs: number) {
    this.#free = places;
    this.#holdMs = holdMs;
  }

  /**
   * Resolves with a function that gives the place back (safe to call twice), once a place is free. Starts that a caller waits for come
   * first.
   * @throws the signal's reason.
   */
  take(signal: AbortSignal, urgent: boolean): Promise<() => void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.#free > 0) return Promise.resolve(this.#place());
    const queue = urgent ? this.#urgent : this.#others;
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        start: () => {
          queue.delete(waiter);
          signal.removeEventListener('abort', abort);
          resolve(this.#place());
        },
      };
      const abort = () => {
        queue.delete(waiter);
        reject(signal.reason);
      };
      signal.addEventListener('abort', abort, { once: true });
      queue.add(waiter);
    });
  }

  #place(): () => void {
    this.#free -= 1;
    let held = true;
    const give = () => {
      clearTimeout(timer);
      if (!held) return;
      held = false;
      this.#free += 1;
      const [next] = this.#urgent.size > 0 ? this.#urgent : this.#others;
      next?.start();
    };
    const timer = setTimeout(give, this.#holdMs).unref();
    return give;
  }
}

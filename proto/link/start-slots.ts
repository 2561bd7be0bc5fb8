/** The part of an `AbortSignal` that a wait for a slot needs. */
interface Ending {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

interface Waiter {
  readonly start: () => void;
}

/** Bounds how much work starts at once, such as processes of servers, or steps of jobs. */
export class StartSlots {
  #free: number;
  readonly #urgent = new Set<Waiter>();
  readonly #others = new Set<Waiter>();
  readonly #holdMs: number;

  /** @param holdMs a start that takes longer gives its slot to the next, milliseconds: a start that hangs must not delay others */
  constructor(places: number, holdMs: number) {
    this.#free = places;
    this.#holdMs = holdMs;
  }

  /**
   * Resolves with a function that gives the slot back (safe to call twice), once a slot is free. Starts that a caller waits for come
   * first.
   * @throws the signal's reason.
   */
  take(signal: Ending, urgent: boolean): Promise<() => void> {
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

import { deviceFailure } from '../failure.js';

/** The holder of a connection. */
export interface Holder {
  /** Since when the connection is idle and not needed, milliseconds of `performance.now()`; `undefined` while it is needed. */
  readonly idleSince: number | undefined;
  release(): void;
}

/** How many connections may be open at once. Only connections that are signed in count: a dead device takes no place. */
export class ConnectionSlots {
  readonly #holders = new Set<Holder>();

  constructor(private readonly max: number) {}

  /**
   * Takes a place. If all are taken, the holder that has been idle longest gives its place up.
   * @throws AgentFailure `too_many_connections`.
   */
  take(holder: Holder): void {
    if (this.#holders.has(holder)) return;
    if (this.#holders.size >= this.max) {
      const idle = [...this.#holders].filter(({ idleSince }) => idleSince !== undefined);
      idle.sort((a, b) => (a.idleSince ?? 0) - (b.idleSince ?? 0));
      const [longest] = idle;
      if (longest === undefined) {
        const message = `this agent holds ${this.max} connections to devices already`;
        throw deviceFailure('overloaded', 'too_many_connections', message, { retryAfterMs: 5000 });
      }
      this.#holders.delete(longest);
      longest.release();
    }
    this.#holders.add(holder);
  }

  give(holder: Holder): void {
    this.#holders.delete(holder);
  }
}

/** When a device was used last, and the end of its connection after that. */
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

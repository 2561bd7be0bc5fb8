import { deviceFailure } from '../failure.js';

/** The holder of a connection. */
export interface Holder {
  /** When the connection became idle, milliseconds of `performance.now()`; `undefined` while it is needed. */
  readonly idleSince: number | undefined;
  release(): void;
}

/** Limits how many connections are open at once. Only signed-in connections count: an unreachable device takes no slot. */
export class ConnectionSlots {
  readonly #holders = new Set<Holder>();

  constructor(private readonly max: number) {}

  /**
   * Takes a slot. If all are taken, the holder that has been idle longest gives its slot up.
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

  /** The connection is idle from now on. Calls `over` if that lasts for `ms`. */
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

import type { Cancellation } from '../../../cancellation.js';
import type { AgentFailure } from '../../../failure.js';
import { deviceFailure } from '../failure.js';

interface Waiting {
  start(): void;
  giveUp(failure: unknown): void;
}

/** The work on one device, one piece at a time, in the order of its arrival. */
export class Queue {
  readonly #waiting: Waiting[] = [];
  #busy = false;
  #idle: (() => void)[] = [];

  constructor(private readonly max: number) {}

  get isIdle(): boolean {
    return !this.#busy;
  }

  /** Resolves when no work runs or waits. */
  idle(): Promise<void> {
    return this.isIdle ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Runs work when its turn comes. @throws AgentFailure `queue_full`; the signal's reason while it waits. */
  async run<T>(signal: Cancellation, work: () => Promise<T>): Promise<T> {
    if (signal.aborted) throw signal.reason;
    if (this.#busy) await this.#turn(signal);
    this.#busy = true;
    try {
      return await work();
    } finally {
      this.#next();
    }
  }

  /** Rejects the waiting commands. The running one goes on. */
  clear(failure: AgentFailure): void {
    for (const waiting of this.#waiting.splice(0)) waiting.giveUp(failure);
  }

  #turn(signal: Cancellation): Promise<void> {
    if (this.#waiting.length >= this.max) {
      const message = `${this.max} commands wait for this device already`;
      throw deviceFailure('overloaded', 'queue_full', message, { retryAfterMs: 1000 });
    }
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        const at = this.#waiting.indexOf(waiting);
        if (at >= 0) this.#waiting.splice(at, 1);
        reject(signal.reason);
      };
      const waiting: Waiting = {
        start: () => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        },
        giveUp: (failure) => {
          signal.removeEventListener('abort', onAbort);
          reject(failure);
        },
      };
      this.#waiting.push(waiting);
      signal.addEventListener('abort', onAbort);
    });
  }

  #next(): void {
    const next = this.#waiting.shift();
    // The device stays busy for the next in the queue, so that no new work overtakes it.
    if (next !== undefined) {
      next.start();
      return;
    }
    this.#busy = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}

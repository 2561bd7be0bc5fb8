import type { Cancellation } from '../../cancellation.js';
import { AgentFailure, asFailure } from '../../failure.js';
import type { GateLimits } from './limits.js';

/** A call that waits for a place. */
interface Waiter {
  /** The call has a separate connection, and does not need the server's connection. */
  readonly ownConnection: boolean;
  enter(): void;
  fail(failure: AgentFailure): void;
}

/** Limits how many calls of a server run at once, how many start per second, and how many wait. */
export class CallGate {
  #running = 0;
  #tokens = 0;
  #filledAt = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #queue = new Set<Waiter>();

  constructor(private limits: GateLimits) {
    this.configure(limits);
  }

  /** How many calls run, and how many wait. */
  get load(): { readonly running: number; readonly waiting: number } {
    return { running: this.#running, waiting: this.#queue.size };
  }

  /** Takes new limits. Calls that run or wait stay. */
  configure(limits: GateLimits): void {
    if (limits.perSecond !== this.limits.perSecond || this.#filledAt === 0) {
      this.#tokens = Math.max(1, limits.perSecond);
      this.#filledAt = performance.now();
    }
    this.limits = limits;
    this.#admit();
  }

  /** Takes a place if one is free. The caller gives the place back with {@link CallGate.leave}. */
  enter(): boolean {
    if (this.#running >= this.limits.maxConcurrent || this.#queue.size > 0 || !this.#takeToken()) return false;
    this.#running += 1;
    return true;
  }

  /** Waits for a place. @throws AgentFailure `overloaded` when too many wait, the signal's reason, or the error of {@link CallGate.clear}. */
  wait(signal: Cancellation, { ownConnection = false } = {}): Promise<void> {
    if (this.#queue.size >= this.limits.maxQueue) return Promise.reject(this.#overloaded());
    if (signal.aborted) return Promise.reject(asFailure(signal.reason));
    const span = signal.trace?.span?.begin('wait for a place', 'internal');
    return new Promise((resolve, reject) => {
      const settle = (failure?: AgentFailure) => {
        span?.end(failure?.kind);
        this.#queue.delete(waiter);
        signal.removeEventListener('abort', abort);
      };
      const waiter: Waiter = {
        ownConnection,
        enter: () => {
          settle();
          resolve();
        },
        fail: (failure) => {
          settle(failure);
          reject(failure);
        },
      };
      const abort = () => waiter.fail(asFailure(signal.reason));
      signal.addEventListener('abort', abort);
      this.#queue.add(waiter);
      this.#admit();
    });
  }

  leave(): void {
    this.#running -= 1;
    if (this.#queue.size > 0) this.#admit();
  }

  /** The server's connection has ended: fails every call that waits for a place and needs this connection. */
  clear(failure: AgentFailure): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const waiter of [...this.#queue]) if (!waiter.ownConnection) waiter.fail(failure);
    this.#admit();
  }

  #admit(): void {
    for (const waiter of this.#queue) {
      if (this.#running >= this.limits.maxConcurrent) return;
      if (!this.#takeToken()) {
        this.#admitLater();
        return;
      }
      this.#running += 1;
      waiter.enter();
    }
  }

  #admitLater(): void {
    if (this.#timer !== undefined) return;
    const ms = Math.min(2 ** 31 - 1, Math.max(1, ((1 - this.#tokens) / this.limits.perSecond) * 1000));
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#admit();
    }, ms);
  }

  #takeToken(): boolean {
    const { perSecond } = this.limits;
    if (perSecond === 0) return true;
    const now = performance.now();
    this.#tokens = Math.min(Math.max(1, perSecond), this.#tokens + ((now - this.#filledAt) / 1000) * perSecond);
    this.#filledAt = now;
    // A sum of fractions of milliseconds may be slightly less than one.
    if (this.#tokens < 1 - 1e-6) return false;
    this.#tokens -= 1;
    return true;
  }

  #overloaded(): AgentFailure {
    const { maxConcurrent, perSecond } = this.limits;
    const waiting = this.#queue.size;
    const retryAfterMs = Math.max(1000, perSecond > 0 ? Math.ceil(((waiting + 1) / perSecond) * 1000) : 0);
    const reason = `${this.#running} calls run (at most ${maxConcurrent}), and ${waiting} wait for a place`;
    return new AgentFailure('overloaded', `the server takes no more calls now: ${reason}`, {
      reason,
      retryAfterMs,
      outcome: 'not_run',
    });
  }
}

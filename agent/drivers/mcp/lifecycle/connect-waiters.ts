import type { ServerReport } from '@roundhouse/proto/agent/v1/server';
import type { Cancellation } from '../../../cancellation.js';
import { type AgentFailure, asFailure } from '../../../failure.js';

interface Waiter {
  resolve(report: ServerReport): void;
  reject(failure: AgentFailure): void;
}

/** The callers that wait for a server to be connected. */
export class ConnectWaiters {
  readonly #waiters = new Set<Waiter>();

  /** Whether a caller waits. */
  get any(): boolean {
    return this.#waiters.size > 0;
  }

  /** Settles with the next outcome, or rejects when the signal aborts. */
  wait(signal: Cancellation): Promise<ServerReport> {
    return new Promise((resolve, reject) => {
      const settle = () => {
        this.#waiters.delete(waiter);
        signal.removeEventListener('abort', abort);
      };
      const waiter: Waiter = {
        resolve: (report) => {
          settle();
          resolve(report);
        },
        reject: (failure) => {
          settle();
          reject(failure);
        },
      };
      const abort = () => waiter.reject(asFailure(signal.reason));
      signal.addEventListener('abort', abort);
      this.#waiters.add(waiter);
    });
  }

  resolve(report: ServerReport): void {
    for (const waiter of [...this.#waiters]) waiter.resolve(report);
  }

  reject(failure: AgentFailure): void {
    for (const waiter of [...this.#waiters]) waiter.reject(failure);
  }
}

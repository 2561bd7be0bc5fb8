import { onRemoved, type Store } from '../store.js';
import type { ObservedServers } from './observed.js';
import { serverRecords } from './record.js';

/** The calls of one server's tools since the hub started. */
export interface CallMetrics {
  requestCount: number;
  errorCount: number;
  /** Milliseconds over all calls, failed calls included. */
  durationMs: number;
  /** The last failure; `null` for none. */
  lastError: { readonly message: string; readonly time: number } | null;
}

const noCalls = (): CallMetrics => ({ requestCount: 0, errorCount: 0, durationMs: 0, lastError: null });

/** Counts the calls of each server since the hub started, and notes when it was connected and last reported. */
export class ServerMetrics {
  readonly #calls = new Map<string, CallMetrics>();
  readonly #connectedAt = new Map<string, number>();
  readonly #seenAt = new Map<string, number>();

  constructor(store: Store, observed: ObservedServers) {
    observed.onChange((serverId, now, before) => {
      this.#seenAt.set(serverId, Date.now());
      if (now.state !== 'connected') this.#connectedAt.delete(serverId);
      else if (before.state !== 'connected' || now.pid !== before.pid) this.#connectedAt.set(serverId, Date.now());
    });
    onRemoved(store, serverRecords, (id) => this.#forget(id));
  }

  /** Counts a call. `error` is empty for a call that succeeded. */
  count(serverId: string, durationMs: number, error: string): void {
    let calls = this.#calls.get(serverId);
    if (!calls) {
      calls = noCalls();
      this.#calls.set(serverId, calls);
    }
    calls.requestCount += 1;
    calls.durationMs += durationMs;
    if (error === '') return;
    calls.errorCount += 1;
    calls.lastError = { message: error, time: Date.now() };
  }

  calls(serverId: string): Readonly<CallMetrics> {
    return this.#calls.get(serverId) ?? noCalls();
  }

  /** Seconds since the hub saw the server connect; 0 while it is not connected. */
  uptime(serverId: string): number {
    const since = this.#connectedAt.get(serverId);
    return since === undefined ? 0 : Math.floor((Date.now() - since) / 1000);
  }

  /** The time of its agent's last report about it, milliseconds since 1970; `undefined` for never. */
  seenAt(serverId: string): number | undefined {
    return this.#seenAt.get(serverId);
  }

  #forget(serverId: string): void {
    this.#calls.delete(serverId);
    this.#connectedAt.delete(serverId);
    this.#seenAt.delete(serverId);
  }
}

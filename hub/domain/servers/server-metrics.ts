import { onRemoved, type Store } from '../store.js';
import type { ObservedServers } from './observed.js';
import { serverRecords } from './record.js';

/** The calls of one server's tools since the hub started. */
export interface CallMetrics {
  readonly requestCount: number;
  readonly errorCount: number;
  /** Milliseconds over all calls, failed calls included. */
  readonly durationMs: number;
  /** The last failure; `null` for none. */
  readonly lastError: { readonly message: string; readonly time: number } | null;
}

const NO_CALLS: CallMetrics = { requestCount: 0, errorCount: 0, durationMs: 0, lastError: null };

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
    const before = this.#calls.get(serverId) ?? NO_CALLS;
    this.#calls.set(serverId, {
      requestCount: before.requestCount + 1,
      errorCount: before.errorCount + (error === '' ? 0 : 1),
      durationMs: before.durationMs + durationMs,
      lastError: error === '' ? before.lastError : { message: error, time: Date.now() },
    });
  }

  calls(serverId: string): CallMetrics {
    return this.#calls.get(serverId) ?? NO_CALLS;
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

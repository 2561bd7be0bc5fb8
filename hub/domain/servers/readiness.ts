import { RETURN_MS } from '../agents/answer.js';
import type { Fleet } from '../agents/fleet.js';
import type { Cancellation } from '../cancellation.js';
import { DomainError } from '../errors.js';
import type { ObservedServers } from './observed.js';
import type { ServerRecord } from './record.js';
import type { ServerRegistry } from './registry.js';

/** How long a call waits at most, milliseconds. */
const WAIT_MS = 10_000;
/** A call starts a new attempt to connect a failed server if the last attempt is older than this, milliseconds. */
const PAUSE_MS = 1000;

export interface ReadinessParts {
  readonly registry: Pick<ServerRegistry, 'byId'>;
  readonly observed: ObservedServers;
  readonly fleet: () => Fleet;
  readonly onError: (error: unknown) => void;
}

/**
 * The wait of a call before the hub refuses it because its server is not connected. The call waits for a server that is connecting. If the
 * server's next attempt lies ahead, the server tries now.
 */
export class Readiness {
  readonly #parts: ReadinessParts;
  /** When the last attempt failed, `performance.now()`. */
  readonly #failedAt = new Map<string, number>();
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #trying = new Set<string>();

  constructor(parts: ReadinessParts) {
    this.#parts = parts;
    parts.observed.onChange((serverId, { state }, before) => {
      if (state === before.state) return;
      if (state === 'error') this.#failedAt.set(serverId, performance.now());
      else if (state === 'disconnected') this.#failedAt.delete(serverId);
      if (state !== 'connecting') for (const settle of this.#waiting.get(serverId) ?? []) settle();
    });
  }

  /** Whether the server is connected, now or within the wait of a call. */
  async of(serverId: string, signal?: Cancellation): Promise<boolean> {
    const { registry, observed } = this.#parts;
    const server = registry.byId(serverId);
    const { state, nextAttemptMs } = observed.get(serverId);
    if (state === 'connected') return true;
    if (!server?.enabled || !server.wanted) return false;
    const failedAt = this.#failedAt.get(serverId) ?? Number.NEGATIVE_INFINITY;
    // A server whose agent plans no further attempt stays as it is: another attempt would not help.
    const isDue = state === 'error' && nextAttemptMs > 0 && performance.now() - failedAt >= PAUSE_MS;
    if (state !== 'connecting' && !isDue && !this.#trying.has(serverId)) return false;
    const settled = this.#settled(serverId, signal);
    if (isDue) this.#try(server);
    await settled;
    return observed.get(serverId).state === 'connected';
  }

  /** Waits for a server that was connected before the hub's restart: resolves once it is connected again, or does not come back in time. */
  async returned(serverId: string, signal: Cancellation): Promise<void> {
    const { observed, registry } = this.#parts;
    const end = performance.now() + RETURN_MS;
    const isComing = () => {
      const { enabled, wanted } = registry.byId(serverId) ?? { enabled: false, wanted: false };
      return enabled && wanted && observed.get(serverId).state !== 'connected';
    };
    while (isComing() && !signal.aborted && performance.now() < end) await this.#settled(serverId, signal);
  }

  /** Resolves with the server's next state other than `connecting`, or when the call ends or its wait is over. */
  #settled(serverId: string, signal?: Cancellation): Promise<void> {
    const waiting = this.#waiting.get(serverId) ?? new Set();
    this.#waiting.set(serverId, waiting);
    return new Promise((resolve) => {
      const settle = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', settle);
        waiting.delete(settle);
        if (waiting.size === 0 && this.#waiting.get(serverId) === waiting) this.#waiting.delete(serverId);
        resolve();
      };
      const timer = setTimeout(settle, WAIT_MS);
      waiting.add(settle);
      signal?.addEventListener('abort', settle);
      if (signal?.aborted) settle();
    });
  }

  #try({ id: serverId, agentId }: ServerRecord): void {
    if (this.#trying.has(serverId)) return;
    this.#trying.add(serverId);
    const options = { kind: 'idempotent', timeoutMs: WAIT_MS } as const;
    this.#parts
      .fleet()
      .execute(agentId, { case: 'connectServer', value: { serverId } }, options)
      .then(async (reply) => {
        if (reply.case === 'server') await this.#parts.observed.report(agentId, reply.value);
      })
      .catch((error: unknown) => {
        // The server's reports give the reason of the failure.
        if (!(error instanceof DomainError)) this.#parts.onError(error);
      })
      .finally(() => {
        this.#trying.delete(serverId);
        for (const settle of this.#waiting.get(serverId) ?? []) settle();
      });
  }
}

import { isoNow, isoTime } from '../moments.js';
import { type ServerRecord, serverRecords } from '../servers/record.js';
import type { ServerRegistry } from '../servers/registry.js';
import type { Committed, Store } from '../store.js';
import { Breaker, type BreakerSettings, type BreakerView, defaultBreakerSettings } from './breaker.js';

interface Known {
  readonly breaker: Breaker;
  readonly record: ServerRecord;
}

/** The circuit breakers of all servers, in memory: after a restart of the hub every circuit is closed. */
export class Breakers {
  readonly #store: Store;
  readonly #registry: ServerRegistry;
  readonly #settings: BreakerSettings;
  readonly #onError: (error: unknown) => void;
  readonly #byServer = new Map<string, Known>();
  readonly #startedAt = Date.now();

  constructor(
    store: Store,
    registry: ServerRegistry,
    settings: BreakerSettings = defaultBreakerSettings,
    onError: (error: unknown) => void = () => {},
  ) {
    this.#store = store;
    this.#onError = onError;
    this.#registry = registry;
    this.#settings = settings;
    store.observe((committed) => this.#follow(committed), serverRecords);
  }

  of(server: ServerRecord): Breaker {
    const known = this.#byServer.get(server.id);
    if (known) return known.breaker;
    const since = Math.max(this.#startedAt, server.createdAt);
    const breaker = new Breaker(this.#settings, since, (state, view) => {
      if (this.#byServer.get(server.id)?.breaker === breaker) this.#announce(server.id, state, view);
    });
    this.#byServer.set(server.id, { breaker, record: server });
    return breaker;
  }

  /** The state of a server's circuit, also of a server without calls. */
  view(server: ServerRecord): BreakerView {
    const known = this.#byServer.get(server.id);
    if (known) return known.breaker.view();
    const lastStateChange = Math.max(this.#startedAt, server.createdAt);
    const never = { failures: 0, successCount: 0, lastFailure: null, cooldownEndsAt: null };
    return { state: 'closed', ...never, lastStateChange };
  }

  /** A server gets a fresh start if its transport changed, or if it is to connect again. */
  #follow(committed: Committed): void {
    for (const { collection, id, value } of committed.writes) {
      if (collection !== serverRecords.name) continue;
      const known = this.#byServer.get(id);
      if (!known) continue;
      const record = value as ServerRecord | undefined;
      if (record && !needsFreshStart(known.record, record)) {
        this.#byServer.set(id, { ...known, record });
        continue;
      }
      this.#byServer.delete(id);
      if (record && known.breaker.view().state !== 'closed') this.#announce(id, 'closed', this.view(record));
    }
  }

  /** `seeds/003`, "Webhooks": `circuit.opened`, `circuit.closed`. */
  #announce(serverId: string, state: 'open' | 'closed', view: BreakerView): void {
    const server = this.#registry.byId(serverId);
    if (!server) return;
    const timestamp = isoNow();
    const { failures, cooldownEndsAt } = view;
    const opened = { failures, cooldownEndsAt: cooldownEndsAt === null ? null : isoTime(cooldownEndsAt) };
    const data = { serverId, serverName: server.name, ...(state === 'open' ? opened : {}), timestamp };
    const type = state === 'open' ? 'circuit.opened' : 'circuit.closed';
    try {
      this.#store.record({ writes: [], events: [{ type, serverId, data }] });
    } catch (error) {
      // A disk that is too slow must not keep a circuit from opening.
      this.#onError(error);
    }
  }
}

function needsFreshStart(before: ServerRecord, now: ServerRecord): boolean {
  if (now.wanted && !before.wanted) return true;
  if (now.sealedSecrets !== before.sealedSecrets) return true;
  return JSON.stringify([now.transport, now.auth]) !== JSON.stringify([before.transport, before.auth]);
}

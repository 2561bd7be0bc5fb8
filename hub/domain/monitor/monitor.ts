import type { Caller } from '../access/caller.js';
import { maySee } from '../access/grants.js';
import type { BreakerView } from '../breakers/breaker.js';
import type { Breakers } from '../breakers/breakers.js';
import { mayHear } from '../events/types.js';
import type { HealthCheck } from '../health.js';
import type { Observation, ObservedServers } from '../servers/observed.js';
import type { ServerRecord } from '../servers/record.js';
import type { ServerRegistry } from '../servers/registry.js';
import type { JournalEvent, Store } from '../store.js';
import type { ToolCatalog } from '../tools/catalog.js';
import type { RequestWindow } from './request-window.js';

/** The events that are shown, and the events that are searched for them if the caller's grants leave most of them out. */
const SHOWN_EVENTS = 20;
const MAX_LOOKED_AT = 2000;
const PORTION = 200;

/** A server's circuit. */
export interface Circuit extends BreakerView {
  readonly server: ServerRecord;
}

/** `seeds/003`, `GET /api/monitor`. */
export interface Dashboard {
  readonly totalServers: number;
  readonly connectedServers: number;
  /** Tools of connected servers. */
  readonly totalTools: number;
  /** Seconds since the hub started. */
  readonly uptime: number;
  /** Answered by this hub since UTC midnight, for all clients. */
  readonly requestsToday: number;
  readonly servers: readonly { readonly record: ServerRecord; readonly observed: Observation }[];
  /** Newest first. */
  readonly recentActivity: readonly JournalEvent[];
  readonly circuits: readonly Circuit[];
}

export interface MonitorParts {
  readonly store: Store;
  readonly registry: ServerRegistry;
  readonly observed: ObservedServers;
  readonly catalog: ToolCatalog;
  readonly breakers: Breakers;
  readonly health: HealthCheck;
  readonly requests: Pick<RequestWindow, 'today'>;
}

/** The fleet's state at a glance, as far as the caller's grants cover it. */
export class Monitor {
  readonly #parts: MonitorParts;

  constructor(parts: MonitorParts) {
    this.#parts = parts;
  }

  async dashboard(caller: Caller): Promise<Dashboard> {
    const { store, observed, catalog, health, requests } = this.#parts;
    // The newest events may not be on the disk yet.
    await store.flush();
    const servers = this.#visible(caller).map((record) => ({ record, observed: observed.get(record.id) }));
    let totalTools = 0;
    for (const { record } of servers) totalTools += catalog.usableCount(caller, record.id);
    return {
      totalServers: servers.length,
      connectedServers: servers.filter((server) => server.observed.state === 'connected').length,
      totalTools,
      uptime: health.report().uptime,
      requestsToday: requests.today(),
      servers,
      recentActivity: this.#recent(caller),
      circuits: this.circuits(caller),
    };
  }

  /** The circuits of all servers, by server name. */
  circuits(caller: Caller): Circuit[] {
    return this.#visible(caller).map((server) => ({ server, ...this.#parts.breakers.view(server) }));
  }

  #visible(caller: Caller): ServerRecord[] {
    return [...this.#parts.registry.inOrder()].filter((server) => maySee(caller, server));
  }

  #recent(caller: Caller): JournalEvent[] {
    const { store, registry } = this.#parts;
    const found: JournalEvent[] = [];
    const oldest = Math.max(0, store.oldestSeq - 1, store.latestSeq - MAX_LOOKED_AT);
    for (let before = store.latestSeq; before > oldest && found.length < SHOWN_EVENTS; before -= PORTION) {
      const after = Math.max(oldest, before - PORTION);
      for (const event of [...store.events(after, before - after)].reverse()) {
        const server = event.serverId === undefined ? undefined : registry.byId(event.serverId);
        const covered = mayHear(caller, event, registry) && (server ? maySee(caller, server) : !caller.grants);
        if (covered && found.length < SHOWN_EVENTS) found.push(event);
      }
    }
    return found;
  }
}

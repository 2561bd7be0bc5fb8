import type { Fleet } from './agents/fleet.js';
import type { ObservedServers } from './servers/observed.js';
import type { ServerRegistry } from './servers/registry.js';
import type { Store } from './store.js';

/** One answer that satisfies the health endpoint of every document. */
export interface Health {
  readonly status: 'healthy' | 'unhealthy';
  /** UTC, ISO 8601. */
  readonly timestamp: string;
  readonly version: string;
  /** Seconds since the hub started. */
  readonly uptime: number;
  /** Servers: connected, and registered. */
  readonly connections: { readonly active: number; readonly total: number };
  /** The parts that the hub works with. */
  readonly checks: HealthChecks;
}

/** The words of `seeds/002`; `redis` stands for the hub's own cache, `docker` for the engines of connected agents. */
export interface HealthChecks {
  readonly database: 'healthy' | 'unhealthy';
  readonly redis: 'healthy';
  /** `unavailable`: no connected agent has an engine; only images need one. */
  readonly docker: 'healthy' | 'unavailable';
}

const NOTHING_KNOWN: HealthChecks = { database: 'healthy', redis: 'healthy', docker: 'unavailable' };

/** Checks the parts without waiting. */
export function healthChecks(
  store: Pick<Store, 'latestSeq' | 'events' | 'failure'>,
  fleet: Pick<Fleet, 'agents'>,
): HealthChecks {
  const hasEngine = fleet.agents().some(({ capabilities }) => capabilities.some((text) => text.startsWith('docker/')));
  return { database: databaseState(store), redis: 'healthy', docker: hasEngine ? 'healthy' : 'unavailable' };
}

function databaseState(store: Pick<Store, 'latestSeq' | 'events' | 'failure'>): HealthChecks['database'] {
  if (store.failure) return 'unhealthy';
  try {
    store.events(Math.max(0, store.latestSeq - 1), 1);
    return 'healthy';
  } catch {
    return 'unhealthy';
  }
}

export class HealthCheck {
  readonly #registry: ServerRegistry;
  readonly #version: string;
  readonly #checks: () => HealthChecks;
  readonly #startedAt = performance.now();
  /** Servers that are connected: load balancers ask often, so they are not counted with each answer. */
  #connected = 0;
  #stopping = false;

  constructor(
    registry: ServerRegistry,
    observed: ObservedServers,
    version: string,
    checks: () => HealthChecks = () => NOTHING_KNOWN,
  ) {
    this.#registry = registry;
    this.#version = version;
    this.#checks = checks;
    observed.onChange((_, now, before) => {
      this.#connected += Number(now.state === 'connected') - Number(before.state === 'connected');
    });
  }

  /** From now on the answer is `unhealthy`, so that load balancers choose another hub. */
  stop(): void {
    this.#stopping = true;
  }

  report(): Health {
    const checks = this.#checks();
    const well = !this.#stopping && checks.database === 'healthy';
    return {
      status: well ? 'healthy' : 'unhealthy',
      timestamp: new Date().toISOString(),
      version: this.#version,
      uptime: Math.floor((performance.now() - this.#startedAt) / 1000),
      connections: { active: this.#connected, total: this.#registry.size },
      checks,
    };
  }
}

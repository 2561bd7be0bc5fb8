import type { ObservedServers } from './servers/observed.js';
import type { ServerRegistry } from './servers/registry.js';

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
}

export class HealthCheck {
  readonly #registry: ServerRegistry;
  readonly #observed: ObservedServers;
  readonly #version: string;
  readonly #startedAt = performance.now();
  #stopping = false;

  constructor(registry: ServerRegistry, observed: ObservedServers, version: string) {
    this.#registry = registry;
    this.#observed = observed;
    this.#version = version;
  }

  /** From now on the answer is `unhealthy`, so that load balancers turn elsewhere. */
  stop(): void {
    this.#stopping = true;
  }

  report(): Health {
    let active = 0;
    let total = 0;
    for (const { id } of this.#registry.all()) {
      total += 1;
      if (this.#observed.get(id).state === 'connected') active += 1;
    }
    return {
      status: this.#stopping ? 'unhealthy' : 'healthy',
      timestamp: new Date().toISOString(),
      version: this.#version,
      uptime: Math.floor((performance.now() - this.#startedAt) / 1000),
      connections: { active, total },
    };
  }
}

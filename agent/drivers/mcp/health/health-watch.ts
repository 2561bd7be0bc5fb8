import type { HealthCheck } from '@roundhouse/proto/agent/v1/server';
import type { Connection } from '../connection/connection.js';
import type { McpLimits } from '../limits.js';
import { Health, type PingResult } from './health.js';

/** Health checks that are kept. */
const pingsKept = 20;

/** The health of a server over its connections, one after the other: each is watched by a {@link Health} of its own. */
export class HealthWatch {
  #health: Health | undefined;
  #pings: PingResult[] = [];
  #reportedMs = Number.NEGATIVE_INFINITY;

  /** @param changed called when the health in a report has changed; after health checks alone, not often. */
  constructor(
    private config: HealthCheck | undefined,
    private readonly limits: Pick<McpLimits, 'health' | 'healthReportMs'>,
    private readonly changed: () => void,
  ) {}

  /** Why the connection counts as degraded; empty when it does not. */
  get reason(): string {
    return this.#health?.reason ?? '';
  }

  /** The last health checks, oldest first. */
  get pings(): readonly PingResult[] {
    return this.#pings;
  }

  configure(config: HealthCheck | undefined): void {
    if (sameCheck(config, this.config)) return;
    this.config = config;
    this.#health?.configure(config);
  }

  watch(connection: Connection): void {
    this.rest();
    this.#health = new Health(this.config, this.limits.health, {
      ping: (timeoutMs) => connection.ping(timeoutMs),
      heard: () => connection.heard,
      checked: (result) => this.#checked(result),
      degraded: () => this.#tell(),
      down: (reason) => connection.giveUp(reason),
    });
  }

  /** Nothing is connected any more. */
  rest(): void {
    this.#health?.stop();
    this.#health = undefined;
  }

  /** See {@link Health.called}. */
  called(failure: unknown, tookMs: number): void {
    this.#health?.called(failure, tookMs);
  }

  #checked(result: PingResult): void {
    this.#pings = [...this.#pings, result].slice(-pingsKept);
    if (performance.now() - this.#reportedMs >= this.limits.healthReportMs) this.#tell();
  }

  #tell(): void {
    this.#reportedMs = performance.now();
    this.changed();
  }
}

function sameCheck(a: HealthCheck | undefined, b: HealthCheck | undefined): boolean {
  return a?.enabled === b?.enabled && a?.intervalMs === b?.intervalMs && a?.timeoutMs === b?.timeoutMs;
}

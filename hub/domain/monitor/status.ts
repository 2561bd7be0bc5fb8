import type { RequestOrigin } from '../access/caller.js';
import type { Agents } from '../agents/agents.js';
import { within } from '../cancellation.js';
import type { HealthCheck } from '../health.js';
import type { Jobs } from '../jobs/jobs.js';
import { serverHealth } from '../servers/observed.js';
import type { ServerMetrics } from '../servers/server-metrics.js';
import type { Servers, ServerView } from '../servers/servers.js';
import type { Store } from '../store.js';
import { versionJobs } from '../updates/job.js';

export type ComponentHealth = 'healthy' | 'degraded' | 'unhealthy';
/** A server's status, as `seeds/000` names it. */
export type ServerStatus = 'healthy' | 'unhealthy' | 'updating';

/** A server's state, in more detail than its status. */
export type ServerState =
  | 'running'
  | 'degraded'
  | 'starting'
  | 'stopping'
  | 'stopped'
  | 'error'
  | 'unreachable'
  | 'updating';

const starts = new Set(['server.start', 'server.restart']);
const stops = new Set(['server.stop']);
/** A commit takes less than a millisecond; a store that needs this long is unhealthy. */
const COMMIT_MS = 2000;

export interface StatusParts {
  readonly store: Store;
  readonly servers: Servers;
  readonly agents: Agents;
  readonly jobs: Jobs;
  readonly health: HealthCheck;
  readonly metrics: ServerMetrics;
}

/** The status of the hub and of each server. */
export class SystemStatus {
  readonly #parts: StatusParts;

  constructor(parts: StatusParts) {
    this.#parts = parts;
  }

  /** Healthy: connected and within the thresholds; updating: a job switches it to another version; unhealthy: everything else. */
  statusOf(view: ServerView): ServerStatus {
    if (this.#parts.jobs.isBusy(view.record.id, versionJobs)) return 'updating';
    return view.observed.state === 'connected' && view.observed.degraded === '' ? 'healthy' : 'unhealthy';
  }

  stateOf({ record, observed }: ServerView): ServerState {
    const { jobs, agents } = this.#parts;
    if (jobs.isBusy(record.id, versionJobs)) return 'updating';
    if (jobs.isBusy(record.id, stops)) return 'stopping';
    if (jobs.isBusy(record.id, starts) || observed.state === 'connecting') return 'starting';
    if (observed.state === 'connected') return observed.degraded === '' ? 'running' : 'degraded';
    if (observed.state === 'error') return 'error';
    if (!record.enabled || !record.wanted) return 'stopped';
    return agents.isConnected(record.agentId) ? 'starting' : 'unreachable';
  }

  /** The time of a server's last health check or report; `undefined` for never. */
  lastCheck({ record, observed }: ServerView): number | undefined {
    const last = observed.pings.at(-1)?.timeMs ?? 0;
    return Math.max(last, this.#parts.metrics.seenAt(record.id) ?? 0) || undefined;
  }

  /** The health of the parts of the hub, and the number of servers in each status that the caller may see. */
  async report(origin: RequestOrigin) {
    const { health, servers } = this.#parts;
    const views = servers.list(origin);
    const counts = { total: views.length, healthy: 0, unhealthy: 0, updating: 0 };
    for (const view of views) counts[this.statusOf(view)] += 1;
    const components = {
      database: await this.#database(),
      cache: 'healthy' as ComponentHealth,
      monitoring: this.#monitoring(),
      mcpServers: serversHealth(views),
    };
    const all = Object.values(components);
    const { uptime, version, status } = health.report();
    const unhealthy = status === 'unhealthy' || components.database === 'unhealthy';
    const overall: ComponentHealth = unhealthy
      ? 'unhealthy'
      : all.every((one) => one === 'healthy')
        ? 'healthy'
        : 'degraded';
    return { status: overall, version, uptime, components, servers: counts, checkedAt: Date.now() };
  }

  /** Whether writes reach the disk. */
  async #database(): Promise<ComponentHealth> {
    const flushed = this.#parts.store.flush().then(
      (): ComponentHealth => 'healthy',
      (): ComponentHealth => 'unhealthy',
    );
    return within(COMMIT_MS, flushed, () => 'unhealthy' as const);
  }

  /** The hub knows servers only through their agents. */
  #monitoring(): ComponentHealth {
    const agents = this.#parts.agents.list();
    const away = agents.filter(({ connection }) => !connection).length;
    return away === 0 ? 'healthy' : away < agents.length ? 'degraded' : 'unhealthy';
  }
}

/** The health of the servers that should run. */
function serversHealth(views: readonly ServerView[]): ComponentHealth {
  const healths = views.map(({ record, observed }) => serverHealth(record, observed)).filter((one) => one !== null);
  const well = healths.filter((one) => one === 'healthy').length;
  return well === healths.length ? 'healthy' : well > 0 ? 'degraded' : 'unhealthy';
}

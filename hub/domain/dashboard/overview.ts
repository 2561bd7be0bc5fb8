import { authorize } from '../access/authorize.js';
import type { RequestOrigin } from '../access/caller.js';
import type { Agents } from '../agents/agents.js';
import type { UsageWatch } from '../alerts/usage.js';
import { DatabaseChecks } from '../databases/check.js';
import type { Databases } from '../databases/databases.js';
import { Definitions } from '../definitions/definitions.js';
import { DefinitionUse } from '../definitions/made-from-definitions.js';
import { DefinedServers } from '../definitions/servers.js';
import { Entities } from '../entities/entities.js';
import type { EntityParts } from '../entities/entity.js';
import { JobFollowing } from '../jobs/history.js';
import type { Jobs } from '../jobs/jobs.js';
import { isOver, type JobRecord, jobRecords, WORKFLOW } from '../jobs/record.js';
import type { PerformanceTally, RequestWindow } from '../monitor/request-window.js';
import type { SystemStatus } from '../monitor/status.js';
import type { ServerLifecycle } from '../servers/lifecycle.js';
import type { ServerRegistry } from '../servers/registry.js';
import type { Store } from '../store.js';
import type { WorkflowCatalog } from '../workflows/catalog.js';

export interface SummaryParts {
  readonly definitions: Pick<Definitions, 'count'>;
  readonly jobs: Pick<Jobs, 'newest' | 'pendingCount' | 'status'>;
  readonly agents: Pick<Agents, 'list'>;
  readonly status: Pick<SystemStatus, 'report'>;
  readonly usageWatch: Pick<UsageWatch, 'hub'>;
  readonly performance: PerformanceTally;
  readonly requestWindow: Pick<RequestWindow, 'sinceStart'>;
}

/** The runs that the summary shows. */
const RECENT = 10;

/** The fleet's state in a few numbers, over the things that the caller may see (`seeds/004`, "Get Dashboard Summary"). */
export class Summary {
  readonly #parts: SummaryParts;

  constructor(parts: SummaryParts) {
    this.#parts = parts;
  }

  async of(origin: RequestOrigin) {
    const { definitions, jobs, agents, status, usageWatch } = this.#parts;
    const { status: health, uptime, servers, components } = await status.report(origin);
    const { queue } = jobs.status();
    const all = agents.list(origin);
    const { memory, disk } = usageWatch.hub ?? {};
    return {
      definitions: definitions.count(),
      activeWorkflows: await jobs.pendingCount(origin, WORKFLOW),
      recentRuns: await jobs.newest(origin, { kind: WORKFLOW }, RECENT),
      health,
      components,
      metrics: {
        uptimeSeconds: uptime,
        serversTotal: servers.total,
        serversHealthy: servers.healthy,
        agentsTotal: all.length,
        agentsConnected: all.filter(({ connection }) => connection).length,
        jobsQueued: queue.pending,
        jobsScheduled: queue.scheduled,
        jobsRunning: queue.processing,
        memoryUsedPercent: percent(memory),
        diskUsedPercent: percent(disk),
      },
    };
  }

  /** How the hub has performed since it started (`seeds/004`, "Get Metrics Summary"). @throws DomainError `forbidden`. */
  performance({ caller }: RequestOrigin) {
    authorize(caller, 'performance.read');
    const { performance, requestWindow } = this.#parts;
    const { operations, steps } = performance;
    return { operations, steps, requests: requestWindow.sinceStart };
  }
}

/** The used part in percent; `null` until it was measured. */
function percent(use: { readonly totalBytes: number; readonly usedBytes: number } | undefined): number | null {
  if (!use || use.totalBytes === 0) return null;
  return Math.round((use.usedBytes / use.totalBytes) * 1000) / 10;
}

type Made = 'store' | 'databases' | 'definitions' | 'definitionUse';

/** The other parts of the domain that the overview needs. */
export interface OverviewParts
  extends Omit<EntityParts, Made>,
    Omit<SummaryParts, 'definitions' | 'jobs' | 'agents' | 'performance'> {
  readonly registry: ServerRegistry;
  readonly lifecycle: ServerLifecycle;
  readonly databases: Databases;
  readonly fleet: ConstructorParameters<typeof DatabaseChecks>[0]['fleet'];
}

export interface OverviewOwn {
  readonly store: Store;
  readonly performance: PerformanceTally;
  readonly catalog: WorkflowCatalog;
}

/** Builds the parts above the rest of the domain: definitions, external databases, entities, the dashboard. */
export function createOverview(parts: OverviewParts, { store, performance, catalog }: OverviewOwn) {
  const { registry, lifecycle, agents, databases, fleet, jobs } = parts;
  const definitionUse = new DefinitionUse(store, registry);
  const definitions = new Definitions({ store, catalog, use: definitionUse });
  countSteps(store, jobs, performance);
  return {
    databaseChecks: new DatabaseChecks({ store, databases, agents, fleet }),
    definitions,
    definedServers: new DefinedServers({ store, definitions, use: definitionUse, lifecycle }),
    entities: new Entities({ ...parts, store, definitions, definitionUse }),
    jobFollowing: new JobFollowing(store),
    performance,
    summary: new Summary({ ...parts, definitions, performance }),
  };
}

/** Counts the steps of the stored workflow runs, and of each run that ends. */
function countSteps(store: Pick<Store, 'list'>, jobs: OverviewParts['jobs'], performance: PerformanceTally): void {
  const count = ({ kind, steps }: JobRecord) => {
    if (kind !== WORKFLOW) return;
    for (const step of steps) performance.step(step);
  };
  for (const job of store.list(jobRecords, { index: 'kind', equals: [WORKFLOW] })) if (isOver(job)) count(job);
  jobs.tally.onEnded(count);
}

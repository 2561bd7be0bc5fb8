import { DatabaseChecks } from '../databases/check.js';
import type { Databases } from '../databases/databases.js';
import { Definitions } from '../definitions/definitions.js';
import { DefinitionUse } from '../definitions/made-from-definitions.js';
import { DefinedServers } from '../definitions/servers.js';
import { Entities } from '../entities/entities.js';
import type { EntityParts } from '../entities/entity.js';
import { JobFollowing } from '../jobs/history.js';
import { isOver, type JobRecord, jobRecords, WORKFLOW } from '../jobs/record.js';
import type { PerformanceTally } from '../monitor/request-window.js';
import type { ServerLifecycle } from '../servers/lifecycle.js';
import type { ServerRegistry } from '../servers/registry.js';
import type { Store } from '../store.js';
import type { WorkflowCatalog } from '../workflows/catalog.js';
import { Summary, type SummaryParts } from './summary.js';

type Made = 'store' | 'databases' | 'definitions' | 'definitionUse';

/** The other parts of the domain that these parts need. */
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

/** Joins the parts above the rest of the domain: definitions, external databases, entities, the dashboard. */
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

/** Steps of the workflow runs that are kept count from the start. */
function countSteps(store: Pick<Store, 'list'>, jobs: OverviewParts['jobs'], performance: PerformanceTally): void {
  const count = ({ kind, steps }: JobRecord) => {
    if (kind !== WORKFLOW) return;
    for (const step of steps) performance.step(step);
  };
  for (const job of store.list(jobRecords, { index: 'kind', equals: [WORKFLOW] })) if (isOver(job)) count(job);
  jobs.tally.onEnded(count);
}

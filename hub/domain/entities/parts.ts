import type { ApiKeys } from '../access/keys.js';
import type { OwnKeys } from '../access/own-keys.js';
import type { Users } from '../access/users.js';
import type { Agents } from '../agents/agents.js';
import type { Catalog } from '../catalog/catalog.js';
import type { Clusters } from '../clusters/clusters.js';
import type { Databases } from '../databases/databases.js';
import type { Definitions } from '../definitions/definitions.js';
import type { DefinitionUse } from '../definitions/use.js';
import type { Devices } from '../devices/devices.js';
import type { Groups } from '../groups/groups.js';
import type { Jobs } from '../jobs/jobs.js';
import type { Servers } from '../servers/servers.js';
import type { Store } from '../store.js';
import type { Workflows } from '../workflows/workflows.js';

/** Where entities are looked up. */
export interface EntityParts {
  readonly store: Pick<Store, 'list' | 'find'>;
  readonly users: Users;
  readonly keys: ApiKeys;
  readonly ownKeys: OwnKeys;
  readonly agents: Agents;
  readonly servers: Servers;
  readonly groups: Groups;
  readonly jobs: Jobs;
  readonly workflows: Workflows;
  readonly network: { readonly devices: Devices };
  readonly kubernetes: { readonly clusters: Clusters };
  readonly portal: { readonly catalog: Catalog };
  readonly databases: Databases;
  readonly definitions: Definitions;
  readonly definitionUse: DefinitionUse;
}

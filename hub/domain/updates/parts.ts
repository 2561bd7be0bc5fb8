import type { Fleet } from '../agents/fleet.js';
import type { Redactor } from '../audit/redactor.js';
import type { Dependants } from '../dependants.js';
import type { Jobs } from '../jobs/jobs.js';
import type { ServerLifecycle } from '../servers/lifecycle.js';
import type { ObservedServers } from '../servers/observed.js';
import { serverRecords } from '../servers/record.js';
import type { ServerRegistry } from '../servers/registry.js';
import type { Servers } from '../servers/servers.js';
import type { Store } from '../store.js';
import { backupsOfServer } from './backup.js';
import { UpdateChecks } from './checks.js';
import { SourceCommands } from './commands.js';
import type { UpdateSettings } from './kinds.js';
import { updateKinds } from './kinds.js';
import { Updates } from './updates.js';
import { ServerVersions } from './versions.js';

export interface UpdatePartsGiven {
  readonly store: Store;
  readonly dependants: Dependants;
  readonly jobs: Jobs;
  readonly servers: Servers;
  readonly registry: ServerRegistry;
  readonly observed: ObservedServers;
  readonly lifecycle: ServerLifecycle;
  readonly redactor: Redactor;
  readonly fleet: () => Fleet;
  readonly settings: UpdateSettings;
  readonly onError: (error: unknown) => void;
}

/** Joins the parts of updates, and makes their jobs known to the engine. */
export function createUpdates(given: UpdatePartsGiven) {
  const { store, dependants, jobs, settings, fleet } = given;
  dependants.register(serverRecords, (id) => backupsOfServer(store, id));
  const versions = new ServerVersions(given);
  const commands = new SourceCommands({ ...given, awayMs: settings.awayMs });
  const checks = new UpdateChecks({ store, commands, fleet, checkMs: settings.checkMs });
  for (const kind of updateKinds({ ...given, versions, commands })) jobs.define(kind);
  return {
    updates: new Updates({ ...given, checks, commands }),
    serverVersions: versions,
  };
}

import { isoTime } from '../clock.js';
import { visibleConfig } from '../definitions/config.js';
import { WORKFLOW } from '../workflows/workflows.js';
import type { EntityParts } from './entity.js';
import { type EntityKind, related } from './entity.js';

/** Runs of a definition that are listed with it, newest first. */
const RUNS = 10;
/** How many of the newest runs are looked through for them. */
const LOOKED_AT = 1000;

export function definitionKinds(parts: EntityParts): Record<'mcp_definition' | 'external_db_config', EntityKind> {
  const { definitions, definitionUse, databases, jobs } = parts;
  return {
    mcp_definition: {
      permission: 'definition.read',
      find: (_, id) => definitions.get(id),
      read(origin, id) {
        const { record, latest } = definitions.get(id);
        const { name, description, type } = record;
        const runs =
          type === 'workflow'
            ? jobs
                .list(origin, { kind: WORKFLOW }, LOOKED_AT)
                .jobs.filter(({ params }) => params.workflow === record.id)
                .slice(0, RUNS)
            : [];
        return {
          id: record.id,
          data: {
            name,
            description,
            mcpType: type,
            version: String(latest.number),
            config: visibleConfig(origin.caller, latest.config),
            createdAt: isoTime(record.createdAt),
            updatedAt: isoTime(record.updatedAt),
          },
          related: [
            ...definitionUse.servers(record.id).flatMap((server) => related('server', server.id, 'registered_server')),
            ...runs.flatMap((run) => related('workflow_run', run.id, 'run')),
          ],
        };
      },
    },
    external_db_config: {
      permission: 'database.read',
      find: (origin, id) => databases.get(origin, id),
      read(origin, id) {
        const record = databases.get(origin, id);
        const { name, type, host, port, databaseName, username, site } = record;
        const times = { createdAt: isoTime(record.createdAt), updatedAt: isoTime(record.updatedAt) };
        return {
          id: record.id,
          data: { name, dbType: type, host, port, dbName: databaseName, username, site, ...times },
          related: [
            ...related('site', site, 'site'),
            ...databases.servers(record).flatMap((server) => related('server', server.id, 'used_by')),
          ],
        };
      },
    },
  };
}

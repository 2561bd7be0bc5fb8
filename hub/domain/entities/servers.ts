import { enablements } from '../catalog/enablement.js';
import { isoTime } from '../clock.js';
import { jobRecords } from '../jobs/record.js';
import { shownState } from '../servers/servers.js';
import { maskedTransport } from '../servers/transport.js';
import { ownedBy } from './catalog.js';
import { type EntityKind, related } from './entity.js';
import type { EntityParts } from './parts.js';

/** Jobs of a server that are listed with it, newest first. */
const JOBS = 10;
/** How many of the newest jobs are looked through for them. */
const LOOKED_AT = 1000;

export function serverKinds({ store, servers, groups }: EntityParts): Record<'server' | 'group', EntityKind> {
  const jobsOf = (serverId: string) => {
    const recent = [...store.list(jobRecords, { reverse: true, limit: LOOKED_AT })];
    return recent.filter((job) => job.serverId === serverId).slice(0, JOBS);
  };
  return {
    server: {
      permission: 'server.read',
      find: (origin, id) => servers.get(origin, id),
      read(origin, id) {
        const { record, observed } = servers.get(origin, id);
        const { definition, databases = [] } = record;
        const enablement = store.find(enablements, 'server', record.id);
        return {
          id: record.id,
          data: {
            name: record.name,
            description: record.description,
            status: shownState(observed),
            enabled: record.enabled,
            site: record.site,
            transport: maskedTransport(record.transport),
            metadata: record.metadata,
            createdAt: isoTime(record.createdAt),
            updatedAt: isoTime(record.updatedAt),
          },
          related: [
            ...related('site', record.site, 'site'),
            ...related('agent', record.agentId, 'agent'),
            ...related('group', record.groupId, 'group'),
            ...related('mcp_definition', definition?.id, 'definition'),
            ...related('catalog_entry', enablement?.entryId, 'catalog_entry'),
            ...ownedBy(record.ownerId),
            ...databases.flatMap((database) => related('external_db_config', database, 'uses')),
            ...jobsOf(record.id).flatMap((job) => related('job', job.id, 'job')),
          ],
        };
      },
    },
    group: {
      permission: 'group.read',
      find: (origin, id) => groups.get(origin, id),
      read(origin, id) {
        const { record } = groups.get(origin, id);
        const members = servers.list(origin, { groupId: record.id });
        const { name, description, color, icon } = record;
        const times = { createdAt: isoTime(record.createdAt), updatedAt: isoTime(record.updatedAt) };
        return {
          id: record.id,
          data: { name, description, color, icon, serverCount: members.length, ...times },
          related: members.flatMap((member) => related('server', member.record.id, 'member')),
        };
      },
    },
  };
}

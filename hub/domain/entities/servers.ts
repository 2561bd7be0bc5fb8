import { enablements } from '../catalog/enablement.js';
import { sourceText } from '../catalog/entry.js';
import { isoTime } from '../clock.js';
import { notFound } from '../errors.js';
import { jobRecords } from '../jobs/record.js';
import { shownState } from '../servers/servers.js';
import { maskedTransport } from '../servers/transport.js';
import { type CallerOrigin, type EntityKind, type EntityParts, type RelatedEntity, related } from './entity.js';

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
        const members = servers.list(origin, { group: record.id });
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

/** Entries of the catalog, and the servers that users have made from them. */
export function catalogKinds({ store, portal: { catalog } }: EntityParts): Record<'catalog_entry', EntityKind> {
  const entryOf = ({ caller }: CallerOrigin, id: string) => {
    const found = catalog.find(caller, id);
    if (!found) throw notFound('catalog entry', id);
    return found;
  };
  return {
    catalog_entry: {
      permission: 'catalog.read',
      find: entryOf,
      read(origin, id) {
        const entry = entryOf(origin, id);
        const { name, displayName, description, category, tags, type, author, documentation, shared, ownerId } = entry;
        const shown = { name, displayName, description, category, tags, author, documentation, shared };
        const made = [...store.list(enablements, { index: 'entry', equals: entry.id })];
        return {
          id: entry.id,
          data: { ...shown, catalogType: type, image: sourceText(entry) },
          related: [
            ...ownedBy(ownerId),
            ...made.flatMap(({ serverId }) => related('server', serverId, 'enabled_server')),
          ],
        };
      },
    },
  };
}

/** The owner of a thing is a user, or a key without a user. The look-up shows the entity that exists of the two. */
function ownedBy(ownerId: string | null | undefined): RelatedEntity[] {
  return [...related('user', ownerId, 'owner'), ...related('api_key', ownerId, 'owner')];
}

import { authorize, isAllowed } from '../access/authorize.js';
import { payerOf, type RequestOrigin } from '../access/caller.js';
import { enablements, sourceText } from '../catalog/entry.js';
import { visibleConfig } from '../definitions/config.js';
import { shownState as shownDeviceState } from '../devices/observed.js';
import { DomainError, invalid, notFound } from '../errors.js';
import { Turns } from '../event-loop.js';
import { type JobRecord, jobRecords, WORKFLOW } from '../jobs/record.js';
import { isoTime, isoTimeOrNull } from '../moments.js';
import { shownState } from '../servers/servers.js';
import { shownTransport } from '../servers/transport.js';
import {
  accessKinds,
  type CallerOrigin,
  type Entity,
  type EntityKind,
  type EntityKinds,
  type EntityParts,
  type EntityType,
  entityTypes,
  type RelatedEntity,
  related,
} from './entity.js';

/** Looks anything up by its type and id (`seeds/004`, "Get Entity Details"). */
export class Entities {
  readonly #kinds: EntityKinds;

  constructor(parts: EntityParts) {
    this.#kinds = {
      ...serverKinds(parts),
      ...placeKinds(parts),
      ...catalogKinds(parts),
      ...workKinds(parts),
      ...definitionKinds(parts),
      ...accessKinds(parts),
    };
  }

  /**
   * @param type one of {@link entityTypes}, or its plural in a path of an API: `mcp-definitions`
   * @throws DomainError `invalid_input` for an unknown type, `forbidden`, `not_found`.
   */
  async get(origin: RequestOrigin, type: string, id: string): Promise<Entity> {
    const { caller } = origin;
    if (!caller) throw new DomainError('unauthenticated', 'entities are shown to callers only');
    const known = entityType(type);
    const kind = this.#kinds[known];
    if (!kind.own) authorize(caller, kind.permission);
    const found = await kind.read({ ...origin, caller }, id);
    const turns = new Turns(undefined, { payer: payerOf(caller) });
    const seen: RelatedEntity[] = [];
    for (const other of found.related) {
      if (turns.due) await turns.next();
      if (this.#maySee({ ...origin, caller }, other)) seen.push(other);
    }
    return { ...found, type: known, related: seen };
  }

  /** The caller does not see related entities that it cannot look up. */
  #maySee(origin: CallerOrigin, { type, id }: { readonly type: EntityType; readonly id: string }): boolean {
    const kind = this.#kinds[type];
    if (!kind.own && !isAllowed(origin.caller, kind.permission)) return false;
    try {
      kind.find(origin, id);
      return true;
    } catch (error) {
      if (error instanceof DomainError && (error.code === 'not_found' || error.code === 'forbidden')) return false;
      throw error;
    }
  }
}

function entityType(text: string): EntityType {
  const plain = text.toLowerCase().replaceAll('-', '_');
  const found = entityTypes.find((type) => plain === type || plain === pluralOf(type));
  if (!found) throw invalid('entity_type', `must be one of: ${entityTypes.join(', ')}`);
  return found;
}

function pluralOf(type: EntityType): string {
  return type.endsWith('y') && !type.endsWith('ey') ? `${type.slice(0, -1)}ies` : `${type}s`;
}

/** Runs of a definition that are listed with it, newest first. */
const RUNS = 10;

function definitionKinds(parts: EntityParts): Record<'mcp_definition' | 'external_db_config', EntityKind> {
  const { definitions, definitionUse, databases, jobs } = parts;
  return {
    mcp_definition: {
      permission: 'definition.read',
      find: (origin, id) => definitions.read(origin, id),
      async read(origin, id) {
        const { record, latest } = definitions.read(origin, id);
        const { name, description, type } = record;
        const runs = type === 'workflow' ? await jobs.newest(origin, { workflow: record.id }, RUNS) : [];
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

/** Jobs of a server that are listed with it, newest first. */
const JOBS = 10;

function serverKinds({ store, servers, groups, jobs }: EntityParts): Record<'server' | 'group', EntityKind> {
  return {
    server: {
      permission: 'server.read',
      find: (origin, id) => servers.get(origin, id),
      async read(origin, id) {
        const { record, observed } = servers.get(origin, id);
        const { definition, databases = [] } = record;
        const enablement = store.find(enablements, 'server', record.id);
        const recent = await jobs.newest(origin, { serverId: record.id }, JOBS);
        return {
          id: record.id,
          data: {
            name: record.name,
            description: record.description,
            status: shownState(observed),
            enabled: record.enabled,
            site: record.site,
            transport: shownTransport(origin.caller, record.transport),
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
            ...recent.flatMap((job) => related('job', job.id, 'job')),
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
function catalogKinds({ store, portal: { catalog } }: EntityParts): Record<'catalog_entry', EntityKind> {
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

type Place = { readonly site: string; readonly agentId?: string };

/** Sites, their agents, and the agents' clusters and devices. */
function placeKinds(parts: EntityParts): Record<'agent' | 'site' | 'device' | 'cluster', EntityKind> {
  const { agents, servers, network, kubernetes, databases } = parts;

  const thingsAt = (origin: CallerOrigin, isThere: (place: Place) => boolean): RelatedEntity[] => [
    ...servers.list(origin).flatMap(({ record }) => (isThere(record) ? related('server', record.id, 'server') : [])),
    ...network.devices
      .list(origin)
      .flatMap(({ record }) => (isThere(record) ? related('device', record.id, 'device') : [])),
    ...kubernetes.clusters
      .list(origin)
      .flatMap(({ record }) => (isThere(record) ? related('cluster', record.id, 'cluster') : [])),
  ];
  const agentOf = (origin: CallerOrigin, id: string) => agents.get(origin, id);
  const siteOf = (origin: CallerOrigin, id: string) => {
    const found = agents.sites(origin).find(({ name }) => name === id);
    if (!found) throw notFound('site', id);
    return found;
  };
  const home = ({ site, agentId }: Required<Place>) => [
    ...related('site', site, 'site'),
    ...related('agent', agentId, 'agent'),
  ];

  return {
    agent: {
      permission: 'agent.read',
      find: agentOf,
      read(origin, id) {
        const { record, connection } = agentOf(origin, id);
        const { name, site, enrolledAt } = record;
        const status = connection ? 'connected' : 'disconnected';
        return {
          id: record.id,
          data: { name, site, status, enrolledAt: isoTime(enrolledAt) },
          related: [...related('site', site, 'site'), ...thingsAt(origin, (place) => place.agentId === record.id)],
        };
      },
    },
    site: {
      permission: 'agent.read',
      find: siteOf,
      read(origin, id) {
        const { name, agentCount, connectedAgents } = siteOf(origin, id);
        const seen = servers.list(origin).filter(({ record }) => record.site === id);
        const own = agents.list(origin).filter(({ record }) => record.site === id);
        const dbs = databases.list(origin).filter(({ site }) => site === id);
        return {
          id: name,
          data: { name, agentCount, connectedAgents, serverCount: seen.length },
          related: [
            ...own.flatMap(({ record }) => related('agent', record.id, 'agent')),
            ...thingsAt(origin, ({ site }) => site === id),
            ...dbs.flatMap((database) => related('external_db_config', database.id, 'external_db_config')),
          ],
        };
      },
    },
    device: {
      permission: 'device.read',
      find: (origin, id) => network.devices.get(origin, id),
      read(origin, id) {
        const { record, observed } = network.devices.get(origin, id);
        const { name, type, site } = record;
        const times = { createdAt: isoTime(record.createdAt), updatedAt: isoTime(record.updatedAt) };
        return {
          id: record.id,
          data: { name, type, hostname: record.hostname, site, status: shownDeviceState(observed), ...times },
          related: home(record),
        };
      },
    },
    cluster: {
      permission: 'cluster.read',
      find: (origin, id) => kubernetes.clusters.get(origin, id),
      read(origin, id) {
        const { record, observed, facts } = kubernetes.clusters.get(origin, id);
        const { name, description, site } = record;
        const { version, nodesCount } = facts;
        const times = { createdAt: isoTime(record.createdAt), updatedAt: isoTime(record.updatedAt) };
        return {
          id: record.id,
          data: { name, description, site, status: observed.state, version, nodesCount, ...times },
          related: home(record),
        };
      },
    },
  };
}

/** Jobs, and the jobs that are runs of workflows. */
function workKinds({ store, jobs, workflows }: EntityParts): Record<'job' | 'workflow_run', EntityKind> {
  const partsOf = async (id: string) => {
    const turns = new Turns();
    const parts: RelatedEntity[] = [];
    for (const part of store.list(jobRecords, { index: 'parent', equals: id })) {
      if (turns.due) await turns.next();
      parts.push(...related(typeOf(part), part.id, 'part'));
    }
    return parts;
  };
  const around = async (job: JobRecord): Promise<RelatedEntity[]> => [
    ...related('server', job.serverId, 'server'),
    ...related('site', job.site, 'site'),
    ...related('job', job.parentId, 'part_of'),
    ...(await partsOf(job.id)),
    ...creatorOf(job),
  ];
  return {
    job: {
      permission: 'job.read',
      find: (origin, id) => jobs.get(origin, id),
      async read(origin, id) {
        const job = jobs.get(origin, id);
        return { id: job.id, data: { kind: job.kind, ...dataOf(job) }, related: await around(job) };
      },
    },
    workflow_run: {
      permission: 'job.read',
      find: (origin, id) => jobs.get(origin, id, 'workflow run'),
      async read(origin, id) {
        const job = jobs.get(origin, id, 'workflow run');
        if (job.kind !== WORKFLOW) throw notFound('workflow run', id);
        const { workflow } = workflows.get(origin, id);
        const { parameters } = job.params as { readonly parameters?: unknown };
        const data = { workflowDefinitionId: workflow, parameters: parameters ?? {}, ...dataOf(job) };
        const definition = related('mcp_definition', workflow, 'definition');
        return { id: job.id, data, related: [...definition, ...(await around(job))] };
      },
    },
  };
}

function typeOf({ kind }: JobRecord): EntityType {
  return kind === WORKFLOW ? 'workflow_run' : 'job';
}

function dataOf({ status, progress, message, steps, error, ...job }: JobRecord) {
  return {
    status,
    progress,
    message,
    steps: steps.map(({ name, status, reason }) => ({ name, status, reason })),
    error,
    createdAt: isoTime(job.createdAt),
    startedAt: isoTimeOrNull(job.startedAt ?? undefined),
    completedAt: isoTimeOrNull(job.completedAt ?? undefined),
  };
}

function creatorOf({ origin: { caller } }: JobRecord): RelatedEntity[] {
  return caller ? related(caller.kind === 'user' ? 'user' : 'api_key', caller.id, 'created_by') : [];
}

import { shownState } from '../devices/observed.js';
import { notFound } from '../errors.js';
import { type JobRecord, jobRecords, WORKFLOW } from '../jobs/record.js';
import { isoTime, isoTimeOrNull } from '../moments.js';
import {
  type CallerOrigin,
  type EntityKind,
  type EntityParts,
  type EntityType,
  type RelatedEntity,
  related,
} from './entity.js';

type Place = { readonly site: string; readonly agentId?: string };

/** Sites, their agents, and the agents' clusters and devices. */
export function placeKinds(parts: EntityParts): Record<'agent' | 'site' | 'device' | 'cluster', EntityKind> {
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
          data: { name, type, hostname: record.hostname, site, status: shownState(observed), ...times },
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
export function workKinds({ store, jobs, workflows }: EntityParts): Record<'job' | 'workflow_run', EntityKind> {
  const partsOf = (id: string) => [...store.list(jobRecords, { index: 'parent', equals: id })];
  const around = (job: JobRecord): RelatedEntity[] => [
    ...related('server', job.serverId, 'server'),
    ...related('site', job.site, 'site'),
    ...related('job', job.parentId, 'part_of'),
    ...partsOf(job.id).flatMap((part) => related(typeOf(part), part.id, 'part')),
    ...creatorOf(job),
  ];
  return {
    job: {
      permission: 'job.read',
      find: (origin, id) => jobs.get(origin, id),
      read(origin, id) {
        const job = jobs.get(origin, id);
        return { id: job.id, data: { kind: job.kind, ...dataOf(job) }, related: around(job) };
      },
    },
    workflow_run: {
      permission: 'job.read',
      find: (origin, id) => jobs.get(origin, id, 'workflow run'),
      read(origin, id) {
        const job = jobs.get(origin, id, 'workflow run');
        if (job.kind !== WORKFLOW) throw notFound('workflow run', id);
        const { workflow } = workflows.get(origin, id);
        const { parameters } = job.params as { readonly parameters?: unknown };
        const data = { workflowDefinitionId: workflow, parameters: parameters ?? {}, ...dataOf(job) };
        return { id: job.id, data, related: [...related('mcp_definition', workflow, 'definition'), ...around(job)] };
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

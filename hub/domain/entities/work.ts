import { isoTime, isoTimeOrNull } from '../clock.js';
import { notFound } from '../errors.js';
import { type JobRecord, jobRecords } from '../jobs/record.js';
import { WORKFLOW } from '../workflows/workflows.js';
import type { EntityParts } from './entity.js';
import { type EntityKind, type EntityType, type RelatedEntity, related } from './entity.js';

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

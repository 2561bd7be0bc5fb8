import { Type } from 'typebox';
import type { Domain } from '../../domain/domain.js';
import type { JobRecord } from '../../domain/jobs/record.js';
import { isoTime } from '../../domain/moments.js';
import { endpoint, type Handlers } from '../../http/endpoint.js';
import { Id } from '../shared/values.js';
import { JobStatus, jobFields, renderJob } from './job-fields.js';
import { renderStep, Step } from './orchestration.js';

const TextOrNull = Type.Union([Type.String(), Type.Null()]);
const Job = Type.Object(
  {
    job_id: Id,
    kind: Type.String(),
    ...jobFields,
    message: Type.String(),
    server_id: TextOrNull,
    site: TextOrNull,
    parent_id: TextOrNull,
    created_by: TextOrNull,
    created_at: Type.String({ format: 'date-time' }),
    steps: Type.Array(Step),
  },
  { title: 'Job' },
);

const JobParams = Type.Object({ job_id: Type.String({ minLength: 1, description: 'Id of the job' }) });

/** Extensions: long work of every kind. */
export const jobEndpoints = {
  listJobs: endpoint({
    method: 'GET',
    path: '/api/v1/jobs',
    summary: 'List jobs, newest first',
    description:
      "A job is any long work of the hub: an update, a test run, a cleanup, a workflow run. The list holds the caller's own jobs, and those of servers that the caller may see.",
    permission: 'job.read',
    query: Type.Object({
      kind: Type.Optional(
        Type.String({ minLength: 1, maxLength: 64, description: 'Only jobs of this kind, such as `update`' }),
      ),
      status: Type.Optional(Type.Union(JobStatus.anyOf, { ...JobStatus, description: 'Only jobs with this status' })),
      limit: Type.Integer({ minimum: 1, maximum: 200, default: 50, description: 'Entries to return at most' }),
      offset: Type.Integer({ minimum: 0, maximum: 1_000_000, default: 0, description: 'Entries to skip' }),
    }),
    response: Type.Object({
      jobs: Type.Array(Job),
      pagination: Type.Object({
        total: Type.Integer(),
        limit: Type.Integer(),
        offset: Type.Integer(),
        has_more: Type.Boolean(),
      }),
    }),
    extension: true,
  }),
  getJob: endpoint({
    method: 'GET',
    path: '/api/v1/jobs/{job_id}',
    summary: 'A job, with its steps',
    description:
      'A job ends as `completed`, `failed` or `cancelled`. Finished jobs are kept for 30 days unless the settings say otherwise.',
    permission: 'job.read',
    params: JobParams,
    response: Job,
    extension: true,
  }),
  cancelJob: endpoint({
    method: 'POST',
    path: '/api/v1/jobs/{job_id}/cancel',
    summary: 'Cancel a job',
    description:
      'A waiting job ends at once. A running job ends as soon as its work notices the cancellation, within half a minute at most. A job that is over is refused with 409.',
    permission: 'job.operate',
    audit: 'job.cancel',
    params: JobParams,
    response: Job,
    extension: true,
  }),
};

export function jobHandlers({ jobs }: Domain): Handlers<typeof jobEndpoints> {
  return {
    async listJobs({ query }, context) {
      const { kind, status, limit, offset } = query;
      const filter = { ...(kind ? { kind } : {}), ...(status ? { status } : {}) };
      const { jobs: found, total } = await jobs.list(context.origin, filter, limit, offset);
      const pagination = { total, limit, offset, has_more: offset + found.length < total };
      return { jobs: found.map(render), pagination };
    },
    getJob: ({ params }, context) => render(jobs.get(context.origin, params.job_id)),
    async cancelJob({ params }, context) {
      return render(await jobs.cancel(context.origin, params.job_id));
    },
  };
}

function render(job: JobRecord) {
  return {
    job_id: job.id,
    kind: job.kind,
    ...renderJob(job),
    message: job.message,
    server_id: job.serverId,
    site: job.site,
    parent_id: job.parentId,
    created_by: job.origin.caller?.name ?? null,
    created_at: isoTime(job.createdAt),
    steps: job.steps.map(renderStep),
  };
}

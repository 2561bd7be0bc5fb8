import { Type } from 'typebox';
import { type JobRecord, jobStatuses } from '../../../domain/jobs/record.js';
import { isoTime, isoTimeOrNull } from '../../../domain/moments.js';
import { operation } from './operation.js';

/** Long work: jobs that run, and their results. */
export const jobOperations = [
  operation({
    name: 'roundhouse_list_jobs',
    title: 'List jobs',
    description: 'List long-running work (starts, updates, clean-ups, workflows), newest first.',
    permission: 'job.read',
    effect: 'read',
    input: Type.Object({
      status: Type.Optional(Type.Enum(jobStatuses)),
      kind: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'Such as server.restart' })),
      limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }),
    }),
    async run({ jobs }, { status, kind, limit }, { origin }) {
      const filter = { ...(kind === undefined ? {} : { kind }), ...(status === undefined ? {} : { status }) };
      const found = await jobs.list(origin, filter, limit);
      return { jobs: found.jobs.map(brief), total: found.total };
    },
  }),
  operation({
    name: 'roundhouse_get_job',
    title: 'A job',
    description: 'How a job is going: its status, progress, steps, and its result or error once it is over.',
    permission: 'job.read',
    effect: 'read',
    input: Type.Object({ job: Type.String({ minLength: 1, maxLength: 64, description: "The job's id" }) }),
    run({ jobs }, { job }, { origin }) {
      const record = jobs.get(origin, job);
      const steps = record.steps.map(({ name, status, reason }) => ({ name, status, reason: reason || null }));
      return { ...brief(record), steps, result: record.result, error: record.error };
    },
  }),
];

function brief({ id, kind, status, progress, message, serverId, site, createdAt, completedAt }: JobRecord) {
  const times = { createdAt: isoTime(createdAt), completedAt: isoTimeOrNull(completedAt ?? undefined) };
  return { id, kind, status, progress, message, serverId, site, ...times };
}

import type { automation, Roundhouse } from '@roundhouse/sdk';
import {
  argument,
  type Context,
  choice,
  command,
  flag,
  type Noun,
  parsed,
  text,
  withDefault,
} from '../../frame/command.js';
import { CommandError } from '../../frame/failures.js';
import type { Columns, Output } from '../../frame/output.js';
import { wholeNumber } from '../../frame/values.js';

type Job = automation.Job;

const statuses = ['scheduled', 'queued', 'running', 'completed', 'failed', 'cancelled'] as const;

const columns: Columns<Job> = {
  JOB: ({ job_id }) => job_id,
  KIND: ({ kind }) => kind,
  STATUS: ({ status }) => status,
  PROGRESS: ({ progress }) => `${progress} %`,
  CREATED: ({ created_at }) => created_at,
  MESSAGE: ({ message }) => message,
};

const id = argument('id of the job');

/** `roundhouse job`. */
export const job: Noun = {
  name: 'job',
  summary: 'long work: updates, tests, cleanups, workflow runs',
  commands: [
    command({
      name: 'list',
      summary: 'list jobs, newest first',
      example: 'roundhouse job list --status running',
      options: {
        kind: text('<kind>', 'only jobs of this kind, such as update'),
        status: choice(statuses, 'only jobs with this status'),
        limit: withDefault(parsed('<number>', 'jobs to list at most', wholeNumber), 50),
      },
      async run({ hub, options: { kind, status, limit }, out, signal }) {
        const query = { limit, ...(kind === undefined ? {} : { kind }), ...(status === undefined ? {} : { status }) };
        const { jobs } = await hub.automation.jobs.list(query, { signal });
        await out.list(jobs, columns, ({ job_id }) => job_id, 'no jobs');
      },
    }),
    command({
      name: 'show',
      summary: 'show a job with its steps',
      example: 'roundhouse job show 0197…',
      args: { job: id },
      async run({ hub, args, out }) {
        await showJob(out, await hub.automation.jobs.get(args.job));
      },
    }),
    command({
      name: 'wait',
      summary: 'wait for the end of a job; exit code 6 if it failed',
      example: 'roundhouse job wait 0197…',
      args: { job: id },
      async run(context) {
        await showJob(context.out, await ended(context, context.hub, context.args.job));
      },
    }),
    command({
      name: 'cancel',
      summary: 'cancel a job',
      example: 'roundhouse job cancel 0197…',
      args: { job: id },
      options: { wait: flag('wait until it has ended') },
      async run({ hub, args, options, out, signal }) {
        const asked = await hub.automation.jobs.cancel(args.job);
        const job = options.wait ? await hub.automation.jobs.wait(args.job, { signal }) : asked;
        await out.done(`the job is ${job.status}`, job);
      },
    }),
  ],
};

async function showJob(out: Output, job: Job): Promise<void> {
  const facts = {
    job: job.job_id,
    kind: job.kind,
    status: job.status,
    progress: `${job.progress} %`,
    message: job.message,
    error: job.error?.message,
    site: job.site,
    created: job.created_at,
    started: job.started_at,
    ended: job.completed_at,
  };
  await out.record(job, facts, job.job_id);
  if (out.form !== 'people') return;
  out.section('Steps', job.steps, {
    STEP: ({ name }) => name,
    STATUS: ({ status }) => status,
    SECONDS: ({ duration_seconds }) => duration_seconds,
    REASON: ({ reason, waits_for }) =>
      waits_for ? `waits for ${waits_for.kind} by ${waits_for.role}: ${waits_for.question ?? ''}` : reason,
  });
}

/** Follows a job to its end, with its progress on the terminal. @throws CommandError if it does not complete */
export async function ended(
  { out, signal }: Pick<Context, 'out' | 'signal'>,
  hub: Roundhouse,
  id: string,
): Promise<Job> {
  const onProgress = (state: Job) => out.progress.show(`${state.kind}: ${state.progress} % ${state.message}`);
  const job = await hub.automation.jobs.wait(id, { onProgress, signal });
  out.progress.stop();
  if (job.status !== 'completed')
    throw new CommandError(`the job ${id} is ${job.status}${job.error ? `: ${job.error.message}` : ''}`, 'outcome');
  return job;
}

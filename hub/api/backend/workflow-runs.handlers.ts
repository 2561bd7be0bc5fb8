import type { Caller } from '../../domain/access/caller.js';
import { isoTime, isoTimeOrNull } from '../../domain/clock.js';
import type { Domain } from '../../domain/domain.js';
import { historyOf } from '../../domain/jobs/history.js';
import { isOver, type JobRecord } from '../../domain/jobs/record.js';
import { WORKFLOW } from '../../domain/workflows/workflows.js';
import { type Handlers, RawReply, SseReply } from '../../http/endpoint.js';
import { originOf } from './origin.js';
import { changedAt, definitionOf, parametersOf, resultOf } from './run-fields.js';
import { RunStream } from './run-stream.js';
import type { workflowRunEndpoints } from './workflow-runs.js';

export function workflowRunHandlers(domain: Domain): Handlers<typeof workflowRunEndpoints> {
  const { workflows, jobs, jobFollowing } = domain;
  return {
    async startWorkflowRun({ body }, context) {
      const { workflow_definition_id: workflow, parameters = {} } = body;
      return render((await workflows.execute(originOf(context), { workflow, parameters })).job);
    },

    listWorkflowRuns({ query }, context) {
      const { skip, limit, status } = query;
      const filter = { kind: WORKFLOW, ...(status ? { status } : {}) };
      const found = jobs.list(originOf(context), filter, limit, skip);
      return { items: found.jobs.map(render), total: found.total, skip, limit };
    },

    getWorkflowRun: ({ params }, context) => details(workflows.get(originOf(context), params.run_id).job),

    streamWorkflowRun({ params, query }, context) {
      const origin = originOf(context);
      const read = (caller: Caller) => workflows.get({ ...origin, caller }, params.run_id).job;
      const job = read(context.caller);
      const after = placeOf(context.lastEventId || query.last_event_id, job);
      // The client has the whole run, and the run is over. Without 204 an EventSource would connect again and again.
      if (isOver(job) && after === historyOf(job).length) return new RawReply(204, null);
      const follow = (listener: (job: JobRecord) => void) => jobFollowing.follow(job.id, listener);
      const show = (changed: JobRecord, caller: Caller) => jobs.shown({ ...origin, caller }, changed);
      return new SseReply(new RunStream({ read, show, follow, caller: context.caller, after }));
    },

    async cancelWorkflowRun({ params }, context) {
      return details((await workflows.cancel(originOf(context), params.run_id)).job);
    },
  };
}

/** How many of a run's events a reader has; none where its number was never given. */
function placeOf(lastEventId: string | undefined, job: JobRecord): number {
  if (!lastEventId || !/^\d{1,9}$/.test(lastEventId)) return 0;
  const number = Number(lastEventId);
  return number <= historyOf(job).length ? number : 0;
}

export function render(job: JobRecord) {
  return {
    id: job.id,
    workflow_definition_id: definitionOf(job),
    status: job.status,
    parameters: parametersOf(job),
    created_at: isoTime(job.createdAt),
    updated_at: isoTime(changedAt(job)),
  };
}

function details(job: JobRecord) {
  const { steps, progress, error } = job;
  const completed = steps.filter(({ status }) => status === 'completed');
  return {
    ...render(job),
    result: Object.fromEntries(completed.map(({ name, result }) => [name, resultOf(job, name, result)])),
    progress,
    steps: steps.map(({ name, status, startedAt, completedAt, reason }) => ({
      name,
      status,
      started_at: isoTimeOrNull(startedAt ?? undefined),
      completed_at: isoTimeOrNull(completedAt ?? undefined),
      reason,
    })),
    error: error && { ...error },
  };
}

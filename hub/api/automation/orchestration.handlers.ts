import { isoTime } from '../../domain/clock.js';
import type { Domain } from '../../domain/domain.js';
import type { JobRecord, JobStep } from '../../domain/jobs/record.js';
import type { KnownWorkflow } from '../../domain/workflows/catalog.js';
import type { WorkflowDefinition } from '../../domain/workflows/definition.js';
import type { ScheduleRecord } from '../../domain/workflows/schedule.js';
import type { WorkflowRun } from '../../domain/workflows/workflows.js';
import type { Handlers } from '../../http/endpoint.js';
import { allRenamed, snakeCase } from '../../http/snake-case.js';
import { render as renderCleanup } from './cleanup.js';
import { renderJob } from './job-fields.js';
import type { orchestrationEndpoints } from './orchestration.js';
import { originOf } from './origin.js';

export function orchestrationHandlers({ jobs, workflows }: Domain): Handlers<typeof orchestrationEndpoints> {
  return {
    getOrchestrationStatus() {
      const { running, workers, queue, configuration } = jobs.status();
      return {
        status: running ? 'running' : 'stopping',
        mode: 'automatic',
        workers,
        queue,
        configuration: {
          max_workers: configuration.maxWorkers,
          queue_size: configuration.queueSize,
          timeout_seconds: configuration.timeoutMs / 1000,
          jobs_per_site: configuration.perSite,
        },
      };
    },

    async executeWorkflow({ body }, context) {
      const { job, workflow, schedule } = await workflows.execute(originOf(context), body);
      return {
        workflow_id: job.id,
        workflow,
        status: job.status === 'scheduled' ? 'scheduled' : 'queued',
        scheduled_at: isoTime(job.dueAt),
        schedule: renderSchedule(schedule),
      };
    },

    getWorkflow: ({ params }, context) => render(workflows.get(originOf(context), params.workflow_id ?? '')),

    async cancelWorkflow({ params }, context) {
      return render(await workflows.cancel(originOf(context), params.workflow_id ?? ''));
    },

    listWorkflows(_, { caller }) {
      const all = workflows.catalog.list(caller).map(renderDefinition);
      return { workflows: all, total: all.length };
    },

    async createWorkflow({ body }, context) {
      return renderDefinition(await workflows.catalog.add(originOf(context), body as WorkflowDefinition));
    },
  };
}

function render({ job, workflow, schedule }: WorkflowRun) {
  const completed = job.steps.filter(({ status }) => status === 'completed');
  return {
    workflow_id: job.id,
    workflow,
    ...renderJob(job),
    scheduled_at: isoTime(job.dueAt),
    steps: job.steps.map(renderStep),
    results: Object.fromEntries(completed.map((step) => [step.name, resultOf(step, job)])),
    schedule: renderSchedule(schedule),
  };
}

export function renderStep({ name, status, startedAt, completedAt, reason }: JobStep) {
  const duration = startedAt === null ? 0 : ((completedAt ?? Date.now()) - startedAt) / 1000;
  return { name, status, duration_seconds: duration, reason: reason === '' ? null : reason };
}

/** A step's result, in this API's words; a tool's result stays as it is. */
function resultOf({ name, result }: JobStep, { params }: JobRecord): unknown {
  const { plan } = params as { readonly plan?: WorkflowDefinition['steps'] };
  const kind = plan?.find((step) => step.name === name)?.kind;
  if (kind === 'cleanup') {
    const { cleanupId, ...summary } = result as Parameters<typeof renderCleanup>[0] & { readonly cleanupId: string };
    return { cleanup_id: cleanupId, ...renderCleanup(summary) };
  }
  if (kind !== 'tool_call') return allRenamed(result, snakeCase);
  const { durationMs, result: answer } = result as { readonly durationMs: number; readonly result: unknown };
  return { duration_ms: durationMs, result: answer };
}

function renderSchedule(schedule: ScheduleRecord | null) {
  if (!schedule) return null;
  const { id, cron, timezone, nextJobId, nextAt } = schedule;
  return { id, cron, timezone, next_workflow_id: nextJobId, next_at: isoTime(nextAt) };
}

function renderDefinition({ name, description, parameters, steps, shipped }: KnownWorkflow) {
  const copied = Object.entries(parameters).map(([key, { default: value, ...parameter }]) => {
    const fallback = typeof value === 'object' ? [...value] : value;
    return [key, { ...parameter, default: fallback }] as const;
  });
  return {
    name,
    description,
    parameters: Object.fromEntries(copied),
    steps: steps.map((step) => ({ ...step, ...(step.with ? { with: { ...step.with } } : {}) })),
    shipped,
  };
}

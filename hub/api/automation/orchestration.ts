import { expecting } from '@roundhouse/proto/wording';
import { type Static, type TSchema, Type } from 'typebox';
import type { Domain } from '../../domain/domain.js';
import type { JobRecord, JobStep } from '../../domain/jobs/record.js';
import { isoTime } from '../../domain/moments.js';
import type { KnownWorkflow } from '../../domain/workflows/catalog.js';
import type { ParameterValue, WorkflowDefinition } from '../../domain/workflows/definition.js';
import type { Difference } from '../../domain/workflows/diff.js';
import { outlooks } from '../../domain/workflows/dry-run.js';
import { definedStep, isForeign } from '../../domain/workflows/readers.js';
import { paramsOf } from '../../domain/workflows/run.js';
import type { ScheduleRecord } from '../../domain/workflows/schedule.js';
import type { WorkflowRun } from '../../domain/workflows/workflows.js';
import { endpoint, type Handlers } from '../../http/endpoint.js';
import { allRenamed, snakeCase } from '../shared/members.js';
import { Id, Time } from '../shared/values.js';
import {
  decisionFields,
  renderWaitsFor,
  retryFields,
  stepFields,
  WaitsFor,
  WorkflowName,
} from '../shared/workflow-definition.js';
import { render as renderCleanup } from './cleanup.js';
import { jobFields, renderJob } from './job-fields.js';

const Seconds = Type.Number({ description: 'Seconds' });

export const Step = Type.Object(
  {
    name: Type.String(),
    status: Type.Union([
      Type.Literal('pending'),
      Type.Literal('running'),
      Type.Literal('completed'),
      Type.Literal('failed'),
      Type.Literal('skipped'),
    ]),
    duration_seconds: Seconds,
    reason: Type.Union([Type.String(), Type.Null()], { description: 'Extension: why it failed or was skipped' }),
    waits_for: WaitsFor,
  },
  { title: 'WorkflowStep' },
);

const scheduleFields = {
  id: Id,
  cron: Type.String(),
  timezone: Type.String(),
  next_workflow_id: Id,
  next_at: Time,
};
const Schedule = Type.Object(scheduleFields, { title: 'WorkflowSchedule' });

const scheduleNote = 'Extension: the series that this run belongs to, while that goes on';
const workflowFields = {
  workflow_id: Id,
  workflow: Type.String(),
  ...jobFields,
  scheduled_at: Time,
  steps: Type.Array(Step),
  results: Type.Record(Type.String(), Type.Unknown(), {
    description: 'The result of each completed step, by its name',
  }),
  schedule: Type.Union([Schedule, Type.Null()], { description: scheduleNote }),
  retry_of: Type.Union([Id, Type.Null()], { description: 'Extension: the run that this one repeats' }),
};

const Value = Type.Union([Type.Boolean(), Type.Number(), Type.String(), Type.Array(Type.String(), { maxItems: 1000 })]);
const Parameter = Type.Object(
  {
    type: Type.Union([
      Type.Literal('boolean'),
      Type.Literal('number'),
      Type.Literal('string'),
      Type.Literal('strings'),
    ]),
    default: Value,
    description: Type.Optional(Type.String({ maxLength: 1024 })),
  },
  { title: 'WorkflowParameter' },
);
const StepDefined = Type.Object(stepFields, { title: 'WorkflowStepDefinition' });
const definitionFields = {
  name: WorkflowName,
  description: Type.String({ maxLength: 1024 }),
  parameters: Type.Record(Type.String({ pattern: '^[A-Za-z0-9_]{1,64}$' }), Parameter, {
    maxProperties: 64,
    ...expecting("1 to 64 letters, digits and '_'"),
  }),
  steps: Type.Array(StepDefined, { minItems: 1, maxItems: 64 }),
};
const Workflow = Type.Object({ ...definitionFields, shipped: Type.Boolean() }, { title: 'Workflow' });

const executionFields = {
  workflow: Type.String({ minLength: 1, maxLength: 64 }),
  parameters: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { maxProperties: 64 })),
};

const PlannedStep = Type.Object(
  {
    name: Type.String({
      description:
        'As in a run: `deploy`, `deploy[2]`, `nested/deploy`; `deploy[*]` where only a run knows the members',
    }),
    kind: Type.String(),
    outlook: Type.Enum(outlooks, {
      description:
        '`depends`: only a run knows whether, or for what, it is done; `compensate`: it is done if a step that names it fails',
    }),
    reason: Type.Union([Type.String(), Type.Null()], { description: 'Why it is skipped' }),
    arguments: Type.Record(Type.String(), Type.Unknown(), {
      description: 'With the names of the kind of step. If they are too long, only `truncated` and `bytes`',
    }),
    unknown: Type.Array(Type.String(), { description: 'The paths of texts that only a run can evaluate' }),
    problem: Type.Union([Type.Object({ code: Type.String(), message: Type.String() }), Type.Null()], {
      description: 'Why it would fail',
    }),
  },
  { title: 'PlannedWorkflowStep' },
);

const WorkflowParams = Type.Object({
  workflow_id: Type.String({ minLength: 1, description: 'Id of the execution' }),
});

const ComparedRun = Type.Object(
  { workflow_id: Id, status: jobFields.status, created_at: Time },
  { title: 'ComparedWorkflow' },
);
const ComparedStep = Type.Object(
  {
    status: Step.properties.status,
    reason: Type.Union([Type.String(), Type.Null()]),
    result: Type.Unknown(),
  },
  { title: 'ComparedWorkflowStep' },
);

function differenceOf<T extends TSchema>(side: T, of: string) {
  const either = Type.Union([side, Type.Null()]);
  return Type.Object({ name: Type.String(), left: either, right: either }, { title: `WorkflowDifferenceOf${of}` });
}

/** `seeds/000`, "Orchestration Control". */
export const orchestrationEndpoints = {
  getOrchestrationStatus: endpoint({
    method: 'GET',
    path: '/api/v1/orchestration/status',
    summary: 'Status and configuration of the job engine',
    description:
      'The answer counts the workers and the waiting jobs, and shows the limits that the settings of the hub give.',
    permission: 'job.read',
    response: Type.Object({
      status: Type.Union([Type.Literal('running'), Type.Literal('stopping')]),
      mode: Type.Literal('automatic'),
      workers: Type.Object({ active: Type.Integer(), idle: Type.Integer(), total: Type.Integer() }),
      queue: Type.Object({
        pending: Type.Integer(),
        processing: Type.Integer(),
        completed: Type.Integer(),
        scheduled: Type.Integer({ description: 'Extension: jobs that wait for their time' }),
      }),
      configuration: Type.Object({
        max_workers: Type.Integer(),
        queue_size: Type.Integer(),
        timeout_seconds: Seconds,
        jobs_per_site: Type.Integer({ description: 'Extension' }),
      }),
    }),
  }),
  executeWorkflow: endpoint({
    method: 'POST',
    path: '/api/v1/orchestration/workflows/execute',
    summary: 'Execute a predefined workflow',
    description:
      '`schedule` is `immediate`, a time, or a cron expression that starts a series. The runs of a series never overlap. If the hub was stopped at the time of a run, the run begins once when the hub starts. Unknown parameters are refused, and so are parameters of more than 65,536 bytes as JSON together.',
    permission: 'workflow.execute',
    audit: 'workflow',
    body: Type.Object({
      ...executionFields,
      schedule: Type.String({
        minLength: 1,
        maxLength: 128,
        default: 'immediate',
        description:
          '`immediate`, an ISO 8601 time with its zone, or a cron expression of five fields (six with seconds)',
      }),
      timezone: Type.String({ minLength: 1, maxLength: 64, default: 'UTC', description: 'Extension: IANA name' }),
    }),
    example: { workflow: 'health_sweep', schedule: '0 3 * * *', timezone: 'Europe/Berlin' },
    response: Type.Object({
      workflow_id: Id,
      workflow: Type.String(),
      status: Type.Union([Type.Literal('queued'), Type.Literal('scheduled')]),
      scheduled_at: Time,
      schedule: Type.Union([Schedule, Type.Null()], { description: scheduleNote }),
    }),
    status: 202,
  }),
  planWorkflow: endpoint({
    method: 'POST',
    path: '/api/v1/orchestration/workflows/dry-run',
    summary: 'Show what a workflow execution would do',
    description:
      'Nothing is done. The plan has every step, member of a loop and step of a nested workflow, in an order in which a run could do them, with the arguments as far as they are known before a run: a text that reads a result stands as it is, and `unknown` names it. The hub checks the rights of the caller, the arguments, and the names of servers, tools and databases, as each step would; `problem` says why a step would fail, and the plan goes on behind it.',
    permission: 'workflow.execute',
    body: Type.Object(executionFields),
    example: { workflow: 'health_sweep', parameters: { restart: true } },
    response: Type.Object({
      workflow: Type.String(),
      steps: Type.Array(PlannedStep),
      problems: Type.Integer({ description: 'How many steps have a problem' }),
    }),
    extension: true,
  }),
  getWorkflow: endpoint({
    method: 'GET',
    path: '/api/v1/orchestration/workflows/{workflow_id}',
    summary: 'Status of a workflow execution',
    description:
      'The answer lists the steps, and the result of each completed step by its name. It leaves out results that the caller may not see.',
    permission: 'job.read',
    params: WorkflowParams,
    response: Type.Object(workflowFields),
  }),
  cancelWorkflow: endpoint({
    method: 'POST',
    path: '/api/v1/orchestration/workflows/{workflow_id}/cancel',
    summary: 'Cancel a workflow execution',
    description:
      'If the run belongs to a series, the series ends too. A run that is over, and belongs to no series, is refused with 409.',
    permission: 'workflow.execute',
    audit: 'job.cancel',
    params: WorkflowParams,
    response: Type.Object(workflowFields),
    extension: true,
  }),
  retryWorkflow: endpoint({
    method: 'POST',
    path: '/api/v1/orchestration/workflows/{workflow_id}/retry',
    summary: 'Repeat a workflow execution from a step',
    description:
      'The new run names this one as `retry_of`. It has the rights of this caller, and the plan and the parameters of the run. Steps that do not come after `from` keep their results, and so do completed members of a step that failed. Only the caller of a run and admins repeat it. A run that goes on is refused with 409.',
    permission: 'workflow.execute',
    audit: 'workflow',
    params: WorkflowParams,
    body: Type.Object(retryFields),
    example: { from: 'deploy' },
    response: Type.Object(workflowFields),
    status: 202,
    extension: true,
  }),
  diffWorkflows: endpoint({
    method: 'GET',
    path: '/api/v1/orchestration/workflows/{workflow_id}/diff/{other_id}',
    summary: 'Compare two executions of one workflow',
    description:
      'The answer has what is different: the definitions of steps as each run keeps them, the parameters, and the state, the reason and the result of steps. How long a call took is no difference. A side is `null` where only the other run has it. Only callers who may read every result of both runs compare them; others are refused with 403, and runs of different workflows with 409.',
    permission: 'job.read',
    params: Type.Object({
      ...WorkflowParams.properties,
      other_id: Type.String({ minLength: 1, maxLength: 64, description: 'Id of the execution to compare it with' }),
    }),
    response: Type.Object({
      workflow: Type.String(),
      left: ComparedRun,
      right: ComparedRun,
      definition: Type.Array(differenceOf(StepDefined, 'Definition'), {
        description: 'Steps of nested workflows as `workflow/step`',
      }),
      parameters: Type.Array(differenceOf(Value, 'Parameter')),
      steps: Type.Array(differenceOf(ComparedStep, 'Step')),
    }),
    extension: true,
  }),
  decideWorkflowStep: endpoint({
    method: 'POST',
    path: '/api/v1/orchestration/workflows/{workflow_id}/decide',
    summary: 'Decide about a step that waits for a person',
    description:
      'A step with `waits_for` goes on with the decision. The hub checks the role of the caller now. A caller who may not read the question is refused with 403, and a step that does not wait with 409.',
    permission: 'workflow.execute',
    audit: 'workflow.decide',
    params: WorkflowParams,
    body: Type.Object(decisionFields),
    example: { step: 'ask', decision: 'approve', comment: 'after lunch' },
    response: Type.Object(workflowFields),
    extension: true,
  }),
  listSchedules: endpoint({
    method: 'GET',
    path: '/api/v1/orchestration/schedules',
    summary: 'List the series of workflow executions, the next one first',
    description: 'The list holds the series whose next run the caller may see. To end a series, cancel its next run.',
    permission: 'job.read',
    response: Type.Object({
      schedules: Type.Array(Type.Object({ ...scheduleFields, workflow: Type.String() }, { title: 'WorkflowSeries' })),
      total: Type.Integer(),
    }),
    extension: true,
  }),
  listWorkflows: endpoint({
    method: 'GET',
    path: '/api/v1/orchestration/workflows',
    summary: 'List the definitions of workflows',
    description:
      'The list holds the workflows that ship with the hub, marked as `shipped`, and the workflows that were added.',
    permission: 'job.read',
    response: Type.Object({
      workflows: Type.Array(Workflow),
      total: Type.Integer(),
    }),
    extension: true,
  }),
  createWorkflow: endpoint({
    method: 'POST',
    path: '/api/v1/orchestration/workflows',
    summary: 'Add the definition of a workflow',
    description:
      'The definition can be executed by its name at once. This needs role admin, because other callers may then run its steps. A name that is taken is refused with 409.',
    permission: 'workflow.define',
    audit: 'workflow.create',
    body: Type.Object(definitionFields),
    example: {
      name: 'nightly_check',
      description: 'Test all servers',
      parameters: {},
      steps: [{ name: 'check', kind: 'test_run', on_error: 'stop' }],
    },
    response: Workflow,
    status: 201,
    extension: true,
  }),
};

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
      const { job, workflow, schedule } = await workflows.execute(context.origin, body);
      return {
        workflow_id: job.id,
        workflow,
        status: job.status === 'scheduled' ? 'scheduled' : 'queued',
        scheduled_at: isoTime(job.dueAt),
        schedule: schedule && renderSchedule(schedule),
      };
    },

    async planWorkflow({ body }, context) {
      const { workflow, steps } = await workflows.plan(context.origin, body);
      const problems = steps.filter(({ problem }) => problem !== null).length;
      return { workflow, steps: steps.map((step) => ({ ...step, unknown: [...step.unknown] })), problems };
    },

    getWorkflow: ({ params }, context) => render(workflows.get(context.origin, params.workflow_id)),

    async cancelWorkflow({ params }, context) {
      return render(await workflows.cancel(context.origin, params.workflow_id));
    },

    async retryWorkflow({ params, body }, context) {
      return render(await workflows.retry(context.origin, params.workflow_id, body.from));
    },

    diffWorkflows({ params }, context) {
      const { runs, workflow, ...diff } = workflows.diff(context.origin, params.workflow_id, params.other_id);
      const [left, right] = runs;
      return {
        workflow,
        left: renderCompared(left),
        right: renderCompared(right),
        definition: diff.definition.map((one) => renderDifference(one, (step) => step as Static<typeof StepDefined>)),
        parameters: diff.parameters.map((one) => renderDifference(one, copyOf)),
        steps: diff.steps.map((one) =>
          renderDifference(one, (step, at) => {
            const { status, reason } = renderStep(step);
            return { status, reason, result: resultOf(step, runs[at]) };
          }),
        ),
      };
    },

    async decideWorkflowStep({ params, body }, context) {
      return render(await workflows.decide(context.origin, params.workflow_id, body));
    },

    async listSchedules(_, context) {
      const schedules = (await workflows.schedules(context.origin)).map((schedule) => ({
        ...renderSchedule(schedule),
        workflow: schedule.workflow,
      }));
      return { schedules, total: schedules.length };
    },

    listWorkflows(_, { caller }) {
      const all = workflows.catalog.list(caller).map(renderDefinition);
      return { workflows: all, total: all.length };
    },

    async createWorkflow({ body }, context) {
      return renderDefinition(await workflows.catalog.add(context.origin, body as WorkflowDefinition));
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
    schedule: schedule && renderSchedule(schedule),
    retry_of: paramsOf(job).retryOf ?? null,
  };
}

function renderCompared({ id, status, createdAt }: JobRecord) {
  return { workflow_id: id, status, created_at: isoTime(createdAt) };
}

/** @param render renders a side: that of the first run (0) or of the second (1) */
function renderDifference<T, R>({ name, sides }: Difference<T>, render: (side: T, at: 0 | 1) => R) {
  const [left, right] = sides;
  return { name, left: left === null ? null : render(left, 0), right: right === null ? null : render(right, 1) };
}

export function renderStep(step: JobStep) {
  const { name, status, startedAt, completedAt, reason } = step;
  const duration = startedAt === null ? 0 : ((completedAt ?? Date.now()) - startedAt) / 1000;
  const why = reason === '' ? null : reason;
  return { name, status, duration_seconds: duration, reason: why, waits_for: renderWaitsFor(step) };
}

/**
 * A step's result with the names of this API. A tool's result stays unchanged. The result of a step with members, and a result that is too long, has
 * another form.
 */
function resultOf({ name, result }: JobStep, { params }: JobRecord): unknown {
  const kind = definedStep(params, name)?.kind;
  if (isForeign(params, name) || typeof result !== 'object' || result === null) return result;
  if (kind === 'cleanup' && Object.hasOwn(result, 'cleanupId')) {
    const { cleanupId, ...summary } = result as Parameters<typeof renderCleanup>[0] & { readonly cleanupId: string };
    return { cleanup_id: cleanupId, ...renderCleanup(summary) };
  }
  if (kind !== 'tool_call' || !Object.hasOwn(result, 'durationMs')) return allRenamed(result, snakeCase);
  const { durationMs, result: answer } = result as { readonly durationMs: number; readonly result: unknown };
  return { duration_ms: durationMs, result: answer };
}

function renderSchedule({ id, cron, timezone, nextJobId, nextAt }: ScheduleRecord) {
  return { id, cron, timezone, next_workflow_id: nextJobId, next_at: isoTime(nextAt) };
}

function copyOf(value: ParameterValue) {
  return typeof value === 'object' ? [...value] : value;
}

function renderDefinition({ name, description, parameters, steps, shipped }: KnownWorkflow) {
  const copied = Object.entries(parameters).map(([key, { default: value, ...parameter }]) => {
    return [key, { ...parameter, default: copyOf(value) }] as const;
  });
  return {
    name,
    description,
    parameters: Object.fromEntries(copied),
    steps: steps as Static<typeof Workflow>['steps'],
    shipped,
  };
}

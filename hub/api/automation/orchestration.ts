import { Type } from 'typebox';
import { onErrorChoices } from '../../domain/workflows/definition.js';
import { endpoint } from '../../http/endpoint.js';
import { expecting, form } from '../../http/wording.js';
import { jobFields } from './job-fields.js';

const Time = Type.String({ format: 'date-time' });
const Id = Type.String({ format: 'uuid' });
const WorkflowName = Type.String({
  minLength: 1,
  maxLength: 64,
  ...form("letters, digits, '.', '_' and '-', with a letter or digit first", '^[A-Za-z0-9][A-Za-z0-9_.-]*$'),
});
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
  },
  { title: 'WorkflowStep' },
);

const Schedule = Type.Object(
  {
    id: Id,
    cron: Type.String(),
    timezone: Type.String(),
    next_workflow_id: Id,
    next_at: Time,
  },
  { title: 'WorkflowSchedule' },
);

const scheduleNote = 'Extension: the series that this run belongs to, while that goes on';
const workflowFields = {
  workflow_id: Id,
  workflow: Type.String(),
  ...jobFields,
  scheduled_at: Time,
  steps: Type.Array(Step),
  results: Type.Record(Type.String(), Type.Unknown(), { description: 'What each completed step gave, by its name' }),
  schedule: Type.Union([Schedule, Type.Null()], { description: scheduleNote }),
};

const Value = Type.Union([Type.Boolean(), Type.Number(), Type.String(), Type.Array(Type.String())]);
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
const definitionFields = {
  name: WorkflowName,
  description: Type.String({ maxLength: 1024 }),
  parameters: Type.Record(Type.String({ pattern: '^[A-Za-z0-9_]{1,64}$' }), Parameter, {
    maxProperties: 64,
    ...expecting("1 to 64 letters, digits and '_'"),
  }),
  steps: Type.Array(
    Type.Object(
      {
        name: WorkflowName,
        kind: Type.String({ minLength: 1, maxLength: 64 }),
        when: Type.Optional(Type.String({ maxLength: 64 })),
        on_error: Type.Optional(Type.Enum(onErrorChoices)),
        with: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
      },
      { title: 'WorkflowStepDefinition' },
    ),
    { minItems: 1, maxItems: 64 },
  ),
};
const Workflow = Type.Object({ ...definitionFields, shipped: Type.Boolean() }, { title: 'Workflow' });

/** `seeds/000`, "Orchestration Control". */
export const orchestrationEndpoints = {
  getOrchestrationStatus: endpoint({
    method: 'GET',
    path: '/api/v1/orchestration/status',
    summary: 'Status and configuration of the job engine',
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
  /**
   * `schedule` is `immediate`, an ISO time with its zone, or a cron expression of five fields (six with seconds), read in `timezone`. If
   * the hub was stopped at that time, the run begins once when the hub starts, also if a series missed several times. The runs of a series
   * never overlap. A step of an unknown kind is `skipped`, with its reason; unknown parameters are refused.
   */
  executeWorkflow: endpoint({
    method: 'POST',
    path: '/api/v1/orchestration/workflows/execute',
    summary: 'Execute a predefined workflow',
    permission: 'workflow.execute',
    audit: 'workflow',
    body: Type.Object({
      workflow: Type.String({ minLength: 1, maxLength: 64 }),
      parameters: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { maxProperties: 64 })),
      schedule: Type.String({ minLength: 1, maxLength: 128, default: 'immediate' }),
      timezone: Type.String({ minLength: 1, maxLength: 64, default: 'UTC', description: 'Extension: IANA name' }),
    }),
    response: Type.Object({
      workflow_id: Id,
      workflow: Type.String(),
      status: Type.Union([Type.Literal('queued'), Type.Literal('scheduled')]),
      scheduled_at: Time,
      schedule: Type.Union([Schedule, Type.Null()], { description: scheduleNote }),
    }),
    status: 202,
  }),
  getWorkflow: endpoint({
    method: 'GET',
    path: '/api/v1/orchestration/workflows/{workflow_id}',
    summary: 'Status of a workflow execution',
    permission: 'job.read',
    response: Type.Object(workflowFields),
  }),
  /** A run of a series takes the series with it. */
  cancelWorkflow: endpoint({
    method: 'POST',
    path: '/api/v1/orchestration/workflows/{workflow_id}/cancel',
    summary: 'Call a workflow execution off',
    permission: 'workflow.execute',
    audit: 'job.cancel',
    response: Type.Object(workflowFields),
    extension: true,
  }),
  listWorkflows: endpoint({
    method: 'GET',
    path: '/api/v1/orchestration/workflows',
    summary: 'List the definitions of workflows',
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
    permission: 'workflow.define',
    audit: 'workflow.create',
    body: Type.Object(definitionFields),
    response: Workflow,
    status: 201,
    extension: true,
  }),
};

import { Type } from 'typebox';
import type { RequestOrigin } from '../../domain/access/caller.js';
import type { Domain } from '../../domain/domain.js';
import { DomainError } from '../../domain/errors.js';
import { isoTime } from '../../domain/moments.js';
import type { WorkflowCatalog } from '../../domain/workflows/catalog.js';
import { type LastEvent, triggerEvents, type WorkflowTrigger } from '../../domain/workflows/triggers.js';
import { endpoint, type Handlers } from '../../http/endpoint.js';
import { Id, Secret, Time, TimeOrNever } from '../shared/values.js';
import { WorkflowName } from '../shared/workflow-definition.js';

const TextOrNull = Type.Union([Type.String(), Type.Null()]);
const Parameters = Type.Record(Type.String(), Type.Unknown(), {
  maxProperties: 64,
  description: 'Values of parameters; texts may hold expressions over `event`',
});
const Trigger = Type.Object(
  {
    id: Id,
    name: Type.String(),
    workflow: Type.String(),
    events: Type.Union([Type.Array(Type.String()), Type.Null()], { description: '`null` for an incoming webhook' }),
    filter: TextOrNull,
    parameters: Parameters,
    concurrency: Type.Integer(),
    debounce: Type.Number({ description: 'Seconds' }),
    enabled: Type.Boolean(),
    disabled_reason: TextOrNull,
    owner: TextOrNull,
    created_at: Time,
    last_event: Type.Union(
      [
        Type.Object({
          at: TimeOrNever,
          outcome: Type.Enum(['started', 'joined', 'skipped', 'filtered', 'failed']),
          workflow_id: TextOrNull,
          reason: TextOrNull,
        }),
        Type.Null(),
      ],
      { description: 'The outcome of the last event' },
    ),
  },
  { title: 'WorkflowTrigger' },
);

const params = Type.Object({ trigger_id: Type.String({ minLength: 1, maxLength: 128, description: 'Id or name' }) });

/** Extensions: workflows that start when something happens. */
export const triggerEndpoints = {
  listTriggers: endpoint({
    method: 'GET',
    path: '/api/v1/orchestration/triggers',
    summary: 'List the triggers of workflows',
    description:
      'The list shows the outcome of the last event of each trigger, and no secrets. `filter`, `parameters`, and the run and the reason of the last event are empty for callers who may not read the parameters of its runs, and for other callers than its owner and admins where it names a personal server.',
    permission: 'workflow.execute',
    response: Type.Object({ triggers: Type.Array(Trigger), total: Type.Integer() }),
    extension: true,
  }),
  createTrigger: endpoint({
    method: 'POST',
    path: '/api/v1/orchestration/triggers',
    summary: 'Start a workflow when something happens',
    description:
      'With `events` the trigger listens to the hub; without them it is an incoming webhook, and the answer holds its `secret`. Its runs have the rights that this caller has when they start.',
    permission: 'workflow.execute',
    audit: 'trigger.create',
    body: Type.Object({
      name: WorkflowName,
      workflow: Type.String({ minLength: 1, maxLength: 128 }),
      events: Type.Optional(Type.Array(Type.Enum(triggerEvents), { minItems: 1, maxItems: triggerEvents.length })),
      filter: Type.Optional(
        Type.String({ maxLength: 1024, description: 'An expression over `event`; only `true` starts a run' }),
      ),
      parameters: Type.Optional(Parameters),
      concurrency: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: 100,
          description: 'Runs that go on at once; further events start none. Default 1',
        }),
      ),
      debounce: Type.Optional(
        Type.Number({
          minimum: 0,
          maximum: 86_400,
          description: 'Seconds: events within this time after the first one start one run together, at its end',
        }),
      ),
      secret: Type.Optional({
        ...Secret,
        description: 'Of an incoming webhook, as of Standard Webhooks; default: random',
      }),
    }),
    example: {
      name: 'remedy',
      workflow: 'health_sweep',
      events: ['alert.new'],
      // biome-ignore lint/suspicious/noTemplateCurlyInString: an expression of workflows
      filter: "${{ event.data.rule == 'server_down' }}",
      parameters: { restart: true },
    },
    response: Type.Object({ ...Trigger.properties, secret: TextOrNull }, { title: 'NewWorkflowTrigger' }),
    status: 201,
    extension: true,
  }),
  setTrigger: endpoint({
    method: 'PATCH',
    path: '/api/v1/orchestration/triggers/{trigger_id}',
    summary: 'Enable or disable a trigger',
    description:
      'The trigger hears events from then on. Only its owner and admins may change it; its runs keep the rights of its owner.',
    permission: 'workflow.execute',
    audit: 'trigger.update',
    params,
    body: Type.Object({ enabled: Type.Boolean() }),
    example: { enabled: false },
    response: Trigger,
    extension: true,
  }),
  deleteTrigger: endpoint({
    method: 'DELETE',
    path: '/api/v1/orchestration/triggers/{trigger_id}',
    summary: 'Delete a trigger',
    description: 'Runs that it started go on. Only its owner and admins may delete it.',
    permission: 'workflow.execute',
    audit: 'trigger.delete',
    params,
    response: Type.Object({ trigger_id: Type.String(), deleted: Type.Boolean() }),
    extension: true,
  }),
  receiveTrigger: endpoint({
    method: 'POST',
    path: '/api/v1/orchestration/triggers/{trigger_id}/receive',
    summary: 'A signed message for an incoming webhook',
    description:
      'Headers and signature are those of Standard Webhooks: `webhook-id`, `webhook-timestamp` (at most five minutes from now) and `webhook-signature`. The same `webhook-id` starts one run, however often it comes.',
    permission: 'public',
    params: Type.Object({ trigger_id: Type.String({ minLength: 1, maxLength: 64, description: 'Id of the trigger' }) }),
    headers: ['webhook-id', 'webhook-timestamp', 'webhook-signature'],
    // The signature is over the text of the body.
    reads: { 'application/json': async (text) => text },
    body: Type.Unknown({ description: 'Any JSON: `event.data` of expressions' }),
    example: { deployed: true },
    response: Type.Object({ workflow_id: TextOrNull }),
    status: 202,
    extension: true,
  }),
};

export function triggerHandlers({ triggers, triggerStarts, workflows }: Domain): Handlers<typeof triggerEndpoints> {
  const shown = (origin: RequestOrigin, trigger: WorkflowTrigger) =>
    render(trigger, workflows.catalog, triggerStarts.last(origin, trigger.id));
  return {
    listTriggers(_, context) {
      const all = triggers.list(context.origin).map((trigger) => shown(context.origin, trigger));
      return { triggers: all, total: all.length };
    },
    async createTrigger({ body }, context) {
      const { trigger, secret } = await triggers.create(context.origin, body);
      return { ...shown(context.origin, trigger), secret };
    },
    async setTrigger({ params, body }, context) {
      return shown(context.origin, await triggers.setEnabled(context.origin, params.trigger_id, body.enabled));
    },
    async deleteTrigger({ params }, context) {
      await triggers.delete(context.origin, params.trigger_id);
      return { trigger_id: params.trigger_id, deleted: true };
    },
    async receiveTrigger({ params, body }, context) {
      const headers = {
        id: context.header('webhook-id'),
        timestamp: context.header('webhook-timestamp'),
        signature: context.header('webhook-signature'),
      };
      if (typeof body !== 'string')
        throw new DomainError('unsupported_media_type', 'Content-Type must be application/json');
      return { workflow_id: await triggerStarts.receive(context.origin, params.trigger_id, headers, body) };
    },
  };
}

function render(trigger: WorkflowTrigger, catalog: Pick<WorkflowCatalog, 'lookUp'>, last: LastEvent | undefined) {
  const { id, name, workflow, events, filter, parameters, concurrency, debounce, enabled, owner } = trigger;
  return {
    ...{ id, name, filter, concurrency, debounce, enabled },
    workflow: catalog.lookUp(workflow)?.definition.name ?? workflow,
    events: events && [...events],
    parameters: { ...parameters },
    disabled_reason: trigger.disabledReason,
    owner: owner?.name ?? null,
    created_at: isoTime(trigger.createdAt),
    last_event: last
      ? { at: isoTime(last.at), outcome: last.outcome, workflow_id: last.runId, reason: last.reason }
      : null,
  };
}

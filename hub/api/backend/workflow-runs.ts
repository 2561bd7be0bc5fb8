import { type TSchema, Type } from 'typebox';
import type { Caller } from '../../domain/access/caller.js';
import type { Domain } from '../../domain/domain.js';
import { DomainError } from '../../domain/errors.js';
import { mapInTurns } from '../../domain/event-loop.js';
import { historyOf, type JobMoment } from '../../domain/jobs/history.js';
import { isOver, type JobRecord, jobStatuses, WORKFLOW } from '../../domain/jobs/record.js';
import { isoNow, isoTime, isoTimeOrNull } from '../../domain/moments.js';
import { TOOL_CALL } from '../../domain/workflows/kinds.js';
import { definedStep, isForeign } from '../../domain/workflows/readers.js';
import { endpoint, type Handlers, RawReply, SseReply, type SseSink, type SseSource } from '../../http/endpoint.js';
import { allRenamed, snakeCase } from '../shared/members.js';
import { Id, Time, TimeOrNever } from '../shared/values.js';
import { decisionFields, renderWaitsFor, retryFields, WaitsFor } from '../shared/workflow-definition.js';
import { PageOf, pageQuery } from './schemas.js';

const Status = Type.Enum(jobStatuses, { title: 'WorkflowRunStatus' });
const Parameters = Type.Record(Type.String(), Type.Unknown());
const run = {
  id: Id,
  workflow_definition_id: Type.String({ description: 'Of a workflow that no definition keeps: its name' }),
  status: Status,
  parameters: Parameters,
  created_at: Time,
  updated_at: Time,
};
const details = {
  ...run,
  result: Type.Record(Type.String(), Type.Unknown(), { description: 'The result of each completed step, by its name' }),
  progress: Type.Integer({ minimum: 0, maximum: 100, description: 'Extension' }),
  steps: Type.Array(
    Type.Object({
      name: Type.String(),
      status: Type.String(),
      started_at: TimeOrNever,
      completed_at: TimeOrNever,
      reason: Type.String(),
      waits_for: WaitsFor,
    }),
    { description: 'Extension' },
  ),
  error: Type.Union([Type.Object({ code: Type.String(), message: Type.String() }), Type.Null()], {
    description: 'Extension',
  }),
};
const params = Type.Object({ run_id: Type.String({ minLength: 1, maxLength: 64, description: 'Id of the run' }) });

const eventOf = <T extends string, D extends TSchema>(type: T, data: D, title: string) =>
  Type.Object(
    { type: Type.Literal(type), id: Type.String({ description: 'Empty where it is not kept' }), data },
    { title },
  );

/** An event of a run. */
const RunEvent = Type.Union(
  [
    eventOf(
      'status_change',
      Type.Object({
        id: Id,
        workflow_definition_id: Type.String(),
        status: Status,
        error: Type.Optional(Type.Union([Type.Object({ code: Type.String(), message: Type.String() }), Type.Null()])),
        timestamp: Time,
      }),
      'StatusChangeEvent',
    ),
    eventOf(
      'log',
      Type.Object({
        id: Id,
        level: Type.Enum(['info', 'error']),
        message: Type.String(),
        progress: Type.Optional(Type.Number()),
        step: Type.Optional(Type.String()),
        step_status: Type.Optional(Type.String()),
        timestamp: Time,
      }),
      'LogEvent',
    ),
    eventOf(
      'result_preview',
      Type.Object({ id: Id, step: Type.String(), result: Type.Unknown(), timestamp: Time }),
      'ResultPreviewEvent',
    ),
  ],
  { title: 'RunEvent' },
);

/** `seeds/004`, "Workflow Management". A run is a job. */
export const workflowRunEndpoints = {
  startWorkflowRun: endpoint({
    method: 'POST',
    path: '/api/v1/workflow-runs',
    summary: 'Start a workflow run',
    description:
      '`workflow_definition_id` is the id or name of a definition of type `workflow`, or the name of a workflow of the Automation API. Absent parameters have their defaults; unknown parameters are refused, and so are parameters of more than 65,536 bytes as JSON together.',
    permission: 'workflow.execute',
    audit: 'workflow',
    body: Type.Object({
      workflow_definition_id: Type.String({ minLength: 1, maxLength: 128 }),
      parameters: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { maxProperties: 64 })),
    }),
    example: { workflow_definition_id: 'health_sweep', parameters: {} },
    response: Type.Object(run, { title: 'WorkflowRun' }),
    status: 202,
  }),
  listWorkflowRuns: endpoint({
    method: 'GET',
    path: '/api/v1/workflow-runs',
    summary: 'List workflow runs, newest first',
    description:
      'The list holds the runs that the caller may see, without their results. It shows 1 MiB of parameters. Further parameters are `truncated` and `bytes`: read the run.',
    permission: 'job.read',
    query: Type.Object({
      ...pageQuery,
      status: Type.Optional(Type.Enum(jobStatuses, { ...Status, description: 'Only runs with this status' })),
    }),
    response: PageOf(Type.Object(run, { title: 'WorkflowRun' })),
    extension: true,
  }),
  getWorkflowRun: endpoint({
    method: 'GET',
    path: '/api/v1/workflow-runs/{run_id}',
    summary: 'Get a workflow run',
    description:
      'The answer has the state of each step, and the results of completed steps by name. It leaves out results that the caller may not see.',
    permission: 'job.read',
    params,
    response: Type.Object(details, { title: 'WorkflowRunDetails' }),
  }),
  streamWorkflowRun: endpoint({
    method: 'GET',
    path: '/api/v1/workflow-runs/{run_id}/stream',
    summary: 'Server-Sent Events of a workflow run',
    description:
      'The stream begins with all earlier events of the run, and ends with the run. A client that comes back with `Last-Event-ID` gets the events that it missed. The status 204 means that no more events come.',
    permission: 'job.read',
    ticket: true,
    params,
    query: Type.Object({
      last_event_id: Type.Optional(
        Type.String({ maxLength: 64, description: 'Extension: stands for `Last-Event-ID`, where that cannot be sent' }),
      ),
      ticket: Type.Optional(
        Type.String({
          maxLength: 256,
          description: 'Extension: stands for the credential; see `POST /api/sse/tickets`',
        }),
      ),
    }),
    produces: ['text/event-stream'],
    events: RunEvent,
  }),
  cancelWorkflowRun: endpoint({
    method: 'POST',
    path: '/api/v1/workflow-runs/{run_id}/cancel',
    summary: 'Cancel a workflow run',
    description: 'A running step ends as soon as it notices the cancellation. A run that is over is refused with 409.',
    permission: 'workflow.execute',
    audit: 'job.cancel',
    params,
    response: Type.Object(details, { title: 'WorkflowRunDetails' }),
    extension: true,
  }),
  retryWorkflowRun: endpoint({
    method: 'POST',
    path: '/api/v1/workflow-runs/{run_id}/retry',
    summary: 'Repeat a workflow run from a step',
    description:
      'The answer is the new run, with the rights of this caller, and the plan and the parameters of the old run. Steps that do not come after `from` keep their results. Only the caller of a run and admins repeat it. A run that goes on is refused with 409.',
    permission: 'workflow.execute',
    audit: 'workflow',
    params,
    body: Type.Object(retryFields),
    example: { from: 'deploy' },
    response: Type.Object(details, { title: 'WorkflowRunDetails' }),
    status: 202,
    extension: true,
  }),
  decideWorkflowRunStep: endpoint({
    method: 'POST',
    path: '/api/v1/workflow-runs/{run_id}/decide',
    summary: 'Decide about a step that waits for a person',
    description:
      'A step with `waits_for` goes on with the decision. The hub checks the role of the caller now. A caller who may not read the question is refused with 403, and a step that does not wait with 409.',
    permission: 'workflow.execute',
    audit: 'workflow.decide',
    params,
    body: Type.Object(decisionFields),
    example: { step: 'ask', decision: 'approve', comment: 'after lunch' },
    response: Type.Object(details, { title: 'WorkflowRunDetails' }),
    extension: true,
  }),
};

/** The most bytes of the parameters of all runs of a page, as JSON. */
const MAX_PAGE_PARAMETERS = 1_048_576;

export function workflowRunHandlers(domain: Domain): Handlers<typeof workflowRunEndpoints> {
  const { workflows, jobs, jobFollowing } = domain;
  return {
    async startWorkflowRun({ body }, context) {
      const { workflow_definition_id: workflow, parameters = {} } = body;
      return render((await workflows.execute(context.origin, { workflow, parameters })).job);
    },

    async listWorkflowRuns({ query }, context) {
      const { skip, limit, status } = query;
      const filter = { kind: WORKFLOW, ...(status ? { status } : {}) };
      const found = await jobs.list(context.origin, filter, limit, skip);
      let room = MAX_PAGE_PARAMETERS;
      const items = await mapInTurns(found.jobs, (job) => {
        const one = render(job);
        const bytes = Buffer.byteLength(JSON.stringify(one.parameters));
        if (bytes > room) return { ...one, parameters: { truncated: true, bytes } };
        room -= bytes;
        return one;
      });
      return { items, total: found.total, skip, limit };
    },

    getWorkflowRun: ({ params }, context) => renderDetails(workflows.get(context.origin, params.run_id).job),

    streamWorkflowRun({ params, query }, context) {
      const origin = context.origin;
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
      return renderDetails((await workflows.cancel(context.origin, params.run_id)).job);
    },

    async retryWorkflowRun({ params, body }, context) {
      return renderDetails((await workflows.retry(context.origin, params.run_id, body.from)).job);
    },

    async decideWorkflowRunStep({ params, body }, context) {
      return renderDetails((await workflows.decide(context.origin, params.run_id, body)).job);
    },
  };
}

/** How many of a run's events a reader has; 0 if the hub never gave this number. */
function placeOf(lastEventId: string | undefined, job: JobRecord): number {
  if (!lastEventId || !/^\d{1,9}$/.test(lastEventId)) return 0;
  const number = Number(lastEventId);
  return number <= historyOf(job).length ? number : 0;
}

function render(job: JobRecord) {
  return {
    id: job.id,
    workflow_definition_id: definitionOf(job),
    status: job.status,
    parameters: parametersOf(job),
    created_at: isoTime(job.createdAt),
    updated_at: isoTime(changedAt(job)),
  };
}

function renderDetails(job: JobRecord) {
  const { steps, progress, error } = job;
  const completed = steps.filter(({ status }) => status === 'completed');
  return {
    ...render(job),
    result: Object.fromEntries(completed.map(({ name, result }) => [name, resultOf(job, name, result)])),
    progress,
    steps: steps.map((step) => ({
      name: step.name,
      status: step.status,
      started_at: isoTimeOrNull(step.startedAt ?? undefined),
      completed_at: isoTimeOrNull(step.completedAt ?? undefined),
      reason: step.reason,
      waits_for: renderWaitsFor(step),
    })),
    error: error && { ...error },
  };
}

/** How long a client waits before it reopens a broken stream, milliseconds. */
const RETRY_MS = 2000;

export interface RunStreamParts {
  /** The present state of the run, as far as the caller may see it. @throws DomainError if the caller may no longer see the run */
  readonly read: (caller: Caller) => JobRecord;
  /** The same for a change from {@link RunStreamParts.follow}. */
  readonly show: (job: JobRecord, caller: Caller) => JobRecord;
  readonly follow: (listener: (job: JobRecord) => void) => () => void;
  readonly caller: Caller;
  /** How many of the run's events the client has. */
  readonly after: number;
}

/**
 * A run's events for one reader. They are made from the record of the run, which keeps its whole history. So a slow reader costs no memory, and a
 * reader that comes back continues at its event's number.
 */
export class RunStream implements SseSource {
  caller: Caller;
  readonly #parts: RunStreamParts;
  #told: number;
  /** The last change; `undefined` before the first one. */
  #changed: JobRecord | undefined;
  #revision = 0;
  #message = '';
  #hasRoom = true;
  #sink: SseSink | undefined;
  #stop: (() => void) | undefined;

  constructor(parts: RunStreamParts) {
    this.#parts = parts;
    this.#told = parts.after;
    this.caller = parts.caller;
  }

  start(sink: SseSink): void {
    this.#sink = sink;
    sink.send(`retry: ${RETRY_MS}\n\n`);
    this.#stop = this.#parts.follow((job) => this.#take(job));
    this.#tell();
  }

  drained(): void {
    this.#hasRoom = true;
    this.#tell();
  }

  ended(): void {
    this.#sink = undefined;
    this.#stop?.();
  }

  #take(job: JobRecord): void {
    if (job.revision <= this.#revision) return;
    this.#changed = job;
    this.#tell();
  }

  #tell(): void {
    const sink = this.#sink;
    if (!sink || !this.#hasRoom) return;
    let job: JobRecord;
    try {
      // The caller's rights may have changed since the stream began.
      const { show, read } = this.#parts;
      job = this.#changed ? show(this.#changed, this.caller) : read(this.caller);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      sink.close({ reason: 'forbidden', message: error.message });
      return;
    }
    this.#revision = job.revision;
    const moments = historyOf(job);
    let text = '';
    for (const [at, moment] of moments.entries()) if (at >= this.#told) text += rendered(job, moment, at + 1);
    this.#told = Math.max(this.#told, moments.length);
    text += this.#progress(job);
    if (text !== '') this.#hasRoom = sink.send(text);
    // The stream may begin later in this turn of the event loop.
    if (isOver(job) && this.#hasRoom) queueMicrotask(() => this.#sink?.end());
  }

  /** The message of a running step. The run does not keep it, so the event has no number. */
  #progress({ id, message, progress, steps, status }: JobRecord): string {
    if (status !== 'running' || message === this.#message) return '';
    this.#message = message;
    if (message === '' || steps.some(({ name }) => name === message)) return '';
    return event('log', { id, level: 'info', message, progress, timestamp: isoNow() });
  }
}

function rendered(job: JobRecord, moment: JobMoment, number: number): string {
  const { id } = job;
  const timestamp = isoTime(moment.time);
  switch (moment.kind) {
    case 'status': {
      const { status } = moment;
      const error = status === 'failed' || status === 'cancelled' ? { error: job.error } : {};
      const data = { id, workflow_definition_id: definitionOf(job), status, ...error, timestamp };
      return event('status_change', data, number);
    }
    case 'step': {
      const { step, became, reason } = moment;
      const verb = became === 'running' ? 'begins' : became === 'skipped' ? 'is skipped' : became;
      const message = `Step '${step}' ${verb}${reason === '' ? '' : `: ${reason}`}`;
      const level = became === 'failed' ? 'error' : 'info';
      return event('log', { id, level, message, step, step_status: became, timestamp }, number);
    }
    case 'result': {
      const { step, result } = moment;
      return event('result_preview', { id, step, result: resultOf(job, step, result), timestamp }, number);
    }
  }
}

function event(type: string, data: object, number?: number): string {
  const id = number === undefined ? '' : `id: ${number}\n`;
  return `event: ${type}\ndata: ${JSON.stringify(data)}\n${id}\n`;
}

interface RunParams {
  readonly workflow?: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
}

export function definitionOf({ params }: JobRecord): string {
  return (params as RunParams).workflow ?? '';
}

function parametersOf({ params }: JobRecord): Record<string, unknown> {
  return { ...(params as RunParams).parameters };
}

/** A step's result with the names of this API. A tool's result stays unchanged. */
function resultOf({ params }: JobRecord, step: string, result: unknown): unknown {
  if (isForeign(params, step) || typeof result !== 'object' || result === null) return result;
  if (definedStep(params, step)?.kind !== TOOL_CALL || !Object.hasOwn(result, 'durationMs'))
    return allRenamed(result, snakeCase);
  const { durationMs, ...rest } = result as { readonly durationMs: number };
  return { duration_ms: durationMs, ...rest };
}

/** The time of the last change, milliseconds since 1970. */
function changedAt({ createdAt, startedAt, completedAt, steps }: JobRecord): number {
  const ofSteps = steps.flatMap((step) => [step.startedAt ?? 0, step.completedAt ?? 0]);
  return Math.max(createdAt, startedAt ?? 0, completedAt ?? 0, ...ofSteps);
}

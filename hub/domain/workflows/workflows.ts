import { authorize } from '../access/authorize.js';
import { atLeast, type Caller, type RequestOrigin } from '../access/caller.js';
import type { Redactor } from '../audit/redactor.js';
import { DomainError, notFound } from '../errors.js';
import { newId } from '../ids.js';
import type { Jobs } from '../jobs/jobs.js';
import type { JobKind, JobRun, StepCommand } from '../jobs/kind.js';
import { isOver, type JobRecord, type JobStep, jobRecords, keptOrigin } from '../jobs/record.js';
import { retrying } from '../retrying.js';
import type { ServerRecord } from '../servers/record.js';
import { ownerOfWork, type Servers } from '../servers/servers.js';
import { put, remove, type Store, type Write } from '../store.js';
import type { WorkflowCatalog } from './catalog.js';
import {
  argumentsOf,
  carriedOver,
  databasesOf,
  namesDatabase,
  type Parameters,
  parameterValues,
  type StepDefinition,
  TOOL_CALL,
  withValues,
} from './definition.js';
import { nextTime, readSchedule, type ScheduleRecord, scheduleRecords } from './schedule.js';
import { type StepKind, serversNamed } from './steps.js';

export const WORKFLOW = 'workflow';
/** All steps together; each has bounds of its own besides. */
const TIMEOUT_MS = 6 * 3_600_000;
/** How often the end of a series is tried, where its runs change it at the same moment. */
const MAX_RACES = 20;

/** The parameters and plan of a run: a later change of the definition does not affect the run. */
interface RunParams {
  readonly workflow: string;
  readonly parameters: Parameters;
  readonly plan: readonly StepDefinition[];
  readonly scheduleId: string | null;
}

export interface WorkflowInput {
  readonly workflow: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** `immediate`, an ISO time, or a cron expression. */
  readonly schedule?: string;
  /** IANA name of the zone of a cron expression. */
  readonly timezone?: string;
}

/** A run, with the schedule that it belongs to while that goes on. */
export interface WorkflowRun {
  readonly job: JobRecord;
  readonly workflow: string;
  readonly schedule: ScheduleRecord | null;
}

export interface WorkflowParts {
  readonly store: Store;
  readonly jobs: Jobs;
  readonly catalog: WorkflowCatalog;
  readonly servers: Pick<Servers, 'named'>;
  readonly redactor: Redactor;
  readonly kinds: ReadonlyMap<string, StepKind>;
}

/**
 * Runs of workflows, as jobs. If the hub was stopped at the time of a run, the run begins once when the hub starts, also if a series missed
 * several times. The runs of one series follow each other and never overlap.
 */
export class Workflows {
  readonly #parts: WorkflowParts;
  readonly catalog: WorkflowCatalog;

  constructor(parts: WorkflowParts) {
    this.#parts = parts;
    this.catalog = parts.catalog;
    parts.jobs.define(this.#kind());
  }

  /** @throws DomainError `not_found` (workflow), `invalid_input`, `forbidden` (narrowed grants), `unavailable`. */
  async execute(origin: RequestOrigin, input: WorkflowInput): Promise<WorkflowRun> {
    authorize(origin.caller, 'workflow.execute');
    const { key: workflow, definition } = this.catalog.find(input.workflow);
    const parameters = parameterValues(definition, input.parameters ?? {});
    for (const step of definition.steps) databasesOf(this.#parts.store, step, parameters);
    const timezone = input.timezone ?? 'UTC';
    const when = readSchedule(input.schedule ?? 'immediate', timezone);
    if (when.kind === 'once') {
      const job = await this.#submit(origin, workflow, parameters, null, when.at);
      return { job, workflow, schedule: null };
    }
    const scheduleId = newId();
    const scheduled = (job: JobRecord): ScheduleRecord => ({
      id: scheduleId,
      workflow,
      parameters,
      cron: when.cron,
      timezone,
      origin: keptOrigin(origin),
      nextJobId: job.id,
      nextAt: when.at,
      revision: 1,
    });
    const job = await this.#submit(origin, workflow, parameters, scheduleId, when.at, (made) => [
      put(scheduleRecords, scheduled(made), 'absent'),
    ]);
    return { job, workflow, schedule: scheduled(job) };
  }

  /** @throws DomainError `not_found`. */
  get(origin: RequestOrigin, id: string): WorkflowRun {
    const job = this.#parts.jobs.get(origin, id, 'run');
    if (job.kind !== WORKFLOW) throw notFound('run', id);
    const { workflow, scheduleId } = paramsOf(job);
    const schedule = scheduleId === null ? undefined : this.#parts.store.get(scheduleRecords, scheduleId);
    return { job, workflow, schedule: schedule ?? null };
  }

  /** Calls a run off, and with it the series that it belongs to. @throws DomainError `not_found`, `conflict` (it is over, and no series goes on). */
  async cancel(origin: RequestOrigin, id: string): Promise<WorkflowRun> {
    authorize(origin.caller, 'workflow.execute');
    const { schedule } = this.get(origin, id);
    const { jobs, store } = this.#parts;
    const ended = schedule && (await this.#endSeries(schedule.id));
    if (ended) {
      const next = store.get(jobRecords, ended.nextJobId);
      if (next && next.id !== id && !isOver(next)) await jobs.cancel(origin, next.id);
    }
    // The job may have ended meanwhile.
    if (!ended || !isOver(jobs.get(origin, id))) await jobs.cancel(origin, id, 'run');
    return this.get(origin, id);
  }

  /** Gives the series as it was in the end; `undefined` where it had ended. */
  #endSeries(scheduleId: string): Promise<ScheduleRecord | undefined> {
    const { store } = this.#parts;
    return retrying(store, MAX_RACES, async () => {
      const schedule = store.get(scheduleRecords, scheduleId);
      if (schedule) await store.apply({ writes: [remove(scheduleRecords, scheduleId, schedule.revision)] });
      return schedule;
    });
  }

  /** Whether a series that goes on takes a server to whatever is newer. */
  updatesRegularly({ id, name }: ServerRecord): boolean {
    const names = (server: string) => server === id || server.toLowerCase() === name.toLowerCase();
    for (const { workflow, parameters } of this.#parts.store.list(scheduleRecords))
      for (const { kind, when, with: given = {} } of this.catalog.get(workflow).steps) {
        if (kind !== 'update' || (when !== undefined && parameters[when] !== true)) continue;
        const { servers = [] } = withValues(given, parameters) as { readonly servers?: readonly string[] };
        if (servers.length === 0 || servers.some(names)) return true;
      }
    return false;
  }

  #submit(
    origin: RequestOrigin,
    workflow: string,
    parameters: Parameters,
    scheduleId: string | null,
    dueAt: number,
    beside?: (job: JobRecord) => readonly Write[],
  ) {
    const plan = this.catalog.get(workflow).steps;
    const params = { workflow, parameters, plan, scheduleId };
    const servers = plan.flatMap(({ with: given = {} }) => serversNamed(withValues(given, parameters)));
    const belonging = ownerOfWork(origin, this.#parts.servers, servers);
    const job = { kind: WORKFLOW, params, steps: plan.map(({ name }) => name), dueAt, ...belonging };
    return this.#parts.jobs.submit(origin, job, beside);
  }

  #kind(): JobKind {
    return {
      name: WORKFLOW,
      permission: 'workflow.execute',
      shown: forCaller,
      summary: failuresOf,
      // A series ends with the rights of its owner.
      refused: (record) => {
        const { scheduleId } = paramsOf(record);
        return scheduleId === null ? [] : [remove(scheduleRecords, scheduleId)];
      },
      // Steps are done again only where that is safe; see the kinds of steps.
      afterRestart: 'continue',
      timeoutMs: () => TIMEOUT_MS,
      dueAgain: (record) => {
        const { scheduleId } = paramsOf(record);
        const schedule = scheduleId === null ? undefined : this.#parts.store.get(scheduleRecords, scheduleId);
        return schedule && nextTime(schedule.cron, schedule.timezone);
      },
      lane: (record) => {
        const { scheduleId } = paramsOf(record);
        return scheduleId === null ? null : `schedule:${scheduleId}`;
      },
      run: (run) => this.#run(run),
    };
  }

  async #run(run: JobRun): Promise<null> {
    const { plan, parameters, scheduleId } = paramsOf(run.record);
    if (scheduleId !== null) await this.#scheduleNext(scheduleId, run);
    for (const step of plan) {
      const kind = this.#parts.kinds.get(step.kind);
      const before = failedBefore(run, step);
      if (before) {
        // The events of an earlier attempt stay: readers have seen them, and later events stand behind them.
        if (stopsRun(step)) throw new DomainError('upstream_failed', before.reason, { toolText: before.toolText });
      } else if (step.when !== undefined && parameters[step.when] !== true) {
        await run.skip(step.name, `not asked for: parameter '${step.when}' is false`);
      } else if (!kind) {
        await run.skip(step.name, `this hub has no steps of kind '${step.kind}' yet: nothing was done`);
      } else {
        const work = async (command: StepCommand) => {
          authorize(run.origin.caller, kind.permission);
          return this.#runStep(step, kind, run, command);
        };
        try {
          await run.step(step.name, work);
        } catch (error) {
          if (run.signal.aborted || stopsRun(step)) throw error;
        }
      }
    }
    const failed = new Set(failedSteps(run.record));
    if (plan.some(({ name, on_error }) => on_error === 'fail_at_end' && failed.has(name)))
      throw new DomainError('upstream_failed', failuresOf(run.record));
    return null;
  }

  /** Runs a step. Its result and its error hold no secret of a database that it names; a guess that came as a parameter stays in them. */
  async #runStep(step: StepDefinition, kind: StepKind, run: JobRun, command: StepCommand): Promise<unknown> {
    const { store, redactor } = this.#parts;
    const { parameters } = paramsOf(run.record);
    const args = await argumentsOf(store, step, parameters);
    const databases = databasesOf(store, step, parameters).map(({ id }) => id);
    const secrets = redactor.of(...databases).except(JSON.stringify(parameters));
    try {
      return secrets.strings(await kind.run(args, run, command, namesDatabase(step)));
    } catch (error) {
      throw secrets.error(error);
    }
  }

  /** The run to come after this one is on disk before this one does anything; counted from now, so that missed ones are not made up for. */
  async #scheduleNext(scheduleId: string, run: JobRun): Promise<void> {
    const { store } = this.#parts;
    const schedule = store.get(scheduleRecords, scheduleId);
    // Cancelled, or done by an earlier attempt.
    if (schedule?.nextJobId !== run.record.id) return;
    const at = nextTime(schedule.cron, schedule.timezone);
    if (at === undefined) {
      await store.apply({ writes: [remove(scheduleRecords, scheduleId, schedule.revision)] });
      return;
    }
    const { origin, workflow, parameters, revision } = schedule;
    const values = carriedOver(this.catalog.get(workflow), parameters);
    await this.#submit(origin, workflow, values, scheduleId, at, ({ id }) => [
      put(scheduleRecords, { ...schedule, nextJobId: id, nextAt: at, revision: revision + 1 }, revision),
    ]);
  }
}

/** A step that failed before the hub stopped. */
function failedBefore({ resumed, record }: JobRun, { name }: StepDefinition): JobStep | undefined {
  return resumed ? record.steps.find((step) => step.name === name && step.status === 'failed') : undefined;
}

/** Whether a run ends where a step fails. */
function stopsRun({ on_error = 'stop' }: StepDefinition): boolean {
  return on_error === 'stop';
}

function failedSteps({ steps }: JobRecord): string[] {
  return steps.filter(({ status }) => status === 'failed').map(({ name }) => name);
}

/** Says which steps failed; empty where none did. */
function failuresOf(record: JobRecord): string {
  const failed = failedSteps(record);
  return failed.length === 0 ? '' : `${failed.length} of ${record.steps.length} steps failed: ${failed.join(', ')}`;
}

/** A run as a caller sees it. Its caller and operators see the arguments and answers of tools, as they do in the history of tool calls. */
function forCaller(record: JobRecord, caller: Caller): JobRecord {
  const isOwn = record.origin.caller?.id === caller.id;
  return isOwn || atLeast(caller.role, 'operator') ? withToolTexts(record) : withoutAnswers(record);
}

/** A run whose reasons and error end with the text of the tool that failed. */
function withToolTexts({ steps, error, ...record }: JobRecord): JobRecord {
  const joined = (reason: string, text: string | undefined) => (text === undefined ? reason : `${reason}: ${text}`);
  return {
    ...record,
    steps: steps.map(({ toolText, ...step }) => ({ ...step, reason: joined(step.reason, toolText) })),
    error: error && { code: error.code, message: joined(error.message, error.toolText) },
  };
}

function withoutAnswers(record: JobRecord): JobRecord {
  const { plan } = paramsOf(record);
  const calls = new Set(plan.filter(({ kind }) => kind === TOOL_CALL).map(({ name }) => name));
  if (calls.size === 0) return record;
  const steps = record.steps.map(({ toolText: _, ...step }) => {
    if (!calls.has(step.name) || step.result === null) return step;
    const { durationMs } = step.result as { readonly durationMs: number };
    return { ...step, result: { durationMs } };
  });
  const error = record.error && { code: record.error.code, message: record.error.message };
  return { ...record, params: { ...record.params, parameters: {} }, steps, error };
}

function paramsOf({ params }: JobRecord): RunParams {
  return params as unknown as RunParams;
}

import { authorize } from '../access/authorize.js';
import { atLeast, type Caller, payerOf, type RequestOrigin } from '../access/caller.js';
import { ownerOf } from '../access/grants.js';
import { changeAudit } from '../audit/audit.js';
import type { Redactor } from '../audit/redactor.js';
import { DomainError, invalid, notFound } from '../errors.js';
import { Turns } from '../event-loop.js';
import { newId } from '../ids.js';
import type { Jobs } from '../jobs/jobs.js';
import type { JobKind, JobRun } from '../jobs/kind.js';
import {
  type Decision,
  decisions,
  isOver,
  type JobRecord,
  type JobStep,
  jobRecords,
  keptOrigin,
  type StepDecision,
  type StepQuestion,
  WORKFLOW,
} from '../jobs/record.js';
import { apiKeys } from '../people/record.js';
import { MAX_RACES, retrying } from '../retrying.js';
import type { ServerRecord } from '../servers/record.js';
import { ownerOfWork, type Servers } from '../servers/servers.js';
import { put, remove, type Store, type Write } from '../store.js';
import type { WorkflowCatalog } from './catalog.js';
import {
  carriedOver,
  checkParameterSize,
  databasesOf,
  keyOf,
  type Parameters,
  parameterValues,
  type StepDefinition,
  type WorkflowDefinition,
  withValues,
} from './definition.js';
import { diffOf, type RunDiff } from './diff.js';
import { type PlannedStep, planOf } from './dry-run.js';
import { Graph, readsOf } from './graph.js';
import { APPROVAL, MAX_RUN_HOURS, NESTED, permissionOf, type StepOperations } from './kinds.js';
import { checkedValues } from './questions.js';
import { definedStep, forCaller, keyAt, seesAll } from './readers.js';
import { Flow, failuresOf, paramsOf, type RunParams, startersOf } from './run.js';
import { nextTime, readSchedule, type ScheduleRecord, scheduleRecords } from './schedule.js';
import { type StepKind, serversOf } from './steps.js';
import { nestedNames } from './validation.js';

/** The most characters of all workflows of a run as JSON: each change of the run writes them. */
const MAX_PLAN = 262_144;
const TOO_LONG = `the workflow, and the workflows that it runs, have at most ${MAX_PLAN} characters as JSON together`;

/** The time limit of all steps together; each step also has its own. */
const TIMEOUT_MS = MAX_RUN_HOURS * 3_600_000;

export interface WorkflowInput {
  readonly workflow: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** `immediate`, an ISO time, or a cron expression. */
  readonly schedule?: string;
  /** IANA name of the zone of a cron expression. */
  readonly timezone?: string;
}

/** A planned run. */
export interface WorkflowPlan {
  readonly workflow: string;
  readonly steps: readonly PlannedStep[];
}

/** A run that a trigger starts. */
export interface TriggeredRun {
  readonly triggerId: string;
  /** The triggers whose runs led to the event, in order. */
  readonly causes: readonly string[];
  readonly workflow: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Milliseconds since 1970. */
  readonly dueAt: number;
  /** The person to whom the run belongs: only this person and admins see it. */
  readonly ownerId?: string | undefined;
  /** Further writes of the same change. */
  readonly extraWrites: (job: JobRecord) => readonly Write[];
}

/** A run, with its schedule while that goes on. */
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
  readonly operations?: StepOperations;
}

/**
 * Runs of workflows, as jobs. If the hub was stopped at the time of a run, the run begins when the hub starts: once, even if a series
 * missed several times. The runs of one series follow each other and never overlap.
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

  /**
   * Plans a run for this caller, without doing anything: see {@link planOf}.
   * @throws DomainError `not_found` (workflow), `invalid_input`, `forbidden` (narrowed grants), `conflict` (too many steps).
   */
  async plan(origin: RequestOrigin, input: Pick<WorkflowInput, 'workflow' | 'parameters'>): Promise<WorkflowPlan> {
    authorize(origin.caller, 'workflow.execute');
    const { key: workflow, definition } = this.catalog.find(input.workflow);
    const parameters = parameterValues(definition, input.parameters ?? {});
    const { steps: plan } = definition;
    for (const step of plan) databasesOf(this.#parts.store, step, parameters);
    const record = this.#belonging(origin, plan, parameters);
    const run = { workflow, plan, nested: this.#nested(plan), parameters, starter: { origin, record } };
    return { workflow, steps: await planOf(run, this.#parts.kinds, this.#parts.operations) };
  }

  /**
   * Starts a run for a trigger, in the name of its owner. @param parameters the values of the trigger's expressions
   * @throws DomainError as {@link Workflows.execute}.
   */
  async startFor(
    origin: RequestOrigin,
    { triggerId, causes, workflow: name, parameters, dueAt, ownerId, extraWrites }: TriggeredRun,
  ): Promise<JobRecord> {
    authorize(origin.caller, 'workflow.execute');
    const { key: workflow, definition } = this.catalog.find(name);
    const values = parameterValues(definition, parameters);
    for (const step of definition.steps) databasesOf(this.#parts.store, step, values);
    const cause = { triggerId, causes: [...causes, triggerId] };
    return this.#submit(origin, workflow, values, null, dueAt, extraWrites, cause, ownerId);
  }

  /**
   * Repeats a run that is over, from a step on, as a new run with the rights of this caller. Steps that do not come after it keep their
   * results, and so do the completed members of a step that failed. The plan and the parameters are those of the run. An approval is good for
   * one run: approvals before a repeated step are asked again.
   * @param from the id of a step of the workflow; default: the steps that did not complete
   * @throws DomainError `not_found`, `invalid_input` (there is no such step), `conflict` (the run is not over, every step completed, or a nested
   * workflow before the step asked for approval), `forbidden` (another caller's run: the new run shows its caller all results), `unavailable`.
   */
  async retry(origin: RequestOrigin, id: string, from?: string): Promise<WorkflowRun> {
    authorize(origin.caller, 'workflow.execute');
    this.get(origin, id);
    const { store, jobs } = this.#parts;
    const before = store.get(jobRecords, id);
    if (!before) throw notFound('run', id);
    const { caller } = origin;
    if (caller && caller.role !== 'admin' && before.origin.caller?.id !== caller.id)
      throw new DomainError('forbidden', 'only the caller of a run and admins repeat it');
    if (!isOver(before)) throw new DomainError('conflict', `the run is ${before.status}: cancel it first`);
    const { triggerId: _, scheduleId: __, ...params } = paramsOf(before);
    const { parameters, workflow } = params;
    checkParameterSize(parameters);
    for (const step of params.plan) databasesOf(store, step, parameters);
    const { plan, done } = repetition(before, from);
    const isPersonal = before.ownerId !== undefined && caller;
    const belonging = isPersonal ? { ownerId: ownerOf(caller) } : this.#belonging(origin, plan, parameters);
    const more = { reads: await readsOf(plan), scheduleId: null, retryOf: id, starters: startersOf(before) };
    const retried: RunParams = { ...params, ...more };
    const job = { kind: WORKFLOW, params: { ...retried, plan }, steps: plan.map(keyOf), done, ...belonging };
    return { job: await jobs.submit(origin, job), workflow, schedule: null };
  }

  /** @throws DomainError `not_found`. */
  get(origin: RequestOrigin, id: string): WorkflowRun {
    const job = this.#parts.jobs.get(origin, id, 'run');
    if (job.kind !== WORKFLOW) throw notFound('run', id);
    const { workflow, scheduleId } = paramsOf(job);
    const schedule = scheduleId === null ? undefined : this.#parts.store.get(scheduleRecords, scheduleId);
    return { job, workflow, schedule: schedule ?? null };
  }

  /** The series of the runs that the caller may see, the soonest first. */
  async schedules(origin: RequestOrigin): Promise<ScheduleRecord[]> {
    const { jobs, store } = this.#parts;
    const turns = new Turns();
    const shown: ScheduleRecord[] = [];
    for (const schedule of store.list(scheduleRecords)) {
      if (turns.due) await turns.next();
      if (jobs.isShown(origin, schedule.nextJobId)) shown.push(schedule);
    }
    return shown.sort((a, b) => a.nextAt - b.nextAt);
  }

  /**
   * Compares two runs of one workflow.
   * @throws DomainError `not_found`, `forbidden` (the caller may not read every result of both), `conflict` (runs of different workflows).
   */
  diff(origin: RequestOrigin, id: string, otherId: string): RunDiff {
    const [one, other] = [this.get(origin, id), this.get(origin, otherId)];
    const { caller } = origin;
    const { operations } = this.#parts;
    if (caller && ![one, other].every(({ job }) => seesAll(job, caller, operations)))
      throw new DomainError('forbidden', 'only callers who may read every result of both runs compare them');
    if (one.workflow !== other.workflow)
      throw new DomainError('conflict', `the runs are of different workflows: ${one.workflow} and ${other.workflow}`);
    return diffOf([one.job, other.job], caller);
  }

  /** Cancels a run and the series that it belongs to. @throws DomainError `not_found`, `conflict` (the run and its series are over). */
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

  /** Decides about a step that waits for a person; see {@link decide}. @throws DomainError as that, and `not_found`. */
  async decide(origin: RequestOrigin, id: string, input: DecisionInput): Promise<WorkflowRun> {
    authorize(origin.caller, 'workflow.execute');
    const { job } = this.get(origin, id);
    await decide(this.#parts, origin, job, input);
    return this.get(origin, id);
  }

  /** @returns the last state of the series; `undefined` if it had ended before. */
  #endSeries(scheduleId: string): Promise<ScheduleRecord | undefined> {
    const { store } = this.#parts;
    return retrying(store, MAX_RACES, async () => {
      const schedule = store.get(scheduleRecords, scheduleId);
      if (schedule) await store.apply({ by: null, writes: [remove(scheduleRecords, scheduleId, schedule.revision)] });
      return schedule;
    });
  }

  /** Whether a running series updates a server to each newer version. */
  updatesRegularly({ id, name }: ServerRecord): boolean {
    const names = (server: string) => server === id || server.toLowerCase() === name.toLowerCase();
    for (const { workflow, parameters } of this.#parts.store.list(scheduleRecords))
      for (const { kind, when, with: given = {} } of this.catalog.get(workflow).steps) {
        if (kind !== 'update' || (when !== undefined && parameters[when] !== true)) continue;
        const { servers = [] } = withValues(given, parameters) as { readonly servers?: readonly string[] | string };
        // An expression may name any server.
        if (typeof servers === 'string' || servers.length === 0 || servers.some(names)) return true;
      }
    return false;
  }

  async #submit(
    origin: RequestOrigin,
    workflow: string,
    parameters: Parameters,
    scheduleId: string | null,
    dueAt: number,
    extraWrites?: (job: JobRecord) => readonly Write[],
    cause: Pick<RunParams, 'triggerId' | 'causes'> = {},
    ownerId?: string,
  ) {
    const plan = this.catalog.get(workflow).steps;
    const reads = await readsOf(plan);
    const params: RunParams = { workflow, parameters, plan, reads, nested: this.#nested(plan), scheduleId, ...cause };
    const belonging = ownerId === undefined ? this.#belonging(origin, plan, parameters) : { ownerId };
    const job = { kind: WORKFLOW, params: { ...params }, steps: plan.map(keyOf), dueAt, ...belonging };
    return this.#parts.jobs.submit(origin, job, extraWrites);
  }

  #belonging(origin: RequestOrigin, plan: readonly StepDefinition[], parameters: Parameters) {
    return ownerOfWork(origin, this.#parts.servers, serversOf(plan, parameters));
  }

  /**
   * The workflows that steps run, directly or through other workflows, by name. A step fails if its workflow does not exist.
   * @throws DomainError `conflict` if they are too long together
   */
  #nested(plan: readonly StepDefinition[]) {
    const known: Record<string, WorkflowDefinition> = {};
    let length = 0;
    const add = (steps: readonly StepDefinition[]) => {
      length += JSON.stringify(steps).length;
      if (length > MAX_PLAN) throw new DomainError('conflict', TOO_LONG);
      for (const name of nestedNames(steps)) {
        const found = Object.hasOwn(known, name) ? undefined : this.catalog.lookUp(name);
        if (!found) continue;
        known[name] = found.definition;
        add(found.definition.steps);
      }
    };
    add(plan);
    return known;
  }

  #kind(): JobKind {
    return {
      name: WORKFLOW,
      permission: 'workflow.execute',
      shown: (record, caller) => forCaller(record, caller, this.#parts.operations),
      summary: (record) => failuresOf(record, { plan: paramsOf(record).plan, prefix: '' }),
      // A series ends when its owner loses the right to run it.
      refused: (record) => {
        const { scheduleId } = paramsOf(record);
        return scheduleId === null ? [] : [remove(scheduleRecords, scheduleId, 'any')];
      },
      // A step is done again only if that is safe; see the kinds of steps.
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
    const { scheduleId } = paramsOf(run.record);
    if (scheduleId !== null) await this.#scheduleNext(scheduleId, run);
    await new Flow(this.#parts, run).run();
    return null;
  }

  /**
   * Plans the next run of a series. It is on disk before this run does any work. Its time is counted from now, so missed runs are not made
   * up for.
   */
  async #scheduleNext(scheduleId: string, run: JobRun): Promise<void> {
    const { store } = this.#parts;
    const schedule = store.get(scheduleRecords, scheduleId);
    // The series was cancelled, or an earlier attempt has planned the next run.
    if (schedule?.nextJobId !== run.record.id) return;
    const at = nextTime(schedule.cron, schedule.timezone);
    if (at === undefined) {
      await store.apply({ by: null, writes: [remove(scheduleRecords, scheduleId, schedule.revision)] });
      return;
    }
    const { workflow, parameters, revision } = schedule;
    const values = carriedOver(this.catalog.get(workflow), parameters);
    // With the present rights of the caller: the store refuses a caller that has lost a role since.
    await this.#submit(run.origin, workflow, values, scheduleId, at, ({ id }) => [
      put(scheduleRecords, { ...schedule, nextJobId: id, nextAt: at, revision: revision + 1 }, revision),
    ]);
  }
}

/**
 * The plan of a run that is repeated from a step, and the steps whose results are kept. Repeated steps wait for the approvals before them, which
 * are asked again.
 * @throws DomainError `invalid_input`, `conflict`
 */
function repetition({ steps, params }: JobRecord, from: string | undefined) {
  const { plan, nested } = params as unknown as RunParams;
  const graph = new Graph(plan);
  const isOfPlan = (key: string) => graph.step(key) !== undefined && !graph.compensating.has(key);
  const wasDone = ({ status }: JobStep) => status === 'completed' || status === 'skipped';
  if (from !== undefined && !isOfPlan(from))
    throw invalid('from', `must be one of: ${plan.map(keyOf).filter(isOfPlan).join(', ')}`);
  const open = plan
    .map(keyOf)
    .filter((key) => isOfPlan(key) && !steps.some((step) => step.name === key && wasDone(step)));
  const first = from === undefined ? open : [from];
  if (first.length === 0) throw new DomainError('conflict', 'every step of the run completed: name a step');
  const again = graph.from(first);
  const approvals = plan.filter((step) => asksForApproval(step, nested)).map(keyOf);
  const approvalsBefore = (key: string) => approvals.filter((one) => graph.readable(key).has(one) && !again.has(one));
  const asked = new Set([...again].flatMap(approvalsBefore));
  for (const key of asked)
    if (graph.step(key)?.kind !== APPROVAL)
      throw new DomainError(
        'conflict',
        `step '${key}' runs a workflow that asks for approval: repeat the run from '${key}'`,
      );
  const isKept = (step: JobStep) => {
    const key = keyAt(step.name);
    // Members of a loop that failed, unless a step before the loop is repeated, too. A nested workflow is repeated as a whole: its compensations have run.
    const isMember = step.name !== key && !step.name.includes('/') && first.includes(key) && open.includes(key);
    const isKeptMember = isMember && !graph.from(first.filter((other) => other !== key)).has(key);
    return isOfPlan(key) && wasDone(step) && !asked.has(key) && (isKeptMember || !again.has(key));
  };
  return {
    plan: plan.map((step) => {
      const key = keyOf(step);
      const before = again.has(key) ? approvalsBefore(key) : [];
      return before.length > 0 ? { ...step, needs: [...new Set([...graph.needs(key), ...before])] } : step;
    }),
    done: steps.filter(isKept).map(({ begun: _, ended: __, ...step }) => step),
  };
}

/** Whether a step asks a person for approval, itself or in the workflow that it runs. */
function asksForApproval({ kind, with: given }: StepDefinition, nested: RunParams['nested'] = {}): boolean {
  if (kind !== NESTED) return kind === APPROVAL;
  return nested[String(given?.workflow)]?.steps.some((step) => asksForApproval(step, nested)) ?? false;
}

/** A decision of a person about a step. */
export interface DecisionInput {
  /** The name of the step in the run, such as `ask`, `each[2]` or `nested/ask`. */
  readonly step: string;
  readonly decision: Decision;
  readonly comment?: string;
  /** The values of the form of an approval. */
  readonly values?: Readonly<Record<string, unknown>>;
}

export interface DecisionParts {
  readonly store: Pick<Store, 'get'>;
  readonly jobs: Jobs;
  readonly operations?: StepOperations;
}

/**
 * Decides about a step of a run that waits for a person, with the rights that the person has now. A person who resumes, skips or fails a
 * step also needs the permission of its kind.
 * @param run as the caller sees it; the caller may execute workflows
 * @throws DomainError `forbidden`, `conflict` (the step does not wait), `invalid_input`.
 */
export async function decide(
  { store, jobs, operations }: DecisionParts,
  origin: RequestOrigin,
  run: JobRecord,
  { step: name, decision, comment = '', values = {} }: DecisionInput,
): Promise<void> {
  const step = run.steps.find((one) => one.name === name);
  const asks = step?.status === 'running' && !step.decided ? step.asks : undefined;
  if (!asks) throw new DomainError('conflict', `step '${name}' does not wait for a decision`);
  checkPerson(store, origin, run, asks);
  const defined = definedStep(run.params, name);
  const permission = defined && permissionOf(operations, defined);
  if (asks.kind === 'attention' && permission) authorize(origin.caller, permission);
  const known: readonly Decision[] = decisions[asks.kind];
  if (!known.includes(decision)) throw invalid('decision', `must be one of: ${known.join(', ')}`);
  const checked = decision === 'approve' ? checkedValues(asks.form, values) : {};
  const by = origin.caller?.name ?? 'the hub';
  const decided: StepDecision = { decision, by, comment, values: checked, at: Date.now() };
  const audit = changeAudit(origin, 'workflow.decide', { type: 'job', id: run.id }, { step: name, decision });
  await jobs.decide(run, name, decided, { by: origin.caller, writes: [audit] });
}

function checkPerson(
  store: Pick<Store, 'get'>,
  { caller }: RequestOrigin,
  run: JobRecord,
  { role, text, byAnother }: StepQuestion,
): void {
  if (!caller) return;
  if (!atLeast(caller.role, role))
    throw new DomainError('forbidden', `this decision needs role ${role}`, { requiredRole: role });
  if (text === null) throw new DomainError('forbidden', 'this decision is for people who may read the question');
  if (byAnother && startersOf(run).some((starter) => isSame(store, starter, caller)))
    throw new DomainError('forbidden', 'a person who did not start the run decides');
}

/**
 * Whether two callers may be the same person or program: keys of one user, or keys that count together. The holder of a key has seen the keys
 * that it made, and the keys that those made.
 */
function isSame(store: Pick<Store, 'get'>, a: Caller, b: Caller): boolean {
  const isOfOneUser = a.userId !== null && a.userId === b.userId;
  return (
    isOfOneUser ||
    ownerOf(a) === ownerOf(b) ||
    payerOf(a) === payerOf(b) ||
    hasMade(store, a, b) ||
    hasMade(store, b, a)
  );
}

/** Whether a key made the other key, or a key that led to it. */
function hasMade(store: Pick<Store, 'get'>, maker: Caller, made: Caller): boolean {
  let key = made.kind === 'api_key' ? store.get(apiKeys, made.id) : undefined;
  while (key && key.madeBy !== maker.id) key = key.madeBy === undefined ? undefined : store.get(apiKeys, key.madeBy);
  return key !== undefined;
}

import { authorize } from '../access/authorize.js';
import type { Caller } from '../access/caller.js';
import type { Redactor } from '../audit/redactor.js';
import { type Cancellation, CancelSource, following, until, withTrace } from '../cancellation.js';
import { DomainError, invalid, notFound } from '../errors.js';
import { inTurn } from '../event-loop.js';
import { type JobRun, type StepCommand, StepSkipped } from '../jobs/kind.js';
import type { JobRecord, JobStep } from '../jobs/record.js';
import { isoTime } from '../moments.js';
import type { Store } from '../store.js';
import {
  argumentsOf,
  backoffMs,
  databasesOf,
  keyOf,
  mayRetry,
  namesDatabase,
  type Parameters,
  parameterValues,
  type StepDefinition,
  type WorkflowDefinition,
} from './definition.js';
import { evaluateText, WorkBudget } from './expressions.js';
import { compensationsOf, compileStep, Graph, referencesOf, type StepReads } from './graph.js';
import { APPROVAL, kindForm, NESTED, notAsked, noWork } from './kinds.js';
import { commented, DECIDED_MS, questionOf } from './questions.js';
import type { StepKind } from './steps.js';
import { MAX_DEPTH } from './validation.js';

/** The parameters and plan of a run: a later change of the definition does not affect the run. */
export interface RunParams {
  readonly workflow: string;
  readonly parameters: Parameters;
  readonly plan: readonly StepDefinition[];
  /** The reads of the expressions of each step of the plan; absent in an older run. */
  readonly reads?: readonly StepReads[];
  /** The workflows that it runs, by the names that steps use for them. */
  readonly nested?: Readonly<Record<string, WorkflowDefinition>>;
  readonly scheduleId: string | null;
  /** The run that it repeats, if any. */
  readonly retryOf?: string;
  /** The callers of the runs that it repeats, oldest run first; absent if it repeats no run. */
  readonly starters?: readonly Caller[];
  /** The trigger that started it, if any. */
  readonly triggerId?: string;
  /** This trigger, and before it the triggers whose runs led to this one. */
  readonly causes?: readonly string[];
}

export function paramsOf({ params }: JobRecord): RunParams {
  return params as unknown as RunParams;
}

/** The caller of a run, and the callers of the runs that it repeats. */
export function startersOf({ origin, params }: JobRecord): Caller[] {
  const { starters = [] } = params as Partial<RunParams>;
  return [...starters, ...(origin.caller ? [origin.caller] : [])];
}

export interface FlowParts {
  readonly store: Store;
  readonly redactor: Redactor;
  readonly kinds: ReadonlyMap<string, StepKind>;
}

/** The most steps of one run, with the steps of members and of nested workflows. */
export const MAX_STEPS = 1000;
/** The most members of one step. */
export const MAX_ITEMS = 256;

/** A workflow of a run: the run's own, or a nested workflow. */
interface Scope {
  readonly plan: readonly StepDefinition[];
  readonly graph: Graph;
  readonly inputs: Parameters;
  /** The prefix of its steps' names in the record of the run; empty for the run's own workflow. */
  readonly prefix: string;
  readonly depth: number;
  /** Aborted when no further step may begin: a step failed, here or in an outer workflow, or the run is cancelled. */
  readonly stopped: CancelSource;
}

/** The work of a step, or of one of its members. */
interface Work {
  readonly step: StepDefinition;
  readonly scope: Scope;
  /** Its name in the record of the run, such as `deploy[2]` or `deploy/check`. */
  readonly name: string;
  /** The member, if the step has members. */
  readonly item?: unknown;
  /** The budget of its expressions. */
  readonly budget: WorkBudget;
}

/**
 * Does the steps of a run. The record of the run is the journal: the beginning and the outcome of each step are on disk before the next
 * step begins, and expressions read results from there. So a run that begins again after a restart of the hub gets the same values, and
 * goes on after its last finished steps.
 */
export class Flow {
  readonly #parts: FlowParts;
  readonly #run: JobRun;
  readonly #params: RunParams;
  /** The steps of the record by name, and the list from which they come. */
  #steps: { readonly of: readonly JobStep[]; readonly byName: ReadonlyMap<string, JobStep> } | undefined;

  constructor(parts: FlowParts, run: JobRun) {
    this.#parts = parts;
    this.#run = run;
    this.#params = paramsOf(run.record);
  }

  /** @throws DomainError of the step that ended the run. */
  async run(): Promise<void> {
    const { plan, parameters } = this.#params;
    const stopped = new CancelSource();
    const scope: Scope = { plan, graph: new Graph(plan), inputs: parameters, prefix: '', depth: 1, stopped };
    await following(this.#run.signal, stopped, () => this.#all(scope));
  }

  /** Does all steps of a workflow. Each begins as soon as the steps that it needs have ended. */
  async #all(scope: Scope): Promise<void> {
    const { plan, graph, prefix, stopped } = scope;
    let isWhole = true;
    const over = new Map<string, Promise<void>>();
    const nameOf = (step: StepDefinition) => `${prefix}${keyOf(step)}`;
    // If a failed step had ended the run before the hub stopped, only the steps that were running go on.
    const failures = plan.filter(stopsRun).flatMap((step) => {
      const error = graph.compensating.has(keyOf(step)) ? undefined : this.#failedBefore(nameOf(step));
      return error ? [{ step, error: error as unknown }] : [];
    });
    for (const { error } of failures) stopped.abort(error);
    const begin = async (step: StepDefinition) => {
      await Promise.all(graph.needs(keyOf(step)).map((key) => overOf(key)));
      const name = nameOf(step);
      if (stopped.aborted && !this.#isRunning(name)) {
        isWhole = false;
        return;
      }
      await this.#step({ step, scope, name, budget: new WorkBudget() }).catch((error: unknown) => {
        failures.push({ step, error });
        if (stopsRun(step)) stopped.abort(error);
      });
    };
    const overOf = (key: string): Promise<void> => {
      const step = graph.step(key);
      const known = over.get(key) ?? (step ? begin(step) : Promise.resolve());
      over.set(key, known);
      return known;
    };
    await Promise.all(
      plan
        .map(keyOf)
        .filter((key) => !graph.compensating.has(key))
        .map(overOf),
    );
    if (this.#run.signal.aborted) throw this.#run.signal.reason;
    const stops = failures.filter(({ step }) => stopsRun(step));
    const [first] = stops;
    if (first) {
      await this.#compensate(scope, new Set(stops.flatMap(({ step }) => compensationsOf(step))));
      throw first.error;
    }
    if (!isWhole) throw stoppedByOther();
    const counted = failures.filter(({ step }) => step.on_error === 'fail_at_end');
    if (counted.length > 0) throw new DomainError('upstream_failed', failuresOf(this.#run.record, scope));
  }

  /** Runs compensating steps one after the other. If one fails, the next one still runs. */
  async #compensate(failed: Scope, keys: Iterable<string>): Promise<void> {
    for (const key of keys) {
      const step = failed.graph.step(key);
      if (!step) continue;
      const scope = { ...failed, stopped: new CancelSource() };
      const work = { step, scope, name: `${scope.prefix}${key}`, budget: new WorkBudget() };
      await following(this.#run.signal, scope.stopped, () => this.#step(work)).catch(() => {});
      if (this.#run.signal.aborted) throw this.#run.signal.reason;
    }
  }

  /** @throws DomainError if the step fails. */
  async #step(work: Work): Promise<void> {
    const { step, scope, name } = work;
    const before = this.#recorded(name);
    if (before?.status === 'skipped' || before?.status === 'completed') return;
    const error = this.#failedBefore(name);
    if (error) throw error;
    if (before === undefined && this.#run.record.steps.length >= MAX_STEPS)
      throw new DomainError(
        'conflict',
        `a run has at most ${MAX_STEPS} steps, those of members and other workflows included`,
      );
    if (step.when !== undefined && scope.inputs[step.when] !== true) return this.#run.skip(name, notAsked(step.when));
    const kind = this.#parts.kinds.get(step.kind);
    if (!kind) return this.#run.skip(name, noWork(step.kind));
    await compileStep(step);
    const decided = await this.#decide(work);
    if (decided === false) return this.#run.skip(name, "its condition 'if' is false");
    const many = step.for_each !== undefined && !('item' in work);
    await this.#run.step(name, (command) =>
      guarded(work, async () => {
        if (decided instanceof DomainError) throw decided;
        return many ? this.#items(work) : this.#attempts(work, kind, command);
      }),
    );
  }

  /** The value of the step's condition; an error in it is the step's failure. */
  async #decide(work: Work): Promise<boolean | DomainError> {
    const { if: condition } = work.step;
    if (condition === undefined || 'item' in work) return true;
    try {
      const value = await inTurn(() => this.#value(condition, work));
      return typeof value === 'boolean' ? value : invalid('if', 'must be true or false');
    } catch (error) {
      if (error instanceof DomainError) return error;
      throw error;
    }
  }

  /** Does the step for each member, up to `max_parallel` at once. */
  async #items(work: Work): Promise<unknown> {
    const { step, name } = work;
    const scope = { ...work.scope, stopped: new CancelSource() };
    const { for_each = [], max_parallel = 1 } = step;
    const items = typeof for_each === 'string' ? await inTurn(() => this.#value(for_each, work)) : for_each;
    if (!Array.isArray(items)) throw invalid('for_each', 'must give a list');
    if (items.length > MAX_ITEMS) throw invalid('for_each', `gives ${items.length} members; at most ${MAX_ITEMS}`);
    const members = items.map((item, at) => ({ step, scope, item, name: `${name}[${at}]` }));
    const errors: unknown[] = stopsRun(step) ? members.flatMap((one) => this.#failedBefore(one.name) ?? []) : [];
    if (errors.length > 0) scope.stopped.abort(errors[0]);
    let isWhole = true;
    const worker = async () => {
      for (let next = members.shift(); next; next = members.shift()) {
        if (scope.stopped.aborted && !this.#isRunning(next.name)) {
          isWhole = false;
          continue;
        }
        await this.#step({ ...next, budget: new WorkBudget() }).catch((error: unknown) => {
          errors.push(error);
          if (stopsRun(step)) scope.stopped.abort(error);
        });
      }
    };
    await following(work.scope.stopped, scope.stopped, () => Promise.all(Array.from({ length: max_parallel }, worker)));
    if (this.#run.signal.aborted) throw this.#run.signal.reason;
    const [first] = errors;
    if (first !== undefined && stopsRun(step)) throw first;
    if (!isWhole) throw stoppedByOther();
    if (first !== undefined)
      throw new DomainError('upstream_failed', `${errors.length} of ${items.length} members failed`);
    return { items: items.length };
  }

  /** Does the work, and tries it again after the failures that the step names. */
  async #attempts(work: Work, kind: StepKind, command: StepCommand): Promise<unknown> {
    const [{ retry }, { stopped }] = [work.step, work.scope];
    let isInterrupted = command.interrupted && !((command.dueAt ?? 0) > Date.now());
    for (;;) {
      const { dueAt } = command;
      if (retry && dueAt !== undefined && command.sentTo === undefined)
        await orStopped(stopped, this.#run.signal, (ended) => this.#run.pause(dueAt, ended));
      try {
        // The caller may have lost the permission since the run began.
        authorize(this.#run.origin.caller, kind.permission);
        if (isInterrupted && work.step.once && !kindForm(work.step.kind)?.asksOutcome)
          throw new DomainError(
            'conflict',
            'the hub stopped during this step, and it is not known whether it took effect',
            {
              outcome: 'unknown',
            },
          );
        return await this.#inTime(work, kind, command);
      } catch (error) {
        if (work.step.once && !stopped.aborted && error instanceof DomainError && error.details.outcome === 'unknown') {
          await this.#attend(work, command, error);
          isInterrupted = false;
          continue;
        }
        const failures = command.retries + 1;
        const isLast = !retry || failures >= retry.attempts || !mayRetry(retry, error);
        if (isLast || stopped.aborted) throw error;
        await command.waiting(Date.now() + backoffMs(retry, failures), failures);
      }
    }
  }

  /** Waits until a person decides about a step that may have taken effect. Returns if its work begins again. @throws StepSkipped, DomainError */
  async #attend({ scope }: Work, command: StepCommand, error: DomainError): Promise<void> {
    const { toolText } = error.details;
    const text = typeof toolText === 'string' ? `${error.message}: ${toolText}` : error.message;
    const decided = await command
      .ask({ kind: 'attention', role: 'operator', text }, DECIDED_MS, scope.stopped)
      .catch((reason) => {
        throw this.#run.signal.aborted ? reason : error;
      });
    if (decided.decision === 'fail') throw new DomainError(error.code, `${text} (${commented('failed', decided)})`);
    if (decided.decision === 'skip')
      throw new StepSkipped('skipped by a person', `${commented('decided', decided)}: ${text}`);
    // A new command: the agent answers the old one with its old outcome.
    await command.waiting(Date.now(), command.retries + 1);
  }

  /** Asks a person for approval. @throws DomainError `conflict` if the person refuses. */
  async #approval(args: Readonly<Record<string, unknown>>, { step, scope }: Work, run: JobRun, command: StepCommand) {
    const question = questionOf(args);
    const limitMs = step.timeout === undefined ? DECIDED_MS : step.timeout * 1000;
    const decided = await orStopped(scope.stopped, run.signal, (ended) => command.ask(question, limitMs, ended));
    if (decided.decision !== 'approve') throw new DomainError('conflict', commented('refused', decided));
    const { by, comment, values } = decided;
    return { approved_by: by, comment, values };
  }

  async #inTime(work: Work, kind: StepKind, command: StepCommand): Promise<unknown> {
    const { timeout } = work.step;
    const { trace } = command;
    const run = trace ? withSignal(this.#run, withTrace(this.#run.signal, trace)) : this.#run;
    // A question has its own time limit, which a restart of the hub does not extend.
    if (timeout === undefined || work.step.kind === APPROVAL) return this.#do(work, kind, run, command);
    const signal = new CancelSource();
    signal.trace = trace;
    const message = `the step took longer than ${timeout} s`;
    const timer = setTimeout(
      () => signal.abort(new DomainError('timeout', message, { outcome: 'unknown' })),
      timeout * 1000,
    );
    const abort = () => signal.abort(this.#run.signal.reason);
    this.#run.signal.addEventListener('abort', abort);
    try {
      return await until(signal, this.#do(work, kind, withSignal(this.#run, signal), command));
    } finally {
      clearTimeout(timer);
      this.#run.signal.removeEventListener('abort', abort);
    }
  }

  /**
   * Does the work of a step once. Its result and its error contain no secret of a database that it names. A guess that came as a parameter
   * stays in them.
   */
  async #do(attempted: Work, kind: StepKind, run: JobRun, command: StepCommand): Promise<unknown> {
    const { store, redactor } = this.#parts;
    const work = { ...attempted, budget: new WorkBudget() };
    const { step, scope } = work;
    const args = await argumentsOf(store, step, scope.inputs, (text) => this.#value(text, work));
    const databases = databasesOf(store, step, scope.inputs).map(({ id }) => id);
    const secrets = redactor.of(...databases).except(JSON.stringify(scope.inputs));
    try {
      const given =
        step.kind === NESTED
          ? this.#nested(work, args)
          : step.kind === APPROVAL
            ? this.#approval(args, work, run, command)
            : kind.run(args, withSignal(run, run.signal, scope.stopped), command, namesDatabase(step));
      const result = await secrets.stringsInTurns(await given);
      return step.outputs ? await inTurn(() => this.#outputs(step.outputs ?? {}, work, result)) : result;
    } catch (error) {
      throw secrets.error(error);
    }
  }

  #outputs(outputs: Readonly<Record<string, string>>, work: Work, result: unknown): unknown {
    const values = Object.entries(outputs).map(([name, text]) => [name, this.#value(text, work, { result })]);
    return Object.fromEntries(values);
  }

  /** Runs another workflow as a part of this run: its steps are in the same journal. */
  async #nested({ step, scope, name }: Work, args: Readonly<Record<string, unknown>>): Promise<unknown> {
    const { nested = {} } = this.#params;
    const wanted = String(step.with?.workflow);
    const definition = Object.hasOwn(nested, wanted) ? nested[wanted] : undefined;
    if (!definition) throw notFound('workflow', wanted);
    const depth = scope.depth + 1;
    if (depth > MAX_DEPTH)
      throw new DomainError('conflict', `workflows run inside each other at most ${MAX_DEPTH} deep`);
    const { parameters = {} } = args as { readonly parameters?: Readonly<Record<string, unknown>> };
    const inputs = parameterValues(definition, parameters);
    const { steps: plan } = definition;
    const stopped = new CancelSource();
    const inner: Scope = { plan, graph: new Graph(plan), inputs, prefix: `${name}/`, depth, stopped };
    await following(scope.stopped, stopped, () => this.#all(inner));
    return Object.fromEntries(plan.map((one) => [keyOf(one), this.#outputsOf(inner, one)]));
  }

  /** The value of a text with expressions. */
  #value(text: string, { step, scope, item, budget }: Work, more: Readonly<Record<string, unknown>> = {}): unknown {
    const { id, origin, createdAt } = this.#run.record;
    const readable = scope.graph.readable(keyOf(step));
    const keys = referencesOf(text).flatMap(({ root, key }) => (root === 'steps' && key !== undefined ? [key] : []));
    const steps = [...new Set(keys)].flatMap((key) => {
      const named = readable.has(key) ? scope.graph.step(key) : undefined;
      if (!named) return [];
      const { status = 'pending' } = this.#recorded(`${scope.prefix}${key}`) ?? {};
      return [[key, { status, outputs: this.#outputsOf(scope, named) }]] as const;
    });
    const run = {
      id,
      workflow: this.#params.workflow,
      started_by: origin.caller?.name ?? null,
      created_at: isoTime(createdAt),
    };
    const read = { inputs: scope.inputs, steps: Object.fromEntries(steps), item, run, ...more };
    return evaluateText(text, read, budget);
  }

  /** The result of a step. For a step with members it is the list of their results. */
  #outputsOf({ prefix }: Scope, step: StepDefinition): unknown {
    const name = `${prefix}${keyOf(step)}`;
    const { result = null } = this.#recorded(name) ?? {};
    if (step.for_each === undefined) return result;
    const outputs: unknown[] = [];
    for (let at = 0; ; at += 1) {
      const item = this.#recorded(`${name}[${at}]`);
      if (!item) return outputs;
      outputs.push(item.result);
    }
  }

  #isRunning(name: string): boolean {
    return this.#recorded(name)?.status === 'running';
  }

  /** The failure of a step before the hub stopped. It stays: readers have already seen its events, and later events. */
  #failedBefore(name: string): DomainError | undefined {
    const step = this.#run.resumed ? this.#recorded(name) : undefined;
    if (step?.status !== 'failed') return undefined;
    return new DomainError('upstream_failed', step.reason, { toolText: step.toolText });
  }

  #recorded(name: string): JobStep | undefined {
    const { steps } = this.#run.record;
    if (this.#steps?.of !== steps) this.#steps = { of: steps, byName: new Map(steps.map((step) => [step.name, step])) };
    return this.#steps.byName.get(name);
  }
}

/** The failure of a step that does not begin, or does not try again, because another step ends the run. */
function stoppedByOther(): DomainError {
  return new DomainError('conflict', 'another step failed, and the run ends there');
}

/**
 * A step's error may contain values of its arguments, and texts of agents, servers, databases and people. So the error is kept like the text
 * of a failed tool: only callers who may read the results of the step see it, and no event holds it.
 */
async function guarded<T>({ name }: Work, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const { toolText, ...details } = error.details;
    const why = typeof toolText === 'string' ? `${error.message}: ${toolText}` : error.message;
    throw new DomainError(error.code, `step '${name}' failed (${error.code})`, { ...details, toolText: why });
  }
}

/** Whether the failure of a step ends the run. */
function stopsRun({ on_error = 'stop' }: StepDefinition): boolean {
  return on_error !== 'continue' && on_error !== 'fail_at_end';
}

/** Waits. The wait ends with the attempt, and as soon as no further step begins. */
function orStopped<T>(stopped: Cancellation, signal: Cancellation, work: (ended: Cancellation) => Promise<T>) {
  const ended = new CancelSource();
  return following(stopped, ended, () => following(signal, ended, () => work(ended))).catch((error: unknown) => {
    throw stopped.aborted && !signal.aborted ? stoppedByOther() : error;
  });
}

/** The run with another signal: an attempt has its own time limit. @param stopped also ends its pauses */
function withSignal(run: JobRun, signal: Cancellation, stopped: Cancellation = signal): JobRun {
  return {
    get record() {
      return run.record;
    },
    get origin() {
      return run.origin;
    },
    get left() {
      return run.left;
    },
    signal,
    resumed: run.resumed,
    begunAt: run.begunAt,
    step: (...given) => run.step(...given),
    skip: (...given) => run.skip(...given),
    progress: (...given) => run.progress(...given),
    note: (result) => run.note(result),
    join: (ids) => until(signal, run.join(ids)),
    child: (job) => run.child(job, signal),
    pause: (time) => orStopped(stopped, signal, (ended) => run.pause(time, ended)),
  };
}

/** The failed steps of a workflow, as a text; empty if none failed. */
export function failuresOf(record: JobRecord, { plan, prefix }: Pick<Scope, 'plan' | 'prefix'>): string {
  const names = new Set(plan.map((step) => `${prefix}${keyOf(step)}`));
  const own = record.steps.filter(({ name }) => names.has(name));
  const failed = own.filter(({ status }) => status === 'failed').map(({ name }) => name.slice(prefix.length));
  return failed.length === 0 ? '' : `${failed.length} of ${own.length} steps failed: ${failed.join(', ')}`;
}

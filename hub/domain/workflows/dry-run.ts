import { authorize } from '../access/authorize.js';
import { DomainError, type ErrorCode, invalid, notFound } from '../errors.js';
import { Turns } from '../event-loop.js';
import {
  keyOf,
  type Parameters,
  parameterValues,
  reference,
  type StepDefinition,
  type WorkflowDefinition,
  withValues,
} from './definition.js';
import { evaluateText, hasExpression, WorkBudget } from './expressions.js';
import { compileStep, Graph, referencesOf, textsBelow } from './graph.js';
import { argumentProblems } from './kind-arguments.js';
import { kindForm, NESTED, notAsked, noWork, SET, type StepOperations, WAIT } from './kinds.js';
import type { Args, StepStarter } from './once-steps.js';
import { MAX_ITEMS, MAX_STEPS } from './run.js';
import type { StepKind } from './steps.js';
import { MAX_DEPTH } from './validation.js';

/**
 * The planned effect of a run on a step. `depends`: it depends on an expression that only a run can evaluate. `compensate`: the step runs
 * if a step that names it fails.
 */
export const outlooks = ['run', 'skip', 'depends', 'compensate'] as const;
export type Outlook = (typeof outlooks)[number];

/** A step, a member or a step of a nested workflow, as a run would do it. */
export interface PlannedStep {
  /**
   * Its name in the record of a run, such as `deploy`, `deploy[2]` and `deploy/check`; `deploy[*]`: every member, if only a run knows the
   * members.
   */
  readonly name: string;
  readonly kind: string;
  readonly outlook: Outlook;
  /** Why it is skipped. */
  readonly reason: string | null;
  /** The arguments, filled in as far as possible; texts that only a run can fill in are unchanged. A step with members has none. */
  readonly arguments: Args;
  /** The paths of texts that only a run can evaluate, such as `with.server` and `if`. */
  readonly unknown: readonly string[];
  /** Why the step would fail. The plan goes on after it. */
  readonly problem: { readonly code: ErrorCode; readonly message: string } | null;
}

/** The most characters of the arguments of a step, and of a plan. Longer arguments are replaced by their size. */
const MAX_ARGUMENTS = 65_536;
const MAX_ALL_ARGUMENTS = 4 * 1024 * 1024;

/** A planned run, which does not begin. */
export interface PlannedRun {
  readonly workflow: string;
  readonly plan: readonly StepDefinition[];
  readonly nested: Readonly<Record<string, WorkflowDefinition>>;
  readonly parameters: Parameters;
  readonly starter: StepStarter;
}

/** The parts of an ended step that expressions read. */
interface Ended {
  readonly status: 'completed' | 'skipped';
  readonly outputs: unknown;
}

/** A workflow in the plan: the run's own, or a nested one. */
interface Scope {
  readonly plan: readonly StepDefinition[];
  readonly graph: Graph;
  readonly inputs: Parameters;
  /** The inputs whose values only a run knows; `inputs` has their texts. */
  readonly unknown: ReadonlySet<string>;
  readonly prefix: string;
  readonly depth: number;
  /** The outlook of the surrounding step: it bounds that of the steps inside. */
  readonly outlook: Outlook;
  readonly ended: Map<string, Ended>;
}

/** A step, or one of its members. */
interface Planned {
  readonly step: StepDefinition;
  readonly scope: Scope;
  readonly name: string;
  readonly outlook: Outlook;
  readonly item?: unknown;
  /** The step has members that only a run knows. */
  readonly anyItem?: true;
}

/**
 * Plans a run without doing anything. It evaluates every expression that needs no results of steps, and checks the rights of the starter as
 * each step would. It assumes that every step completes that is not skipped.
 * @throws DomainError `conflict` if the run would have too many steps
 */
export async function planOf(
  run: PlannedRun,
  kinds: ReadonlyMap<string, StepKind>,
  operations?: StepOperations,
): Promise<PlannedStep[]> {
  const planner = new Planner(run, kinds, operations);
  await planner.all({
    plan: run.plan,
    graph: new Graph(run.plan),
    inputs: run.parameters,
    unknown: new Set(),
    prefix: '',
    depth: 1,
    outlook: 'run',
    ended: new Map(),
  });
  return planner.steps;
}

class Planner {
  readonly steps: PlannedStep[] = [];
  readonly #run: PlannedRun;
  readonly #kinds: ReadonlyMap<string, StepKind>;
  readonly #operations: StepOperations | undefined;
  readonly #turns = new Turns();
  #room = MAX_ALL_ARGUMENTS;
  #isFull = false;

  constructor(run: PlannedRun, kinds: ReadonlyMap<string, StepKind>, operations: StepOperations | undefined) {
    this.#run = run;
    this.#kinds = kinds;
    this.#operations = operations;
  }

  /** Plans the steps of a workflow, each after the steps that it needs, and then the compensating steps. */
  async all(scope: Scope): Promise<void> {
    const { plan, graph } = scope;
    const seen = new Set<string>();
    const visit = async (step: StepDefinition): Promise<void> => {
      const key = keyOf(step);
      if (seen.has(key)) return;
      seen.add(key);
      for (const needed of graph.needs(key)) {
        const before = graph.step(needed);
        if (before) await visit(before);
      }
      await this.#step({ step, scope, name: `${scope.prefix}${key}`, outlook: scope.outlook });
    };
    for (const step of plan) if (!graph.compensating.has(keyOf(step))) await visit(step);
    for (const step of plan)
      if (graph.compensating.has(keyOf(step)))
        await this.#step({ step, scope, name: `${scope.prefix}${keyOf(step)}`, outlook: 'compensate' });
  }

  async #step(planned: Planned): Promise<void> {
    const { step, scope } = planned;
    if (this.#turns.due) await this.#turns.next();
    const { when, kind } = step;
    const isOpen = when !== undefined && scope.unknown.has(when);
    if (when !== undefined && !isOpen && scope.inputs[when] !== true) return this.#skip(planned, notAsked(when));
    if (!this.#kinds.has(kind)) return this.#skip(planned, noWork(kind));
    await compileStep(step);
    try {
      const decided = step.if === undefined ? true : this.#known(step.if, planned);
      if (decided === false) return this.#skip(planned, "its condition 'if' is false");
      if (decided !== true && decided !== undefined) throw invalid('if', 'must be true or false');
      const unknown = [...(isOpen ? ['when'] : []), ...(decided === undefined ? ['if'] : [])];
      const outlook = unknown.length > 0 && planned.outlook === 'run' ? 'depends' : planned.outlook;
      await this.#work({ ...planned, outlook }, unknown);
    } catch (error) {
      this.#add(planned, { problem: this.#problem(error) });
    }
  }

  /** Plans the work of a step: once, or for each member. */
  async #work(planned: Planned, unknown: readonly string[]): Promise<void> {
    const { step, scope, name } = planned;
    const { for_each } = step;
    if (this.#turns.due) await this.#turns.next();
    if (for_each === undefined) {
      const outputs = await this.#attempt(planned, unknown);
      if (outputs !== undefined && planned.outlook === 'run')
        scope.ended.set(keyOf(step), { status: 'completed', outputs });
      return;
    }
    const items = typeof for_each === 'string' ? this.#known(for_each, planned) : for_each;
    if (items === undefined) {
      const outlook = planned.outlook === 'run' ? 'depends' : planned.outlook;
      await this.#attempt({ ...planned, outlook, name: `${name}[*]`, anyItem: true }, [...unknown, 'for_each']);
      return;
    }
    if (!Array.isArray(items)) throw invalid('for_each', 'must give a list');
    if (items.length > MAX_ITEMS) throw invalid('for_each', `gives ${items.length} members; at most ${MAX_ITEMS}`);
    this.#add(planned, { unknown });
    const all: unknown[] = [];
    for (const [at, item] of items.entries()) {
      if (this.#turns.due) await this.#turns.next();
      all.push(await this.#attempt({ ...planned, name: `${name}[${at}]`, item }, []));
    }
    if (planned.outlook === 'run' && all.every((one) => one !== undefined))
      scope.ended.set(keyOf(step), { status: 'completed', outputs: all });
  }

  /** Adds the work of a step. @returns its outputs, if they are known without the work; else `undefined`. */
  async #attempt(planned: Planned, before: readonly string[]): Promise<unknown> {
    const { step, scope, name } = planned;
    let args: Args = step.with ?? {};
    const unknown = [...before];
    if (this.#turns.due) await this.#turns.next();
    try {
      const budget = new WorkBudget();
      const isOpen = (text: string) => !this.#isKnown(text, planned);
      for (const { field, text } of textsBelow('with', args)) if (isOpen(text)) unknown.push(field);
      args = withValues(args, scope.inputs, (text) =>
        isOpen(text) ? text : this.#value(text, planned, budget),
      ) as Args;
      this.#check(step, args, unknown);
    } catch (error) {
      this.#add(planned, { args, unknown, problem: this.#problem(error) });
      return undefined;
    }
    this.#add(planned, { args, unknown });
    if (this.#turns.due) await this.#turns.next();
    try {
      const isWhole = !unknown.some((field) => field.startsWith('with.'));
      const result =
        step.kind === NESTED
          ? await this.#nested(planned, args, unknown)
          : isWhole
            ? ownResult(step.kind, args)
            : undefined;
      return result === undefined ? undefined : this.#outputs(planned, result);
    } catch (error) {
      this.#fail(name, error);
      return undefined;
    }
  }

  /** Checks the rights and the names that the step needs. @throws DomainError as the step would */
  #check(step: StepDefinition, args: Args, unknown: readonly string[]): void {
    const { starter } = this.#run;
    const kind = this.#kinds.get(step.kind);
    const form = kindForm(step.kind);
    if (!kind || !form) return;
    authorize(starter.origin.caller, kind.permission);
    const [problem] = argumentProblems({ ...step, with: args }, form, this.#operations);
    if (problem) throw invalid(problem.field, problem.error);
    const open = new Set(unknown.flatMap((field) => field.split('.').slice(1, 2)));
    kind.check?.(args, starter, open);
  }

  /** Plans the steps of another workflow. @returns the outputs of its steps, if all of them are known. */
  async #nested({ step, scope, name, outlook }: Planned, args: Args, open: readonly string[]): Promise<unknown> {
    const { nested } = this.#run;
    const wanted = String(step.with?.workflow);
    const definition = Object.hasOwn(nested, wanted) ? nested[wanted] : undefined;
    if (!definition) throw notFound('workflow', wanted);
    const depth = scope.depth + 1;
    if (depth > MAX_DEPTH)
      throw new DomainError('conflict', `workflows run inside each other at most ${MAX_DEPTH} deep`);
    const { parameters = {} } = args;
    const isOpen = (parameter: string) => open.some((field) => `${field}.`.startsWith(`with.parameters.${parameter}.`));
    const all = open.includes('with.parameters');
    const given = Object.entries(all ? {} : (parameters as Args));
    const inputs = parameterValues(definition, Object.fromEntries(given.filter(([key]) => !isOpen(key))));
    const unknown = new Set(all ? Object.keys(definition.parameters) : given.map(([key]) => key).filter(isOpen));
    const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
    const texts = [...unknown].map((key) => [key, textOf(all ? parameters : (parameters as Args)[key])]);
    const { steps: plan } = definition;
    const ended = new Map<string, Ended>();
    const inner = { plan, graph: new Graph(plan), prefix: `${name}/`, depth, outlook, ended, unknown };
    await this.all({ ...inner, inputs: { ...inputs, ...Object.fromEntries(texts) } });
    const outputs = plan.map((one) => [keyOf(one), ended.get(keyOf(one))?.outputs]);
    return outputs.every(([, value]) => value !== undefined) ? Object.fromEntries(outputs) : undefined;
  }

  /** The result as other steps read it; `undefined` if only a run knows it. */
  #outputs(planned: Planned, result: unknown): unknown {
    const { outputs } = planned.step;
    if (!outputs) return result;
    const texts = Object.entries(outputs);
    if (!texts.every(([, text]) => this.#isKnown(text, planned))) return undefined;
    const budget = new WorkBudget();
    return Object.fromEntries(texts.map(([name, text]) => [name, this.#value(text, planned, budget, { result })]));
  }

  /** The value of a text that is one expression; `undefined` if only a run knows it. */
  #known(text: string, planned: Planned): unknown {
    return this.#isKnown(text, planned) ? this.#value(text, planned, new WorkBudget()) : undefined;
  }

  /** Whether a plan can fill in a text. */
  #isKnown(text: string, planned: Planned): boolean {
    const { unknown, ended } = planned.scope;
    if (!hasExpression(text)) return !unknown.has(reference(text) ?? '');
    return referencesOf(text).every(({ root, key }) => {
      if (root === 'inputs') return key === undefined ? unknown.size === 0 : !unknown.has(key);
      if (root === 'steps') return key !== undefined && ended.has(key);
      if (root === 'item') return !planned.anyItem;
      return root === 'run' ? key === 'workflow' || key === 'started_by' : true;
    });
  }

  #value(text: string, { scope, item }: Planned, budget: WorkBudget, more: Args = {}): unknown {
    const { workflow, starter } = this.#run;
    const run = { workflow, started_by: starter.origin.caller?.name ?? null };
    const steps = Object.fromEntries(scope.ended);
    return evaluateText(text, { inputs: scope.inputs, steps, item, run, ...more }, budget);
  }

  #skip(planned: Planned, reason: string): void {
    const { step, scope } = planned;
    const outputs = step.for_each === undefined ? null : [];
    scope.ended.set(keyOf(step), { status: 'skipped', outputs });
    this.#add({ ...planned, outlook: 'skip' }, { reason });
  }

  #add(
    { step, name, outlook }: Planned,
    more: Partial<Omit<PlannedStep, 'arguments'>> & { readonly args?: Args },
  ): void {
    this.#isFull = this.steps.length >= MAX_STEPS;
    if (this.#isFull)
      throw new DomainError('conflict', `the run would have more than ${MAX_STEPS} steps, those of members included`);
    const { args = {}, ...rest } = more;
    const bytes = JSON.stringify(args).length;
    const fits = bytes <= Math.min(MAX_ARGUMENTS, this.#room);
    if (fits) this.#room -= bytes;
    const given = fits ? args : { truncated: true, bytes };
    const none = { reason: null, unknown: [], problem: null };
    this.steps.push({ ...none, name, kind: step.kind, outlook, arguments: given, ...rest });
  }

  /** @throws the error, if it is not a failure of the step */
  #problem(error: unknown): NonNullable<PlannedStep['problem']> {
    if (!(error instanceof DomainError) || this.#isFull) throw error;
    const { code, message } = error;
    return { code, message };
  }

  /** Notes that the step of this name fails. */
  #fail(name: string, error: unknown): void {
    const at = this.steps.findIndex((step) => step.name === name);
    const step = this.steps[at];
    if (step) this.steps[at] = { ...step, problem: this.#problem(error) };
  }
}

/** The result of a kind whose result is known from its arguments. */
function ownResult(kind: string, args: Args): unknown {
  return kind === SET ? args : kind === WAIT ? { seconds: args.seconds } : undefined;
}

import { atLeast, type Caller, type Role, roles } from '../access/caller.js';
import { permissions } from '../access/permissions.js';
import type { JobRecord, JobStep, StepQuestion } from '../jobs/record.js';
import { keyOf, type StepDefinition } from './definition.js';
import { expressionsOf } from './graph.js';
import { kindForm, NESTED, operationOf, type StepOperations } from './kinds.js';
import { paramsOf, type RunParams } from './run.js';

/**
 * A run as a caller sees it. The run's own caller and admins see all of it. Other callers see the results of a step if their role may read
 * the results of its kind, and of all steps that its expressions read. They see the parameters if they may read every step.
 */
export function forCaller(record: JobRecord, caller: Caller, operations?: StepOperations): JobRecord {
  if (isWhole(record, caller)) return withToolTexts(record, () => true);
  const readers = readersOfSteps(record, operations);
  const maySee = ({ name }: JobStep) => atLeast(caller.role, readers.get(keyAt(name)) ?? 'admin');
  const shown = withToolTexts(record, maySee);
  if (seesAll(record, caller, operations)) return shown;
  const steps = shown.steps.map((step) => (maySee(step) ? step : withoutAnswer(step)));
  return { ...shown, params: { ...record.params, parameters: {} }, steps };
}

/** Whether a role may read the parameters of the runs of a workflow: it must be allowed to read every step. */
export function readsParameters(role: Role, plan: readonly StepDefinition[], operations?: StepOperations): boolean {
  return atLeast(role, highest(plan.map((step) => readersOfKind(step, operations))));
}

/** Whether a caller reads every result of a run, and its parameters. */
export function seesAll(record: JobRecord, caller: Caller, operations?: StepOperations): boolean {
  const least = () => [...readersOfSteps(record, operations).values()];
  return isWhole(record, caller) || least().every((role) => atLeast(caller.role, role));
}

function isWhole({ origin }: JobRecord, caller: Caller): boolean {
  return origin.caller?.id === caller.id || caller.role === 'admin';
}

/** The least role that reads each step of the run's own workflow, by its id. */
function readersOfSteps(record: JobRecord, operations: StepOperations | undefined): ReadonlyMap<string, Role> {
  const { plan, reads } = paramsOf(record);
  const ofKind = plan.map((step) => readersOfKind(step, operations));
  // The roles that may read the parameters.
  const all = highest(ofKind);
  const places = new Map(plan.map((step, at) => [keyOf(step), at]));
  const readers = new Map<string, Role>();
  const readersAt = (key: string): Role => {
    const [at, known] = [places.get(key), readers.get(key)];
    if (known !== undefined || at === undefined) return known ?? 'viewer';
    // An older run does not record what its steps read.
    const unknown = reads === undefined && plan[at] !== undefined && expressionsOf(plan[at]).length > 0;
    const { steps, inputs } = reads?.[at] ?? { steps: [], inputs: unknown };
    // A step reads only steps that it waits for, so the recursion ends.
    const least = highest([ofKind[at] ?? 'admin', ...(inputs ? [all] : []), ...steps.map(readersAt)]);
    readers.set(key, least);
    return least;
  };
  for (const key of places.keys()) readersAt(key);
  return readers;
}

/**
 * The step of the definition that a step of the record belongs to: `deploy[2]` and `deploy` are one step; `deploy/check` belongs to a
 * nested workflow.
 */
export function definedStep({ plan = [], nested = {} }: Partial<RunParams>, name: string): StepDefinition | undefined {
  const [first = '', ...rest] = name.split('/');
  const step = plan.find((one) => keyOf(one) === keyAt(first));
  if (rest.length === 0 || step?.kind !== NESTED) return step;
  const inner = nested[String(step.with?.workflow)];
  return inner && definedStep({ plan: inner.steps, nested }, rest.join('/'));
}

/** Whether a result is shown unchanged: the author of the workflow, or a server or program, chose its names. */
export function isForeign(params: Partial<RunParams>, name: string): boolean {
  const step = definedStep(params, name);
  return step !== undefined && (step.outputs !== undefined || kindForm(step.kind)?.foreign === true);
}

/** The id of the step of the run's own workflow that a step of the record belongs to. */
export function keyAt(name: string): string {
  return /^[^/[]*/.exec(name)?.[0] ?? name;
}

function readersOfKind(step: StepDefinition, operations: StepOperations | undefined): Role {
  const operation = operationOf(operations, step);
  return operation ? permissions[operation.permission] : (kindForm(step.kind)?.readers ?? 'admin');
}

function highest(least: readonly Role[]): Role {
  return roles.findLast((role) => least.includes(role)) ?? 'viewer';
}

/** A run whose reasons and error end with the texts of the steps that failed, as far as the caller may see these steps. */
function withToolTexts({ steps, error, ...record }: JobRecord, maySee: (step: JobStep) => boolean): JobRecord {
  const joined = (reason: string, text: string | undefined) => (text === undefined ? reason : `${reason}: ${text}`);
  // The error of the run is the error of one of its failed steps.
  const seesError = steps.every((step) => step.status !== 'failed' || maySee(step));
  return {
    ...record,
    steps: steps.map((step) => {
      const { toolText, ...rest } = step;
      return { ...rest, reason: maySee(step) ? joined(rest.reason, toolText) : rest.reason };
    }),
    error: error && { code: error.code, message: seesError ? joined(error.message, error.toolText) : error.message },
  };
}

function withoutAnswer({ asks, decided: _, ...rest }: JobStep): JobStep {
  const { form: _form, ...question } = asks ?? {};
  const step = asks ? { ...rest, asks: { ...(question as StepQuestion), text: null } } : rest;
  if (step.result === null) return step;
  const { durationMs } = step.result as { readonly durationMs?: unknown };
  return { ...step, result: typeof durationMs === 'number' ? { durationMs } : null };
}

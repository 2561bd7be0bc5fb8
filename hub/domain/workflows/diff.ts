import { isDeepStrictEqual } from 'node:util';
import type { Caller } from '../access/caller.js';
import type { JobRecord, JobStep } from '../jobs/record.js';
import { keyOf, type Parameters, type StepDefinition, visibleSteps } from './definition.js';
import { definedStep } from './readers.js';
import { paramsOf } from './run.js';

/** The differences between two runs of one workflow. A side is `null` if only the other run has the entry. */
export interface RunDiff {
  readonly workflow: string;
  readonly runs: readonly [JobRecord, JobRecord];
  /** Steps whose definition is different, those of nested workflows as `workflow/step`. */
  readonly definition: readonly Difference<StepDefinition>[];
  readonly parameters: readonly Difference<Parameters[string]>[];
  /** Steps that have another state, reason or result. */
  readonly steps: readonly Difference<JobStep>[];
}

export interface Difference<T> {
  readonly name: string;
  readonly sides: readonly [T | null, T | null];
}

/**
 * @param runs of one workflow, as the caller sees them; the caller may read all their results
 * @param caller `null`: the hub itself
 */
export function diffOf(runs: RunDiff['runs'], caller: Caller | null): RunDiff {
  const [left, right] = [paramsOf(runs[0]), paramsOf(runs[1])];
  const steps = (job: JobRecord) => job.steps.map((step) => [step.name, step] as const);
  const isSame = (one: JobStep, other: JobStep) =>
    one.status === other.status &&
    one.reason === other.reason &&
    isDeepStrictEqual(outcomeOf(runs[0], one), outcomeOf(runs[1], other));
  const definition = differences(definitions(left), definitions(right), isDeepStrictEqual);
  const shown = (step: StepDefinition | null) => (step && visibleSteps(caller, [step])[0]) ?? null;
  return {
    workflow: left.workflow,
    runs,
    definition: definition.map(({ name, sides: [one, other] }) => ({ name, sides: [shown(one), shown(other)] })),
    parameters: differences(Object.entries(left.parameters), Object.entries(right.parameters), isDeepStrictEqual),
    steps: differences(steps(runs[0]), steps(runs[1]), isSame),
  };
}

function definitions({ plan, nested = {} }: ReturnType<typeof paramsOf>) {
  const named = (prefix: string, steps: readonly StepDefinition[]) =>
    steps.map((step) => [`${prefix}${keyOf(step)}`, step] as const);
  const inner = Object.entries(nested).flatMap(([name, { steps }]) => named(`${name}/`, steps));
  return [...named('', plan), ...inner];
}

/** The result of a step without its duration. */
function outcomeOf({ params }: JobRecord, { name, result }: JobStep): unknown {
  if (typeof result !== 'object' || result === null || definedStep(params, name)?.outputs) return result;
  const { durationMs: _, ...rest } = result as { readonly durationMs?: unknown };
  return Array.isArray(result) ? result : rest;
}

type Entries<T> = readonly (readonly [string, T])[];

function differences<T>(left: Entries<T>, right: Entries<T>, isSame: (one: T, other: T) => boolean): Difference<T>[] {
  const [ofLeft, ofRight] = [new Map(left), new Map(right)];
  const names = new Set([...ofLeft.keys(), ...ofRight.keys()]);
  return [...names].flatMap((name) => {
    const sides = [ofLeft.get(name) ?? null, ofRight.get(name) ?? null] as const;
    const [one, other] = sides;
    const hasBoth = ofLeft.has(name) && ofRight.has(name);
    return hasBoth && isSame(one as T, other as T) ? [] : [{ name, sides }];
  });
}

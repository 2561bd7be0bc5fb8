import type { Caller } from '../access/caller.js';
import { isNarrowed } from '../access/grants.js';
import {
  databaseParameters,
  databasesNamed,
  mayRefer,
  textsIn,
  withConnections,
  withParameters,
} from '../databases/connections.js';
import type { DatabaseRecord } from '../databases/record.js';
import { DomainError, type ErrorCode, invalid } from '../errors.js';
import { inTurn } from '../event-loop.js';
import { collection, type Store } from '../store.js';
import { hasExpression } from './expressions.js';

const parameterTypes = ['boolean', 'number', 'string', 'strings'] as const;
export type ParameterType = (typeof parameterTypes)[number];
export type ParameterValue = boolean | number | string | readonly string[];
export type Parameters = Readonly<Record<string, ParameterValue>>;

/** A parameter of a workflow. */
export interface ParameterDefinition {
  readonly type: ParameterType;
  readonly default: ParameterValue;
  readonly description?: string;
}

/**
 * The effect of a step's failure on its run. `stop`, the default: no further step begins, and the run fails. `continue`: the run goes on,
 * and the failure does not count. `fail_at_end`: the run goes on, and fails once the other steps are done. `compensate`: as `stop`, and
 * then the named steps run, one after the other. They run in no other case.
 */
export const onErrorChoices = ['stop', 'continue', 'fail_at_end'] as const;
export type OnErrorChoice = (typeof onErrorChoices)[number];
export type OnError = OnErrorChoice | { readonly compensate: readonly string[] };

/** How a step tries its work again after a failure. */
export interface Retry {
  /** The most attempts, the first included. */
  readonly attempts: number;
  /** The pause before the second attempt; each further pause is twice as long. Default 1. */
  readonly backoff_seconds?: number;
  /** The failures after which the step tries again. Default: every failure after which it is known whether the work took effect. */
  readonly on?: readonly ErrorCode[];
}

/** The longest pause before a further attempt, seconds. */
const MAX_BACKOFF_S = 3600;

/** Whether a step tries its work again after an error. */
export function mayRetry({ on }: Retry, error: unknown): boolean {
  if (!(error instanceof DomainError) || error.code === 'cancelled') return false;
  return on ? on.includes(error.code) : error.details.outcome !== 'unknown';
}

/** The pause before the next attempt, milliseconds. */
export function backoffMs({ backoff_seconds = 1 }: Retry, failures: number): number {
  return Math.min(MAX_BACKOFF_S, backoff_seconds * 2 ** (failures - 1)) * 1000;
}

export interface StepDefinition {
  /** A step has either an id or a name, by which other steps name it. See {@link keyOf}. */
  readonly id?: string;
  readonly name?: string;
  readonly kind: string;
  /** A boolean parameter: if it is false, the step is skipped. */
  readonly when?: string;
  /** An expression: if it is false, the step is skipped. */
  readonly if?: string;
  /** The steps that end before this one begins; default: the step before it in the list. */
  readonly needs?: readonly string[];
  /** The step's work is done for each member: a list, or an expression that gives one. */
  readonly for_each?: string | readonly unknown[];
  /** The most members that the step works on at once; default 1. */
  readonly max_parallel?: number;
  readonly retry?: Retry;
  /** The most seconds of one attempt. */
  readonly timeout?: number;
  /** The work is done at most once: if the hub does not know whether it took effect, a person decides how the run goes on. */
  readonly once?: boolean;
  readonly on_error?: OnError;
  /** Texts with expressions, which also read `result`: their values become the step's result, in place of the result of its kind. */
  readonly outputs?: Readonly<Record<string, string>>;
  /**
   * Arguments of the step's kind; a text that is `${name}` stands for that parameter's value, and `${{ … }}` is an expression. In the
   * arguments of a tool `{{database:…}}` stands for an external database.
   */
  readonly with?: Readonly<Record<string, unknown>>;
}

/** The id or name by which other steps name a step and its result. */
export function keyOf({ id, name }: Pick<StepDefinition, 'id' | 'name'>): string {
  return id ?? name ?? '';
}

/** A workflow, as its YAML file or the API gives it. */
export interface WorkflowDefinition {
  readonly name: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, ParameterDefinition>>;
  readonly steps: readonly StepDefinition[];
}

/** A definition that came through the API; its name is its id. */
export interface StoredDefinition extends WorkflowDefinition {
  readonly id: string;
  readonly createdAt: number;
}

export const storedDefinitions = collection<StoredDefinition>('workflow_definitions', 'workflow');

/**
 * Steps that came through the API, as a caller may read them. Their arguments, members and expressions name servers and the input of tools,
 * so a narrowed key does not see them. @param caller `null`: the hub itself
 */
export function visibleSteps(
  caller: Pick<Caller, 'grants'> | null,
  steps: readonly StepDefinition[],
): readonly StepDefinition[] {
  return caller && isNarrowed(caller.grants)
    ? steps.map(({ with: _with, for_each: _members, if: _if, outputs: _outputs, ...step }) => step)
    : steps;
}

/** The most bytes of the parameters of a run as JSON: each change of the run writes them, and lists of runs show them. */
const MAX_PARAMETERS = 65_536;

/** @throws DomainError `invalid_input` if the parameters of a run, or of a trigger, are too long together. */
export function checkParameterSize(parameters: Readonly<Record<string, unknown>>): void {
  const bytes = Buffer.byteLength(JSON.stringify(parameters));
  if (bytes > MAX_PARAMETERS)
    throw invalid('parameters', `must have at most ${MAX_PARAMETERS} bytes as JSON together; they have ${bytes}`);
}

/** The values of all parameters: the given values, and defaults for the others. @throws DomainError `invalid_input`. */
export function parameterValues(definition: WorkflowDefinition, given: Readonly<Record<string, unknown>>): Parameters {
  const values: Record<string, ParameterValue> = {};
  for (const name of Object.keys(given))
    if (!Object.hasOwn(definition.parameters, name)) throw invalid(`parameters.${name}`, 'is not a known parameter');
  for (const [name, { type, default: fallback }] of Object.entries(definition.parameters)) {
    const value = Object.hasOwn(given, name) ? given[name] : fallback;
    if (!fits(type, value)) throw invalid(`parameters.${name}`, `must be of type ${type}`);
    values[name] = value as ParameterValue;
  }
  checkParameterSize(values);
  return values;
}

/** The parameters of the next run of a series. The definition may have changed: defaults replace values that no longer fit. */
export function carriedOver(definition: WorkflowDefinition, before: Parameters): Parameters {
  const fitting = Object.entries(before).filter(([name, value]) => {
    const known = Object.hasOwn(definition.parameters, name) ? definition.parameters[name] : undefined;
    return known !== undefined && fits(known.type, value);
  });
  return parameterValues(definition, Object.fromEntries(fitting));
}

/**
 * Fills the values of parameters into a step's arguments. Without `evaluate`, texts with expressions stay unchanged.
 * @param evaluate gives the value of a text with expressions; never called with the value of a parameter
 */
export function withValues(value: unknown, parameters: Parameters, evaluate?: (text: string) => unknown): unknown {
  if (hasExpression(value)) return evaluate ? evaluate(value) : value;
  if (typeof value === 'string') {
    const name = reference(value);
    // A name cannot contain characters that would end a reference and begin another.
    const named = (parameter: string) => String(parameters[parameter]).replaceAll(/[{}|]/g, '');
    return name === undefined ? withParameters(value, named) : parameters[name];
  }
  if (Array.isArray(value)) return value.map((item) => withValues(item, parameters, evaluate));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withValues(item, parameters, evaluate)]));
}

/** The parameter that a text `${name}` names. */
export function reference(text: string): string | undefined {
  return /^\$\{([A-Za-z0-9_]+)\}$/.exec(text)?.[1];
}

/** Whether a text gets the value of a parameter by `${name}`. */
export function namesParameter(text: string): boolean {
  return !hasExpression(text) && (reference(text) !== undefined || databaseParameters(text).length > 0);
}

/** Whether a value is of a parameter's type. */
export function fits(type: ParameterType, value: unknown): boolean {
  if (type === 'strings') return Array.isArray(value) && value.every((item) => typeof item === 'string');
  return typeof value === type && (type !== 'number' || Number.isFinite(value));
}

/** Whether a step's tool gets settings of external databases. */
export function namesDatabase({ with: given = {} }: StepDefinition): boolean {
  return [...textsIn(given.arguments)].some(mayRefer);
}

/** The texts of a step that name external databases, and the rest of it without them. Values of parameters are not searched. */
function naming(value: unknown): unknown {
  if (typeof value === 'string') return mayRefer(value) ? value : null;
  if (Array.isArray(value)) return value.map(naming);
  if (typeof value !== 'object' || value === null) return null;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, naming(item)]));
}

/** The external databases that a step names. @throws DomainError `invalid_input` for an unknown database. */
export function databasesOf(
  store: Pick<Store, 'get' | 'find'>,
  { with: plan = {} }: StepDefinition,
  parameters: Parameters,
): DatabaseRecord[] {
  const texts = [...textsIn(withValues(naming(plan), parameters))];
  return texts.flatMap((text) => databasesNamed(store, text, 'parameters'));
}

/**
 * The arguments of a step's kind: the definition's arguments, filled in with the parameters' values and with the external databases that
 * references name. Only the author of a workflow names a database: a parameter's value that looks like a reference is plain text.
 * @param evaluate see {@link withValues}
 * @throws DomainError `conflict` if a database was deleted.
 */
export async function argumentsOf(
  store: Store,
  step: StepDefinition,
  parameters: Parameters,
  evaluate: (text: string) => unknown,
): Promise<Readonly<Record<string, unknown>>> {
  const args = (await inTurn(() => withValues(step.with ?? {}, parameters, evaluate))) as Readonly<
    Record<string, unknown>
  >;
  if (!namesDatabase(step)) return args;
  const connected = await withConnections(store, withValues(naming(step.with?.arguments), parameters));
  return { ...args, arguments: merged(args.arguments, connected) };
}

/** The first value, with its texts replaced by those of the second. */
function merged(value: unknown, texts: unknown): unknown {
  if (typeof texts === 'string') return texts;
  if (typeof texts !== 'object' || texts === null || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item, at) => merged(item, (texts as unknown[])[at]));
  const named = texts as Readonly<Record<string, unknown>>;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, merged(item, named[key])]));
}

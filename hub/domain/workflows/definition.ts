import { parse } from 'yaml';
import type { Caller } from '../access/caller.js';
import { isNarrowed } from '../access/grants.js';
import {
  databaseParameters,
  databasePlaceholders,
  databasesNamed,
  mayRefer,
  textsIn,
  withConnections,
  withoutKnownReferences,
  withParameters,
} from '../databases/connections.js';
import type { DatabaseRecord } from '../databases/record.js';
import { invalid } from '../errors.js';
import { isUuid } from '../ids.js';
import { collection, type Store } from '../store.js';

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

/** The kind of step that calls a tool. */
export const TOOL_CALL = 'tool_call';

/**
 * The effect of a step's failure on its run. `stop`, the default: the run fails there. `continue`: the run goes on, and the failure does
 * not count. `fail_at_end`: the run goes on, and fails once the other steps are done.
 */
export const onErrorChoices = ['stop', 'continue', 'fail_at_end'] as const;
export type OnError = (typeof onErrorChoices)[number];

export interface StepDefinition {
  readonly name: string;
  readonly kind: string;
  /** A boolean parameter: the step is left out where that is false. */
  readonly when?: string;
  readonly on_error?: OnError;
  /**
   * Arguments of the step's kind; a text that is `${name}` stands for that parameter's value. In the arguments of a tool `{{database:…}}`
   * stands for an external database.
   */
  readonly with?: Readonly<Record<string, unknown>>;
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
 * Steps that came through the API, as a caller may read them. Their arguments name servers and say what tools get, so a narrowed key does
 * not see the arguments. @param caller `null` is the hub itself
 */
export function visibleSteps(
  caller: Pick<Caller, 'grants'> | null,
  steps: readonly StepDefinition[],
): readonly StepDefinition[] {
  return caller && isNarrowed(caller.grants) ? steps.map(({ with: _, ...step }) => step) : steps;
}

/** Reads a definition that ships with the hub. @throws Error if the definition is malformed. */
export function readDefinition(text: string): WorkflowDefinition {
  const { name, description = '', parameters = {}, steps = [] } = parse(text) as Partial<WorkflowDefinition>;
  if (!name || steps.length === 0) throw new Error('a workflow needs a name and steps');
  const definition = { name, description, parameters, steps };
  checkDefinition(definition);
  return definition;
}

/** Checks the rules that the form alone does not express. @throws DomainError `invalid_input`. */
export function checkDefinition({ parameters, steps }: Pick<WorkflowDefinition, 'parameters' | 'steps'>): void {
  for (const [name, { type, default: value }] of Object.entries(parameters))
    if (!fits(type, value)) throw invalid(`parameters.${name}.default`, `must be of type ${type}`);
  const names = new Set<string>();
  for (const [at, step] of steps.entries()) {
    if (names.has(step.name)) throw invalid(`steps.${at}.name`, `'${step.name}' is there already`);
    names.add(step.name);
    if (step.when !== undefined && parameters[step.when]?.type !== 'boolean')
      throw invalid(`steps.${at}.when`, 'must name a boolean parameter');
    checkPlaceholders(step.with ?? {}, Object.keys(parameters), `steps.${at}.with`);
    checkDatabaseUse(step, `steps.${at}.with`);
  }
}

/** Whether a step's tool gets settings of external databases. */
export function namesDatabase({ with: given = {} }: StepDefinition): boolean {
  return [...textsIn(given.arguments)].some(mayRefer);
}

/**
 * The settings of a database go to one server that the author chose. Another server can take a name over, but never an id.
 * @throws DomainError `invalid_input`.
 */
function checkDatabaseUse(step: StepDefinition, field: string): void {
  const { arguments: _, ...others } = step.with ?? {};
  if ([...textsIn(step.kind === TOOL_CALL ? others : step.with)].some(mayRefer))
    throw invalid(field, `external databases can be named in the arguments of a ${TOOL_CALL} only`);
  if (namesDatabase(step) && !isUuid(String(others.server)))
    throw invalid(`${field}.server`, 'must be the id of a server, since the step names an external database');
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
  return values;
}

/** The values of a series for its next run: the definition may have changed. Defaults replace values that no longer fit. */
export function carriedOver(definition: WorkflowDefinition, before: Parameters): Parameters {
  const fitting = Object.entries(before).filter(([name, value]) => {
    const known = Object.hasOwn(definition.parameters, name) ? definition.parameters[name] : undefined;
    return known !== undefined && fits(known.type, value);
  });
  return parameterValues(definition, Object.fromEntries(fitting));
}

/** A step's arguments with the parameters' values in their places. */
export function withValues(value: unknown, parameters: Parameters): unknown {
  if (typeof value === 'string') {
    const name = reference(value);
    // Characters that would end a reference, and begin another, are no part of a name.
    const named = (parameter: string) => String(parameters[parameter]).replaceAll(/[{}|]/g, '');
    return name === undefined ? withParameters(value, named) : parameters[name];
  }
  if (Array.isArray(value)) return value.map((item) => withValues(item, parameters));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withValues(item, parameters)]));
}

/** Checks that each text which looks like a placeholder is one. @throws DomainError `invalid_input` naming the text's field. */
function checkPlaceholders(value: unknown, parameters: readonly string[], field: string): void {
  if (typeof value === 'object' && value !== null)
    for (const [key, item] of Object.entries(value)) checkPlaceholders(item, parameters, `${field}.${key}`);
  if (typeof value !== 'string') return;
  const name = reference(value);
  if (name !== undefined && parameters.includes(name)) return;
  const unknownName = databaseParameters(value).find((each) => !parameters.includes(each));
  const unknown = unknownName === undefined ? placeholderIn(withoutKnownReferences(value)) : `\${${unknownName}}`;
  if (unknown === undefined) return;
  if (unknown.length > MAX_PLACEHOLDER) throw invalid(field, 'holds a placeholder that is too long');
  const inText = unknown !== value && parameters.some((each) => unknown === `\${${each}}`);
  const wrong = inText ? `'${unknown}' must be the whole text` : `there is no placeholder '${unknown}'`;
  const known = [...parameters.map((each) => `'\${${each}}'`), ...databasePlaceholders].join(', ');
  throw invalid(field, `${wrong}; the placeholders are ${known}`);
}

/** The first text between the signs of a placeholder. */
function placeholderIn(text: string): string | undefined {
  for (const [open, close] of [
    ['${', '}'],
    ['{{', '}}'],
  ] as const) {
    const from = text.indexOf(open);
    const to = from < 0 ? -1 : text.indexOf(close, from);
    if (to >= 0) return text.slice(from, to + close.length);
  }
  return undefined;
}

/** Longer ones are not repeated in errors. */
const MAX_PLACEHOLDER = 200;

function reference(text: string): string | undefined {
  return /^\$\{([A-Za-z0-9_]+)\}$/.exec(text)?.[1];
}

function fits(type: ParameterType, value: unknown): boolean {
  if (type === 'strings') return Array.isArray(value) && value.every((item) => typeof item === 'string');
  return typeof value === type && (type !== 'number' || Number.isFinite(value));
}

/** The texts of a step that name external databases, and the rest of it without them. Values of parameters are never looked into. */
function naming(value: unknown): unknown {
  if (typeof value === 'string') return mayRefer(value) ? value : null;
  if (Array.isArray(value)) return value.map(naming);
  if (typeof value !== 'object' || value === null) return null;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, naming(item)]));
}

/** The external databases that a step names. @throws DomainError `invalid_input` for a database that there is not. */
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
 * @throws DomainError `conflict` if a database was deleted.
 */
export async function argumentsOf(
  store: Store,
  step: StepDefinition,
  parameters: Parameters,
): Promise<Readonly<Record<string, unknown>>> {
  const args = withValues(step.with ?? {}, parameters) as Readonly<Record<string, unknown>>;
  if (!namesDatabase(step)) return args;
  const connected = await withConnections(store, withValues(naming(step.with?.arguments), parameters));
  return { ...args, arguments: merged(args.arguments, connected) };
}

/** The first value, with the texts of the second in their places. */
function merged(value: unknown, texts: unknown): unknown {
  if (typeof texts === 'string') return texts;
  if (typeof texts !== 'object' || texts === null || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item, at) => merged(item, (texts as unknown[])[at]));
  const named = texts as Readonly<Record<string, unknown>>;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, merged(item, named[key])]));
}

import { isSecretVariable, looksSecret } from '@roundhouse/proto/secret-names';
import { onlyReads } from '@roundhouse/proto/statements';
import type { Problem } from '../errors.js';
import { reference, type StepDefinition } from './definition.js';
import { hasExpression } from './expressions.js';
import {
  type ArgumentForm,
  HTTP,
  type KindForm,
  type KindName,
  kindForms,
  MAX_WAIT_S,
  operationKinds,
  operationOf,
  SQL,
  type StepOperations,
  WAIT,
} from './kinds.js';

type Args = Readonly<Record<string, unknown>>;

/** Whether only a run knows the value. */
export function isFilledIn(value: unknown): boolean {
  return typeof value === 'string' && (hasExpression(value) || reference(value) !== undefined);
}

/**
 * The mistakes in a step's arguments that can be seen before a run; fields are paths below `with`. Values that the run fills in are checked
 * when the step begins.
 * @param operations without them, the arguments of operations are not checked
 */
export function argumentProblems(
  { kind, with: given = {} }: StepDefinition,
  form: KindForm,
  operations?: StepOperations,
): Problem[] {
  if (form.arguments === 'operation' && 'operation' in given)
    return operations ? operationProblems(kind, given, operations) : [];
  const filledIn = new Set(Object.keys(given).filter((name) => isFilledIn(given[name])));
  const written = /\$\{/.test(String(given.statement));
  const problem = { field: 'statement', error: 'must be written out: what a run fills in belongs into values' };
  return [...formProblems(kind, given, form, filledIn), ...(kind === SQL && written ? [problem] : [])];
}

/** The mistakes in the arguments of a step as its run has filled them in. */
export function filledInProblems(kind: KindName, args: Args): Problem[] {
  return formProblems(kind, args, kindForms[kind], new Set());
}

/** @param unknown the arguments whose values are not known yet */
function formProblems(kind: string, given: Args, form: KindForm, unknown: ReadonlySet<string>): Problem[] {
  const { arguments: all, required = [] } = form;
  const problems = required.filter((name) => !(name in given)).map((field) => ({ field, error: 'is required' }));
  if (typeof all === 'string') return problems;
  for (const [name, value] of Object.entries(given)) {
    const wanted = Object.hasOwn(all, name) ? all[name] : undefined;
    const known = Object.keys(all).join(', ');
    if (!wanted) problems.push({ field: name, error: `is no argument of '${kind}'; it has: ${known}` });
    else if (!unknown.has(name) && !isOf(wanted, value))
      problems.push({ field: name, error: `must be ${inWords[wanted]}` });
  }
  const wrong = new Set(problems.map(({ field }) => field));
  const settled = Object.entries(given).filter(([name]) => !unknown.has(name) && !wrong.has(name));
  return [...problems, ...(checks[kind]?.(Object.fromEntries(settled), unknown) ?? [])];
}

function operationProblems(kind: string, given: Args, operations: StepOperations): Problem[] {
  const { operation: name, ...args } = given;
  const operation = operationOf(operations, { kind, with: given });
  if (!operation) {
    const known = operationKinds.find((one) => one === kind);
    const names = known ? [...operations[known].keys()].join(', ') : '';
    return [{ field: 'operation', error: `must be written out, and be one of: ${names}` }];
  }
  return operation.problems(args).filter(({ field }) => {
    const [first = ''] = field.split('.', 1);
    const isUnknown = !Object.hasOwn(operation.input.properties, first);
    return isUnknown || !isFilledIn(at(args, field.split('.')));
  });
}

function at(value: unknown, [name, ...rest]: readonly string[]): unknown {
  if (name === undefined || isFilledIn(value)) return value;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return at((value as Args)[name], rest);
}

/**
 * The mistakes in the arguments of a tool by its schema, as far as the top level tells: names that are missing or unknown, and values of
 * another type. The server checks the rest.
 * @param schema JSON text; a server may send anything
 */
export function toolProblems(given: unknown, schema: string): Problem[] {
  const { properties = {}, required, additionalProperties } = (JSON.parse(schema) ?? {}) as Args;
  if (typeof given === 'string' || !isOf('object', properties)) return [];
  const args = (given ?? {}) as Args;
  const known = properties as Args;
  const names = Array.isArray(required) ? required.filter((name) => typeof name === 'string') : [];
  const missing = names.filter((name) => !Object.hasOwn(args, name));
  const problems = missing.map((name) => ({ field: `arguments.${name}`, error: 'is required by the tool' }));
  for (const [name, value] of Object.entries(args)) {
    const field = `arguments.${name}`;
    const { type } = (Object.hasOwn(known, name) ? (known[name] ?? {}) : {}) as Args;
    if (!Object.hasOwn(known, name)) {
      if (additionalProperties === false) problems.push({ field, error: 'is no argument of the tool' });
    } else if (typeof type === 'string' && !isFilledIn(value) && !isOfType(type, value))
      problems.push({ field, error: `must be of type ${type}, as the tool says` });
  }
  return problems;
}

/** Whether a value is of a type of JSON Schema. */
function isOfType(type: string, value: unknown): boolean {
  switch (type) {
    case 'array':
      return Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    case 'null':
      return value === null;
    case 'object':
      return isOf('object', value);
    case 'boolean':
    case 'number':
    case 'string':
      return typeof value === type;
    default:
      return true;
  }
}

/** Further rules of kinds, for the arguments that are known. */
const checks: Readonly<Record<string, (settled: Args, unknown: ReadonlySet<string>) => Problem[]>> = {
  [WAIT]: ({ seconds }) => [...outside('seconds', seconds, 0, MAX_WAIT_S)],
  [HTTP]: httpProblems,
  [SQL]: sqlProblems,
};

function* outside(field: string, value: unknown, least: number, most: number): Generator<Problem> {
  if (typeof value === 'number' && !(value >= least && value <= most))
    yield { field, error: `must be ${least} to ${most}` };
}

/** The arguments of a statement that may be absent. */
export const sqlDefaults = {
  values: [] as readonly unknown[],
  change: false,
  max_rows: 1000,
  // A run keeps 64 KiB of a result.
  max_bytes: 60_000,
  timeout: 30,
};

/** The most values of a statement. */
const MAX_VALUES = 100;
/** The mistakes in the arguments of a statement, as far as they are known. */
function sqlProblems(
  { statement, values, change = false, max_rows, max_bytes, timeout }: Args,
  unknown: ReadonlySet<string>,
): Problem[] {
  const problems = [
    ...outside('max_rows', max_rows, 1, 10_000),
    ...outside('max_bytes', max_bytes, 1, 1024 * 1024),
    ...outside('timeout', timeout, 1, 600),
  ];
  const mustRead = typeof statement === 'string' && change === false && !unknown.has('change');
  if (mustRead && !onlyReads(statement))
    problems.push({ field: 'statement', error: "must only read; another statement needs 'change: true'" });
  if (!Array.isArray(values)) return problems;
  if (values.length > MAX_VALUES) problems.push({ field: 'values', error: `must have at most ${MAX_VALUES} members` });
  for (const [index, value] of values.entries())
    if (typeof value === 'object' && value !== null)
      problems.push({ field: `values.${index}`, error: 'must be a text, a number, true, false or null' });
  return problems;
}

/** The arguments of an HTTP request that may be absent. */
export const httpDefaults = {
  method: 'GET',
  headers: {} as Readonly<Record<string, string>>,
  body: null as unknown,
  timeout: 15,
};

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];
/** Headers that belong to the connection. */
const ownHeaders = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'upgrade', 'te', 'expect']);
/** Headers whose names look like secrets, but are not secret. */
const openHeaders = new Set(['idempotency-key']);
const NO_SECRETS = 'looks like a secret, and steps hold none: call a tool of a server that has the secret';

/** The mistakes in the arguments of an HTTP request, as far as they are known. */
function httpProblems({ url, method = 'GET', headers, body, timeout }: Args, unknown: ReadonlySet<string>): Problem[] {
  const problems = [...outside('timeout', timeout, 1, 60)];
  if (typeof method === 'string' && !methods.includes(method))
    problems.push({ field: 'method', error: `must be one of: ${methods.join(', ')}` });
  if (body !== undefined && body !== null && !unknown.has('method') && (method === 'GET' || method === 'HEAD'))
    problems.push({ field: 'body', error: "needs a method that has one, such as 'method: POST'" });
  if (typeof url === 'string') {
    const parsed = URL.canParse(url) ? new URL(url) : undefined;
    if (!parsed || !/^https?:$/.test(parsed.protocol))
      problems.push({ field: 'url', error: 'must be an http or https URL' });
    else if (parsed.username || parsed.password || [...parsed.searchParams.keys()].some(looksSecret))
      problems.push({ field: 'url', error: NO_SECRETS });
  }
  for (const [name, value] of Object.entries(isOf('object', headers) ? (headers as Args) : {})) {
    const field = `headers.${name}`;
    if (isSecretVariable(name) && !openHeaders.has(name.toLowerCase())) problems.push({ field, error: NO_SECRETS });
    else if (!/^[A-Za-z0-9-]{1,64}$/.test(name) || ownHeaders.has(name.toLowerCase()))
      problems.push({ field, error: 'is no header that a step can set' });
    else if (typeof value !== 'string' || !/^[\x20-\x7e]{0,1024}$/.test(value))
      problems.push({ field, error: 'must be a text of at most 1024 printable characters' });
  }
  return problems;
}

const inWords: Readonly<Record<ArgumentForm, string>> = {
  any: 'any value',
  boolean: 'true or false',
  list: 'a list',
  number: 'a number',
  object: 'an object',
  string: 'a text',
  strings: 'a list of texts',
};

function isOf(form: ArgumentForm, value: unknown): boolean {
  switch (form) {
    case 'any':
      return true;
    case 'list':
      return Array.isArray(value);
    case 'strings':
      return Array.isArray(value) && value.every((member) => typeof member === 'string');
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    default:
      return typeof value === form;
  }
}

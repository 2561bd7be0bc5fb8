import type { Role } from '../access/caller.js';
import { invalid } from '../errors.js';
import type { StepDecision, StepQuestion } from '../jobs/record.js';
import { approverRoles } from './kinds.js';

/** The time for the decision of a person, if the step sets none, milliseconds. */
export const DECIDED_MS = 7 * 86_400_000;

/** A decision in words, such as `refused by 'ada': not today`. */
export function commented(verb: string, { by, comment }: StepDecision): string {
  return `${verb} by '${by}'${comment === '' ? '' : `: ${comment}`}`;
}

/** The question of a step of kind `approval`. @throws DomainError `invalid_input`. */
export function questionOf(args: Readonly<Record<string, unknown>>): Omit<StepQuestion, 'since' | 'until'> {
  const { question, role = 'operator', form, by_another = false } = args;
  if (typeof question !== 'string' || question === '') throw invalid('question', 'must be a text');
  if (!isApprover(role)) throw invalid('role', `must be one of: ${approverRoles.join(', ')}`);
  const [problem] = form === undefined ? [] : formProblems(form);
  if (problem) throw invalid(`form${problem.path}`, problem.error);
  const asked = form === undefined ? {} : { form: form as Readonly<Record<string, unknown>> };
  return { kind: 'approval', text: question, role, ...asked, byAnother: by_another === true };
}

function isApprover(role: unknown): role is Role {
  return approverRoles.some((one) => one === role);
}

/** A field of a form. */
interface FormField {
  readonly type: 'boolean' | 'integer' | 'number' | 'string';
  readonly enum?: readonly unknown[];
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
}

const fieldTypes = ['boolean', 'integer', 'number', 'string'];
/** The keywords of a field, with the type of their values. */
const keywords: Readonly<Record<string, string>> = {
  type: 'string',
  title: 'string',
  description: 'string',
  enum: 'object',
  default: 'any',
  maxLength: 'number',
  minimum: 'number',
  maximum: 'number',
};
/** The most fields of a form, and the most characters of a text in it. */
const MAX_FIELDS = 32;
const MAX_TEXT = 4096;

/**
 * The mistakes of a form: a JSON Schema of type `object` whose properties are texts, numbers and booleans, as in the questions of MCP. So
 * every value can be checked quickly. @returns each with its path, such as `.properties.size.type`
 */
export function formProblems(form: unknown): { readonly path: string; readonly error: string }[] {
  const { type, properties = {}, required = [], ...others } = (form ?? {}) as Readonly<Record<string, unknown>>;
  const problems = Object.keys(others).map((name) => ({ path: `.${name}`, error: 'is no member of a form' }));
  if (type !== 'object') problems.push({ path: '.type', error: "must be 'object'" });
  if (typeof properties !== 'object' || properties === null || Array.isArray(properties))
    return [...problems, { path: '.properties', error: 'must be an object' }];
  const names = Object.keys(properties);
  if (names.length > MAX_FIELDS) problems.push({ path: '.properties', error: `has at most ${MAX_FIELDS} members` });
  if (!Array.isArray(required) || !required.every((name) => names.includes(name)))
    problems.push({ path: '.required', error: 'must name properties' });
  for (const [name, field] of Object.entries(properties as Readonly<Record<string, unknown>>)) {
    const path = `.properties.${name}`;
    const given = (field ?? {}) as Readonly<Record<string, unknown>>;
    if (!fieldTypes.includes(String(given.type)))
      problems.push({ path: `${path}.type`, error: `must be one of: ${fieldTypes.join(', ')}` });
    for (const [keyword, value] of Object.entries(given)) {
      const wanted = Object.hasOwn(keywords, keyword) ? keywords[keyword] : undefined;
      const fits = wanted === 'any' || (keyword === 'enum' ? Array.isArray(value) : typeof value === wanted);
      if (!wanted) problems.push({ path: `${path}.${keyword}`, error: 'is no member of a field' });
      else if (!fits) problems.push({ path: `${path}.${keyword}`, error: 'has a value of another type' });
    }
  }
  return problems;
}

/** The values of a form, with the defaults of absent ones. @throws DomainError `invalid_input`. */
export function checkedValues(
  form: StepQuestion['form'],
  values: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const { properties = {}, required = [] } = (form ?? {}) as {
    readonly properties?: Readonly<Record<string, FormField>>;
    readonly required?: readonly string[];
  };
  for (const name of Object.keys(values))
    if (!Object.hasOwn(properties, name)) throw invalid(`values.${name}`, 'is no field of the form');
  const checked: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(properties)) {
    const value = Object.hasOwn(values, name) ? values[name] : field.default;
    if (value === undefined && required.includes(name)) throw invalid(`values.${name}`, 'is required');
    if (value === undefined) continue;
    const problem = fieldProblem(field, value);
    if (problem !== undefined) throw invalid(`values.${name}`, problem);
    checked[name] = value;
  }
  return checked;
}

function fieldProblem(field: FormField, value: unknown): string | undefined {
  const { type, enum: choices, maxLength = MAX_TEXT, minimum = -Infinity, maximum = Infinity } = field;
  const fits = type === 'integer' ? Number.isSafeInteger(value) : typeof value === type;
  if (!fits) return `must be of type ${type}`;
  if (choices && !choices.includes(value)) return `must be one of: ${choices.join(', ')}`;
  if (typeof value === 'string' && value.length > maxLength) return `has at most ${maxLength} characters`;
  if (typeof value === 'number' && !(value >= minimum && value <= maximum)) return `must be ${minimum} to ${maximum}`;
  return undefined;
}

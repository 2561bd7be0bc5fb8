import { authorize, isAllowed } from '../access/authorize.js';
import { atLeast, type RequestOrigin, type Role } from '../access/caller.js';
import { ownerOf } from '../access/grants.js';
import { changeAudit } from '../audit/audit.js';
import { DomainError, invalid } from '../errors.js';
import type { Jobs } from '../jobs/jobs.js';
import { type Decision, decisions, type JobRecord, type StepDecision, type StepQuestion } from '../jobs/record.js';
import { approverRoles } from './kinds.js';
import { definedStep } from './readers.js';
import type { StepKind } from './steps.js';

/** What a person decides about a step. */
export interface DecisionInput {
  /** The name of the step in the run, such as `ask`, `each[2]` or `nested/ask`. */
  readonly step: string;
  readonly decision: Decision;
  readonly comment?: string;
  /** Of an approval, by its form. */
  readonly values?: Readonly<Record<string, unknown>>;
}

export interface DecisionParts {
  readonly jobs: Jobs;
  readonly kinds: ReadonlyMap<string, StepKind>;
}

/**
 * Decides about a step of a run that waits for a person, with the rights that the person has now. Who resumes, skips or fails a step also
 * needs the permission of its kind.
 * @param run as the caller sees it
 * @throws DomainError `forbidden`, `conflict` (the step does not wait), `invalid_input`.
 */
export async function decide(
  { jobs, kinds }: DecisionParts,
  origin: RequestOrigin,
  run: JobRecord,
  { step: name, decision, comment = '', values = {} }: DecisionInput,
): Promise<void> {
  authorize(origin.caller, 'workflow.execute');
  const step = run.steps.find((one) => one.name === name);
  const asks = step?.status === 'running' && !step.decided ? step.asks : undefined;
  if (!asks) throw new DomainError('conflict', `step '${name}' does not wait for a decision`);
  checkPerson(origin, run, asks);
  const kind = kinds.get(definedStep(run.params, name)?.kind ?? '');
  if (asks.kind === 'attention' && kind && !isAllowed(origin.caller, kind.permission))
    authorize(origin.caller, kind.permission);
  const known: readonly Decision[] = decisions[asks.kind];
  if (!known.includes(decision)) throw invalid('decision', `must be one of: ${known.join(', ')}`);
  const checked = decision === 'approve' ? checkedValues(asks.form, values) : {};
  const by = origin.caller?.name ?? 'the hub';
  const decided: StepDecision = { decision, by, comment, values: checked, at: Date.now() };
  const audit = changeAudit(origin, 'workflow.decide', { type: 'job', id: run.id }, { step: name, decision });
  await jobs.decide(run, name, decided, { writes: [audit] });
}

function checkPerson({ caller }: RequestOrigin, run: JobRecord, { role, text, byAnother }: StepQuestion): void {
  if (!caller) return;
  if (!atLeast(caller.role, role))
    throw new DomainError('forbidden', `this decision needs role ${role}`, { requiredRole: role });
  if (text === null) throw new DomainError('forbidden', 'this decision is for people who may read the question');
  const starter = run.origin.caller;
  if (byAnother && starter && ownerOf(starter) === ownerOf(caller))
    throw new DomainError('forbidden', 'a person who did not start the run decides');
}

/** A decision in words, such as `refused by 'ada': not today`. */
export function commented(verb: string, { by, comment }: StepDecision): string {
  return `${verb} by '${by}'${comment === '' ? '' : `: ${comment}`}`;
}

/** The question of a step of kind `approval`. @throws DomainError `invalid_input`. */
export function questionOf(args: Readonly<Record<string, unknown>>): Omit<StepQuestion, 'since'> {
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
/** How many fields a form has, and characters of a text in it, at most. */
const MAX_FIELDS = 32;
const MAX_TEXT = 4096;

/**
 * The mistakes of a form: a JSON Schema of type `object` whose properties are texts, numbers and booleans, as in the questions of MCP. So no
 * value takes long to check. @returns each with its path, such as `.properties.size.type`
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
function checkedValues(form: StepQuestion['form'], values: Readonly<Record<string, unknown>>): Record<string, unknown> {
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

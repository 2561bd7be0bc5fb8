import { parse } from 'yaml';
import { isAllowed } from '../access/authorize.js';
import type { Caller } from '../access/caller.js';
import { permissions } from '../access/permissions.js';
import {
  databaseParameters,
  databasePlaceholders,
  mayRefer,
  textsIn,
  withoutKnownReferences,
} from '../databases/connections.js';
import { DomainError, invalidFields, type Problem } from '../errors.js';
import { isUuid } from '../ids.js';
import { fits, keyOf, namesDatabase, reference, type StepDefinition, type WorkflowDefinition } from './definition.js';
import { expressionBounds, hasExpression, partsOf } from './expressions.js';
import { compensationsOf, compileText, expressionsOf, Graph, referencesOf, textsOf } from './graph.js';
import { argumentProblems, isFilledIn, toolProblems } from './kind-arguments.js';
import { APPROVAL, approverRoles, kindForm, NESTED, permissionOf, type StepOperations, TOOL_CALL } from './kinds.js';
import { formProblems } from './questions.js';

/** How deep workflows run other workflows, the first included. */
export const MAX_DEPTH = 5;

/** The surroundings of a definition. Without a member, the checks that need it are left out. */
export interface Surroundings {
  /** The names of the kinds of steps that this hub has. */
  readonly kinds?: ReadonlySet<string>;
  /** The operations that steps can do. */
  readonly operations?: StepOperations;
  /** The schema (JSON text) of a tool that the definer may call; `undefined` if the tool is not known now. */
  readonly toolSchema?: (tool: string, server: string | undefined) => string | undefined;
  /** The person who defines it; `null`: the hub itself. */
  readonly definer?: Pick<Caller, 'role' | 'grants'> | null;
  /** Finds other workflows. */
  readonly find?: (idOrName: string) => FoundWorkflow | undefined;
  /** The key of the definition, if it exists already. */
  readonly key?: string;
}

/** A workflow, and the key under which runs keep it: the key stays when the workflow is renamed. */
export interface FoundWorkflow {
  readonly key: string;
  readonly definition: WorkflowDefinition;
}

type Checked = Pick<WorkflowDefinition, 'parameters' | 'steps'>;

/**
 * Checks the rules that the form of a definition does not express.
 * @throws DomainError `invalid_input` with the path of every mistake, such as `steps.1.with.tool`.
 */
export function checkDefinition(definition: Checked, surroundings: Surroundings = {}): void {
  const [first, ...others] = new Validation(definition, surroundings).problems;
  if (first) throw invalidFields(first, ...others);
}

/** Reads a definition that ships with the hub. @throws Error if the definition is malformed. */
export function readDefinition(text: string): WorkflowDefinition {
  const { name, description = '', parameters = {}, steps = [] } = parse(text) as Partial<WorkflowDefinition>;
  if (!name || steps.length === 0) throw new Error('a workflow needs a name and steps');
  const definition = { name, description, parameters, steps };
  checkDefinition(definition);
  return definition;
}

/** The most characters of a definition as JSON: {@link checkDefinition} reads all of it in one turn of the event loop. */
const MAX_DEFINITION = 65_536;

function isTooLong({ parameters, steps }: Checked): boolean {
  return JSON.stringify({ parameters, steps }).length > MAX_DEFINITION;
}

/**
 * Compiles the expressions of a definition in turns of the event loop, as far as {@link checkDefinition} uses them. That function reports
 * their mistakes.
 */
export async function compileDefinition(definition: Checked): Promise<void> {
  if (isTooLong(definition)) return;
  const { steps } = definition;
  const { stepText, allText } = expressionBounds;
  let all = 0;
  for (const step of steps) {
    const length = expressionLength(step);
    all += length;
    if (length > stepText || all > allText) continue;
    for (const text of expressionsOf(step))
      await compileText(text).catch((error: unknown) => {
        if (!(error instanceof DomainError)) throw error;
      });
  }
}

class Validation {
  readonly problems: Problem[] = [];
  readonly #definition: Checked;
  readonly #surroundings: Surroundings;
  readonly #graph: Graph;
  readonly #parameters: readonly string[];
  /** Characters of all expressions so far. */
  #expressionLength = 0;
  /** The other workflows, at each depth, in which no problem was found. */
  readonly #depths = new Set<string>();

  constructor(definition: Checked, surroundings: Surroundings) {
    const { parameters, steps } = definition;
    this.#definition = definition;
    this.#surroundings = surroundings;
    this.#graph = new Graph(steps);
    this.#parameters = Object.keys(parameters);
    if (isTooLong(definition)) {
      this.#add('steps', `must have at most ${MAX_DEFINITION} characters as JSON, together with the parameters`);
      return;
    }
    for (const [name, { type, default: value }] of Object.entries(parameters))
      if (!fits(type, value)) this.#add(`parameters.${name}.default`, `must be of type ${type}`);
    for (const [at, step] of steps.entries()) this.#step(step, `steps.${at}`, steps.slice(0, at));
  }

  #add(field: string, error: string): void {
    this.problems.push({ field, error });
  }

  #step(step: StepDefinition, field: string, before: readonly StepDefinition[]): void {
    const { kind, when } = step;
    this.#key(step, field, before);
    const { kinds, operations, definer = null } = this.#surroundings;
    if (kinds && !kinds.has(kind)) this.#add(`${field}.kind`, `must be one of: ${[...kinds].sort().join(', ')}`);
    const form = kindForm(kind);
    const needed = permissionOf(operations, step);
    if (needed && !isAllowed(definer, needed))
      this.#add(`${field}.kind`, `needs role ${permissions[needed]}, and a key without narrowed grants`);
    if (when !== undefined && this.#definition.parameters[when]?.type !== 'boolean')
      this.#add(`${field}.when`, 'must name a boolean parameter');
    this.#order(step, field);
    if (form && kinds)
      for (const { field: name, error } of argumentProblems(step, form, operations))
        this.#add(`${field}.with.${name}`, error);
    if (kind === TOOL_CALL) this.#tool(step, `${field}.with`);
    this.#databaseUse(step, `${field}.with`);
    if (this.#isShort(step, field))
      for (const { field: place, text } of textsOf(step)) this.#text(step, text, `${field}.${place}`);
    if (kind === NESTED) this.#nested(step, `${field}.with`);
    if (kind === APPROVAL) this.#approval(step, `${field}.with`);
  }

  #key(step: StepDefinition, field: string, before: readonly StepDefinition[]): void {
    const member = step.id === undefined ? 'name' : 'id';
    if ((step.id === undefined) === (step.name === undefined))
      this.#add(`${field}.id`, 'a step has either an id or a name');
    else if (before.some((other) => keyOf(other) === keyOf(step)))
      this.#add(`${field}.${member}`, `'${keyOf(step)}' is there already`);
  }

  /** The dependencies, repeats and compensation of a step. */
  #order(step: StepDefinition, field: string): void {
    const { needs = [], for_each, max_parallel, retry, timeout, once, on_error } = step;
    const key = keyOf(step);
    const { compensating } = this.#graph;
    for (const [at, needed] of needs.entries())
      if (!this.#graph.step(needed) || compensating.has(needed))
        this.#add(`${field}.needs.${at}`, `there is no step '${needed}' that it could wait for`);
    const circle = this.#graph.circle(key);
    if (circle) this.#add(`${field}.needs`, `the steps wait for each other: ${circle.join(' → ')}`);
    for (const [at, named] of compensationsOf(step).entries()) {
      const undoing = this.#graph.step(named);
      if (!undoing || named === key) this.#add(`${field}.on_error.compensate.${at}`, `there is no step '${named}'`);
    }
    if (compensating.has(key) && (step.needs || compensationsOf(step).length > 0))
      this.#add(`${field}.needs`, 'a step that compensates waits for no step, and no other step compensates for it');
    if (typeof for_each === 'string' && !isWhole(for_each))
      this.#add(`${field}.for_each`, `must be a list, or one expression such as \${{ inputs.names }}`);
    if (step.if !== undefined && !isWhole(step.if))
      this.#add(`${field}.if`, `must be one expression such as \${{ inputs.on }}`);
    if (max_parallel !== undefined && for_each === undefined)
      this.#add(`${field}.max_parallel`, 'belongs to a step with for_each');
    if (kindForm(step.kind)?.unlimited)
      for (const [name, value] of Object.entries({ retry, timeout, once }))
        if (value !== undefined) this.#add(`${field}.${name}`, `steps of kind '${step.kind}' have none`);
    if (typeof on_error === 'object' && on_error.compensate.length === 0)
      this.#add(`${field}.on_error.compensate`, 'must name a step');
  }

  /** Checks that the arguments fit the tool, if the tool is known. */
  #tool({ with: given = {} }: StepDefinition, field: string): void {
    const { tool, server, arguments: args } = given;
    if (typeof tool !== 'string' || isFilledIn(tool) || isFilledIn(server)) return;
    const schema = this.#surroundings.toolSchema?.(tool, typeof server === 'string' ? server : undefined);
    if (schema !== undefined)
      for (const { field: name, error } of toolProblems(args, schema)) this.#add(`${field}.${name}`, error);
  }

  /** Checks that a step which names a database names its server by id: another server can take over a name, but never an id. */
  #databaseUse(step: StepDefinition, field: string): void {
    const { arguments: _, ...others } = step.with ?? {};
    const { if: condition, for_each, outputs } = step;
    const never = [condition, for_each, outputs, step.kind === TOOL_CALL ? others : step.with];
    if ([...textsIn(never)].some(mayRefer))
      this.#add(field, `external databases can be named in the arguments of a ${TOOL_CALL} only`);
    if (namesDatabase(step) && !isUuid(String(others.server)))
      this.#add(`${field}.server`, 'must be the id of a server, since the step names an external database');
  }

  /** Whether the expressions of a step are short enough to compile: the event loop waits meanwhile. */
  #isShort(step: StepDefinition, field: string): boolean {
    const { stepText, allText } = expressionBounds;
    const length = expressionLength(step);
    this.#expressionLength += length;
    if (length > stepText) this.#add(field, `the expressions of a step have at most ${stepText} characters together`);
    else if (this.#expressionLength > allText)
      this.#add(field, `the expressions of a workflow have at most ${allText} characters together`);
    else return true;
    return false;
  }

  #text(step: StepDefinition, text: string, field: string): void {
    if (!text.includes('{')) return;
    if (!hasExpression(text)) {
      this.#placeholders(text, field);
      return;
    }
    if (mayRefer(text)) this.#add(field, 'a text that names an external database holds no expression');
    try {
      for (const part of partsOf(text)) if (!part.expression) this.#placeholders(part.text, field, true);
      for (const { root, key } of referencesOf(text)) this.#reference(step, root, key, field);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      this.#add(field, error.message);
    }
  }

  #reference(step: StepDefinition, root: string, key: string | undefined, field: string): void {
    switch (root) {
      case 'inputs':
        if (key !== undefined && !this.#parameters.includes(key))
          this.#add(field, `there is no parameter '${key}'; known: ${this.#parameters.join(', ')}`);
        return;
      case 'steps': {
        const readable = this.#graph.readable(keyOf(step));
        if (key === undefined) this.#add(field, "'steps' must be followed by the id of a step");
        else if (!this.#graph.step(key)) this.#add(field, `there is no step '${key}'`);
        else if (!readable.has(key)) this.#add(field, `the step does not wait for '${key}': name '${key}' in needs`);
        return;
      }
      case 'item':
        if (step.for_each === undefined || field.endsWith('.for_each') || field.endsWith('.if'))
          this.#add(field, "'item' is known in the arguments and outputs of a step with for_each");
        return;
      case 'result':
        if (!field.includes('.outputs.')) this.#add(field, "'result' is known in outputs only");
        return;
      case 'run':
        return;
      default:
        this.#add(field, `there is no '${root}'; known: inputs, steps, item, result, run`);
    }
  }

  /** @param besideExpression the text also contains an expression, so a placeholder is not the whole text */
  #placeholders(text: string, field: string, besideExpression = false): void {
    const name = reference(text);
    if (!besideExpression && name !== undefined && this.#parameters.includes(name)) return;
    const unknownName = databaseParameters(text).find((each) => !this.#parameters.includes(each));
    const unknown = unknownName === undefined ? placeholderIn(withoutKnownReferences(text)) : `\${${unknownName}}`;
    if (unknown === undefined) return;
    if (unknown.length > MAX_PLACEHOLDER) {
      this.#add(field, 'holds a placeholder that is too long');
      return;
    }
    const isParameter = this.#parameters.some((each) => unknown === `\${${each}}`);
    const inText = (besideExpression || unknown !== text) && isParameter;
    const wrong = inText ? `'${unknown}' must be the whole text` : `there is no placeholder '${unknown}'`;
    const known = [...this.#parameters.map((each) => `'\${${each}}'`), ...databasePlaceholders].join(', ');
    this.#add(field, `${wrong}; the placeholders are ${known}`);
  }

  #approval({ with: given = {} }: StepDefinition, field: string): void {
    const { role, form } = given;
    if (typeof role === 'string' && !isFilledIn(role) && !approverRoles.some((one) => one === role))
      this.#add(`${field}.role`, `must be one of: ${approverRoles.join(', ')}`);
    if (form !== undefined && !isFilledIn(form))
      for (const { path, error } of formProblems(form)) this.#add(`${field}.form${path}`, error);
  }

  /** Checks that the nested workflow exists, does not run this one, and has the given parameters. */
  #nested({ with: given = {} }: StepDefinition, field: string): void {
    const { find, key } = this.#surroundings;
    const { workflow, parameters } = given;
    if (typeof workflow !== 'string') return;
    if (isFilledIn(workflow)) {
      this.#add(`${field}.workflow`, 'must name a workflow, without placeholders and expressions');
      return;
    }
    if (!find) return;
    const found = find(workflow);
    if (!found) {
      this.#add(`${field}.workflow`, `there is no workflow '${workflow}'`);
      return;
    }
    const problem = depthProblem(found, find, key === undefined ? [] : [key], 2, this.#depths);
    if (problem !== undefined) this.#add(`${field}.workflow`, problem);
    const known = Object.keys(found.definition.parameters);
    if (typeof parameters === 'object' && parameters !== null)
      for (const name of Object.keys(parameters))
        if (!known.includes(name))
          this.#add(`${field}.parameters.${name}`, `is no parameter of '${workflow}'; it has: ${known.join(', ')}`);
  }
}

/**
 * Why a workflow cannot run inside others.
 * @param outer the keys of the others
 * @param good workflows without a problem at a depth: each is checked once, even if many workflows run it
 */
function depthProblem(
  { key, definition }: FoundWorkflow,
  find: NonNullable<Surroundings['find']>,
  outer: readonly string[],
  depth: number,
  good: Set<string>,
): string | undefined {
  const place = `${depth} ${key}`;
  if (good.has(place)) return undefined;
  if (outer.includes(key)) return `'${definition.name}' runs itself`;
  if (depth > MAX_DEPTH) return `workflows run inside each other at most ${MAX_DEPTH} deep`;
  for (const name of nestedNames(definition.steps)) {
    const found = find(name);
    const problem = found && depthProblem(found, find, [...outer, key], depth + 1, good);
    if (problem !== undefined) return problem;
  }
  good.add(place);
  return undefined;
}

/** The workflows that steps run. */
export function nestedNames(steps: readonly StepDefinition[]): string[] {
  const names = steps.flatMap(({ kind, with: given }) => (kind === NESTED ? [String(given?.workflow)] : []));
  return [...new Set(names)];
}

/** Characters of all expressions of a step. */
function expressionLength(step: StepDefinition): number {
  let length = 0;
  for (const text of expressionsOf(step)) {
    const plain = text.replaceAll(/\$\{\{.*?(?:\}\}|$)/gs, '');
    length += text.length - plain.length;
  }
  return length;
}

/** Whether a text is one expression, and nothing else. */
function isWhole(text: string): boolean {
  try {
    const parts = partsOf(text);
    return parts.length === 1 && parts[0]?.expression === true;
  } catch {
    // The check of the text itself names the fault.
    return true;
  }
}

/** The first text between the marks of a placeholder. */
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

/** The longest placeholder that an error repeats, characters. */
const MAX_PLACEHOLDER = 200;

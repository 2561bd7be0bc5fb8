import { adviceOn, memberOf, wordingOf } from '@roundhouse/proto/wording';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { TSchema } from 'typebox';
import { type DomainError, invalidFields } from '../../domain/errors.js';
import { type JsonSchema, strictSchema } from '../schemas.js';

/** How many problems an answer lists at most. */
const MAX_PROBLEMS = 20;
/**
 * In a JSON value that holds more values, the hub reports only the first problem: a hostile body can have very many problems, and each would be an
 * object.
 */
const MAX_SEARCHED = 1000;
const MAX_SHOWN = 100;

/** Checks a value against one schema, filling in defaults; throws `invalid_input` naming the field. */
export interface Validator {
  /**
   * @throws DomainError `invalid_input`, with all problems of a JSON value that holds at most {@link MAX_SEARCHED} values, and with one problem of a
   * larger one.
   */
  check(value: unknown): void;
  /** Compiles now instead of at the first check, and checks the schema itself. @throws Error if it is wrong. */
  compile(): void;
}

const options = {
  strict: true,
  allowUnionTypes: true,
  useDefaults: true,
  discriminator: true,
  // Errors hold the schema that they are about.
  verbose: true,
  allowMatchingProperties: true,
  // Only a test checks that the schemas themselves are right: to do so, each engine compiles the schema of all schemas first.
  validateSchema: false,
  // The checks run as fast without it, and are compiled in two thirds of the time.
  code: { optimize: false },
};

// Text (path and query parameters) is coerced; bodies are not: their JSON has types.
const engines = {
  body: engine({ coerceTypes: false, allErrors: false }),
  bodyAll: engine({ coerceTypes: false, allErrors: true }),
  text: engine({ coerceTypes: true, allErrors: false }),
  textAll: engine({ coerceTypes: true, allErrors: true }),
};

function engine(own: { coerceTypes: boolean; allErrors: boolean }): Ajv2020 {
  const ajv = new Ajv2020({ ...options, ...own, strictRequired: false });
  formats.default(ajv);
  return ajv;
}

/** The compiled forms of a schema, made when they are first needed. */
class Compiled {
  readonly #schema: JsonSchema;
  readonly #kind: Kind;
  #first: ValidateFunction | undefined;
  #all: ValidateFunction | undefined;

  constructor(schema: TSchema, kind: Kind) {
    this.#schema = strictSchema(schema);
    this.#kind = kind;
  }

  /** Ends at the first problem. */
  get first(): ValidateFunction {
    this.#first ??= engines[this.#kind].compile(this.#schema);
    return this.#first;
  }

  /** Finds all problems. */
  get all(): ValidateFunction {
    this.#all ??= engines[`${this.#kind}All`].compile(this.#schema);
    return this.#all;
  }

  /** @throws Error if the schema itself is wrong. */
  checkSchema(): void {
    engines[this.#kind].validateSchema(this.#schema, true);
  }
}

type Kind = 'body' | 'text';

/** Endpoints that have the same schema share its compiled forms, and so do all hubs of a process. */
const compiled = { body: new WeakMap<TSchema, Compiled>(), text: new WeakMap<TSchema, Compiled>() };

/**
 * Checks values against a schema. The schema is compiled when it is first needed: a hub has hundreds, and starts in half the time without compiling
 * them. `kind` `text`: values arrive as text and are coerced.
 * @param root the name of the whole value in problems
 */
export function validator(schema: TSchema, kind: Kind, root: string): Validator {
  const forms = compiled[kind].get(schema) ?? new Compiled(schema, kind);
  compiled[kind].set(schema, forms);
  return {
    compile() {
      forms.checkSchema();
      void forms.first;
    },
    check(value) {
      const { first } = forms;
      if (first(value)) return;
      let { errors } = first;
      if (valuesIn(value, MAX_SEARCHED) <= MAX_SEARCHED) {
        const { all } = forms;
        // The first run may have coerced a value, which the second run then finds valid. The first error stays in any case.
        if (!all(value)) errors = all.errors;
      }
      throw invalidInput(errors ?? [], root);
    },
  };
}

function invalidInput(errors: readonly ErrorObject[], root: string): DomainError {
  const found = withoutEchoes(errors);
  // A caller that follows this advice has none of the other problems.
  const problems = [
    ...found.filter((error) => adviceOn(error) !== undefined),
    ...found.filter((error) => adviceOn(error) === undefined),
  ]
    .slice(0, MAX_PROBLEMS)
    .map((error) => ({ field: fieldOf(error, root), error: wordingOf(error) }));
  const [first = { field: root, error: 'is not valid' }, ...others] = problems;
  return invalidFields(first, ...others);
}

/**
 * If no branch of a union matches, only the errors inside the branch of the right type help. The errors of other branches are left out. The time
 * grows with the number of errors, not with its square.
 */
function withoutEchoes(errors: readonly ErrorObject[]): ErrorObject[] {
  const unions = new Set<string>();
  const missing = new Set<string>();
  /** The places of the values that have a problem inside. */
  const around = new Set<string>();
  for (const { keyword, instancePath, params } of errors) {
    if (keyword === 'anyOf') unions.add(instancePath);
    if (keyword === 'required') missing.add(`${instancePath}/${params.missingProperty}`);
    for (let path = parentOf(instancePath); path !== undefined && !around.has(path); path = parentOf(path))
      around.add(path);
  }
  return errors.filter(({ keyword, instancePath, params, schemaPath }) => {
    if (keyword === 'discriminator') return !missing.has(`${instancePath}/${params.tag}`);
    if (keyword === 'anyOf' || keyword === 'oneOf') return !around.has(instancePath);
    return !(keyword === 'type' && unions.has(instancePath) && schemaPath.includes('/anyOf/'));
  });
}

function parentOf(path: string): string | undefined {
  return path === '' ? undefined : path.slice(0, path.lastIndexOf('/'));
}

/** How many values a JSON value has, itself included. It stops counting soon after `most`. */
function valuesIn(value: unknown, most: number): number {
  if (typeof value !== 'object' || value === null) return 1;
  let count = 1;
  for (const name in value) {
    count += valuesIn((value as Readonly<Record<string, unknown>>)[name], most - count);
    if (count > most) break;
  }
  return count;
}

function fieldOf(error: ErrorObject, root: string): string {
  const parts = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const member = memberOf(error);
  if (member !== undefined) parts.push(member);
  return parts.length === 0
    ? root
    : parts
        .map((part) => part.slice(0, MAX_SHOWN))
        .join('.')
        .slice(0, 4 * MAX_SHOWN);
}

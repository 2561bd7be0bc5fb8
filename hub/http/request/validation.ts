import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { TSchema } from 'typebox';
import { type DomainError, invalidFields } from '../../domain/errors.js';
import { strictSchema } from '../schemas.js';
import { wordingOf } from '../wording.js';

/** How many problems an answer lists at most. */
const MAX_PROBLEMS = 20;
/** All problems of a larger value are not searched for: each would be an object, and a hostile body can hold very many. */
const MAX_SEARCHED = 64 * 1024;
const MAX_SHOWN = 100;

/** Checks a value against one schema, filling in defaults; throws `invalid_input` naming the field. */
export interface Validator {
  /**
   * @param size how large the value was as text; decides whether all its problems are searched for, or only the first.
   * @throws DomainError `invalid_input`.
   */
  check(value: unknown, size: number): void;
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

/**
 * Checks by a schema, which is compiled when it is first needed: a hub has hundreds, and starts in half the time without
 * them. `kind` `text`: values arrive as text and are coerced.
 * @param root the name of the whole value in problems
 */
export function validator(schema: TSchema, kind: 'body' | 'text', root: string): Validator {
  const strict = strictSchema(schema);
  let compiled: ValidateFunction | undefined;
  let all: ValidateFunction | undefined;
  return {
    compile() {
      engines[kind].validateSchema(strict, true);
      compiled ??= engines[kind].compile(strict);
    },
    check(value, size) {
      compiled ??= engines[kind].compile(strict);
      const first = compiled;
      if (first(value)) return;
      let { errors } = first;
      if (size <= MAX_SEARCHED) {
        all ??= engines[`${kind}All`].compile(strict);
        // The first run may have coerced a value that the second then finds valid: the first error stands in any case.
        if (!all(value)) errors = all.errors;
      }
      throw invalidInput(errors ?? [], root);
    },
  };
}

function invalidInput(errors: readonly ErrorObject[], root: string): DomainError {
  const problems = errors
    .filter((error) => !isEcho(error, errors))
    .slice(0, MAX_PROBLEMS)
    .map((error) => ({ field: fieldOf(error, root), error: wordingOf(error) }));
  const [first = { field: root, error: 'is not valid' }, ...others] = problems;
  return invalidFields(first, ...others);
}

/** If no branch of a union matched, the errors of branches with the wrong type say nothing; the errors inside the right branch do. */
function isEcho(error: ErrorObject, errors: readonly ErrorObject[]): boolean {
  if (error.keyword === 'discriminator')
    return errors.some(({ params, instancePath }) => {
      return params.missingProperty === error.params.tag && instancePath === error.instancePath;
    });
  const isDeeper = (other: ErrorObject) => other.instancePath.startsWith(`${error.instancePath}/`);
  if (error.keyword === 'anyOf' || error.keyword === 'oneOf') return errors.some(isDeeper);
  const union = errors.find(({ keyword, instancePath }) => keyword === 'anyOf' && instancePath === error.instancePath);
  return union !== undefined && error !== union && error.keyword === 'type' && error.schemaPath.includes('/anyOf/');
}

function fieldOf({ instancePath, keyword, params }: ErrorObject, root: string): string {
  const parts = instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const member: unknown =
    keyword === 'required'
      ? params.missingProperty
      : keyword === 'additionalProperties'
        ? params.additionalProperty
        : keyword === 'unevaluatedProperties'
          ? params.unevaluatedProperty
          : keyword === 'discriminator'
            ? params.tag
            : undefined;
  if (typeof member === 'string') parts.push(member);
  return parts.length === 0
    ? root
    : parts
        .map((part) => part.slice(0, MAX_SHOWN))
        .join('.')
        .slice(0, 4 * MAX_SHOWN);
}

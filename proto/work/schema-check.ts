import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { CostlyPattern, compilePattern, mostPatternWork, type PatternBudget } from '../text/patterns.js';
import { memberOf, wordingOf } from '../text/wording.js';
import { nestsDeeper, tooDeep } from './depth.js';

/** A larger one is not compiled, characters. */
const largest = 262_144;
/** The patterns of one schema may take so many times the work of one pattern. */
const patternsOfSchema = 10;

/** The verdict on a schema. */
export interface CheckedSchema {
  readonly problem?: string;
  /** Why the schema was not compiled, or a value not checked; they are valid as far as they were checked. */
  readonly unchecked?: string;
  /** The first error in each value by the schema; `null` for a valid value. Absent if the schema was not compiled. */
  readonly errors?: readonly (string | null)[];
}

const dialects = [
  [/^https?:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/, () => new Ajv2020(options())],
  [/^https?:\/\/json-schema\.org\/draft\/2019-09\/schema#?$/, () => new Ajv2019(options())],
  [/^https?:\/\/json-schema\.org\/draft-07\/schema#?$/, () => new Ajv(options())],
] as const;

/**
 * Checks a JSON Schema by the dialect that it names, and values by the schema; MCP's own dialect is 2020-12. Patterns run on a linear-time
 * engine. A pattern that needs another engine matches everything.
 */
export function checkSchema({ schema, values }: { schema: unknown; values: readonly unknown[] }): CheckedSchema {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return { problem: 'it is not an object' };
  const { $schema = 'https://json-schema.org/draft/2020-12/schema' } = schema as { readonly $schema?: unknown };
  if (typeof $schema !== 'string') return { problem: '`$schema` is not a string' };
  const dialect = dialects.find(([uri]) => uri.test($schema));
  if (!dialect) return { unchecked: `its dialect '${$schema.slice(0, 100)}' is not known here` };
  if (nestsDeeper(schema)) return { unchecked: tooDeep().message };
  if (values.some((value) => nestsDeeper(value))) return { unchecked: `a value is not checked: ${tooDeep().message}` };
  try {
    if (JSON.stringify(schema).length > largest) return { unchecked: 'it is too large to be checked here' };
    const ajv = dialect[1]();
    formats.default(ajv);
    // A schema that names itself by `$id` is checked all the same, however often.
    if (ajv.validateSchema(schema) !== true) return { problem: firstError(ajv.errors) };
    const validate = ajv.compile(schema);
    return { errors: values.map((value) => errorOf(validate, value)) };
  } catch (error) {
    if (error instanceof CostlyPattern) return { unchecked: 'its patterns take too much work' };
    return { problem: (error as Error).message };
  }
}

function errorOf(validate: ValidateFunction, value: unknown): string | null {
  try {
    return validate(value) ? null : firstError(validate.errors);
  } catch (error) {
    return (error as Error).message;
  }
}

function options() {
  const budget = { left: patternsOfSchema * mostPatternWork };
  return {
    strict: false,
    // Errors hold the schema that they are about.
    verbose: true,
    allErrors: false,
    logger: false,
    addUsedSchema: false,
    // A schema that refers to one part many times would become code of many times its size.
    inlineRefs: false,
    unicodeRegExp: false,
    code: { regExp: Object.assign((source: string) => linear(source, budget), { code: 'linear' }) },
  } as const;
}

function linear(source: string, budget: PatternBudget) {
  // Ajv keeps one expression for each text that `toString` returns.
  const named = { toString: () => source };
  try {
    return { ...named, test: compilePattern(source, budget, 'js') };
  } catch (error) {
    if (error instanceof CostlyPattern) throw error;
    // Throws if it is not a regular expression.
    new RegExp(source);
    return { ...named, test: () => true };
  }
}

function firstError(errors: readonly ErrorObject[] | null | undefined): string {
  const [first] = errors ?? [];
  if (!first) return 'it is not valid';
  const member = memberOf(first);
  const field = member === undefined ? first.instancePath : `${first.instancePath}/${member}`;
  return `${field || 'it'} ${wordingOf(first)}`;
}

import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { RE2JS } from 're2js';

/** A larger one is not compiled, characters: that holds up everything else here. */
const largest = 262_144;

/** The verdict on a schema. `validate` is absent if the schema is valid as far as it was checked, but was not compiled. */
export type CheckedSchema =
  | { readonly problem: string }
  | { readonly problem?: undefined; readonly validate?: ValidateFunction; readonly unchecked?: string };

const dialects = [
  [/^https?:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/, () => new Ajv2020(options())],
  [/^https?:\/\/json-schema\.org\/draft\/2019-09\/schema#?$/, () => new Ajv2019(options())],
  [/^https?:\/\/json-schema\.org\/draft-07\/schema#?$/, () => new Ajv(options())],
] as const;

/**
 * Checks a JSON Schema by the dialect that it names; MCP's own is 2020-12. Patterns run on a linear-time engine. A pattern that needs
 * another engine matches everything: a server's text must not hang the agent.
 */
export function checkSchema(schema: unknown): CheckedSchema {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return { problem: 'it is not an object' };
  const { $schema = 'https://json-schema.org/draft/2020-12/schema' } = schema as { readonly $schema?: unknown };
  if (typeof $schema !== 'string') return { problem: '`$schema` is not a string' };
  const dialect = dialects.find(([uri]) => uri.test($schema));
  if (!dialect) return { unchecked: `its dialect '${$schema.slice(0, 100)}' is not known here` };
  try {
    if (JSON.stringify(schema).length > largest) return { unchecked: 'it is too large to be checked here' };
    const ajv = dialect[1]();
    formats.default(ajv);
    // A schema that names itself by `$id` is checked all the same, however often.
    if (ajv.validateSchema(schema) !== true) return { problem: firstError(ajv.errors) };
    return { validate: ajv.compile(schema) };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

/** The first error in a value; `undefined` for a valid value. */
export function violation(validate: ValidateFunction, value: unknown): string | undefined {
  try {
    return validate(value) ? undefined : firstError(validate.errors);
  } catch (error) {
    return (error as Error).message;
  }
}

function options() {
  return {
    strict: false,
    allErrors: false,
    logger: false,
    addUsedSchema: false,
    // A schema that refers to one part many times would become code of many times its size.
    inlineRefs: false,
    unicodeRegExp: false,
    code: { regExp: Object.assign(linear, { code: 'linear' }) },
  } as const;
}

function linear(source: string) {
  try {
    const pattern = RE2JS.compile(RE2JS.translateRegExp(source));
    return { test: (text: string) => pattern.matcher(text).find() };
  } catch {
    // Throws if it is not a regular expression.
    new RegExp(source);
    return { test: () => true };
  }
}

function firstError(errors: readonly ErrorObject[] | null | undefined): string {
  const [first] = errors ?? [];
  if (!first) return 'it is not valid';
  return `${first.instancePath || 'it'} ${first.message ?? 'is not valid'}`;
}

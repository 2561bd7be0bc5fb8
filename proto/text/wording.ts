import type { ErrorObject } from 'ajv/dist/2020.js';

type JsonSchema = Readonly<Record<string, unknown>>;

/** The member of a schema that says in words which texts its pattern allows; see {@link form}. It is for errors alone: no JSON has it. */
export const EXPECTED = Symbol('expected');

/** The member of a schema with the advice for an unknown field; see {@link instead}. */
const INSTEAD = Symbol('instead');

/** How many names an error lists at most. */
const MAX_LISTED = 30;

/**
 * A text's pattern, with words for errors: the characters of the text (`letters and digits`), or a whole sentence that begins with `must`.
 * @example Type.String({ maxLength: 64, ...form('letters and digits', '^[A-Za-z0-9]*$') })
 */
export function form(expected: string, pattern: string) {
  return { pattern, [EXPECTED]: expected };
}

/** Words for the values that a schema allows, if it is no text with a pattern: the names in a record, a rule that the domain checks. */
export function expecting(expected: string) {
  return { [EXPECTED]: expected };
}

/**
 * Advice for fields that an object does not know, by their names.
 * @example Type.Object({ … }, instead({ servers: 'give one server at a time' }))
 */
export function instead(advice: Readonly<Record<string, string>>) {
  return { [INSTEAD]: advice };
}

/** The name of the field that is missing or unknown, if an error is about one: it stands in the value at the error's path. */
export function memberOf({ keyword, params }: ErrorObject): string | undefined {
  const names: Readonly<Record<string, unknown>> = {
    required: params.missingProperty,
    additionalProperties: params.additionalProperty,
    unevaluatedProperties: params.unevaluatedProperty,
    discriminator: params.tag,
  };
  const name = names[keyword];
  return typeof name === 'string' ? name : undefined;
}

/** The advice about the unknown field of an error, if the schema has some. */
export function adviceOn(error: ErrorObject): string | undefined {
  const { parentSchema = {} } = error;
  const { [INSTEAD]: advice = {} } = parentSchema as { readonly [INSTEAD]?: Readonly<Record<string, string>> };
  const member = memberOf(error);
  return member !== undefined && Object.hasOwn(advice, member) ? advice[member] : undefined;
}

/** The expected form of a value, as a sentence without its subject. */
export function wordingOf(error: ErrorObject): string {
  const { keyword, params, parentSchema = {} } = error;
  switch (keyword) {
    case 'required':
      return 'is required';
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return adviceOn(error) ?? unknownMember(parentSchema);
    case 'discriminator':
      return `must be one of: ${listed(constantsOf(parentSchema, params.tag))}`;
    case 'anyOf':
    case 'oneOf':
      return alternatives(parentSchema[keyword] as readonly JsonSchema[]);
    case 'enum':
    case 'const':
    case 'type':
      return `must be ${described({ [keyword]: parentSchema[keyword] })}`;
    case 'format':
      return expectedSentence(parentSchema) ?? `must be ${formats[params.format] ?? `a valid ${params.format}`}`;
    case 'pattern':
      return expectedSentence(parentSchema) ?? `must fit the pattern ${params.pattern}`;
    case 'minLength':
    case 'maxLength':
      return expectedSentence(parentSchema) ?? `must have ${characters(parentSchema)}`;
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return `must be ${described(parentSchema)}${limits(parentSchema)}`;
    case 'minItems':
    case 'maxItems':
      return `must have ${range(parentSchema.minItems, parentSchema.maxItems, 'item')}`;
    case 'minProperties':
    case 'maxProperties':
      return `must have ${range(parentSchema.minProperties, parentSchema.maxProperties, 'member')}`;
    case 'uniqueItems':
      return 'must have no item twice';
    case 'multipleOf':
      return `must be a multiple of ${params.multipleOf}`;
    case 'dependentRequired':
      return `needs ${params.missingProperty} beside ${params.property}`;
    default:
      return `does not fit '${keyword}' of its schema`;
  }
}

const types: Readonly<Record<string, string>> = {
  string: 'a string',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
  null: 'null',
};

const formats: Readonly<Record<string, string>> = {
  uri: 'a URL',
  uuid: 'a UUID',
  email: 'an e-mail address',
  date: 'a day such as 2026-01-31',
  'date-time': 'a time such as 2026-01-31T03:00:00Z',
};

/** Names a kind of values: `a string`, `a list or null`, `one of: asc, desc`. */
function described({ const: constant, enum: choices, type }: JsonSchema): string {
  if (constant !== undefined) return JSON.stringify(constant);
  if (Array.isArray(choices)) return `one of: ${listed(choices)}`;
  return [type]
    .flat()
    .map((each) => types[String(each)] ?? String(each))
    .join(' or ');
}

function alternatives(branches: readonly JsonSchema[]): string {
  const isNamed = branches.every(({ const: constant, enum: choices, type }) => constant ?? choices ?? type);
  return isNamed
    ? `must be ${[...new Set(branches.map(described))].join(' or ')}`
    : 'must fit one of the forms that its schema allows';
}

function listed(values: readonly unknown[]): string {
  const more = values.length > MAX_LISTED ? ', …' : '';
  return `${values.slice(0, MAX_LISTED).map(textOf).join(', ')}${more}`;
}

const textOf = (value: unknown) => (typeof value === 'object' ? JSON.stringify(value) : String(value));

/** The values that tell a union's branches apart. */
function constantsOf(schema: JsonSchema, tag: string): unknown[] {
  const branches = schema.oneOf as readonly { readonly properties: Readonly<Record<string, JsonSchema>> }[];
  return branches.map(({ properties }) => properties[tag]?.const);
}

function unknownMember(schema: JsonSchema): string {
  const known = [schema, ...((schema.allOf as JsonSchema[]) ?? [])].flatMap((part) =>
    Object.keys(part.properties ?? {}),
  );
  if (known.length > 0) return `is not a known field; known: ${listed(known)}`;
  const expected = expectedOf(schema);
  if (expected !== undefined) return `is not a name that can be used here; expected: ${expected}`;
  return 'is not a known field';
}

function expectedSentence(schema: JsonSchema): string | undefined {
  const expected = expectedOf(schema);
  if (expected === undefined) return undefined;
  return expected.startsWith('must ') ? expected : `must have ${characters(schema)}: ${expected}`;
}

function expectedOf(schema: JsonSchema): string | undefined {
  return (schema as { readonly [EXPECTED]?: string })[EXPECTED];
}

function characters({ minLength, maxLength, pattern }: JsonSchema): string {
  const isBounded = minLength !== undefined || maxLength !== undefined;
  if (isBounded) return range(minLength, maxLength, 'character');
  return pattern === undefined ? 'characters' : 'other characters';
}

/** `1 to 64 characters`, `at least 1 item`. */
function range(least: unknown, most: unknown, noun: string): string {
  const plural = (count: unknown) => (count === 1 ? noun : `${noun}s`);
  if (most === undefined) return `at least ${least} ${plural(least)}`;
  if (least === undefined || least === 0) return `at most ${most} ${plural(most)}`;
  return least === most ? `${least} ${plural(least)}` : `${least} to ${most} ${plural(most)}`;
}

/** ` from 1 to 100`, ` of at least 1`. */
function limits({ minimum, maximum, exclusiveMinimum: above, exclusiveMaximum: below }: JsonSchema): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  const lower = minimum === undefined ? (above === undefined ? [] : [`more than ${above}`]) : [`at least ${minimum}`];
  const upper = maximum === undefined ? (below === undefined ? [] : [`less than ${below}`]) : [`at most ${maximum}`];
  return ` of ${[...lower, ...upper].join(' and ')}`;
}

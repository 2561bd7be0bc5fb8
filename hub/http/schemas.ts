import type { TSchema } from 'typebox';

/** A JSON schema. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * A table's schema for the validator. An object that does not say otherwise refuses unknown members. A union of literals becomes an `enum`. A union
 * of objects with a constant member gets a `discriminator`, so that errors are about the chosen branch alone. A union with null becomes a second
 * type. The same values stay valid, except objects with unknown members.
 */
export function strictSchema(schema: TSchema): JsonSchema {
  return strict(schema as JsonSchema, true);
}

/** The properties of an object schema, with the properties of the parts of an intersection; none for anything else. */
export function propertiesOf(schema: TSchema | undefined): Readonly<Record<string, JsonSchema>> {
  if (schema === undefined) return {};
  const { properties, allOf } = schema as { properties?: Record<string, JsonSchema>; allOf?: TSchema[] };
  return Object.assign({}, properties, ...(allOf ?? []).map(propertiesOf));
}

const childMaps = ['properties', 'patternProperties', '$defs'];
const childLists = ['oneOf', 'prefixItems'];
const children = ['items', 'additionalProperties', 'contains', 'propertyNames'];
/** How TypeBox writes "any key" of a record. The pattern leaves out keys with line breaks, although the schema means all keys. */
const ANY_KEY = '^.*$';

function strict(schema: JsonSchema, closes: boolean): JsonSchema {
  // These marks are for readers of OpenAPI alone.
  const { 'x-extension': _extension, 'x-items': _items, ...copy }: Record<string, unknown> = schema;
  for (const key of childMaps) {
    const map = copy[key];
    if (isSchema(map)) copy[key] = Object.fromEntries(Object.entries(map).map(([k, v]) => [k, strictChild(v)]));
  }
  for (const key of childLists) {
    const list = copy[key];
    if (Array.isArray(list)) copy[key] = list.map(strictChild);
  }
  for (const key of children) if (isSchema(copy[key])) copy[key] = strictChild(copy[key]);
  const patterns = copy.patternProperties;
  if (isSchema(patterns) && !('additionalProperties' in copy)) {
    const { [ANY_KEY]: values, ...others } = patterns;
    copy.additionalProperties = values ?? false;
    if (Object.keys(others).length > 0) copy.patternProperties = others;
    else delete copy.patternProperties;
  }
  const parts = copy.allOf;
  if (Array.isArray(parts) && parts.every(isSchema)) {
    // A part that refuses the other parts' members can never match. So the whole refuses the members that no part has.
    copy.allOf = parts.map((part) => strict(part, false));
    if (closes && parts.every((part) => part.type === 'object')) {
      copy.type ??= 'object';
      copy.unevaluatedProperties ??= false;
    }
  } else if (
    closes &&
    isSchema(copy.properties) &&
    !('additionalProperties' in copy) &&
    !('unevaluatedProperties' in copy)
  ) {
    copy.additionalProperties = false;
  }
  const branches = copy.anyOf;
  if (Array.isArray(branches) && branches.every(isSchema)) {
    const { anyOf: _, ...rest } = copy;
    return { ...rest, ...union(branches, closes) };
  }
  return copy;
}

function strictChild(schema: unknown): unknown {
  return isSchema(schema) ? strict(schema, true) : schema;
}

function union(branches: readonly JsonSchema[], closes: boolean): JsonSchema {
  const constants = branches.map((branch) => branch.const);
  if (constants.every((value) => value !== undefined)) return { enum: constants };
  const rest = branches.filter((branch) => branch.type !== 'null');
  const [only] = rest;
  if (only !== undefined && rest.length === 1 && branches.length === 2) return orNull(strict(only, closes));
  if (rest.length < branches.length) {
    const inner = union(rest, closes);
    if (Array.isArray(inner.enum)) return { enum: [...inner.enum, null] };
  }
  const strictBranches = branches.map((branch) => strict(branch, closes));
  const tag = tagOf(branches);
  if (tag === undefined) return { anyOf: strictBranches };
  return { type: 'object', discriminator: { propertyName: tag }, required: [tag], oneOf: strictBranches };
}

function orNull(schema: JsonSchema): JsonSchema {
  if (Array.isArray(schema.enum)) return { ...schema, enum: [...schema.enum, null] };
  // Assertions such as `minLength` or `properties` look only at their own type, so `null` passes them.
  if (typeof schema.type === 'string' && schema.const === undefined && schema.discriminator === undefined)
    return { ...schema, type: [schema.type, 'null'] };
  return { anyOf: [schema, { type: 'null' }] };
}

/** The member whose constant tells the branches apart. */
export function tagOf(branches: readonly JsonSchema[]): string | undefined {
  const [first] = branches;
  if (!first || !isSchema(first.properties)) return undefined;
  return Object.keys(first.properties).find((name) => {
    const tags = branches.map((branch) => {
      const { properties, required } = branch;
      const member = isSchema(properties) ? properties[name] : undefined;
      const constant = isSchema(member) ? member.const : undefined;
      return Array.isArray(required) && required.includes(name) && typeof constant === 'string' ? constant : undefined;
    });
    return tags.every((tag) => tag !== undefined) && new Set(tags).size === tags.length;
  });
}

export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

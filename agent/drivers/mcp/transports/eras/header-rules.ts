import { isObject } from './messages.js';

/** Keywords whose subschemas no chain of `properties` reaches: a property there must not name a header. */
const single = ['items', 'contains', 'additionalProperties', 'unevaluatedProperties', 'unevaluatedItems'];
const branches = ['propertyNames', 'not', 'if', 'then', 'else', 'prefixItems', 'oneOf', 'anyOf', 'allOf'];
const named = ['patternProperties', 'dependentSchemas', '$defs', 'definitions'];

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;
const primitive = new Set(['string', 'integer', 'boolean']);
const MAX_DEPTH = 64;

/**
 * The reason why a tool must not be used over HTTP (2026-07-28, "x-mcp-header"); `undefined` for a valid tool. Only a property that a chain
 * of `properties` leads to may be repeated in a header, only a property of a primitive type, and no two in the same header.
 */
export function headerFault(inputSchema: unknown): string | undefined {
  return faultIn(inputSchema, { seen: new Set(), reachable: true, depth: 0 });
}

interface Position {
  readonly seen: Set<string>;
  readonly reachable: boolean;
  readonly depth: number;
}

function faultIn(schema: unknown, at: Position): string | undefined {
  if (Array.isArray(schema)) return first(schema, (entry) => faultIn(entry, at));
  if (!isObject(schema)) return undefined;
  if (at.depth > MAX_DEPTH) return 'its schema is too deep';
  const below = { ...at, depth: at.depth + 1 };
  const away = { ...below, reachable: false };
  return (
    ('x-mcp-header' in schema ? ownFault(schema, at) : undefined) ??
    (isObject(schema.properties) ? first(Object.values(schema.properties), (one) => faultIn(one, below)) : undefined) ??
    first([...single, ...branches], (key) => faultIn(schema[key], away)) ??
    first(named, (key) => {
      const schemas = schema[key];
      return isObject(schemas) ? first(Object.values(schemas), (one) => faultIn(one, away)) : undefined;
    })
  );
}

function ownFault(schema: Schema, { seen, reachable, depth }: Position): string | undefined {
  const { 'x-mcp-header': name, type } = schema;
  if (typeof name !== 'string' || !token.test(name)) return `${shown(name)} is no name of a header`;
  if (!reachable || depth === 0) return `the header ${shown(name)} is asked for where no property stands`;
  if (typeof type !== 'string' || !primitive.has(type))
    return `the header ${shown(name)} is asked for a value of the type ${shown(type)}`;
  if (seen.has(name.toLowerCase())) return `the header ${shown(name)} is asked for twice`;
  seen.add(name.toLowerCase());
  return undefined;
}

type Schema = Readonly<Record<string, unknown>>;

function first<T>(values: readonly T[], find: (value: T) => string | undefined): string | undefined {
  for (const value of values) {
    const found = find(value);
    if (found !== undefined) return found;
  }
  return undefined;
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'none').slice(0, 100);
}

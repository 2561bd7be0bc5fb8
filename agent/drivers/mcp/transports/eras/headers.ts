import {
  type HeaderArgument,
  headerArguments,
  headerName,
  headerText,
  valueAt,
} from '@roundhouse/proto/header-arguments';
import { elementTexts, memberText } from '@roundhouse/proto/json';
import { isObject } from './messages.js';

const named: Readonly<Record<string, 'name' | 'uri'>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
};

/** The headers that repeat parts of a request of 2026-07-28, so that proxies need not read its body. */
export class RepeatedHeaders {
  readonly #tools = new Map<string, readonly HeaderArgument[]>();

  /**
   * Learns which arguments are to be repeated in headers.
   * @param result of `tools/list` (JSON text)
   * @param leftOut called with each tool whose headers break the rules
   * @returns the result without those tools
   */
  learn(result: string, leftOut: (name: string, reason: string) => void = () => {}): string {
    const tools = memberText(result, 'tools') ?? '[]';
    const texts = tools.startsWith('[') ? elementTexts(tools) : [];
    const kept = texts.filter((text) => {
      if (!text.startsWith('{')) return true;
      const { name, inputSchema } = JSON.parse(text) as { readonly name?: unknown; readonly inputSchema?: unknown };
      if (typeof name !== 'string') return true;
      this.#tools.delete(name);
      if (!text.includes('"x-mcp-header"')) return true;
      const fault = headerFault(inputSchema);
      if (fault !== undefined) {
        leftOut(name, fault);
        return false;
      }
      const repeated = headerArguments(inputSchema);
      if (repeated.length > 0) this.#tools.set(name, repeated);
      return true;
    });
    return kept.length === texts.length ? result : result.replace(tools, () => `[${kept.join(',')}]`);
  }

  /** @param params JSON text */
  of(method: string, params: string): Record<string, string> {
    const headers: Record<string, string> = { 'Mcp-Method': method };
    const source = Object.hasOwn(named, method) ? named[method] : undefined;
    if (source === undefined) return headers;
    const name: unknown = JSON.parse(memberText(params, source) ?? 'null');
    if (typeof name !== 'string') return headers;
    headers['Mcp-Name'] = headerText(name);
    const repeated = method === 'tools/call' ? this.#tools.get(name) : undefined;
    if (repeated === undefined) return headers;
    const args: unknown = JSON.parse(memberText(params, 'arguments') ?? '{}');
    for (const argument of repeated) {
      const text = textOf(valueAt(args, argument));
      if (text !== undefined) headers[argument.header] = headerText(text);
    }
    return headers;
  }
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'boolean' || Number.isSafeInteger(value) ? String(value) : undefined;
}

/** Keywords whose subschemas are not reached by `properties` alone: a property there must not name a header. */
const single = ['items', 'contains', 'additionalProperties', 'unevaluatedProperties', 'unevaluatedItems'];
const branches = ['propertyNames', 'not', 'if', 'then', 'else', 'prefixItems', 'oneOf', 'anyOf', 'allOf'];
const branchMaps = ['patternProperties', 'dependentSchemas', '$defs', 'definitions'];

const primitive = new Set(['string', 'integer', 'boolean']);
const MAX_SCHEMA_DEPTH = 64;

/**
 * The reason why a tool must not be used over HTTP (2026-07-28, "x-mcp-header"); `undefined` for a valid tool. Only a property that a chain
 * of `properties` leads to may be repeated in a header, only a property of a primitive type, and no two in the same header.
 */
function headerFault(inputSchema: unknown): string | undefined {
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
  if (at.depth > MAX_SCHEMA_DEPTH) return 'its schema is too deep';
  const below = { ...at, depth: at.depth + 1 };
  const away = { ...below, reachable: false };
  return (
    ('x-mcp-header' in schema ? ownFault(schema, at) : undefined) ??
    (isObject(schema.properties) ? first(Object.values(schema.properties), (one) => faultIn(one, below)) : undefined) ??
    first([...single, ...branches], (key) => faultIn(schema[key], away)) ??
    first(branchMaps, (key) => {
      const schemas = schema[key];
      return isObject(schemas) ? first(Object.values(schemas), (one) => faultIn(one, away)) : undefined;
    })
  );
}

function ownFault(schema: Schema, { seen, reachable, depth }: Position): string | undefined {
  const { 'x-mcp-header': name, type } = schema;
  if (typeof name !== 'string' || !headerName.test(name)) return `${shown(name)} is no name of a header`;
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

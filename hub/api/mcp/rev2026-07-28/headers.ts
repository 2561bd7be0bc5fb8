import type { OfferedTool, ToolOffer } from '../../../domain/mcp/lists/tool-offers.js';
import type { Context } from '../../../http/endpoint.js';
import { isObject, type Params, type RpcRequest } from '../json-rpc.js';
import { RpcError } from '../rpc-error.js';

/** Where the name stands that `Mcp-Name` repeats. */
const named: Readonly<Record<string, 'name' | 'uri'>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
};

/**
 * What a proxy read in the headers must be what the body says: a proxy that lets requests through by their headers must not be deceived.
 * @throws RpcError -32020 (`HeaderMismatch`)
 */
export function checkHeaders(context: Pick<Context, 'header'>, { method, params }: RpcRequest, version: string): void {
  match('MCP-Protocol-Version', context.header('mcp-protocol-version'), version);
  match('Mcp-Method', context.header('mcp-method'), method);
  const source = Object.hasOwn(named, method) ? named[method] : undefined;
  const name = source && params[source];
  if (typeof name === 'string') match('Mcp-Name', decoded('Mcp-Name', context.header('mcp-name')), name);
}

/** A header's value, which stands in Base64 where it is no plain text: `=?base64?…?=`. @throws RpcError -32020 */
function decoded(header: string, value: string): string {
  const inner = /^=\?base64\?(.*)\?=$/s.exec(value)?.[1];
  if (inner === undefined) return value;
  const bytes = Buffer.from(inner, 'base64');
  const text = bytes.toString();
  if (bytes.toString('base64') !== inner || !Buffer.from(text).equals(bytes))
    throw mismatch(`${header} is not valid Base64 of UTF-8`);
  return text;
}

function match(header: string, given: string, wanted: string): void {
  if (given === wanted) return;
  const shown = (value: string) => `'${value.slice(0, 200)}'`;
  throw mismatch(
    given === '' ? `${header} is missing` : `${header} says ${shown(given)}, and the body ${shown(wanted)}`,
  );
}

export function mismatch(what: string): RpcError {
  return new RpcError(-32020, `Header mismatch: ${what}`);
}

const known = new WeakMap<OfferedTool, readonly Repeated[]>();

/**
 * A tool may want some of its arguments repeated in headers (`x-mcp-header`); they must be there, and say the same.
 * @throws RpcError -32020
 */
export function checkParameters(
  context: Pick<Context, 'header'>,
  { name, arguments: args }: Params,
  offer: ToolOffer,
): void {
  const tool = offer.byName.get(String(name));
  if (!tool?.json.includes('"x-mcp-header"')) return;
  for (const repeated of repeatedBy(tool)) {
    const { header, path } = repeated;
    const value = repeatable(args, repeated);
    if (value === undefined) continue;
    const given = context.header(header);
    const where = path.join('.');
    if (given === '' && value !== '') throw mismatch(`${header} is missing, and the body has ${where}`);
    const text = decoded(header, given);
    const same = typeof value === 'number' ? text !== '' && Number(text) === value : text === String(value);
    if (!same) throw mismatch(`${header} says '${text.slice(0, 200)}', and ${where} in the body something else`);
  }
}

function repeatedBy(tool: OfferedTool): readonly Repeated[] {
  let repeated = known.get(tool);
  if (!repeated) {
    const { inputSchema } = JSON.parse(tool.json) as { readonly inputSchema?: unknown };
    repeated = repeatedIn(inputSchema);
    known.set(tool, repeated);
  }
  return repeated;
}

/** An argument that a header repeats. */
export interface Repeated {
  /** In lower case. */
  readonly header: string;
  /** Where it stands in the arguments. */
  readonly path: readonly string[];
}

const MAX_DEPTH = 32;

/** What a tool wants repeated in headers (`x-mcp-header`): only what a chain of `properties` leads to counts. */
export function repeatedIn(inputSchema: unknown): Repeated[] {
  return [...search(inputSchema, [])];
}

/** An argument, if a header can repeat it. */
export function repeatable(args: unknown, { path }: Repeated): string | number | boolean | undefined {
  const value = path.reduce<unknown>((at, key) => (isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined), args);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : undefined;
}

function* search(schema: unknown, path: readonly string[]): Generator<Repeated> {
  if (!isObject(schema) || !isObject(schema.properties) || path.length >= MAX_DEPTH) return;
  for (const [key, property] of Object.entries(schema.properties)) {
    if (!isObject(property)) continue;
    const header = property['x-mcp-header'];
    const at = [...path, key];
    if (typeof header === 'string' && /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/.test(header))
      yield { header: `mcp-param-${header.toLowerCase()}`, path: at };
    yield* search(property, at);
  }
}

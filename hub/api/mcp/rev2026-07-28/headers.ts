import { type HeaderArgument, headerArguments, valueAt } from '@roundhouse/proto/header-arguments';
import type { OfferedTool } from '../../../domain/mcp/lists/parts.js';
import type { ToolOffer } from '../../../domain/mcp/lists/tool-offers.js';
import type { Context } from '../../../http/endpoint.js';
import type { Params, RpcRequest } from '../json-rpc.js';
import { RpcError } from '../json-rpc.js';

/** The parameter that `Mcp-Name` repeats, by method. */
const named: Readonly<Record<string, 'name' | 'uri'>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
};

/**
 * Checks that the headers agree with the body, since a proxy may admit requests by their headers.
 * @throws RpcError -32020 (`HeaderMismatch`)
 */
export function checkHeaders(context: Pick<Context, 'header'>, { method, params }: RpcRequest, version: string): void {
  match('MCP-Protocol-Version', context.header('mcp-protocol-version'), version);
  match('Mcp-Method', context.header('mcp-method'), method);
  const source = Object.hasOwn(named, method) ? named[method] : undefined;
  const name = source && params[source];
  if (typeof name === 'string') match('Mcp-Name', decoded('Mcp-Name', context.header('mcp-name')), name);
}

/** A header's value. A value that is no plain text is in Base64: `=?base64?…?=`. @throws RpcError -32020 */
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

const known = new WeakMap<OfferedTool, readonly HeaderArgument[]>();

/**
 * Checks the arguments that a tool wants repeated in headers (`x-mcp-header`): each header must be present and have the same value.
 * @throws RpcError -32020
 */
export function checkParameters(
  context: Pick<Context, 'header'>,
  { name, arguments: args }: Params,
  offer: ToolOffer,
): void {
  const tool = offer.find(String(name));
  if (!tool?.json.includes('"x-mcp-header"')) return;
  for (const repeated of repeatedBy(tool)) {
    const { path } = repeated;
    const header = repeated.header.toLowerCase();
    const value = valueAt(args, repeated);
    if (value === undefined) continue;
    const given = context.header(header);
    const where = path.join('.');
    if (given === '' && value !== '') throw mismatch(`${header} is missing, and the body has ${where}`);
    const text = decoded(header, given);
    const same = typeof value === 'number' ? text !== '' && Number(text) === value : text === String(value);
    if (!same) throw mismatch(`${header} says '${text.slice(0, 200)}', and ${where} in the body something else`);
  }
}

function repeatedBy(tool: OfferedTool): readonly HeaderArgument[] {
  let repeated = known.get(tool);
  if (!repeated) {
    const { inputSchema } = JSON.parse(tool.json) as { readonly inputSchema?: unknown };
    repeated = headerArguments(inputSchema);
    known.set(tool, repeated);
  }
  return repeated;
}

import type { Context } from '../../../http/endpoint.js';
import type { RpcRequest } from '../json-rpc.js';
import { RpcError } from '../rpc-error.js';

/** Where the name stands that `Mcp-Name` repeats. */
const named: Readonly<Record<string, 'name' | 'uri'>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
};

/**
 * What a proxy read in the headers must be what the body says: whoever lets requests through by their headers is not to be deceived.
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
export function decoded(header: string, value: string): string {
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

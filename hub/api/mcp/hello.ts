import type { ClientHello } from '../../domain/mcp/clients/client.js';
import { isObject } from './json-rpc.js';
import { invalidParams } from './rpc-error.js';

/** What a client may say of itself, characters of JSON: it is kept as long as the client stays, and told to each instance of its own. */
const MAX_LENGTH = 64 * 1024;

/** What a client says of itself in `initialize`; what is no object counts as nothing. @throws RpcError -32602 where it is too much. */
export function helloOf(capabilities: unknown, info: unknown): ClientHello {
  return {
    capabilities: isObject(capabilities) ? bounded('capabilities', capabilities) : {},
    info: isObject(info) ? bounded('clientInfo', info) : {},
  };
}

/** @throws RpcError -32602 naming the field that is too long. */
export function bounded<T>(field: string, value: T): T {
  const { length } = JSON.stringify(value);
  if (length > MAX_LENGTH) throw invalidParams(field, `has ${length} characters; the limit is ${MAX_LENGTH}`);
  return value;
}

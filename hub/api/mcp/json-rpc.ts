import { DomainError, type ErrorCode } from '../../domain/errors.js';

export type RequestId = string | number;
export type Params = Readonly<Record<string, unknown>>;

export interface RpcRequest {
  readonly kind: 'request';
  readonly id: RequestId;
  readonly method: string;
  readonly params: Params;
}
export interface RpcNotification {
  readonly kind: 'notification';
  readonly method: string;
  readonly params: Params;
}
export interface RpcResponse {
  readonly kind: 'response';
  readonly id: RequestId;
  /** The result or the error, as JSON text. */
  readonly answer: { readonly case: 'result' | 'error'; readonly json: string };
}
export type RpcMessage = RpcRequest | RpcNotification | RpcResponse;

/** The hub refuses longer ids, characters. */
const MAX_ID = 256;

/** Reads a message from a parsed value. @throws RpcError -32600 if the value is no message */
export function readMessage(value: unknown): RpcMessage {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidRequest('a message is an object');
  const { jsonrpc, id, method, params, result, error } = value as Readonly<Record<string, unknown>>;
  if (jsonrpc !== '2.0') throw invalidRequest('`jsonrpc` must be "2.0"');
  if (id !== undefined && !isId(id)) throw invalidRequest('`id` must be a string or a number');
  if (typeof method !== 'string') return readResponse(id, result, error);
  if (params !== undefined && !isObject(params)) throw invalidRequest('`params` must be an object');
  const given = (params ?? {}) as Params;
  return id === undefined
    ? { kind: 'notification', method, params: given }
    : { kind: 'request', id, method, params: given };
}

function readResponse(id: RequestId | undefined, result: unknown, error: unknown): RpcResponse {
  if (id === undefined || (result === undefined) === (error === undefined))
    throw invalidRequest('a message has a `method`, or an `id` and a `result` or an `error`');
  if (error !== undefined && !isObject(error)) throw invalidRequest('`error` must be an object');
  const answer =
    error === undefined
      ? { case: 'result' as const, json: JSON.stringify(result) }
      : { case: 'error' as const, json: JSON.stringify(error) };
  return { kind: 'response', id, answer };
}

/** The outcome of a request: its result as JSON text, or its failure. */
export type Outcome = { readonly result: string } | { readonly error: RpcError };

export function responseText(id: RequestId, outcome: Outcome): string {
  return 'result' in outcome ? resultText(id, outcome.result) : errorText(id, outcome.error);
}

/** A response. @param result JSON text */
export function resultText(id: RequestId, result: string): string {
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${result}}`;
}

export function errorText(id: RequestId | null, error: RpcError): string {
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"error":${JSON.stringify(error.toJSON())}}`;
}

/** @param params JSON text; empty for none */
export function requestText(id: RequestId, method: string, params: string): string {
  const tail = params === '' ? '' : `,"params":${params}`;
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"method":${JSON.stringify(method)}${tail}}`;
}

/** @param params JSON text; empty for none */
export function notificationText(method: string, params: string): string {
  const tail = params === '' ? '' : `,"params":${params}`;
  return `{"jsonrpc":"2.0","method":${JSON.stringify(method)}${tail}}`;
}

export function isObject(value: unknown): value is Params {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isId(id: unknown): id is RequestId {
  return typeof id === 'string' ? id.length <= MAX_ID : typeof id === 'number' && Number.isFinite(id);
}

function invalidRequest(what: string): RpcError {
  return new RpcError(-32600, `Invalid Request: ${what}`);
}

/** A JSON-RPC error for a client. */
export class RpcError extends Error {
  override readonly name = 'RpcError';

  constructor(
    readonly code: number,
    message: string,
    readonly data?: unknown,
  ) {
    super(message);
  }

  toJSON(): { readonly code: number; readonly message: string; readonly data?: unknown } {
    const { code, message, data } = this;
    return data === undefined ? { code, message } : { code, message, data };
  }
}

/** The error for a parameter that is missing or malformed. */
export function invalidParams(field: string, problem: string): RpcError {
  return new RpcError(-32602, `Invalid params: ${field} ${problem}`, { field });
}

/** @param advice the method to call instead; empty for none */
export function unknownToolError(name: string, advice = ''): RpcError {
  return new RpcError(-32602, `Unknown tool: ${name.slice(0, 200)}${advice}`);
}

export function methodNotFound(method: string): RpcError {
  return new RpcError(-32601, `Method not found: ${method.slice(0, 100)}`);
}

/** JSON-RPC's and MCP's own codes; any other failure is -32000, and `data.code` names it. */
const codes: Readonly<Partial<Record<ErrorCode, number>>> = {
  malformed: -32700,
  invalid_input: -32602,
  not_found: -32602,
  timeout: -32001,
  internal: -32603,
};

/** Any failure as a JSON-RPC error. A server's own error is passed on unchanged. The text of an unexpected failure is left out. */
export function toRpcError(error: unknown): RpcError {
  if (error instanceof RpcError) return error;
  if (!(error instanceof DomainError) || error.code === 'internal') return new RpcError(-32603, 'Internal error');
  const { jsonrpc } = error.details as { readonly jsonrpc?: Readonly<Record<string, unknown>> };
  if (jsonrpc) return new RpcError(Number(jsonrpc.code), String(jsonrpc.message), jsonrpc.data);
  return new RpcError(codes[error.code] ?? -32000, error.message, { code: error.code, ...error.details });
}

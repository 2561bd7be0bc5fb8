import { DomainError, type ErrorCode } from '../../domain/errors.js';

/** A JSON-RPC error, as a client is told it. */
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

/** A parameter is missing or of the wrong form. */
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

/** Any failure as a JSON-RPC error. A server's own error is told unchanged; an unexpected failure, without its text. */
export function toRpcError(error: unknown): RpcError {
  if (error instanceof RpcError) return error;
  if (!(error instanceof DomainError) || error.code === 'internal') return new RpcError(-32603, 'Internal error');
  const { jsonrpc } = error.details as { readonly jsonrpc?: Readonly<Record<string, unknown>> };
  if (jsonrpc) return new RpcError(Number(jsonrpc.code), String(jsonrpc.message), jsonrpc.data);
  return new RpcError(codes[error.code] ?? -32000, error.message, { code: error.code, ...error.details });
}

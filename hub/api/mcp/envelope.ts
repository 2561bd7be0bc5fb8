import { Type } from 'typebox';
import type { ErrorCode } from '../../domain/errors.js';
import type { Envelope } from '../../http/api.js';
import { errorText } from './json-rpc.js';
import { toRpcError } from './rpc-error.js';

/** What is refused before it is known to be a message of the protocol has a status of its own. */
const statuses: Readonly<Partial<Record<ErrorCode, number>>> = {
  unauthenticated: 401,
  invalid_credential: 401,
  expired_credential: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  payload_too_large: 413,
  unsupported_media_type: 415,
  rate_limited: 429,
  invalid_input: 400,
  malformed: 400,
  unavailable: 503,
  cancelled: 499,
};

/** Failures as JSON-RPC errors without an id; there are no successes but the protocol's own messages. */
export const mcpEnvelope: Envelope = {
  success: (data) => data ?? '',
  failure: (error) => ({ status: statuses[error.code] ?? 500, body: errorText(null, toRpcError(error)) }),
  schema: (data) => data ?? Type.Unknown(),
  errorSchema: () =>
    Type.Object({
      jsonrpc: Type.Literal('2.0'),
      id: Type.Null(),
      error: Type.Object({ code: Type.Integer(), message: Type.String(), data: Type.Optional(Type.Unknown()) }),
    }),
};

import { Type } from 'typebox';
import type { Role } from '../../domain/access/caller.js';
import type { DomainError, ErrorCode } from '../../domain/errors.js';
import { type Envelope, membersOf } from '../../http/api.js';
import { renamed, snakeCase } from '../shared/members.js';
import { printRole } from './schemas.js';

/** `seeds/002`, "Error Responses"; below the line further codes in its style. */
const failures: Readonly<Record<ErrorCode, readonly [status: number, code: string]>> = {
  invalid_input: [400, 'INVALID_REQUEST'],
  malformed: [400, 'INVALID_REQUEST'],
  unauthenticated: [401, 'UNAUTHORIZED'],
  invalid_credential: [401, 'UNAUTHORIZED'],
  expired_credential: [401, 'UNAUTHORIZED'],
  invalid_login: [401, 'UNAUTHORIZED'],
  forbidden: [403, 'FORBIDDEN'],
  refused: [403, 'FORBIDDEN'],
  not_found: [404, 'NOT_FOUND'],
  conflict: [409, 'CONFLICT'],
  already_exists: [409, 'CONFLICT'],
  rate_limited: [429, 'RATE_LIMITED'],
  internal: [500, 'INTERNAL_ERROR'],
  unavailable: [503, 'SERVICE_UNAVAILABLE'],
  server_disconnected: [503, 'SERVICE_UNAVAILABLE'],
  agent_unreachable: [503, 'SERVICE_UNAVAILABLE'],
  device_unreachable: [503, 'SERVICE_UNAVAILABLE'],
  cluster_unreachable: [503, 'SERVICE_UNAVAILABLE'],
  circuit_open: [503, 'SERVICE_UNAVAILABLE'],
  // ---
  method_not_allowed: [405, 'METHOD_NOT_ALLOWED'],
  payload_too_large: [413, 'PAYLOAD_TOO_LARGE'],
  unsupported_media_type: [415, 'UNSUPPORTED_MEDIA_TYPE'],
  cancelled: [499, 'CLIENT_CLOSED_REQUEST'],
  unimplemented: [501, 'NOT_IMPLEMENTED'],
  upstream_failed: [502, 'UPSTREAM_ERROR'],
  device_command_failed: [502, 'UPSTREAM_ERROR'],
  device_config_failed: [502, 'UPSTREAM_ERROR'],
  cluster_operation_failed: [502, 'UPSTREAM_ERROR'],
  timeout: [504, 'TIMEOUT'],
};

/** Seconds, with every 503 that does not say otherwise: `Retry-After` has the same. */
const RETRY_AFTER = 5;

/** Bare JSON; `{error: {code, message, details?, retry_after?, trace_id?}}`. */
export const portalEnvelope: Envelope = {
  success(data, extra) {
    if (extra === undefined) return data ?? '{}';
    const beside = JSON.stringify(extra).slice(1, -1);
    return data === undefined || data === '{}' ? `{${beside}}` : `${data.slice(0, -1)},${beside}}`;
  },
  failure(error: DomainError, { requestId }) {
    const [status, code] = failures[error.code];
    const { retryAfter, requiredRole, ...others } = error.details;
    const role = requiredRole === undefined ? undefined : printRole(requiredRole as Role);
    const details = { ...renamed(others, snakeCase), ...(role === undefined ? {} : { required_role: role }) };
    const standard = status === 503 && others.retryable !== false ? RETRY_AFTER : undefined;
    const seconds = typeof retryAfter === 'number' ? Math.ceil(retryAfter) : standard;
    const shown = {
      code,
      message: role === undefined ? error.message : error.message.replace(`role ${requiredRole}`, `role ${role}`),
      ...(Object.keys(details).length === 0 ? {} : { details }),
      ...(seconds === undefined ? {} : { retry_after: seconds }),
      ...(status === 500 ? { trace_id: requestId } : {}),
    };
    return { status, body: JSON.stringify({ error: shown }) };
  },
  schema: (data, extra) =>
    extra ? Type.Object({ ...(data ? membersOf(data) : {}), ...membersOf(extra) }) : (data ?? {}),
  errorSchema: () =>
    Type.Object({
      error: Type.Object({
        code: Type.String({ enum: [...new Set(Object.values(failures).map(([, code]) => code))] }),
        message: Type.String(),
        details: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
        retry_after: Type.Optional(Type.Integer({ description: 'Seconds' })),
        trace_id: Type.Optional(
          Type.String({ description: 'Of a 500: the request id, under which the log has the reason' }),
        ),
      }),
    }),
};

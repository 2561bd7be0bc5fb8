import { Type } from 'typebox';
import type { DomainError, ErrorCode } from '../../domain/errors.js';
import { type Envelope, membersOf } from '../../http/api.js';

/** `seeds/003`, "Error Handling"; below the line further codes in its style. */
const failures: Readonly<Record<ErrorCode, readonly [status: number, code: string]>> = {
  unauthenticated: [401, 'UNAUTHORIZED'],
  invalid_credential: [401, 'UNAUTHORIZED'],
  expired_credential: [401, 'UNAUTHORIZED'],
  invalid_login: [401, 'UNAUTHORIZED'],
  forbidden: [403, 'FORBIDDEN'],
  refused: [403, 'FORBIDDEN'],
  not_found: [404, 'NOT_FOUND'],
  invalid_input: [400, 'VALIDATION_ERROR'],
  malformed: [400, 'VALIDATION_ERROR'],
  rate_limited: [429, 'RATE_LIMITED'],
  server_disconnected: [503, 'SERVER_DISCONNECTED'],
  agent_unreachable: [503, 'SERVER_DISCONNECTED'],
  circuit_open: [503, 'CIRCUIT_OPEN'],
  timeout: [504, 'TIMEOUT'],
  internal: [500, 'INTERNAL_ERROR'],
  // ---
  method_not_allowed: [405, 'METHOD_NOT_ALLOWED'],
  conflict: [409, 'CONFLICT'],
  already_exists: [409, 'CONFLICT'],
  payload_too_large: [413, 'PAYLOAD_TOO_LARGE'],
  unsupported_media_type: [415, 'UNSUPPORTED_MEDIA_TYPE'],
  unavailable: [503, 'SERVICE_UNAVAILABLE'],
  device_unreachable: [503, 'SERVICE_UNAVAILABLE'],
  cluster_unreachable: [503, 'SERVICE_UNAVAILABLE'],
  unimplemented: [501, 'NOT_IMPLEMENTED'],
  upstream_failed: [502, 'UPSTREAM_ERROR'],
  device_command_failed: [502, 'UPSTREAM_ERROR'],
  device_config_failed: [502, 'UPSTREAM_ERROR'],
  cluster_operation_failed: [502, 'UPSTREAM_ERROR'],
  cancelled: [499, 'CLIENT_CLOSED_REQUEST'],
};

/** `{success, data, timestamp}`, and `{success, error, code, details, timestamp}`. */
export const connectEnvelope: Envelope = {
  success(data, extra, { timestamp }) {
    const payload = data === undefined ? '' : `,"data":${data}`;
    const beside = extra === undefined ? '' : `,${JSON.stringify(extra).slice(1, -1)}`;
    return `{"success":true${payload}${beside},"timestamp":"${timestamp}"}`;
  },
  failure(error: DomainError, { timestamp }) {
    const [status, code] = failures[error.code];
    const body = { success: false, error: error.message, code, details: error.details, timestamp };
    return { status, body: JSON.stringify(body) };
  },
  schema: (data, extra) =>
    Type.Object({
      success: Type.Literal(true),
      ...(data ? { data } : {}),
      ...(extra ? membersOf(extra) : {}),
      timestamp: Type.String({ format: 'date-time' }),
    }),
  errorSchema: () =>
    Type.Object({
      success: Type.Literal(false),
      error: Type.String(),
      code: Type.String({ enum: [...new Set(Object.values(failures).map(([, code]) => code))] }),
      details: Type.Record(Type.String(), Type.Unknown()),
      timestamp: Type.String({ format: 'date-time' }),
    }),
};

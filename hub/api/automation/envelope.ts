import { Type } from 'typebox';
import type { DomainError, ErrorCode } from '../../domain/errors.js';
import { type Envelope, membersOf } from '../../http/api.js';
import { renamed, snakeCase } from '../shared/members.js';
import { Time } from '../shared/values.js';

/** `seeds/000`, "Version Headers": on every answer. */
export const automationHeaders = { 'X-API-Version': 'v1' } as const;

/** `seeds/000`, "Common Error Codes"; below the line further codes in its style. */
const failures: Readonly<Record<ErrorCode, readonly [status: number, code: string]>> = {
  unauthenticated: [401, 'AUTHENTICATION_REQUIRED'],
  invalid_credential: [401, 'INVALID_TOKEN'],
  expired_credential: [401, 'INVALID_TOKEN'],
  forbidden: [403, 'PERMISSION_DENIED'],
  refused: [403, 'PERMISSION_DENIED'],
  not_found: [404, 'RESOURCE_NOT_FOUND'],
  invalid_input: [422, 'VALIDATION_ERROR'],
  conflict: [409, 'CONFLICT'],
  already_exists: [409, 'CONFLICT'],
  rate_limited: [429, 'RATE_LIMIT_EXCEEDED'],
  internal: [500, 'INTERNAL_ERROR'],
  server_disconnected: [503, 'SERVICE_UNAVAILABLE'],
  agent_unreachable: [503, 'SERVICE_UNAVAILABLE'],
  device_unreachable: [503, 'SERVICE_UNAVAILABLE'],
  cluster_unreachable: [503, 'SERVICE_UNAVAILABLE'],
  circuit_open: [503, 'SERVICE_UNAVAILABLE'],
  unavailable: [503, 'SERVICE_UNAVAILABLE'],
  // ---
  malformed: [400, 'BAD_REQUEST'],
  invalid_login: [401, 'INVALID_CREDENTIALS'],
  method_not_allowed: [405, 'METHOD_NOT_ALLOWED'],
  payload_too_large: [413, 'PAYLOAD_TOO_LARGE'],
  unsupported_media_type: [415, 'UNSUPPORTED_MEDIA_TYPE'],
  unimplemented: [501, 'NOT_IMPLEMENTED'],
  upstream_failed: [502, 'UPSTREAM_ERROR'],
  device_command_failed: [502, 'UPSTREAM_ERROR'],
  device_config_failed: [502, 'UPSTREAM_ERROR'],
  cluster_operation_failed: [502, 'UPSTREAM_ERROR'],
  timeout: [504, 'TIMEOUT'],
  cancelled: [499, 'CLIENT_CLOSED_REQUEST'],
};

/** `{success, data, metadata}`, and `{success, error: {code, message, details, trace_id}, metadata}`. */
export const automationEnvelope: Envelope = {
  success(data, extra, { requestId, timestamp }) {
    const payload = data === undefined ? '' : `,"data":${data}`;
    const beside = extra === undefined ? '' : `,${JSON.stringify(extra).slice(1, -1)}`;
    const metadata = JSON.stringify({ timestamp, request_id: requestId, version: 'v1' });
    return `{"success":true${payload}${beside},"metadata":${metadata}}`;
  },
  failure(error: DomainError, { requestId, timestamp }) {
    const [status, code] = failures[error.code];
    const retryAfter = error.details.retryAfter;
    const body = {
      success: false,
      error: {
        code,
        message: error.message,
        details: renamed(error.details, snakeCase),
        ...(retryAfter === undefined ? {} : { retry_after: retryAfter }),
        trace_id: requestId,
      },
      metadata: { timestamp, request_id: requestId },
    };
    return { status, body: JSON.stringify(body) };
  },
  schema: (data, extra) =>
    Type.Object({
      success: Type.Literal(true),
      ...(data ? { data } : {}),
      ...(extra ? membersOf(extra) : {}),
      metadata: Type.Object({ timestamp: Time, request_id: Type.String(), version: Type.String() }),
    }),
  errorSchema: () =>
    Type.Object({
      success: Type.Literal(false),
      error: Type.Object({
        code: Type.String({ enum: [...new Set(Object.values(failures).map(([, code]) => code))] }),
        message: Type.String(),
        details: Type.Record(Type.String(), Type.Unknown()),
        retry_after: Type.Optional(Type.Integer({ description: 'Seconds' })),
        trace_id: Type.String(),
      }),
      metadata: Type.Object({ timestamp: Time, request_id: Type.String() }),
    }),
};

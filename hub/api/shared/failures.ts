import type { ErrorCode } from '../../domain/errors.js';

/** The status of an answer, and its error code. */
export type Failure = readonly [status: number, code: string];

/** The answers to failures that most documents have in common. The `envelope.ts` of an API lists its differences. */
export const failures: Readonly<Record<ErrorCode, Failure>> = {
  invalid_input: [400, 'VALIDATION_ERROR'],
  malformed: [400, 'VALIDATION_ERROR'],
  unauthenticated: [401, 'UNAUTHORIZED'],
  invalid_credential: [401, 'UNAUTHORIZED'],
  expired_credential: [401, 'UNAUTHORIZED'],
  invalid_login: [401, 'UNAUTHORIZED'],
  forbidden: [403, 'FORBIDDEN'],
  refused: [403, 'FORBIDDEN'],
  not_found: [404, 'NOT_FOUND'],
  method_not_allowed: [405, 'METHOD_NOT_ALLOWED'],
  conflict: [409, 'CONFLICT'],
  already_exists: [409, 'CONFLICT'],
  payload_too_large: [413, 'PAYLOAD_TOO_LARGE'],
  unsupported_media_type: [415, 'UNSUPPORTED_MEDIA_TYPE'],
  rate_limited: [429, 'RATE_LIMITED'],
  cancelled: [499, 'CLIENT_CLOSED_REQUEST'],
  internal: [500, 'INTERNAL_ERROR'],
  unimplemented: [501, 'NOT_IMPLEMENTED'],
  upstream_failed: [502, 'UPSTREAM_ERROR'],
  device_command_failed: [502, 'UPSTREAM_ERROR'],
  device_config_failed: [502, 'UPSTREAM_ERROR'],
  cluster_operation_failed: [502, 'UPSTREAM_ERROR'],
  server_disconnected: [503, 'SERVICE_UNAVAILABLE'],
  agent_unreachable: [503, 'SERVICE_UNAVAILABLE'],
  device_unreachable: [503, 'SERVICE_UNAVAILABLE'],
  cluster_unreachable: [503, 'SERVICE_UNAVAILABLE'],
  circuit_open: [503, 'SERVICE_UNAVAILABLE'],
  unavailable: [503, 'SERVICE_UNAVAILABLE'],
  timeout: [504, 'TIMEOUT'],
};

/** The error codes of a document, each once. */
export function codesOf(table: typeof failures): string[] {
  return [...new Set(Object.values(table).map(([, code]) => code))];
}

import { Type } from 'typebox';
import type { DomainError, ErrorCode } from '../../domain/errors.js';
import type { Envelope } from '../../http/api.js';
import { renamed, snakeCase } from '../shared/members.js';

/** `seeds/004`, "Error Responses"; below the line further codes. */
const statuses: Readonly<Record<ErrorCode, number>> = {
  invalid_input: 400,
  malformed: 400,
  unauthenticated: 401,
  invalid_credential: 401,
  expired_credential: 401,
  invalid_login: 401,
  forbidden: 403,
  refused: 403,
  not_found: 404,
  rate_limited: 429,
  internal: 500,
  // ---
  method_not_allowed: 405,
  conflict: 409,
  already_exists: 409,
  payload_too_large: 413,
  unsupported_media_type: 415,
  cancelled: 499,
  unimplemented: 501,
  upstream_failed: 502,
  device_command_failed: 502,
  device_config_failed: 502,
  cluster_operation_failed: 502,
  server_disconnected: 503,
  agent_unreachable: 503,
  device_unreachable: 503,
  cluster_unreachable: 503,
  circuit_open: 503,
  unavailable: 503,
  timeout: 504,
};

/** Bare JSON, and `{detail}` for failures; `code` and `details` are extensions. */
export const backendEnvelope: Envelope = {
  success: (data) => data ?? '{}',
  failure({ code, message, details }: DomainError) {
    const more = Object.keys(details).length === 0 ? {} : { details: renamed(details, snakeCase) };
    return { status: statuses[code], body: JSON.stringify({ detail: message, code, ...more }) };
  },
  schema: (data) => data ?? Type.Object({}),
  errorSchema: () =>
    Type.Object({
      detail: Type.String({ description: 'What is wrong; where it is a field, its name comes first' }),
      code: Type.String({ enum: Object.keys(statuses), description: 'Extension' }),
      details: Type.Optional(
        Type.Record(Type.String(), Type.Unknown(), {
          description: 'Extension: `field`, `error` and `problems` of a validation; `retry_after`: seconds',
        }),
      ),
    }),
};

import { Type } from 'typebox';
import type { DomainError } from '../../domain/errors.js';
import { type Envelope, membersOf } from '../../http/api.js';
import { codesOf, failures as common } from '../shared/failures.js';
import { renamed, snakeCase } from '../shared/members.js';
import { Time } from '../shared/values.js';

/** `seeds/000`, "Version Headers": on every answer. */
export const automationHeaders = { 'X-API-Version': 'v1' } as const;

/** `seeds/000`, "Common Error Codes": its differences, and further codes in its style. */
const failures: typeof common = {
  ...common,
  unauthenticated: [401, 'AUTHENTICATION_REQUIRED'],
  invalid_credential: [401, 'INVALID_TOKEN'],
  expired_credential: [401, 'INVALID_TOKEN'],
  forbidden: [403, 'PERMISSION_DENIED'],
  refused: [403, 'PERMISSION_DENIED'],
  not_found: [404, 'RESOURCE_NOT_FOUND'],
  invalid_input: [422, 'VALIDATION_ERROR'],
  rate_limited: [429, 'RATE_LIMIT_EXCEEDED'],
  malformed: [400, 'BAD_REQUEST'],
  invalid_login: [401, 'INVALID_CREDENTIALS'],
};

/** `{success, data, metadata}`, and `{success, error: {code, message, details, trace_id}, metadata}`. */
export const automationEnvelope: Envelope = {
  success(data, extra, { requestId, timestamp }) {
    const payload = data === undefined ? '' : `,"data":${data}`;
    const further = extra === undefined ? '' : `,${JSON.stringify(extra).slice(1, -1)}`;
    const metadata = JSON.stringify({ timestamp, request_id: requestId, version: 'v1' });
    return `{"success":true${payload}${further},"metadata":${metadata}}`;
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
        code: Type.String({ enum: codesOf(failures) }),
        message: Type.String(),
        details: Type.Record(Type.String(), Type.Unknown()),
        retry_after: Type.Optional(Type.Integer({ description: 'Seconds' })),
        trace_id: Type.String(),
      }),
      metadata: Type.Object({ timestamp: Time, request_id: Type.String() }),
    }),
};

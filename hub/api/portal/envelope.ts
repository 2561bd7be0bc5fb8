import { Type } from 'typebox';
import type { Role } from '../../domain/access/caller.js';
import type { DomainError } from '../../domain/errors.js';
import { type Envelope, membersOf } from '../../http/api.js';
import { codesOf, failures as common } from '../shared/failures.js';
import { renamed, snakeCase } from '../shared/members.js';
import { printRole } from './schemas.js';

/** `seeds/002`, "Error Responses": its differences, and further codes in its style. */
const failures: typeof common = {
  ...common,
  invalid_input: [400, 'INVALID_REQUEST'],
  malformed: [400, 'INVALID_REQUEST'],
};

/** `retry_after` and `Retry-After` of each 503 that names no other time, seconds. */
const RETRY_AFTER = 5;

/** Bare JSON; `{error: {code, message, details?, retry_after?, trace_id?}}`. */
export const portalEnvelope: Envelope = {
  success(data, extra) {
    if (extra === undefined) return data ?? '{}';
    const further = JSON.stringify(extra).slice(1, -1);
    return data === undefined || data === '{}' ? `{${further}}` : `${data.slice(0, -1)},${further}}`;
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
        code: Type.String({ enum: codesOf(failures) }),
        message: Type.String(),
        details: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
        retry_after: Type.Optional(Type.Integer({ description: 'Seconds' })),
        trace_id: Type.Optional(
          Type.String({ description: 'Of a 500: the request id, under which the log has the reason' }),
        ),
      }),
    }),
};

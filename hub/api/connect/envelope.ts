import { Type } from 'typebox';
import type { DomainError } from '../../domain/errors.js';
import { type Envelope, membersOf } from '../../http/api.js';
import { codesOf, failures as common } from '../shared/failures.js';

/** `seeds/003`, "Error Handling": its differences, and further codes in its style. */
const failures: typeof common = {
  ...common,
  server_disconnected: [503, 'SERVER_DISCONNECTED'],
  agent_unreachable: [503, 'SERVER_DISCONNECTED'],
  circuit_open: [503, 'CIRCUIT_OPEN'],
};

/** `{success, data, timestamp}`, and `{success, error, code, details, timestamp}`. */
export const connectEnvelope: Envelope = {
  success(data, extra, { timestamp }) {
    const payload = data === undefined ? '' : `,"data":${data}`;
    const further = extra === undefined ? '' : `,${JSON.stringify(extra).slice(1, -1)}`;
    return `{"success":true${payload}${further},"timestamp":"${timestamp}"}`;
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
      code: Type.String({ enum: codesOf(failures) }),
      details: Type.Record(Type.String(), Type.Unknown()),
      timestamp: Type.String({ format: 'date-time' }),
    }),
};

import { Type } from 'typebox';
import type { DomainError } from '../../domain/errors.js';
import type { Envelope } from '../../http/api.js';
import { failures } from '../shared/failures.js';
import { renamed, snakeCase } from '../shared/members.js';

/** Bare JSON, and `{detail}` for failures; `code` and `details` are extensions. */
export const backendEnvelope: Envelope = {
  success: (data) => data ?? '{}',
  failure({ code, message, details }: DomainError) {
    const more = Object.keys(details).length === 0 ? {} : { details: renamed(details, snakeCase) };
    return { status: failures[code][0], body: JSON.stringify({ detail: message, code, ...more }) };
  },
  schema: (data) => data ?? Type.Object({}),
  errorSchema: () =>
    Type.Object({
      detail: Type.String({ description: 'The fault; the name of a faulty field comes first' }),
      code: Type.String({ enum: Object.keys(failures), description: 'Extension' }),
      details: Type.Optional(
        Type.Record(Type.String(), Type.Unknown(), {
          description: 'Extension: `field`, `error` and `problems` of a validation; `retry_after`: seconds',
        }),
      ),
    }),
};

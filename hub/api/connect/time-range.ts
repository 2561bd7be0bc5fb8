import { Type } from 'typebox';
import { invalid } from '../../domain/errors.js';
import { momentOf } from '../../domain/moments.js';
import { form } from '../../http/wording.js';

/** A day (`2024-01-15`, UTC) or a moment (`2024-01-15T10:30:00Z`; without an offset UTC). */
const ISO = '^\\d{4}-\\d{2}-\\d{2}(T\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,9})?)?(Z|[+-]\\d{2}:\\d{2})?)?$';
const Moment = (description: string) =>
  Type.Optional(
    Type.String({
      ...form('must be a day or a time, such as 2026-01-31 or 2026-01-31T03:00:00Z', ISO),
      maxLength: 40,
      description,
    }),
  );

/** The query parameters `from` and `to`, both inclusive. */
export const timeRangeFields = {
  from: Moment('Start: an ISO 8601 date or time, inclusive'),
  to: Moment('End: an ISO 8601 date or time, inclusive'),
};

/**
 * The values of {@link timeRangeFields}, as milliseconds since 1970: `from` inclusive, `to` exclusive.
 * @throws DomainError `invalid_input` for a day or time that does not exist.
 */
export function timeRange(query: { readonly from?: string | undefined; readonly to?: string | undefined }) {
  const from = query.from === undefined ? undefined : momentOf('from', query.from).from;
  const to = query.to === undefined ? undefined : momentOf('to', query.to).until;
  if (from !== undefined && to !== undefined && from >= to) throw invalid('to', 'must not lie before from');
  return { from, to };
}

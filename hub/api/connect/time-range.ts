import { Type } from 'typebox';
import { invalid } from '../../domain/errors.js';
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

const DAY_MS = 86_400_000;

/**
 * The values of {@link timeRangeFields}, as milliseconds since 1970: `from` inclusive, `to` exclusive.
 * @throws DomainError `invalid_input` for a day or time that does not exist.
 */
export function timeRange(query: { readonly from?: string | undefined; readonly to?: string | undefined }) {
  const from = query.from === undefined ? undefined : parse('from', query.from);
  const to = query.to === undefined ? undefined : parse('to', query.to) + (isDay(query.to) ? DAY_MS : 1);
  if (from !== undefined && to !== undefined && from >= to) throw invalid('to', 'must not lie before from');
  return { from, to };
}

function parse(field: string, text: string): number {
  const zoned = isDay(text) || /(Z|[+-]\d{2}:\d{2})$/.test(text) ? text : `${text}Z`;
  const ms = Date.parse(zoned);
  // The 31st of February would be taken for a day of March.
  const day = text.slice(0, 10);
  const dayMs = Date.parse(day);
  if (Number.isNaN(ms) || Number.isNaN(dayMs) || new Date(dayMs).toISOString().slice(0, 10) !== day)
    throw invalid(field, 'is no date or time that exists');
  return ms;
}

function isDay(text: string): boolean {
  return !text.includes('T');
}

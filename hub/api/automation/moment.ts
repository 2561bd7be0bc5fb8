import { invalid } from '../../domain/errors.js';

/** A day (`2025-08-15`, UTC) or a moment (`2025-08-15T17:00:00Z`; without an offset UTC). */
const FORM = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

/** An ISO 8601 time as milliseconds since 1970. @throws DomainError `invalid_input` naming the field. */
export function momentOf(field: string, text: string): number {
  const match = FORM.exec(text);
  if (!match) throw invalid(field, 'must be an ISO 8601 time such as 2025-08-15T17:00:00Z');
  const hasTime = text.includes('T');
  const ms = Date.parse(hasTime && match[1] === undefined ? `${text}Z` : text);
  // The 31st of February would be taken for a day of March.
  const day = text.slice(0, 10);
  const dayMs = Date.parse(day);
  if (Number.isNaN(ms) || Number.isNaN(dayMs) || new Date(dayMs).toISOString().slice(0, 10) !== day || ms < 0)
    throw invalid(field, 'is no time that exists');
  return ms;
}

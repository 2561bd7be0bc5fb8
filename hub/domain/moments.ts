import { invalid } from './errors.js';

/** A day (`2025-08-15`, UTC) or a time (`2025-08-15T17:00:00Z`; without an offset UTC). */
const FORM = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/;
const DAY_MS = 86_400_000;

/** A day or a moment, milliseconds since 1970. */
export interface Moment {
  readonly from: number;
  /** The end, exclusive: the end of the day, or the next millisecond. */
  readonly until: number;
  readonly isDay: boolean;
}

/** Reads a day or a time of ISO 8601. @throws DomainError `invalid_input` naming the field. */
export function momentOf(field: string, text: string): Moment {
  const match = FORM.exec(text);
  if (!match) throw invalid(field, 'must be a day or time of ISO 8601, such as 2025-08-15 or 2025-08-15T17:00:00Z');
  const isDay = !text.includes('T');
  const from = Date.parse(isDay || match[1] !== undefined ? text : `${text}Z`);
  // `Date.parse` takes the 31st of February for a day of March.
  const day = text.slice(0, 10);
  const dayMs = Date.parse(day);
  if (Number.isNaN(from) || Number.isNaN(dayMs) || new Date(dayMs).toISOString().slice(0, 10) !== day)
    throw invalid(field, 'is no time that exists');
  return { from, until: from + (isDay ? DAY_MS : 1), isDay };
}

/** UTC, ISO 8601 with milliseconds: how every API prints a time. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

let lastMs = 0;
let lastText = '';

/** The present time as every API prints it. The text is made once for each millisecond, for all requests. */
export function isoNow(): string {
  const now = Date.now();
  if (now !== lastMs) {
    lastMs = now;
    lastText = isoTime(now);
  }
  return lastText;
}

/** The same, with `null` for no time (0 or absent). */
export function isoTimeOrNull(ms: number | undefined): string | null {
  return ms ? isoTime(ms) : null;
}

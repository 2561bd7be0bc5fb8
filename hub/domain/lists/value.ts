import { isoTime } from '../clock.js';
import { invalid } from '../errors.js';
import type { FieldType, Value } from './field.js';

/** The value that a filter compares with. A day without a time is equal to every moment of it: `until` is its end, exclusive. */
export interface Operand {
  readonly value: Value;
  readonly until?: number;
}

const DAY_MS = 86_400_000;
const NUMBER = /^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?$/;
/** A day (`2025-08-15`, UTC) or a moment (`2025-08-15T17:00:00Z`; without an offset UTC). */
const TIME = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

/** Reads a value of a field from text; the empty text is "none". @throws DomainError `invalid_input` naming the parameter. */
export function operandOf(parameter: string, type: FieldType, text: string): Operand {
  if (text === '') return { value: null };
  switch (type) {
    case 'string':
      return { value: text };
    case 'number': {
      const value = Number(text);
      if (!NUMBER.test(text) || !Number.isFinite(value)) throw invalid(parameter, 'must be a number');
      return { value };
    }
    case 'boolean':
      if (text !== 'true' && text !== 'false') throw invalid(parameter, 'must be true or false');
      return { value: text === 'true' };
    case 'date':
      return momentOf(parameter, text);
  }
}

function momentOf(parameter: string, text: string): Operand {
  const match = TIME.exec(text);
  if (!match) throw invalid(parameter, 'must be a day or time of ISO 8601, such as 2025-08-15 or 2025-08-15T17:00:00Z');
  const hasTime = text.includes('T');
  const value = Date.parse(hasTime && match[1] === undefined ? `${text}Z` : text);
  // The 31st of February would be taken for a day of March.
  const dayMs = Date.parse(text.slice(0, 10));
  if (Number.isNaN(value) || Number.isNaN(dayMs) || isoTime(dayMs).slice(0, 10) !== text.slice(0, 10))
    throw invalid(parameter, 'is no time that exists');
  return hasTime ? { value } : { value, until: value + DAY_MS };
}

/** A value as text, for regular expressions: dates as the APIs print them. */
export function textOf(type: FieldType, value: string | number | boolean): string {
  return type === 'date' ? isoTime(Number(value)) : String(value);
}

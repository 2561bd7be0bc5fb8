import { isoTime } from '../clock.js';
import { invalid } from '../errors.js';
import { momentOf } from '../moments.js';
import type { FieldType, Value } from './field.js';

/** The value that a filter compares with. A day without a time is equal to every moment of it: `until` is its end, exclusive. */
export interface Operand {
  readonly value: Value;
  readonly until?: number;
}

const NUMBER = /^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?$/;

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
    case 'date': {
      const { from: value, until, isDay } = momentOf(parameter, text);
      return isDay ? { value, until } : { value };
    }
  }
}

/** A value as text, for regular expressions: dates as the APIs print them. */
export function textOf(type: FieldType, value: string | number | boolean): string {
  return type === 'date' ? isoTime(Number(value)) : String(value);
}

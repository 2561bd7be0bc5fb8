import {
  compilePattern,
  mostPatternWork,
  type PatternBudget,
  patternProblem,
  patternWork,
} from '@roundhouse/proto/patterns';
import { DomainError, type InvalidInput, invalid } from '../errors.js';
import { isoTime, momentOf } from '../moments.js';
import { compareValues, type Field, type Fields, type FieldType, type Value } from './field.js';

/** The operators of `field[op]=value`; `field=value` is `eq`. */
export const operators = ['eq', 'ne', 'gt', 'lt', 'gte', 'lte', 'in', 'nin', 'regex'] as const;
export type Operator = (typeof operators)[number];

/** One condition of a list; all of them must hold. */
export interface Condition<T> {
  readonly field: string;
  readonly operator: Operator;
  /** The values to compare with; several for `in` and `nin`, none for `regex`. */
  readonly operands: readonly Operand[];
  /** @param matching pays for the patterns. Once it is used up, no pattern matches. */
  readonly holds: (item: T, matching: MatchBudget) => boolean;
}

/** How much work the patterns of a query may still be matched with: for each text the work of the pattern, times the characters of the text. */
export interface MatchBudget {
  left: number;
}

/** The work of all patterns of a query: each is compared with the values of many items. */
const MOST_PATTERN_WORK = mostPatternWork / 10;

const MOST_CONDITIONS = 32;
const MOST_VALUES = 100;
const MAX_SHOWN = 100;
const NAME = /^([^[\]]*)(?:\[([^[\]]*)\])?$/;

/**
 * The conditions that query parameters ask for: `status=running`, `status[in]=running,pending`, `created_at[gt]=2023-01-01`. An empty value
 * (or element) stands for "none". @throws DomainError `invalid_input` naming the parameter; `details.known` lists the fields, or operators,
 * that there are.
 */
export function conditionsOf<T>(fields: Fields<T>, parameters: Readonly<Record<string, string>>): Condition<T>[] {
  const entries = Object.entries(parameters);
  if (entries.length > MOST_CONDITIONS)
    throw invalid(
      shown(entries[MOST_CONDITIONS]?.[0] ?? ''),
      `is one filter too many: ${MOST_CONDITIONS} may be given`,
    );
  // All patterns of a request share one limit of work.
  const budget = { left: MOST_PATTERN_WORK };
  return entries.map(([parameter, text]) => {
    const [, name = parameter, operator = 'eq'] = NAME.exec(parameter) ?? [];
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (!field) throw unknown(parameter, 'is no field of this list', 'fields', Object.keys(fields));
    if (!isOperator(operator)) throw unknown(parameter, 'has an unknown operator', 'operators', operators);
    return conditionOf(shown(parameter), name, field, operator, text, budget);
  });
}

function conditionOf<T>(
  parameter: string,
  name: string,
  field: Field<T>,
  operator: Operator,
  text: string,
  budget: PatternBudget,
): Condition<T> {
  if (operator === 'regex') {
    const matches = patternOf(parameter, text, budget);
    const work = patternWork(text);
    const holds = (item: T, matching: MatchBudget) => {
      const value = field.of(item) ?? null;
      if (value === null) return false;
      const compared = textOf(field.type, value);
      matching.left -= work * compared.length;
      return matching.left >= 0 && matches(compared);
    };
    return { field: name, operator, operands: [], holds };
  }
  const isList = operator === 'in' || operator === 'nin';
  const texts = isList ? text.split(',', MOST_VALUES + 1) : [text];
  if (texts.length > MOST_VALUES) throw invalid(parameter, `may have at most ${MOST_VALUES} values`);
  const operands = texts.map((one) => operandOf(parameter, field.type, one));
  const holds = testOf(operator, operands);
  return { field: name, operator, operands, holds: (item) => holds(field.of(item) ?? null) };
}

/** An item without the field equals only "none", and is neither greater nor less than any value. */
function testOf(operator: Exclude<Operator, 'regex'>, operands: readonly Operand[]): (value: Value) => boolean {
  const bound = operands[0]?.value ?? null;
  const ordered = (test: (order: number) => boolean) => (value: Value) =>
    value !== null && bound !== null && test(compareValues(value, bound));
  switch (operator) {
    case 'eq':
    case 'in':
      return equalTo(operands);
    case 'ne':
    case 'nin': {
      const equal = equalTo(operands);
      return (value) => !equal(value);
    }
    case 'gt':
      return ordered((order) => order > 0);
    case 'gte':
      return ordered((order) => order >= 0);
    case 'lt':
      return ordered((order) => order < 0);
    case 'lte':
      return ordered((order) => order <= 0);
  }
}

function equalTo(operands: readonly Operand[]): (value: Value) => boolean {
  const exact = new Set(operands.filter(({ until }) => until === undefined).map(({ value }) => value));
  const days = operands.filter(({ until }) => until !== undefined);
  return (value) =>
    exact.has(value) ||
    days.some(
      ({ value: from, until }) => value !== null && compareValues(value, from) >= 0 && compareValues(value, until) < 0,
    );
}

function isOperator(text: string): text is Operator {
  return (operators as readonly string[]).includes(text);
}

function shown(parameter: string): string {
  return parameter.slice(0, MAX_SHOWN);
}

function unknown(parameter: string, error: string, what: string, known: readonly string[]): DomainError {
  const problem = { field: shown(parameter), error: `${error}; known ${what}: ${known.join(', ')}` };
  const details: InvalidInput & { known: readonly string[] } = { ...problem, problems: [problem], known };
  return new DomainError('invalid_input', `${problem.field}: ${problem.error}`, { ...details });
}

/** A longer pattern is refused, characters. */
const LONGEST = 256;

/** A client's regular expression. It need not match the whole text. @throws DomainError `invalid_input` naming the parameter. */
function patternOf(parameter: string, pattern: string, budget: PatternBudget): (text: string) => boolean {
  if (pattern.length > LONGEST) throw invalid(parameter, `must have at most ${LONGEST} characters`);
  try {
    return compilePattern(pattern, budget);
  } catch (error) {
    throw invalid(parameter, patternProblem(error));
  }
}

/** The value that a filter compares with. A day without a time is equal to every moment of it: `until` is its end, exclusive. */
export interface Operand {
  readonly value: Value;
  readonly until?: number;
}

const NUMBER = /^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?$/;

/** Reads a value of a field from text; the empty text is "none". @throws DomainError `invalid_input` naming the parameter. */
function operandOf(parameter: string, type: FieldType, text: string): Operand {
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
function textOf(type: FieldType, value: string | number | boolean): string {
  return type === 'date' ? isoTime(Number(value)) : String(value);
}

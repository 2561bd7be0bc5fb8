import type { Test } from 'tap';
import { compareValues, type Fields, type FieldType, type Value } from '../hub/domain/lists/field.js';
import { infrastructureDocument } from './infrastructure.js';

/** An item as a list shows it. */
export type Shown = Readonly<Record<string, unknown>>;

/** A field's value as its filter sees it: of a list its elements, of a time its moment. */
function seenBy(type: FieldType, shown: unknown): Value {
  if (shown === null || shown === undefined || shown === '') return null;
  if (Array.isArray(shown)) return shown.length === 0 ? null : shown.join(',');
  return type === 'date' ? Date.parse(String(shown)) : (shown as Value);
}

/**
 * Asserts that every documented operator on every field of a list lets the right values through, with each field's own values as operands.
 * @param list gives the items that a query finds, in the order of the list without one
 */
export async function everyOperator(
  t: Test,
  // biome-ignore lint/suspicious/noExplicitAny: of a field only its type is used
  fields: Fields<any>,
  list: (query: string) => Promise<readonly Shown[]>,
): Promise<void> {
  const all = await list('');
  for (const [name, { type }] of Object.entries(fields)) {
    const values = all.map((item) => seenBy(type, item[name]));
    const texts = all.map((item, at) =>
      values[at] === null ? '' : String(Array.isArray(item[name]) ? values[at] : item[name]),
    );
    const place = Math.max(
      0,
      values.findIndex((value) => value !== null),
    );
    const [operand = null, text = ''] = [values[place], texts[place]];
    // A comma separates values.
    const several = [...new Set([text, texts.at(-1) ?? ''])].filter((one) => !one.includes(','));
    const ordered = (test: (order: number) => boolean) => (value: Value) =>
      value !== null && operand !== null && test(compareValues(value, operand));
    const isOneOf = (_: Value, at: number) => several.includes(texts[at] ?? '');
    const expected: Record<string, readonly [text: string, holds: (value: Value, at: number) => boolean]> = {
      eq: [text, (value) => value === operand],
      ne: [text, (value) => value !== operand],
      gt: [text, ordered((order) => order > 0)],
      gte: [text, ordered((order) => order >= 0)],
      lt: [text, ordered((order) => order < 0)],
      lte: [text, ordered((order) => order <= 0)],
      in: [several.join(','), isOneOf],
      nin: [several.join(','), (value, at) => !isOneOf(value, at)],
      regex: [`^${text.slice(0, 9)}`, (value, at) => value !== null && (texts[at] ?? '').startsWith(text.slice(0, 9))],
    };
    t.same(Object.keys(expected).sort(), [...infrastructureDocument.operators].sort());
    for (const [operator, [given, holds]] of Object.entries(expected)) {
      if (several.length === 0 && /n?in$/.test(operator)) continue;
      const query = `${name}[${operator}]=${encodeURIComponent(given)}`;
      const wanted = all.filter((_, at) => holds(values[at] ?? null, at));
      t.same(await list(query), wanted, query);
    }
  }
}

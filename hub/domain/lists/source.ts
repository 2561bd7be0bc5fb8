import { idsFrom } from '../ids.js';
import type { Collection, IndexKey, Range, Store } from '../store.js';
import type { Field, FieldIndex, Fields } from './field.js';
import type { Condition } from './filter.js';

/** Where a list's items come from. */
export interface Source<T> {
  /** The items in a range, read lazily; a source without indexes gives all, whatever the range. */
  readonly list: (range: Range) => Iterable<T>;
  /** How many items a range has. Absent: there are no indexes, or some callers may not see all items. */
  readonly count?: (range: Range) => number;
}

/** A source over items in memory. */
export function sourceOf<T>(items: Iterable<T>): Source<T> {
  return { list: () => items };
}

/** A source over a collection, each record shown as `view` has it. */
export function sourceOfCollection<R extends { readonly id: string }, T>(
  store: Store,
  from: Collection<R>,
  view: (record: R) => T,
): Source<T> {
  return {
    *list(range) {
      for (const record of store.list(from, range)) yield view(record);
    },
    count: (range) => store.count(from, range),
  };
}

/** The index of the time at which records were made: their ids, being UUID v7, sort by it. Valid only if that time is `timeOfId(id)`. */
export const byTimeOfId: FieldIndex = {
  key: (value) => idsFrom(Number(value)),
  ordered: true,
  complete: true,
};

/** The index of the ids themselves. */
export const byId: FieldIndex = { key: (value) => String(value) };

/** The narrowest range that the conditions allow to be read; the range of all records if no index fits. */
export function rangeFor<T>(fields: Fields<T>, conditions: readonly Condition<T>[]): Range {
  const indexed = conditions.flatMap((condition) => {
    const index = fields[condition.field]?.index;
    return index ? [{ ...condition, index }] : [];
  });
  for (const { operator, operands, index } of indexed) {
    const [operand, ...more] = operands;
    const single = operator === 'eq' || (operator === 'in' && more.length === 0);
    if (!single || !operand || operand.value === null || operand.until !== undefined || index === byTimeOfId) continue;
    return { ...named(index), equals: index.key(operand.value) };
  }
  for (const { index } of indexed) {
    if (!index.ordered) continue;
    const bounds = boundsOf(
      index,
      indexed.filter((condition) => condition.index === index),
    );
    // Without a bound the range would be the index, which may leave out records that have no value.
    if (bounds.from !== undefined || bounds.to !== undefined) return { ...named(index), ...bounds };
  }
  return {};
}

function boundsOf<T>(index: FieldIndex, conditions: readonly Condition<T>[]): Pick<Range, 'from' | 'to'> {
  const bounds: { from?: IndexKey; to?: IndexKey } = {};
  for (const { operator, operands } of conditions) {
    const [{ value, until } = { value: null }, ...more] = operands;
    if (value === null || more.length > 0) continue;
    const isEqual = operator === 'eq' || operator === 'in';
    if (isEqual || operator === 'gt' || operator === 'gte') bounds.from = index.key(value);
    if ((isEqual || operator === 'lt' || operator === 'lte') && typeof value === 'number')
      bounds.to = index.key(isEqual && until !== undefined ? until : beyond(value));
  }
  return bounds;
}

/** How the whole list is read in order of a field; `undefined` if it has to be sorted. */
export function orderedRange<T>(field: Field<T> | undefined): Range | undefined {
  const index = field?.index;
  return index?.ordered && index.complete ? named(index) : undefined;
}

function named({ name }: FieldIndex): Range {
  return name === undefined ? {} : { index: name };
}

/** A bound is exclusive: a somewhat higher bound leaves nothing out, and the filter removes the extra items. */
function beyond(value: number): number {
  return value + Math.max(1, Math.abs(value) * 2 ** -40);
}

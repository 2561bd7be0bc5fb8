import type { IndexKey } from '../store.js';

/** The types of a list's fields; a `date` is in milliseconds since 1970, and `null` is "none". */
const fieldTypes = ['string', 'number', 'boolean', 'date'] as const;
export type FieldType = (typeof fieldTypes)[number];
export type Value = string | number | boolean | null;

/** A store's index of a field. The filter still checks each of its records: an index may give too many records, never too few. */
export interface FieldIndex {
  /** The index's name; absent: the ids. */
  readonly name?: string;
  /** The key of a value. */
  readonly key: (value: string | number | boolean) => IndexKey;
  /** Its keys sort as the field's values do: it serves ranges, too. */
  readonly ordered?: boolean;
  /** The index lists every record: if it is ordered, it serves sorting. */
  readonly complete?: boolean;
}

/** A field by which a list can be filtered and sorted. */
export interface Field<T> {
  readonly type: FieldType;
  readonly of: (item: T) => Value | undefined;
  readonly index?: FieldIndex;
}

/**
 * The fields of a list, by name.
 *
 * @example
 * export const deviceFields = {
 *   name: { type: 'string', of: (device) => device.record.name },
 *   createdAt: { type: 'date', of: (device) => device.record.createdAt, index: byTimeOfId },
 *   lastConnected: { type: 'date', of: (device) => device.lastConnected },
 * } satisfies Fields<DeviceView>;
 */
export type Fields<T> = Readonly<Record<string, Field<T>>>;

/** Orders two values of one field; items without the field come last. */
export function compareValues(a: Value | undefined, b: Value | undefined): number {
  const noA = a === null || a === undefined;
  const noB = b === null || b === undefined;
  if (noA || noB) return noA === noB ? 0 : noA ? 1 : -1;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

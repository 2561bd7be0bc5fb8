import type { Fields } from './field.js';
import { type Condition, conditionsOf } from './filter.js';

/** A request for a page of a list. */
export interface ListQuery<T> {
  /** From 1 on. */
  readonly page: number;
  readonly limit: number;
  readonly sort: string;
  readonly order: 'asc' | 'desc';
  readonly conditions: readonly Condition<T>[];
}

/** Which page, in what order. */
export type Paging = Omit<ListQuery<never>, 'conditions'>;

/** @param filters the parameters that are left, such as `created_at[gt]`. @throws DomainError as {@link conditionsOf}. */
export function listQueryOf<T>(
  fields: Fields<T>,
  paging: Paging,
  filters: Readonly<Record<string, string>>,
): ListQuery<T> {
  const { page, limit, sort, order } = paging;
  return { page, limit, sort, order, conditions: conditionsOf(fields, filters) };
}

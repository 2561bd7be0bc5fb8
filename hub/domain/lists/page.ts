import { inTurn, Turns, type TurnsOptions } from '../event-loop.js';
import { compareValues, type Fields } from './field.js';
import { type Condition, conditionsOf } from './filter.js';
import { orderedRange, rangeFor, type Source } from './source.js';

/** A request for a page of a list. */
export interface ListQuery<T> {
  /** From 1 on. */
  readonly page: number;
  readonly limit: number;
  readonly sort: string;
  readonly order: 'asc' | 'desc';
  readonly conditions: readonly Condition<T>[];
  /** How the work shares the event loop, and when it ends. */
  readonly sharing?: TurnsOptions | undefined;
}

/** The page, and its order. */
export type Paging = Omit<ListQuery<never>, 'conditions' | 'sharing'>;

/** @param filters the parameters that are left, such as `created_at[gt]`. @throws DomainError as {@link conditionsOf}. */
export function listQueryOf<T>(
  fields: Fields<T>,
  paging: Paging,
  filters: Readonly<Record<string, string>>,
): ListQuery<T> {
  const { page, limit, sort, order } = paging;
  return { page, limit, sort, order, conditions: conditionsOf(fields, filters) };
}

/** A page of a list. */
export interface Page<T> {
  readonly items: readonly T[];
  /** The number of items on all pages. */
  readonly total: number;
  /** `false` if the query hit its bound on time, number or matching: the page covers only the items until then, and there may be more. */
  readonly complete: boolean;
}

/** The bounds of one query: its time, the items that it looks at, and the work of matching patterns; see `MatchBudget`. */
export interface ListBounds {
  readonly ms: number;
  readonly items: number;
  readonly matching: number;
}
/** So much matching takes half a second of the processor at most. A plain pattern of forty characters is matched with 25,000 names for it. */
export const defaultBounds: ListBounds = { ms: 2000, items: 100_000, matching: 20_000_000 };

/**
 * Reads a page: by an index if one fits, and otherwise by looking at each item, with other work in between.
 * @throws the reason of the signal if it is aborted meanwhile
 */
export async function pageOf<T>(
  source: Source<T>,
  fields: Fields<T>,
  query: ListQuery<T>,
  bounds: ListBounds = defaultBounds,
): Promise<Page<T>> {
  const { page, limit, sort, order, conditions, sharing } = query;
  const field = fields[sort];
  const offset = (page - 1) * limit;
  const whole = conditions.length === 0 && source.count ? orderedRange(field) : undefined;
  if (whole && source.count) {
    const total = source.count(whole);
    const items = offset >= total ? [] : [...source.list({ ...whole, reverse: order === 'desc', offset, limit })];
    return { items, total, complete: true };
  }
  const turns = new Turns(bounds.ms, sharing);
  const matching = { left: bounds.matching };
  const fits = (item: T) => conditions.every(({ holds }) => holds(item, matching));
  // A look may take milliseconds: those of all requests go on one after the other.
  const hasPattern = conditions.some(({ operator }) => operator === 'regex');
  const found: T[] = [];
  let complete = true;
  let looked = 0;
  for (const item of source.list(rangeFor(fields, conditions))) {
    if (looked >= bounds.items || turns.over) {
      complete = false;
      break;
    }
    looked += 1;
    const isFound = hasPattern ? await inTurn(() => fits(item)) : fits(item);
    if (matching.left < 0) {
      complete = false;
      break;
    }
    if (isFound) found.push(item);
    if (turns.due) await turns.next();
  }
  const items = sorted(found, (item) => field?.of(item), order).slice(offset, offset + limit);
  return { items, total: found.length, complete };
}

/** Equal items keep the order of the source in both directions. */
function sorted<T>(items: readonly T[], value: (item: T) => ReturnType<Fields<T>[string]['of']>, order: string): T[] {
  const sign = order === 'desc' ? -1 : 1;
  return items
    .map((item) => ({ item, key: value(item) }))
    .sort((a, b) => sign * compareValues(a.key, b.key))
    .map(({ item }) => item);
}

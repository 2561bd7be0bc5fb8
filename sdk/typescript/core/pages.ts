import { isObject } from './errors.js';

type Fields = Readonly<Record<string, unknown>>;

/** How far a list goes, wherever the API says it. */
function extentOf(page: Fields): Fields {
  if (isObject(page.metadata)) return page.metadata;
  return isObject(page.pagination) ? page.pagination : page;
}

/**
 * The items of all pages. The next page is requested when the reader has taken the current one.
 * @param by the unit of the query: pages, or items from the beginning (`offset`, `skip`)
 * @param items where a page has its items
 */
export async function* allPages<Query extends object, Item, Name extends string>(
  query: Query,
  by: 'page' | 'offset' | 'skip',
  items: Name,
  fetchPage: (query: Query) => Promise<Readonly<Record<Name, readonly Item[]>>>,
): AsyncGenerator<Item, void, undefined> {
  let at = Number((query as Fields)[by] ?? (by === 'page' ? 1 : 0));
  for (;;) {
    const page = await fetchPage({ ...query, [by]: at });
    const list = page[items];
    yield* list;
    if (list.length === 0 || isLast(extentOf(page as Fields), by, at, list.length)) return;
    at += by === 'page' ? 1 : list.length;
  }
}

function isLast(extent: Fields, by: 'page' | 'offset' | 'skip', at: number, count: number): boolean {
  const { total, limit, pages, total_pages: totalPages, totalIsExact, has_more: hasMore } = extent;
  if (typeof hasMore === 'boolean') return !hasMore;
  // If the total is not exact, only a page that is not full shows that it is the last.
  if (totalIsExact === false || typeof total !== 'number') return typeof limit === 'number' && count < limit;
  if (by !== 'page') return at + count >= total;
  const last = pages ?? totalPages;
  return typeof last === 'number' ? at >= last : at * Number(limit) >= total;
}

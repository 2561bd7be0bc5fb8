import { Type } from 'typebox';

/** `seeds/002`, "Pagination". */
export const pagingFields = {
  page: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 1, description: 'Number of the page' }),
  limit: Type.Integer({ minimum: 1, maximum: 100, default: 20, description: 'Items per page' }),
};

export const Pagination = Type.Object(
  {
    page: Type.Integer(),
    limit: Type.Integer(),
    total: Type.Integer(),
    total_pages: Type.Integer(),
    has_next: Type.Boolean(),
    has_prev: Type.Boolean(),
  },
  { title: 'Pagination' },
);

export interface Paging {
  readonly page: number;
  readonly limit: number;
}

export function paginationOf({ page, limit }: Paging, total: number) {
  const pages = Math.ceil(total / limit);
  return { page, limit, total, total_pages: pages, has_next: page < pages, has_prev: page > 1 && total > 0 };
}

/** A page of a list in memory. */
export function pageOf<T>(items: readonly T[], { page, limit }: Paging): T[] {
  return items.slice((page - 1) * limit, page * limit);
}

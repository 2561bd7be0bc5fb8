import { type TProperties, Type } from 'typebox';
import { payerOf } from '../../domain/access/caller.js';
import type { Field, Fields } from '../../domain/lists/field.js';
import { operators } from '../../domain/lists/filter.js';
import { type ListQuery, listQueryOf, type Page, type Paging } from '../../domain/lists/page.js';
import { type Context, Reply } from '../../http/endpoint.js';
import { snakeCase } from '../shared/members.js';

const MOST_PER_PAGE = 100;

const typeNames = {
  string: 'text',
  number: 'number',
  boolean: '`true` or `false`',
  date: 'day or time, ISO 8601, UTC; a day equals every moment of it',
} as const;

export interface ListingOptions<B extends TProperties> {
  /** The default field for sorting. */
  readonly sort: string;
  readonly order?: 'asc' | 'desc';
  /** Items on a page if the request does not say; default 10. */
  readonly limit?: number;
  /** Query parameters other than fields, which the handler reads. */
  readonly further?: B;
}

/**
 * A list of `seeds/001` ("Pagination", "Filtering"). One table of fields gives its query parameters, their checks and their descriptions. The
 * domain's names are camelCase, the parameters' are snake_case.
 *
 * @example
 * export const deviceList = listing(deviceFields, { sort: 'created_at' });
 * // in the table:
 * listDevices: endpoint({ …, query: deviceList.query, response: Type.Array(Device), extra: PageMetadata })
 * // in the handlers:
 * async listDevices({ query }, context) {
 *   const asked = deviceList.read(query, context);
 *   return pageReply(asked, await pageOf(devices.source(context.caller), deviceList.fields, asked), render);
 * }
 */
// biome-ignore lint/complexity/noBannedTypes: no parameters
export function listing<T, B extends TProperties = {}>(
  table: Fields<T>,
  { sort, order = 'asc', limit = 10, further }: ListingOptions<B>,
) {
  const fields: Fields<T> = Object.fromEntries(Object.entries(table).map(([name, field]) => [snakeCase(name), field]));
  const names = Object.keys(fields);
  if (!names.includes(sort)) throw new Error(`a list cannot be sorted by '${sort}', which is no field of it`);
  const paging = {
    page: Type.Integer({ minimum: 1, maximum: 1_000_000_000, default: 1, description: 'Number of the page' }),
    limit: Type.Integer({ minimum: 1, maximum: MOST_PER_PAGE, default: limit, description: 'Items per page' }),
    sort: Type.String({ enum: names, default: sort, description: 'Field to sort by' }),
    order: Type.Union([Type.Literal('asc'), Type.Literal('desc')], {
      default: order,
      description: 'Ascending or descending',
    }),
  };
  const clash = Object.keys(paging).find((name) => names.includes(name));
  if (clash !== undefined) throw new Error(`a list's field cannot be called '${clash}'`);
  const query = Type.Object(
    { ...paging, ...further, ...filterParameters(fields) } as typeof paging & B,
    // Other parameters reach the filter, which reports the unknown ones.
    { additionalProperties: Type.String() },
  );
  return {
    fields,
    query,
    /** @throws DomainError `invalid_input` naming the parameter, and listing the known fields or operators */
    read(values: object, { caller, signal }: Pick<Context, 'caller' | 'signal'>): ListQuery<T> {
      const { page, limit, sort, order, ...rest } = values as Paging;
      const filters = Object.entries(rest).filter(([name]) => !further || !Object.hasOwn(further, name));
      const asked = Object.fromEntries(filters) as Record<string, string>;
      const sharing = { signal, payer: payerOf(caller) };
      return { ...listQueryOf(fields, { page, limit, sort, order }, asked), sharing };
    },
  };
}

/** The members next to a page. */
export const PageMetadata = Type.Object({
  metadata: Type.Object({
    page: Type.Integer(),
    limit: Type.Integer(),
    total: Type.Integer(),
    pages: Type.Integer(),
    complete: Type.Boolean({
      description:
        'Extension: `false` if the search took too long; the list holds the items that were found until then',
    }),
  }),
});

/** The answer for a page. */
export function pageReply<T, R>({ page, limit }: ListQuery<T>, found: Page<T>, render: (item: T) => R) {
  const { items, total, complete } = found;
  const metadata = { page, limit, total, pages: Math.ceil(total / limit), complete };
  return new Reply(items.map(render), { metadata });
}

function filterParameters<T>(fields: Fields<T>) {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, { type }]) => [
      [name, Type.Optional(Type.String({ description: `Is: ${typeNames[type]}; empty for none` }))],
      ...operators.map((operator) => [
        `${name}[${operator}]`,
        Type.Optional(Type.String({ description: description(operator, type) })),
      ]),
    ]),
  );
}

function description(operator: (typeof operators)[number], type: Field<never>['type']): string {
  if (operator === 'regex') return 'Matches somewhere: RE2 syntax, at most 256 characters';
  const meaning = {
    eq: 'Is',
    ne: 'Is not',
    gt: 'After',
    lt: 'Before',
    gte: 'From',
    lte: 'Up to',
    in: 'One of',
    nin: 'None of',
  };
  const several = operator === 'in' || operator === 'nin' ? ', comma-separated' : '';
  return `${meaning[operator]}: ${typeNames[type]}${several}`;
}

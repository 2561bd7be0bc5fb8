import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { type Column, Failure, number, Rows, useSettled } from './ui.js';

const PAGE = 100;
/** The most pages of a list that is read repeatedly, because the hub limits the requests of a user. */
const MOST_AGAIN = 2;

/** The query for a page of a list. */
export interface Asked {
  readonly sort: 'name';
  readonly page: number;
  readonly limit: number;
  readonly 'name[regex]'?: string;
}

interface Answered<Row> {
  readonly data: readonly Row[];
  readonly metadata: { readonly page: number; readonly pages: number; readonly total: number };
}

/**
 * A list of the hub, of any length, sorted by name. It reads the next page when the end comes into view.
 * @param everyMs the time after which a short list is read again, milliseconds; absent: never
 */
export function Listing<Row>(props: {
  readonly label: string;
  /** The place of the list among the queries. */
  readonly queryKey: readonly string[];
  read(asked: Asked, signal: AbortSignal): Promise<Answered<Row>>;
  readonly columns: readonly Column<Row>[];
  readonly keyOf: (row: Row) => string;
  /** Shown in place of an empty list. */
  readonly empty: ReactNode;
  readonly everyMs?: number;
}) {
  const { label, queryKey, read, columns, keyOf, empty, everyMs } = props;
  const [typed, setTyped] = useState('');
  const text = useSettled(typed.trim());
  const { data, error, fetchNextPage, hasNextPage, isFetching } = useInfiniteQuery({
    queryKey: [...queryKey, text],
    queryFn: ({ pageParam, signal }) =>
      read(
        { sort: 'name', page: pageParam, limit: PAGE, ...(text && { 'name[regex]': `(?i)${literal(text)}` }) },
        signal,
      ),
    initialPageParam: 1,
    getNextPageParam: ({ metadata: { page, pages } }) => (page < pages ? page + 1 : undefined),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (everyMs && (state.data?.pages.length ?? 0) <= MOST_AGAIN ? everyMs : false),
  });
  const total = data?.pages[0]?.metadata.total;
  return (
    <>
      <div className="filters">
        <label>
          Name contains
          <input type="search" value={typed} onChange={(event) => setTyped(event.target.value)} />
        </label>
        <output>{total !== undefined && `${number(total)} found`}</output>
      </div>
      {error && <Failure error={error} />}
      {total === 0 && text === '' ? (
        empty
      ) : (
        <Rows
          label={label}
          rows={data?.pages.flatMap((page) => page.data) ?? []}
          columns={columns}
          keyOf={keyOf}
          onEnd={() => {
            if (hasNextPage && !isFetching) void fetchNextPage();
          }}
        />
      )}
    </>
  );
}

/** A regular expression that matches exactly this text. */
function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

import type { connect } from '@roundhouse/sdk';
import { useInfiniteQuery } from '@tanstack/react-query';
import { hub } from './hub.js';

const PAGE = 100;

/** Entries of the audit log, newest first. `more` reads the next page, if there is one. */
export function useAudit(filter: Omit<connect.ListAuditQuery, 'limit' | 'offset'>) {
  const { data, error, fetchNextPage, hasNextPage, isFetching } = useInfiniteQuery({
    queryKey: ['audit', filter],
    queryFn: ({ pageParam, signal }) =>
      hub.connect.audit.list({ ...filter, limit: PAGE, offset: pageParam }, { signal }),
    initialPageParam: 0,
    getNextPageParam: ({ entries, offset }) => (entries.length === PAGE ? offset + PAGE : undefined),
  });
  const more = () => {
    if (hasNextPage && !isFetching) void fetchNextPage();
  };
  return { first: data?.pages[0], entries: data?.pages.flatMap(({ entries }) => entries), error, hasNextPage, more };
}

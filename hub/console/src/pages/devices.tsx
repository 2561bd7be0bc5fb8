import type { infrastructure } from '@roundhouse/sdk';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { hub } from '../hub.js';
import { type Column, Failure, Moment, number, Page, Rows, Status } from '../ui.js';

const PAGE = 100;

const columns: Column<infrastructure.Device>[] = [
  { id: 'name', title: 'Name', cell: ({ id, name }) => <Link href={`/devices/${id}`}>{name}</Link> },
  { id: 'state', title: 'State', cell: ({ status }) => <Status state={status} /> },
  { id: 'site', title: 'Site', cell: ({ site }) => site },
  { id: 'tools', title: 'Type', cell: ({ type }) => type },
  { id: 'reason', title: 'Last connected', cell: ({ last_connected }) => <Moment at={last_connected} /> },
];

export default function Devices() {
  const [text, setText] = useState('');
  const { data, error, fetchNextPage, hasNextPage, isFetching } = useInfiniteQuery({
    queryKey: ['devices', text],
    queryFn: ({ pageParam, signal }) =>
      hub.infrastructure.network.listDevices(
        { sort: 'name', page: pageParam, limit: PAGE, ...(text && { 'name[regex]': `(?i)${literal(text)}` }) },
        { signal },
      ),
    initialPageParam: 1,
    getNextPageParam: ({ metadata: { page, pages } }) => (page < pages ? page + 1 : undefined),
  });
  const total = data?.pages[0]?.metadata.total;
  return (
    <Page title="Devices">
      <div className="filters">
        <label>
          Name contains
          <input type="search" value={text} onChange={(event) => setText(event.target.value.trim())} />
        </label>
        <output>{total !== undefined && `${number(total)} found`}</output>
      </div>
      {error && <Failure error={error} />}
      {total === 0 && text === '' ? (
        <p>
          There are no network devices yet. Add one with <code>POST /infrastructure/api/v1/network/devices</code>.
        </p>
      ) : (
        <Rows
          label="Devices"
          rows={data?.pages.flatMap((page) => page.data) ?? []}
          columns={columns}
          keyOf={({ id }) => id}
          onEnd={() => {
            if (hasNextPage && !isFetching) void fetchNextPage();
          }}
        />
      )}
    </Page>
  );
}

/** A regular expression that finds just this text. */
function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

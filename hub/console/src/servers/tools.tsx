import type { connect } from '@roundhouse/sdk';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useDeferredValue, useState } from 'react';
import { Link } from 'wouter';
import { hub } from '../hub.js';
import { type Column, Failure, number, Page, Rows } from '../ui.js';

const PAGE = 100;

const columns: Column<connect.Tool>[] = [
  {
    id: 'name',
    title: 'Tool',
    cell: ({ name, serverId }) => <Link href={`/tools/${serverId}/${encodeURIComponent(name)}`}>{name}</Link>,
  },
  { id: 'server', title: 'Server', cell: ({ serverName }) => serverName },
  { id: 'reason', title: 'Description', cell: ({ description }) => description },
  { id: 'tools', title: 'Calls', cell: ({ usageCount }) => number(usageCount) },
];

export default function Tools() {
  const [text, setText] = useState('');
  const query = useDeferredValue(text.trim());
  const { data, error, fetchNextPage, hasNextPage, isFetching } = useInfiniteQuery({
    queryKey: ['tools', query],
    queryFn: ({ pageParam, signal }) =>
      hub.connect.tools.list({ ...(query && { query }), limit: PAGE, offset: pageParam }, { signal }),
    initialPageParam: 0,
    getNextPageParam: ({ offset, total }) => (offset + PAGE < total ? offset + PAGE : undefined),
  });
  const tools = data?.pages.flatMap((page) => page.tools) ?? [];
  return (
    <Page title="Tools">
      <div className="filters">
        <label>
          Name or description contains
          <input type="search" value={text} onChange={(event) => setText(event.target.value)} />
        </label>
        <output>{number(data?.pages[0]?.total ?? 0)} tools of connected servers, at all sites</output>
      </div>
      {error && <Failure error={error} />}
      <Rows
        label="Tools"
        rows={tools}
        columns={columns}
        keyOf={({ serverId, name }) => `${serverId}/${name}`}
        onEnd={() => {
          if (hasNextPage && !isFetching) void fetchNextPage();
        }}
      />
    </Page>
  );
}

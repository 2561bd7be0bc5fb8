import type { connect } from '@roundhouse/sdk';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { hub } from '../hub.js';
import { type Column, Failure, Moment, number, Page, Rows, Status } from '../ui.js';

const PAGE = 100;

const columns: Column<connect.AuditEntry>[] = [
  { id: 'time', title: 'Time', cell: ({ timestamp }) => <Moment at={timestamp} /> },
  { id: 'name', title: 'Action', cell: ({ action }) => action },
  { id: 'server', title: 'Actor', cell: ({ actor }) => actor.name || actor.type },
  {
    id: 'state',
    title: 'Outcome',
    cell: ({ details }) => <Status state={details.success === false ? 'failed' : 'completed'} />,
  },
  {
    id: 'reason',
    title: 'Details',
    cell: ({ resource, details }) => `${resource ? `${resource.type} ${resource.id} ` : ''}${JSON.stringify(details)}`,
  },
];

export default function Audit() {
  const [action, setAction] = useState('');
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const range = { ...(from && { from }), ...(to && { to }) };
  const { data, error, fetchNextPage, hasNextPage, isFetching } = useInfiniteQuery({
    queryKey: ['audit', action, from, to],
    queryFn: ({ pageParam, signal }) =>
      hub.connect.audit.list({ ...range, ...(action && { action }), limit: PAGE, offset: pageParam }, { signal }),
    initialPageParam: 0,
    getNextPageParam: ({ entries, offset }) => (entries.length === PAGE ? offset + PAGE : undefined),
  });
  const save = useMutation({
    mutationFn: () => hub.connect.audit.export({ format: 'csv', ...range }),
    onSuccess: download,
  });
  const first = data?.pages[0];
  return (
    <Page
      title="Audit"
      actions={
        <button type="button" disabled={save.isPending} onClick={() => save.mutate()}>
          Export CSV
        </button>
      }
    >
      <div className="filters">
        <label>
          Action
          <input value={action} onChange={(event) => setAction(event.target.value.trim())} placeholder="tool.invoke" />
        </label>
        <label>
          From
          <input type="date" value={from} onChange={(event) => setFrom(event.target.value)} />
        </label>
        <label>
          To
          <input type="date" value={to} onChange={(event) => setTo(event.target.value)} />
        </label>
        <output>
          {number(first?.total ?? 0)}
          {first?.totalIsExact === false && ' or more'} entries
        </output>
      </div>
      {(error ?? save.error) && <Failure error={error ?? save.error} />}
      <Rows
        label="Audit"
        rows={data?.pages.flatMap(({ entries }) => entries) ?? []}
        columns={columns}
        keyOf={({ id }) => id}
        onEnd={() => {
          if (hasNextPage && !isFetching) void fetchNextPage();
        }}
      />
    </Page>
  );
}

function download(content: connect.ExportAuditResult | string): void {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
  link.download = 'audit.csv';
  link.click();
  URL.revokeObjectURL(link.href);
}

import type { connect } from '@roundhouse/sdk';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useAudit } from '../audit-entries.js';
import { download } from '../forms.js';
import { hub } from '../hub.js';
import { type Column, Failure, Moment, number, Page, Rows, Status } from '../ui.js';

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
  const { first, entries = [], error, more } = useAudit({ ...range, ...(action && { action }) });
  const csv = useMutation({
    mutationFn: () => hub.connect.audit.export({ format: 'csv', ...range }),
    onSuccess: save,
  });
  return (
    <Page
      title="Audit"
      actions={
        <button type="button" disabled={csv.isPending} onClick={() => csv.mutate()}>
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
      {(error ?? csv.error) && <Failure error={error ?? csv.error} />}
      <Rows label="Audit" rows={entries} columns={columns} keyOf={({ id }) => id} onEnd={more} />
    </Page>
  );
}

function save(content: connect.ExportAuditResult | string): void {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  download('audit.csv', new Blob([text], { type: 'text/csv' }));
}

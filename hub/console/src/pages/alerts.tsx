import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { hub } from '../hub.js';
import { useMay } from '../session.js';
import { Failure, Moment, Page, Status } from '../ui.js';

export default function Alerts() {
  const may = useMay();
  const [status, setStatus] = useState<'active' | 'resolved' | 'all'>('active');
  const { data, error } = useQuery({
    queryKey: ['alerts', status],
    queryFn: ({ signal }) => hub.automation.alerts.get({ status }, { signal }),
  });
  return (
    <Page title="Alerts">
      <label className="filter">
        Show
        <select value={status} onChange={(event) => setStatus(event.target.value as typeof status)}>
          <option value="active">open alerts</option>
          <option value="resolved">resolved alerts</option>
          <option value="all">all alerts</option>
        </select>
      </label>
      {error && <Failure error={error} />}
      {data?.alerts.length === 0 && <p>There are no such alerts.</p>}
      <ul className="cards">
        {data?.alerts.map((alert) => (
          <li key={alert.id}>
            <h2>
              <Status state={alert.severity} /> {alert.title}
            </h2>
            <p>{alert.description}</p>
            <p className="muted">
              Since <Moment at={alert.triggered_at} />
              {alert.site !== null && ` · site ${alert.site}`}
              {alert.resolved_at !== null && (
                <>
                  {' '}
                  · resolved <Moment at={alert.resolved_at} />
                </>
              )}
            </p>
            {alert.acknowledged ? (
              <p>
                Acknowledged by {alert.acknowledged_by}: {alert.acknowledgement}
              </p>
            ) : (
              alert.resolved_at === null &&
              may('alert.acknowledge') && <Acknowledge id={alert.id} title={alert.title} />
            )}
          </li>
        ))}
      </ul>
    </Page>
  );
}

function Acknowledge({ id, title }: { readonly id: string; readonly title: string }) {
  const queries = useQueryClient();
  const [message, setMessage] = useState('');
  const send = useMutation({
    mutationFn: () => hub.automation.alerts.acknowledge(id, { message }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['alerts'] }),
  });
  return (
    <form
      className="filters"
      aria-label={`Acknowledge ${title}`}
      onSubmit={(event) => {
        event.preventDefault();
        send.mutate();
      }}
    >
      <label>
        Reason, or the action taken
        <input value={message} onChange={(event) => setMessage(event.target.value)} required maxLength={1000} />
      </label>
      <button type="submit" disabled={send.isPending}>
        Acknowledge
      </button>
      {send.error && <Failure error={send.error} />}
    </form>
  );
}

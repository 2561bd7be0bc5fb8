import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { hub } from '../hub.js';
import { useMay } from '../session.js';
import { Failure, Moment, number, Page, Status } from '../ui.js';

const severities = ['critical', 'warning', 'info'] as const;

export default function Alerts() {
  const may = useMay();
  const [status, setStatus] = useState<'active' | 'resolved' | 'all'>('active');
  const [severity, setSeverity] = useState('');
  const [text, setText] = useState('');
  const { data, error } = useQuery({
    queryKey: ['alerts', status],
    queryFn: ({ signal }) => hub.automation.alerts.get({ status }, { signal }),
  });
  const wanted = text.trim().toLowerCase();
  const shown = data?.alerts.filter(
    (alert) =>
      (severity === '' || alert.severity === severity) &&
      `${alert.title} ${alert.description} ${alert.site ?? ''}`.toLowerCase().includes(wanted),
  );
  return (
    <Page title="Alerts">
      <div className="filters">
        <label>
          Show
          <select value={status} onChange={(event) => setStatus(event.target.value as typeof status)}>
            <option value="active">open alerts</option>
            <option value="resolved">resolved alerts</option>
            <option value="all">all alerts</option>
          </select>
        </label>
        <label>
          Severity
          <select value={severity} onChange={(event) => setSeverity(event.target.value)}>
            <option value="">All</option>
            {severities.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <label>
          Text contains
          <input type="search" value={text} onChange={(event) => setText(event.target.value)} />
        </label>
        <output>{shown && `${number(shown.length)} shown`}</output>
      </div>
      {error && <Failure error={error} />}
      {shown?.length === 0 && <p>There are no such alerts.</p>}
      <ul className="cards">
        {shown?.map((alert) => (
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

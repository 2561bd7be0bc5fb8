import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { Link } from 'wouter';
import { EventList } from '../event-list.js';
import { useFleet, useOpenAlerts } from '../fleet.js';
import { hub } from '../hub.js';
import { useEvents } from '../live.js';
import { useMay } from '../session.js';
import { Failure, number, Page, Status, Table } from '../ui.js';

const CallPlots = lazy(() => import('./call-plots.js'));

const AGENTS_MS = 10_000;

export default function Overview() {
  const may = useMay();
  const fleet = useFleet();
  const agents = useQuery({
    queryKey: ['agents'],
    queryFn: ({ signal }) => hub.connect.agents.list({ signal }),
    refetchInterval: AGENTS_MS,
    enabled: may('agent.read'),
  });
  const alerts = useOpenAlerts();
  const calls = useQuery({
    queryKey: ['calls'],
    queryFn: ({ signal }) => hub.connect.tools.getStatistics({ signal }),
  });
  const events = useEvents();
  const failed = fleet.error ?? agents.error ?? alerts.error ?? calls.error;
  const counts = { connected: 0, disconnected: 0, error: 0 };
  for (const { status } of fleet.data?.servers ?? []) counts[status] += 1;
  const sites = new Set(agents.data?.map(({ site }) => site));
  return (
    <Page title="Overview">
      {failed && <Failure error={failed} />}
      {fleet.data && fleet.data.overview.totalServers === 0 && <FirstSteps />}
      <div className="tiles">
        <Tile title="Sites" value={agents.data && sites.size} />
        <Tile title="Servers connected" value={fleet.data && counts.connected} href="/servers?state=connected" />
        <Tile
          title="Servers disconnected"
          value={fleet.data && counts.disconnected}
          href="/servers?state=disconnected"
        />
        <Tile title="Servers with an error" value={fleet.data && counts.error} href="/servers?state=error" />
        <Tile title="Tools" value={fleet.data?.overview.totalTools} href="/tools" />
        <Tile title="Open alerts" value={alerts.data?.total} href="/alerts" />
        <Tile title="Tool calls" value={calls.data?.totalInvocations} />
        <Tile title="Requests today" value={fleet.data?.overview.requestsToday} />
      </div>
      <section aria-labelledby="agents">
        <h2 id="agents">Agents</h2>
        {agents.data?.length === 0 && <p>No agent has joined yet.</p>}
        {agents.data && agents.data.length > 0 && (
          <Table label="Table of agents" head={['Site', 'Agent', 'State', 'Round trip', 'Version', 'Servers']}>
            {agents.data.map((agent) => (
              <tr key={agent.id}>
                <td>{agent.site}</td>
                <td>{agent.name}</td>
                <td>
                  <Status state={agent.status} />
                </td>
                <td>{agent.roundTripMs === null ? '–' : `${number(agent.roundTripMs)} ms`}</td>
                <td>{agent.version ?? '–'}</td>
                <td>{number(agent.serverCount)}</td>
              </tr>
            ))}
          </Table>
        )}
      </section>
      <section aria-labelledby="activity">
        <h2 id="activity">Calls, errors and latency</h2>
        <Suspense fallback={<p>Loading …</p>}>
          <CallPlots />
        </Suspense>
      </section>
      <section aria-labelledby="calls">
        <h2 id="calls">Tool calls by day</h2>
        <Bars days={calls.data?.invocationsByDay ?? []} />
      </section>
      <section aria-labelledby="open-alerts">
        <h2 id="open-alerts">Open alerts</h2>
        {alerts.data?.alerts.length === 0 && <p>No alert is open.</p>}
        <ul className="plain-list">
          {alerts.data?.alerts.slice(0, 5).map(({ id, severity, title }) => (
            <li key={id}>
              <Status state={severity} /> <Link href="/alerts">{title}</Link>
            </li>
          ))}
        </ul>
      </section>
      <section aria-labelledby="live">
        <h2 id="live">Live</h2>
        <EventList events={events.slice(0, 15)} />
      </section>
    </Page>
  );
}

function Tile(props: { readonly title: string; readonly value: number | undefined; readonly href?: string }) {
  const content = (
    <>
      <b>{props.value === undefined ? '…' : number(props.value)}</b>
      <span>{props.title}</span>
    </>
  );
  return props.href ? (
    <Link href={props.href} className="tile">
      {content}
    </Link>
  ) : (
    <div className="tile">{content}</div>
  );
}

const BAR = { width: 12, gap: 4, height: 80 };

/** Calls of each day as bars. The numbers are also in a table below, for readers who do not see the bars. */
function Bars({ days }: { readonly days: readonly { readonly date: string; readonly count: number }[] }) {
  const shown = days.slice(-30);
  const most = Math.max(1, ...shown.map(({ count }) => count));
  if (shown.every(({ count }) => count === 0)) return <p>No tool was called yet.</p>;
  const step = BAR.width + BAR.gap;
  return (
    <>
      <svg className="bars" viewBox={`0 0 ${30 * step} ${BAR.height}`} role="img" aria-label="Tool calls by day">
        {shown.map(({ date, count }, i) => {
          const height = (count / most) * BAR.height;
          const x = (30 - shown.length + i) * step;
          return <rect key={date} x={x} y={BAR.height - height} width={BAR.width} height={height} />;
        })}
      </svg>
      <details>
        <summary>Numbers</summary>
        <table>
          <thead>
            <tr>
              <th scope="col">Day</th>
              <th scope="col">Calls</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ date, count }) => (
              <tr key={date}>
                <td>{date}</td>
                <td>{number(count)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </>
  );
}

function FirstSteps() {
  return (
    <section className="steps" aria-labelledby="first-steps">
      <h2 id="first-steps">Three steps to the first tool call</h2>
      <ol>
        <li>
          <b>Have an agent join.</b> <code>npm run up</code> brings one for this machine. For another machine, make a
          token with <code>npx roundhouse token create --site NAME</code>.
        </li>
        <li>
          <b>Register a server</b>, such as the servers of a client's file:{' '}
          <code>npx roundhouse server import FILE --connect</code>.
        </li>
        <li>
          <b>Call a tool</b> on the page <Link href="/tools">Tools</Link>.
        </li>
      </ol>
    </section>
  );
}

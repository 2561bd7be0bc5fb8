import type { infrastructure } from '@roundhouse/sdk';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { FollowedLog } from '../followed-log.js';
import { Parts } from '../forms.js';
import { hub } from '../hub.js';
import { useMay } from '../session.js';
import { Failure, Moment, number, Page, Status, Table } from '../ui.js';
import { Commands } from './commands.js';
import { AGAIN_MS, Conditions, type Place, Trail } from './kubernetes.js';
import { Terminals } from './terminals.js';

const { kubernetes } = hub.infrastructure;

type Pod = infrastructure.GetPodResult;
interface PodProps {
  readonly place: Place;
  readonly pod: Pod;
}

/** How many of the last lines the log begins with. */
const FIRST_LINES = 200;

export default function PodPage({ name, part, ...place }: Place & { readonly name: string; readonly part?: string }) {
  const may = useMay();
  const { cluster, namespace } = place;
  const { data: pod, error } = useQuery({
    queryKey: ['pod', cluster, namespace, name],
    queryFn: ({ signal }) => kubernetes.getPod(cluster, namespace, name, { signal }),
    refetchInterval: AGAIN_MS,
  });
  if (!pod) return <Page title={name}>{error ? <Failure error={error} /> : <p>Loading …</p>}</Page>;
  const address = `/kubernetes/${cluster}/${namespace}/pods/${name}`;
  const parts = [
    { href: address, title: 'State' },
    ...(may('cluster.logs') ? [{ href: `${address}/log`, title: 'Log' }] : []),
    ...(may('cluster.execute')
      ? [
          { href: `${address}/terminal`, title: 'Terminal' },
          { href: `${address}/command`, title: 'Run a command' },
        ]
      : []),
  ];
  const current = parts.find(({ href }) => part !== undefined && href.endsWith(`/${part}`))?.href ?? address;
  return (
    <Page title={name}>
      <Trail place={place} />
      <p>
        <Status state={pod.status} />
        {pod.node !== '' && ` on ${pod.node}`}
        {pod.ip !== '' && ` · ${pod.ip}`}
      </p>
      {error && <Failure error={error} />}
      <Parts label="Parts of the pod" current={current} parts={parts} />
      {current.endsWith('/log') ? (
        <Log place={place} pod={pod} />
      ) : current.endsWith('/command') ? (
        <PodCommands place={place} pod={pod} />
      ) : current.endsWith('/terminal') ? (
        <PodTerminals place={place} pod={pod} />
      ) : (
        <State pod={pod} />
      )}
    </Page>
  );
}

function State({ pod }: { readonly pod: Pod }) {
  const { containers, init_containers, conditions, events, owner, service_account, created_at } = pod;
  return (
    <>
      <p>
        Made <Moment at={created_at} />
        {owner && ` by ${owner.kind} ${owner.name}`}
        {service_account !== '' && ` · service account ${service_account}`}
      </p>
      <h2>Containers</h2>
      <Table label="Containers" head={['Name', 'State', 'Image', 'Restarts', 'Reason']}>
        {[...init_containers, ...containers].map(
          ({ name, state, image, restart_count, reason, message, exit_code }) => (
            <tr key={name}>
              <td>{name}</td>
              <td>
                <Status state={state} />
              </td>
              <td>{image}</td>
              <td>{number(restart_count)}</td>
              <td>
                {[reason, message, exit_code === null ? '' : `exit code ${exit_code}`]
                  .filter((text) => text)
                  .join(' · ')}
              </td>
            </tr>
          ),
        )}
      </Table>
      <Conditions conditions={conditions} />
      <h2>Events</h2>
      {events.length === 0 && <p>Kubernetes has no events of this pod.</p>}
      {events.length > 0 && (
        <Table label="Events" head={['Last', 'Reason', 'Message', 'Times']}>
          {events.toReversed().map(({ last_at, reason, message, count }) => (
            <tr key={`${last_at} ${reason} ${message}`}>
              <td>
                <Moment at={last_at} />
              </td>
              <td>{reason}</td>
              <td>{message}</td>
              <td>{number(count)}</td>
            </tr>
          ))}
        </Table>
      )}
    </>
  );
}

/** The choice of a container, if there are several. */
function Choice(props: {
  readonly containers: readonly infrastructure.Container[];
  readonly value: string;
  onChange(name: string): void;
}) {
  const { containers, value, onChange } = props;
  if (containers.length < 2) return null;
  return (
    <label className="filter">
      Container
      <select value={value} onChange={(event) => onChange(event.target.value)}>
        {containers.map(({ name }) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  );
}

function Log({ place: { cluster, namespace }, pod }: PodProps) {
  const [container, setContainer] = useState(pod.containers[0]?.name ?? '');
  return (
    <>
      <Choice containers={[...pod.containers, ...pod.init_containers]} value={container} onChange={setContainer} />
      <FollowedLog
        id={container}
        follow={(signal) =>
          kubernetes.followPodLog(cluster, namespace, pod.name, { container, tail_lines: FIRST_LINES }, { signal })
        }
        textOf={(line) => line}
      />
    </>
  );
}

function PodCommands({ place: { cluster, namespace }, pod }: PodProps) {
  const [container, setContainer] = useState(pod.containers[0]?.name ?? '');
  return (
    <Commands
      subject={pod.name}
      run={(command, options) => kubernetes.execInPod(cluster, namespace, pod.name, { container, command }, options)}
    >
      <Choice containers={pod.containers} value={container} onChange={setContainer} />
    </Commands>
  );
}

function PodTerminals({ place: { cluster, namespace }, pod }: PodProps) {
  const [container, setContainer] = useState(pod.containers[0]?.name ?? '');
  return (
    <Terminals
      subject={pod.name}
      ticket={(command, options) =>
        kubernetes.openPodTerminal(cluster, namespace, pod.name, { container, command }, options)
      }
    >
      <Choice containers={pod.containers} value={container} onChange={setContainer} />
    </Terminals>
  );
}

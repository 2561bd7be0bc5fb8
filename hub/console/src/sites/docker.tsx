import type { infrastructure } from '@roundhouse/sdk';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { Parts } from '../forms.js';
import { hub } from '../hub.js';
import { Listing } from '../listing.js';
import { type Column, Failure, Moment, number, Page, Status, Table } from '../ui.js';

const { docker } = hub.infrastructure;

/** How often the page reads the content of an engine again: an engine does not report changes to the hub. */
export const AGAIN_MS = 10_000;
const MIB = 1024 * 1024;
const states = ['running', 'exited', 'created', 'paused', 'restarting', 'dead'];

/** The address of a container's page. */
export const containerPath = (host: string, container: string) =>
  `/docker/${host}/containers/${encodeURIComponent(container)}`;

/** The colour of `running` is that of a job under way. For a container the state is good, so it gets the colour of `connected`. */
export function ContainerState({ state }: { readonly state: string }) {
  return <Status state={state} like={state === 'running' ? 'connected' : state === 'dead' ? 'failed' : state} />;
}

function useHosts() {
  return useQuery({
    queryKey: ['docker-hosts'],
    queryFn: ({ signal }) => docker.listHosts({ signal }),
    refetchInterval: AGAIN_MS,
  });
}

export default function Hosts() {
  const { data, error } = useHosts();
  return (
    <Page title="Docker">
      {error && <Failure error={error} />}
      {!data && !error && <p>Loading …</p>}
      {data?.length === 0 && <p>No connected agent finds a Docker Engine on its machine.</p>}
      {data && data.length > 0 && (
        <Table label="Docker hosts" head={['Host', 'Site', 'State', 'Version', 'Running', 'Images', 'Memory']}>
          {data.map(({ id, name, site, reachable, reason, engine }) => (
            <tr key={id}>
              <td>
                <Link href={`/docker/${id}`}>{name}</Link>
              </td>
              <td>{site}</td>
              <td>
                <Status state={reachable ? 'connected' : 'down'} /> {reason}
              </td>
              <td>{engine?.version}</td>
              <td>{engine && `${number(engine.running)} of ${number(engine.containers)} containers`}</td>
              <td>{engine && number(engine.images)}</td>
              <td>{engine && `${number(Math.round(engine.memory_bytes / MIB))} MiB`}</td>
            </tr>
          ))}
        </Table>
      )}
    </Page>
  );
}

/** The host of a page, with a link to it. */
export function HostName({ host }: { readonly host: string }) {
  const found = useHosts().data?.find(({ id }) => id === host);
  return (
    <>
      host <Link href={`/docker/${host}`}>{found?.name ?? host}</Link>
      {found && ` at site ${found.site}`}
    </>
  );
}

export function HostPage({ host, part }: { readonly host: string; readonly part?: string | undefined }) {
  const { data, error } = useHosts();
  const found = data?.find(({ id }) => id === host);
  const address = `/docker/${host}`;
  const parts = [
    { href: address, title: 'Containers' },
    { href: `${address}/images`, title: 'Images' },
  ];
  return (
    <Page title={found?.name ?? 'Docker host'}>
      {error && <Failure error={error} />}
      {found && (
        <p>
          <Status state={found.reachable ? 'connected' : 'down'} /> at site {found.site}
          {found.engine && ` · Docker ${found.engine.version} on ${found.engine.os}, ${found.engine.architecture}`}
        </p>
      )}
      {found?.reason && (
        <p className="failure" role="status">
          {found.reason}
        </p>
      )}
      <Parts label="Parts of the host" current={part === 'images' ? `${address}/images` : address} parts={parts} />
      {part === 'images' ? <Images host={host} /> : <Containers host={host} />}
    </Page>
  );
}

function Containers({ host }: { readonly host: string }) {
  const [state, setState] = useState('');
  const columns: Column<infrastructure.DockerContainer>[] = [
    { id: 'name', title: 'Name', cell: ({ name }) => <Link href={containerPath(host, name)}>{name}</Link> },
    { id: 'state', title: 'State', cell: ({ state }) => <ContainerState state={state} /> },
    { id: 'time', title: 'Status', cell: ({ status }) => status },
    { id: 'reason', title: 'Image', cell: ({ image }) => image },
  ];
  return (
    <>
      <label className="filter">
        State
        <select value={state} onChange={(event) => setState(event.target.value)}>
          <option value="">Any</option>
          {states.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
      <Listing
        label="Containers"
        queryKey={['containers', host, state]}
        read={(asked, signal) => docker.listContainers(host, { ...asked, ...(state && { state }) }, { signal })}
        columns={columns}
        keyOf={({ id }) => id}
        empty={<p>{state === '' ? 'The host has no containers.' : `No container is ${state}.`}</p>}
        everyMs={AGAIN_MS}
      />
    </>
  );
}

const imageColumns: Column<infrastructure.DockerImage>[] = [
  { id: 'name', title: 'Name', cell: ({ tags, id }) => (tags.length > 0 ? tags.join(', ') : id) },
  { id: 'state', title: 'MiB', cell: ({ bytes }) => number(Math.round(bytes / MIB)) },
  { id: 'tools', title: 'Containers', cell: ({ containers }) => number(containers) },
  { id: 'time', title: 'Made', cell: ({ created_at }) => <Moment at={created_at} /> },
];

function Images({ host }: { readonly host: string }) {
  return (
    <Listing
      label="Images"
      queryKey={['images', host]}
      read={(asked, signal) => docker.listImages(host, asked, { signal })}
      columns={imageColumns}
      keyOf={({ id }) => id}
      empty={<p>The host has no images.</p>}
    />
  );
}

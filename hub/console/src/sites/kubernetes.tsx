import type { infrastructure } from '@roundhouse/sdk';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { Parts, useAct } from '../forms.js';
import { hub } from '../hub.js';
import { Listing } from '../listing.js';
import { type Column, Failure, Moment, number, Page, Status, Table } from '../ui.js';

const { kubernetes } = hub.infrastructure;

/** How often the page reads the content of a namespace again. The hub accepts 50 such requests of a user per minute. */
export const AGAIN_MS = 10_000;

/** A namespace of a cluster. */
export interface Place {
  readonly cluster: string;
  readonly namespace: string;
}

const addressOf = ({ cluster, namespace }: Place) => `/kubernetes/${cluster}/${namespace}`;

const clusterColumns: Column<infrastructure.Cluster>[] = [
  { id: 'name', title: 'Name', cell: ({ id, name }) => <Link href={`/kubernetes/${id}`}>{name}</Link> },
  { id: 'state', title: 'State', cell: ({ status }) => <Status state={status} /> },
  { id: 'site', title: 'Site', cell: ({ site }) => site },
  { id: 'version', title: 'Version', cell: ({ version }) => version },
  { id: 'tools', title: 'Nodes', cell: ({ nodes_count }) => number(nodes_count) },
  { id: 'reason', title: 'Last connected', cell: ({ last_connected }) => <Moment at={last_connected} /> },
];

export default function Clusters() {
  return (
    <Page title="Kubernetes">
      <Listing
        label="Clusters"
        queryKey={['clusters']}
        read={(asked, signal) => kubernetes.listClusters(asked, { signal })}
        columns={clusterColumns}
        keyOf={({ id }) => id}
        empty={
          <p>
            There are no clusters yet. Add one with <code>POST /infrastructure/api/v1/kubernetes/clusters</code>.
          </p>
        }
      />
    </Page>
  );
}

function useCluster(id: string) {
  return useQuery({
    queryKey: ['cluster', id],
    queryFn: ({ signal }) => kubernetes.getCluster(id, { signal }),
  });
}

/** The place of a pod or a deployment: its cluster and its namespace. */
export function Trail({ place, isNamespace = false }: { readonly place: Place; readonly isNamespace?: boolean }) {
  const { cluster, namespace } = place;
  const { data } = useCluster(cluster);
  return (
    <p>
      Cluster <Link href={`/kubernetes/${cluster}`}>{data?.name ?? cluster}</Link>
      {!isNamespace && (
        <>
          , namespace <Link href={addressOf(place)}>{namespace}</Link>
        </>
      )}
    </p>
  );
}

export function ClusterPage({ cluster: id }: { readonly cluster: string }) {
  const { data: cluster, error } = useCluster(id);
  const check = useAct(() => kubernetes.checkCluster(id, { timeoutMs: 0 }), 'cluster', 'clusters', 'namespaces');
  if (!cluster) return <Page title="Cluster">{error ? <Failure error={error} /> : <p>Loading …</p>}</Page>;
  const columns: Column<infrastructure.Namespace>[] = [
    {
      id: 'name',
      title: 'Name',
      cell: ({ name }) => <Link href={addressOf({ cluster: id, namespace: name })}>{name}</Link>,
    },
    { id: 'state', title: 'State', cell: ({ status }) => <Status state={status} /> },
    { id: 'time', title: 'Made', cell: ({ created_at }) => <Moment at={created_at} /> },
  ];
  return (
    <Page
      title={cluster.name}
      actions={
        <button type="button" disabled={check.isPending} onClick={() => check.mutate(undefined)}>
          {check.isPending ? 'Working …' : 'Check now'}
        </button>
      }
    >
      <p>
        <Status state={cluster.status} /> at site {cluster.site}
        {cluster.version !== '' && ` · Kubernetes ${cluster.version}`}
        {cluster.description !== '' && ` · ${cluster.description}`}
        {cluster.checked_at && (
          <>
            {' '}
            · checked <Moment at={cluster.checked_at} />
          </>
        )}
      </p>
      {cluster.error && (
        <p className="failure" role="status">
          {cluster.error}
        </p>
      )}
      {(error ?? check.error) && <Failure error={error ?? check.error} />}
      {cluster.nodes.length > 0 && (
        <>
          <h2>Nodes</h2>
          <Table label="Nodes" head={['Name', 'State', 'Roles', 'Version', 'Processors', 'Memory']}>
            {cluster.nodes.map(({ name, status, roles, version, cpu, memory }) => (
              <tr key={name}>
                <td>{name}</td>
                <td>
                  <Status state={status} />
                </td>
                <td>{roles.join(', ')}</td>
                <td>{version}</td>
                <td>{cpu}</td>
                <td>{memory}</td>
              </tr>
            ))}
          </Table>
        </>
      )}
      <h2>Namespaces</h2>
      <Listing
        label="Namespaces"
        queryKey={['namespaces', id]}
        read={(asked, signal) => kubernetes.listNamespaces(id, asked, { signal })}
        columns={columns}
        keyOf={({ name }) => name}
        empty={<p>You see no namespace of this cluster.</p>}
      />
    </Page>
  );
}

export function NamespacePage({ part = 'deployments', ...place }: Place & { readonly part?: string | undefined }) {
  const address = addressOf(place);
  const parts = [
    { href: address, title: 'Deployments' },
    { href: `${address}/pods`, title: 'Pods' },
  ];
  return (
    <Page title={place.namespace}>
      <Trail place={place} isNamespace />
      <Parts label="Parts of the namespace" current={part === 'pods' ? `${address}/pods` : address} parts={parts} />
      {part === 'pods' ? <Pods place={place} /> : <Deployments place={place} />}
    </Page>
  );
}

function Deployments({ place }: { readonly place: Place }) {
  const { cluster, namespace } = place;
  const columns: Column<infrastructure.Deployment>[] = [
    {
      id: 'name',
      title: 'Name',
      cell: ({ name }) => <Link href={`${addressOf(place)}/deployments/${name}`}>{name}</Link>,
    },
    {
      id: 'state',
      title: 'Available',
      cell: ({ replicas, available_replicas }) => `${number(available_replicas)} of ${number(replicas)}`,
    },
    { id: 'reason', title: 'Images', cell: ({ images }) => images.join(', ') },
    { id: 'time', title: 'Made', cell: ({ created_at }) => <Moment at={created_at} /> },
  ];
  return (
    <Listing
      label="Deployments"
      queryKey={['deployments', cluster, namespace]}
      read={(asked, signal) => kubernetes.listDeployments(cluster, namespace, asked, { signal })}
      columns={columns}
      keyOf={({ name }) => name}
      empty={<p>There are no deployments in {namespace}.</p>}
      everyMs={AGAIN_MS}
    />
  );
}

/**
 * The pods of a namespace.
 * @param labels the labels that a pod must have; absent: all pods
 */
export function Pods(props: { readonly place: Place; readonly labels?: Readonly<Record<string, string>> }) {
  const { place, labels = {} } = props;
  const { cluster, namespace } = place;
  const selector = Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
  const columns: Column<infrastructure.Pod>[] = [
    { id: 'name', title: 'Name', cell: ({ name }) => <Link href={`${addressOf(place)}/pods/${name}`}>{name}</Link> },
    { id: 'state', title: 'State', cell: ({ status }) => <Status state={status} /> },
    {
      id: 'ready',
      title: 'Ready',
      cell: ({ containers }) => `${containers.filter(({ ready }) => ready).length} of ${containers.length}`,
    },
    { id: 'tools', title: 'Restarts', cell: ({ restart_count }) => number(restart_count) },
    { id: 'node', title: 'Node', cell: ({ node }) => node },
    { id: 'time', title: 'Made', cell: ({ created_at }) => <Moment at={created_at} /> },
  ];
  return (
    <Listing
      label="Pods"
      queryKey={['pods', cluster, namespace, selector]}
      read={(asked, signal) =>
        kubernetes.listPods(cluster, namespace, { ...asked, ...(selector && { label_selector: selector }) }, { signal })
      }
      columns={columns}
      keyOf={({ name }) => name}
      empty={<p>There are no such pods in {namespace}.</p>}
      everyMs={AGAIN_MS}
    />
  );
}

/** The conditions of a pod or a deployment. */
export function Conditions({ conditions }: { readonly conditions: readonly infrastructure.Condition[] }) {
  if (conditions.length === 0) return null;
  return (
    <>
      <h2>Conditions</h2>
      <Table label="Conditions" head={['Condition', 'Holds', 'Since', 'Reason']}>
        {conditions.map(({ type, status, changed_at, reason, message }) => (
          <tr key={type}>
            <td>{type}</td>
            <td>{status}</td>
            <td>
              <Moment at={changed_at} />
            </td>
            <td>{[reason, message].filter((text) => text !== '').join(': ')}</td>
          </tr>
        ))}
      </Table>
    </>
  );
}

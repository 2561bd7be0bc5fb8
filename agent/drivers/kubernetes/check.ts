import type { V1NamespaceList, V1Node, V1NodeList, V1PodList } from '@kubernetes/client-node';
import type { Cancellation } from '../../cancellation.js';
import type { Client } from './cluster/client.js';
import { reasonOf } from './cluster/failure.js';
import { list } from './list.js';
import { nodeUsage } from './metrics.js';
import { type Amount, amountOf, msOf, quantityOf } from './values.js';

/** A node, as `kubernetes.proto` has it. */
export interface NodeView {
  readonly name: string;
  readonly status: string;
  readonly roles: readonly string[];
  readonly version: string;
  readonly cpu: string;
  readonly memory: string;
  readonly os: string;
  readonly architecture: string;
  readonly containerRuntime: string;
  readonly internalIp: string;
  readonly createdAt: number;
  readonly usage?: Amount;
}

interface Amounts extends Amount {
  readonly pods: number;
}

/** The facts about a cluster, as `kubernetes.proto` has them. */
export interface ClusterView {
  readonly version: string;
  readonly platform: string;
  readonly endpoint: string;
  readonly nodesCount?: number;
  readonly namespacesCount?: number;
  readonly podsCount?: number;
  readonly nodes?: readonly NodeView[];
  readonly capacity?: Amounts;
  readonly allocatable?: Amounts;
  readonly usage?: Amount;
  readonly forbidden: readonly string[];
  readonly durationMs: number;
}

/**
 * Checks that a cluster answers, and reads the facts about it.
 * @param allowed which namespaces are counted.
 * @throws AgentFailure unless it answers, and knows the credentials.
 */
export async function checkCluster(
  client: Client,
  allowed: (namespace: string) => boolean,
  signal: Cancellation,
): Promise<ClusterView> {
  const begun = performance.now();
  const { version } = client.apis(signal);
  const forbidden: string[] = [];
  const ifAllowed = async <T>(what: string, ask: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await ask();
    } catch (error) {
      if (reasonOf(error) !== 'forbidden') throw error;
      forbidden.push(what);
      return undefined;
    }
  };
  return client.understand(async () => {
    // Every caller may see the version, because it says nothing about the credentials. The lists do.
    const { gitVersion, platform } = await version.getCode();
    if (typeof gitVersion !== 'string') throw new TypeError('no version');
    const [nodes, namespacesCount, podsCount, usage] = await Promise.all([
      ifAllowed('nodes', () => list(undefined, (part) => client.read<V1NodeList>('/api/v1/nodes', signal, part), asIs)),
      ifAllowed('namespaces', async () => {
        const named = list(
          undefined,
          (part) => client.read<V1NamespaceList>('/api/v1/namespaces', signal, part),
          ({ metadata }) => metadata?.name,
        );
        return (await named).items.filter(allowed).length;
      }),
      ifAllowed('pods', async () => {
        const { items, metadata } = await client.read<V1PodList>('/api/v1/pods', signal, { limit: 1 });
        return items.length + (metadata?.remainingItemCount ?? 0);
      }),
      nodeUsage(client, signal),
    ]);
    return {
      version: gitVersion,
      platform: platform ?? '',
      endpoint: client.address,
      ...(nodes === undefined ? {} : nodesView(nodes.items, usage)),
      ...(namespacesCount === undefined ? {} : { namespacesCount }),
      ...(podsCount === undefined ? {} : { podsCount }),
      forbidden: forbidden.sort(),
      durationMs: Math.round(performance.now() - begun),
    };
  });
}

const asIs = <T>(value: T): T => value;

function nodesView(nodes: readonly V1Node[], usage: ReadonlyMap<string, Amount> | undefined): Partial<ClusterView> {
  const used = usage === undefined ? undefined : [...usage.values()];
  return {
    nodesCount: nodes.length,
    nodes: nodes.map((node) => nodeView(node, usage?.get(node.metadata?.name ?? ''))),
    capacity: total(nodes, 'capacity'),
    allocatable: total(nodes, 'allocatable'),
    ...(used === undefined
      ? {}
      : { usage: { cpuMillis: sum(used, 'cpuMillis'), memoryBytes: sum(used, 'memoryBytes') } }),
  };
}

function nodeView({ metadata, spec, status }: V1Node, usage: Amount | undefined): NodeView {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status;
  const state = ready === 'True' ? 'Ready' : ready === 'False' ? 'NotReady' : 'Unknown';
  return {
    name: metadata?.name ?? '',
    status: spec?.unschedulable ? `${state},SchedulingDisabled` : state,
    roles: rolesOf(metadata?.labels ?? {}),
    version: status?.nodeInfo?.kubeletVersion ?? '',
    cpu: status?.capacity?.cpu ?? '',
    memory: status?.capacity?.memory ?? '',
    os: status?.nodeInfo?.osImage ?? '',
    architecture: status?.nodeInfo?.architecture ?? '',
    containerRuntime: status?.nodeInfo?.containerRuntimeVersion ?? '',
    internalIp: status?.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? '',
    createdAt: msOf(metadata?.creationTimestamp),
    ...(usage === undefined ? {} : { usage }),
  };
}

const rolePrefix = 'node-role.kubernetes.io/';

function rolesOf(labels: Readonly<Record<string, string>>): string[] {
  const roles = Object.keys(labels).filter((key) => key.startsWith(rolePrefix) && key.length > rolePrefix.length);
  const named = roles.map((key) => key.slice(rolePrefix.length));
  const old = labels['kubernetes.io/role'];
  return [...new Set(old === undefined ? named : [...named, old])].sort();
}

function total(nodes: readonly V1Node[], kind: 'capacity' | 'allocatable'): Amounts {
  const amounts = nodes.map(({ status }) => ({ ...amountOf(status?.[kind]), pods: quantityOf(status?.[kind]?.pods) }));
  return {
    cpuMillis: sum(amounts, 'cpuMillis'),
    memoryBytes: sum(amounts, 'memoryBytes'),
    pods: sum(amounts, 'pods'),
  };
}

function sum<K extends string>(items: readonly Readonly<Record<K, number>>[], key: K): number {
  return items.reduce((before, item) => before + item[key], 0);
}

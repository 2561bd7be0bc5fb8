import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  type ClusterConnection,
  ClusterConnectionSchema,
  type ExecPod,
  ExecPodSchema,
  type ReadPodLog,
  ReadPodLogSchema,
} from '@roundhouse/proto/agent/v1/kubernetes';
import type { Test } from 'tap';
import type { ClientTimes } from '../../../agent/drivers/kubernetes/cluster/clients.js';
import type { ClusterPolicy } from '../../../agent/drivers/kubernetes/cluster/policy.js';
import { Kubernetes } from '../../../agent/drivers/kubernetes/kubernetes.js';
import { noPolicy } from '../../../agent/policy/policy.js';
import type { TestCluster } from '../../fixtures/kubernetes/cluster.js';
import { toolsImage } from '../../fixtures/kubernetes/images.js';

/** A signal that is never aborted. */
export const never = new AbortController().signal;

/** An agent's side of clusters, ended with the test. */
export function kubernetes(t: Test, policy: ClusterPolicy = noPolicy, times?: ClientTimes): Kubernetes {
  const all = new Kubernetes({ policy: () => policy, ...(times === undefined ? {} : { times }) });
  t.teardown(() => all.close());
  return all;
}

type ConnectionInit = Exclude<MessageInitShape<typeof ClusterConnectionSchema>, ClusterConnection>;

/** The connection to an address. */
export function endpoint(
  url: string,
  more: { readonly token?: string; readonly caCertificate?: string } = {},
  init: ConnectionInit = {},
): ClusterConnection {
  const source = { case: 'endpoint' as const, value: { url, ...more } };
  return create(ClusterConnectionSchema, { clusterId: 'c1', revision: 1n, source, ...init });
}

/** The connection to a cluster, with the token of its administrator or of another user. */
export function connectionTo({ url, caCertificate, token }: TestCluster, as = token): ClusterConnection {
  return endpoint(url, { token: as, caCertificate });
}

/** The connection of a kubeconfig. */
export function fromKubeconfig(content: string, context = ''): ClusterConnection {
  const source = { case: 'kubeconfig' as const, value: { content, context } };
  return create(ClusterConnectionSchema, { clusterId: 'c1', revision: 1n, source });
}

/** Makes a pod, and resolves once it runs. */
export async function runPod(cluster: TestCluster, name: string, spec: object = {}, meta: object = {}): Promise<void> {
  const containers = [{ name: 'main', image: toolsImage }];
  const body = { metadata: { name, ...meta }, spec: { terminationGracePeriodSeconds: 0, containers, ...spec } };
  await cluster.api('POST', '/api/v1/namespaces/default/pods', body);
  await cluster.until<{ status?: { containerStatuses?: { ready: boolean }[] } }>(
    `/api/v1/namespaces/default/pods/${name}`,
    ({ status }) => status?.containerStatuses?.every(({ ready }) => ready) ?? false,
  );
}

/** A command for a pod of the namespace `default`. */
export function execOf(
  cluster: ClusterConnection,
  pod: string,
  command: readonly string[],
  init: Partial<Pick<ExecPod, 'container' | 'stdin' | 'tty' | 'timeoutMs' | 'maxOutputBytes'>> = {},
): ExecPod {
  return create(ExecPodSchema, { cluster, namespace: 'default', pod, command: [...command], ...init });
}

/** A command at a terminal in a pod of the namespace `default`. */
export function atTerminal(cluster: ClusterConnection, pod: string, command: readonly string[]) {
  return { cluster, namespace: 'default', pod, container: '', command: [...command] };
}

/** The request for a log in the namespace `default`. */
export function logOf(
  cluster: ClusterConnection,
  pod: string,
  init: Exclude<MessageInitShape<typeof ReadPodLogSchema>, ReadPodLog> = {},
): ReadPodLog {
  return create(ReadPodLogSchema, { cluster, namespace: 'default', pod, ...init });
}

/** The expected form of a failure; for `t.rejects`. */
export function failing(kind: string, reason: string, more: object = {}) {
  return { name: 'AgentFailure', kind, details: { reason, ...more } };
}

/** Makes a pod whose image does not exist: it never runs. Resolves once its status says so. */
export async function makeBrokenPod(cluster: TestCluster): Promise<void> {
  await cluster.api('POST', '/api/v1/namespaces/default/pods', {
    metadata: { name: 'broken' },
    spec: { containers: [{ name: 'main', image: 'local/none:1', imagePullPolicy: 'Never' }] },
  });
  await cluster.until<{ status?: { containerStatuses?: { state?: { waiting?: { reason?: string } } }[] } }>(
    '/api/v1/namespaces/default/pods/broken',
    ({ status }) => status?.containerStatuses?.[0]?.state?.waiting?.reason === 'ErrImageNeverPull',
  );
}

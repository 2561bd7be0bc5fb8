import type { ClusterEndpoint as EndpointMessage, ListOptions } from '@roundhouse/proto/agent/v1/kubernetes';
import type { Operations, Plain } from './contract.js';

/** How an agent reaches a cluster, credentials included; see `ClusterConnection` in `proto/agent/v1/kubernetes.proto`. */
export interface ClusterConnection {
  readonly clusterId: string;
  /** Grows with every change of the connection. */
  readonly revision: number;
  readonly source:
    | { readonly case: 'kubeconfig'; readonly value: { readonly content: string; readonly context: string } }
    | { readonly case: 'endpoint'; readonly value: ClusterEndpoint }
    | { readonly case: 'agent'; readonly value: { readonly kind: AgentClusterKind; readonly context: string } };
  readonly insecureSkipTlsVerify: boolean;
  /** The limit of one request, milliseconds; 0 for the agent's default. */
  readonly timeoutMs: number;
}

/** Certificates and keys are PEM; empty texts stand for none. */
export type ClusterEndpoint = Plain<EndpointMessage>;

/** The agent's own access: the cluster that it runs in, or its own kubeconfig. */
export const agentClusterKinds = ['in_cluster', 'kubeconfig'] as const;
export type AgentClusterKind = (typeof agentClusterKinds)[number];

/** Which of many. */
export type ClusterListOptions = Pick<Plain<ListOptions>, 'labelSelector' | 'fieldSelector'>;

type WithoutCluster<R> = R extends { readonly case: infer C; readonly value: infer V }
  ? { readonly case: C; readonly value: Omit<V, 'cluster'> }
  : never;

/** A request to a cluster. */
export type ClusterRequest =
  | WithoutCluster<
      Operations<
        | 'checkCluster'
        | 'createNamespace'
        | 'getPod'
        | 'getDeployment'
        | 'readPodLog'
        | 'execPod'
        | 'createDeployment'
        | 'scaleDeployment'
      >
    >
  | { readonly case: 'listNamespaces'; readonly value: { readonly options: ClusterListOptions } }
  | {
      readonly case: 'listPods' | 'listDeployments';
      readonly value: { readonly namespace: string; readonly options: ClusterListOptions };
    };

type WithCluster<R> = R extends { readonly case: infer C; readonly value: infer V }
  ? { readonly case: C; readonly value: V & { readonly cluster: ClusterConnection } }
  : never;

/** The hub's operations on an agent's clusters. */
export type ClusterOperation = WithCluster<ClusterRequest>;

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
export interface ClusterEndpoint {
  readonly url: string;
  readonly token: string;
  readonly caCertificate: string;
  readonly clientCertificate: string;
  readonly clientKey: string;
  readonly tlsServerName: string;
}

/** The agent's own access: the cluster that it runs in, or its own kubeconfig. */
export const agentClusterKinds = ['in_cluster', 'kubeconfig'] as const;
export type AgentClusterKind = (typeof agentClusterKinds)[number];

/** Which of many. */
export interface ClusterListOptions {
  /** Empty: all. */
  readonly labelSelector: string;
  readonly fieldSelector: string;
}

/** A command for a container of a pod. */
export interface PodCommand {
  readonly namespace: string;
  readonly pod: string;
  /** Empty: the only one, or the pod's default. */
  readonly container: string;
  readonly command: readonly string[];
  /** Absent: no input. */
  readonly stdin?: Uint8Array;
  readonly tty: boolean;
  /** How long it may run, milliseconds. */
  readonly timeoutMs: number;
  /** How much of each output the agent keeps. */
  readonly maxOutputBytes: number;
}

/** A part of a container's log. */
export interface PodLogRange {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly previous: boolean;
  readonly follow: boolean;
  /** How many of the last lines; 0 for all. */
  readonly tailLines: number;
  /** No earlier lines. */
  readonly noTail: boolean;
  /** 0 for all. */
  readonly sinceSeconds: number;
  readonly timestamps: boolean;
  /** 0: the agent's default. */
  readonly limitBytes: number;
}

type Named = { readonly namespace: string; readonly name: string };

/** A request to a cluster. */
export type ClusterRequest =
  | { readonly case: 'checkCluster'; readonly value: Readonly<Record<string, never>> }
  | { readonly case: 'listNamespaces'; readonly value: { readonly options: ClusterListOptions } }
  | {
      readonly case: 'createNamespace';
      readonly value: {
        readonly name: string;
        readonly labels: Readonly<Record<string, string>>;
        readonly annotations: Readonly<Record<string, string>>;
      };
    }
  | {
      readonly case: 'listPods' | 'listDeployments';
      readonly value: { readonly namespace: string; readonly options: ClusterListOptions };
    }
  | { readonly case: 'getPod' | 'getDeployment'; readonly value: Named }
  | { readonly case: 'readPodLog'; readonly value: PodLogRange }
  | { readonly case: 'execPod'; readonly value: PodCommand }
  | {
      readonly case: 'createDeployment';
      /** `body`: a JSON object. */
      readonly value: { readonly namespace: string; readonly body: Uint8Array };
    }
  | {
      readonly case: 'scaleDeployment';
      /** `waitMs`: until it is done; 0: at once. */
      readonly value: Named & { readonly replicas: number; readonly waitMs: number };
    };

type WithCluster<R> = R extends { readonly case: infer C; readonly value: infer V }
  ? { readonly case: C; readonly value: V & { readonly cluster: ClusterConnection } }
  : never;

/** The hub's operations on an agent's clusters. */
export type ClusterOperation = WithCluster<ClusterRequest>;

import { optional, type Shape } from '../../agents/shape.js';
import type { Fields } from '../../lists/field.js';

/** Agents' answers about clusters; see `proto/agent/v1/kubernetes.proto`. Times are milliseconds since 1970, 0 for never. */
type Texts = Readonly<Record<string, string>>;

export interface ClusterNode {
  readonly name: string;
  readonly status: string;
  readonly roles: readonly string[];
  readonly version: string;
  /** Quantities. */
  readonly cpu: string;
  readonly memory: string;
}

/** A cluster's facts. Facts that the credentials may not see are absent, and named in `forbidden`. */
export interface ClusterInfo {
  readonly version: string;
  readonly platform: string;
  readonly nodesCount?: number;
  readonly namespacesCount?: number;
  readonly podsCount?: number;
  readonly nodes?: readonly ClusterNode[];
  readonly forbidden: readonly string[];
}

/** A part of a list. */
export interface ClusterItems<T> {
  readonly items: readonly T[];
  /** `false` if the list goes on. */
  readonly complete: boolean;
}

export interface NamespaceView {
  readonly name: string;
  readonly status: string;
  readonly createdAt: number;
  readonly labels: Texts;
  readonly annotations: Texts;
}

export interface ContainerView {
  readonly name: string;
  readonly image: string;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly state: string;
  readonly reason?: string;
  readonly message?: string;
  readonly exitCode?: number;
  readonly startedAt?: number;
  readonly ports: readonly { readonly containerPort: number; readonly protocol: string; readonly name?: string }[];
  readonly resources: { readonly requests: Texts; readonly limits: Texts };
}

/** A pod in a list. */
export interface PodView {
  readonly name: string;
  readonly namespace: string;
  readonly status: string;
  readonly phase: string;
  readonly ip: string;
  readonly node: string;
  readonly createdAt: number;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly labels: Texts;
  readonly containers: readonly ContainerView[];
  readonly initContainers: readonly ContainerView[];
}

export interface ConditionView {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly changedAt?: number;
}

/** All of a pod. */
export interface PodDetails extends PodView {
  readonly annotations: Texts;
  readonly hostIp: string;
  readonly qosClass: string;
  readonly serviceAccount: string;
  readonly owner?: { readonly kind: string; readonly name: string };
  readonly startedAt?: number;
  readonly volumes: readonly {
    readonly name: string;
    readonly type: string;
    readonly details: Readonly<Record<string, unknown>>;
  }[];
  readonly conditions: readonly ConditionView[];
  readonly events: readonly {
    readonly type: string;
    readonly reason: string;
    readonly message: string;
    readonly count: number;
    readonly firstAt: number;
    readonly lastAt: number;
  }[];
}

export interface DeploymentView {
  readonly name: string;
  readonly namespace: string;
  /** The wanted number of replicas. */
  readonly replicas: number;
  readonly currentReplicas: number;
  readonly readyReplicas: number;
  readonly availableReplicas: number;
  readonly updatedReplicas: number;
  readonly strategy: string;
  readonly createdAt: number;
  readonly labels: Texts;
  readonly annotations: Texts;
  readonly selector: Texts;
  readonly images: readonly string[];
  readonly paused: boolean;
  readonly conditions: readonly ConditionView[];
}

export interface ScaledDeployment extends DeploymentView {
  readonly waited: boolean;
  readonly scaledAt: number;
}

/** The output of a command in a pod. */
export interface ExecOutput {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
  readonly truncated: boolean;
  readonly durationMs: number;
  readonly container: string;
}

const texts = { '*': 'document' } as const;

/** How the hub reads {@link ClusterInfo}, and so on. */
export const clusterInfo: Shape<ClusterInfo> = {
  version: 'text',
  platform: 'text',
  nodesCount: optional('number'),
  namespacesCount: optional('number'),
  podsCount: optional('number'),
  nodes: optional([{ name: 'text', status: 'text', roles: ['text'], version: 'text', cpu: 'text', memory: 'text' }]),
  forbidden: ['text'],
};

export const namespaceView: Shape<NamespaceView> = {
  name: 'text',
  status: 'text',
  createdAt: 'time',
  labels: texts,
  annotations: texts,
};

const containerView: Shape<ContainerView> = {
  name: 'text',
  image: 'text',
  ready: 'flag',
  restartCount: 'number',
  state: 'text',
  reason: optional('text'),
  message: optional('document'),
  exitCode: optional('number'),
  startedAt: optional('time'),
  ports: [{ containerPort: 'number', protocol: 'text', name: optional('text') }],
  resources: { requests: texts, limits: texts },
};

const podView: Shape<PodView> = {
  name: 'text',
  namespace: 'text',
  status: 'text',
  phase: 'text',
  ip: 'text',
  node: 'text',
  createdAt: 'time',
  ready: 'flag',
  restartCount: 'number',
  labels: texts,
  containers: [containerView],
  initContainers: [containerView],
};

const conditionView: Shape<ConditionView> = {
  type: 'text',
  status: 'text',
  reason: optional('text'),
  message: optional('document'),
  changedAt: optional('time'),
};

export const podDetails: Shape<PodDetails> = {
  ...podView,
  annotations: texts,
  hostIp: 'text',
  qosClass: 'text',
  serviceAccount: 'text',
  owner: optional({ kind: 'text', name: 'text' }),
  startedAt: optional('time'),
  volumes: [{ name: 'text', type: 'text', details: { '*': 'any' } }],
  conditions: [conditionView],
  events: [{ type: 'text', reason: 'text', message: 'document', count: 'number', firstAt: 'time', lastAt: 'time' }],
};

export const deploymentView: Shape<DeploymentView> = {
  name: 'text',
  namespace: 'text',
  replicas: 'number',
  currentReplicas: 'number',
  readyReplicas: 'number',
  availableReplicas: 'number',
  updatedReplicas: 'number',
  strategy: 'text',
  createdAt: 'time',
  labels: texts,
  annotations: texts,
  selector: texts,
  images: ['text'],
  paused: 'flag',
  conditions: [conditionView],
};

export const scaledDeployment: Shape<ScaledDeployment> = { ...deploymentView, waited: 'flag', scaledAt: 'time' };

export const namespaceItems: Shape<ClusterItems<NamespaceView>> = { items: [namespaceView], complete: 'flag' };
export const podItems: Shape<ClusterItems<PodView>> = { items: [podView], complete: 'flag' };
export const deploymentItems: Shape<ClusterItems<DeploymentView>> = { items: [deploymentView], complete: 'flag' };

export const execOutput: Shape<ExecOutput> = {
  stdout: 'document',
  stderr: 'document',
  exitCode: 'number',
  truncated: 'flag',
  durationMs: 'number',
  container: 'text',
};

/** The fields by which the lists of a cluster's content can be filtered and sorted. */
export const namespaceFields = {
  name: { type: 'string', of: ({ name }) => name },
  status: { type: 'string', of: ({ status }) => status },
  createdAt: { type: 'date', of: ({ createdAt }) => createdAt || null },
} satisfies Fields<NamespaceView>;

export const podFields = {
  name: { type: 'string', of: ({ name }) => name },
  namespace: { type: 'string', of: ({ namespace }) => namespace },
  status: { type: 'string', of: ({ status }) => status },
  phase: { type: 'string', of: ({ phase }) => phase },
  ip: { type: 'string', of: ({ ip }) => ip || null },
  node: { type: 'string', of: ({ node }) => node || null },
  ready: { type: 'boolean', of: ({ ready }) => ready },
  restartCount: { type: 'number', of: ({ restartCount }) => restartCount },
  createdAt: { type: 'date', of: ({ createdAt }) => createdAt || null },
} satisfies Fields<PodView>;

export const deploymentFields = {
  name: { type: 'string', of: ({ name }) => name },
  namespace: { type: 'string', of: ({ namespace }) => namespace },
  replicas: { type: 'number', of: ({ replicas }) => replicas },
  readyReplicas: { type: 'number', of: ({ readyReplicas }) => readyReplicas },
  updatedReplicas: { type: 'number', of: ({ updatedReplicas }) => updatedReplicas },
  availableReplicas: { type: 'number', of: ({ availableReplicas }) => availableReplicas },
  strategy: { type: 'string', of: ({ strategy }) => strategy },
  paused: { type: 'boolean', of: ({ paused }) => paused },
  createdAt: { type: 'date', of: ({ createdAt }) => createdAt || null },
} satisfies Fields<DeploymentView>;

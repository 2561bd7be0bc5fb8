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
  /** `false` where there is more. */
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
  /** The wanted number. */
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

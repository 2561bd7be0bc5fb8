import type { Command } from '@roundhouse/proto/agent/v1/command';
import type {
  ApplyConfig,
  DeviceTimes,
  JumpHost,
  DeviceSpec as SpecMessage,
  SshCredentials,
} from '@roundhouse/proto/agent/v1/device';
import type { ExecContainer, RunContainer } from '@roundhouse/proto/agent/v1/docker';
import type { ClusterEndpoint as EndpointMessage, ListOptions } from '@roundhouse/proto/agent/v1/kubernetes';

/** A message of the contract as plain data: 64-bit numbers are numbers, and no field changes. */
export type Plain<T> = T extends bigint
  ? number
  : T extends Uint8Array
    ? T
    : T extends readonly (infer Item)[]
      ? readonly Plain<Item>[]
      : T extends object
        ? { readonly [Name in keyof T as Name extends `$${string}` ? never : Name]: Plain<T[Name]> }
        : T;

type Commands = Exclude<Command['operation'], { case: undefined }>;

/** The operations of these names as plain data. The contract explains their fields. */
export type Operations<Name extends Commands['case']> = Plain<Extract<Commands, { case: Name }>>;

/** The result or the error of a JSON-RPC request, as JSON. */
export type AskAnswer =
  | { readonly case: 'result'; readonly value: Uint8Array }
  | { readonly case: 'error'; readonly value: Uint8Array };

/** The messages of a server that clients want. */
export interface McpInterest {
  readonly serverId: string;
  /** Resources whose updates are wanted. */
  readonly uris: readonly string[];
  /** The lowest log level that a client asks for; empty if no client asks. */
  readonly logLevel: string;
}

/** The private instances and subscriptions that clients want at an agent. */
export interface McpWishes {
  readonly instanceIds: readonly string[];
  readonly interests: readonly McpInterest[];
}

/** The client, as a request of protocol version 2026-07-28 describes it; see `Envelope` in `proto/agent/v1/mcp.proto`. */
export interface ClientEnvelope {
  /** JSON objects; `clientInfo` is empty where the client did not say. */
  readonly capabilities: Uint8Array;
  readonly clientInfo: Uint8Array;
  /** Empty for none. */
  readonly logLevel: string;
}

/** The hub's operations for its MCP clients; see `proto/agent/v1/mcp.proto`. */
export type McpOperation =
  | {
      readonly case: 'mcpRequest';
      readonly value: {
        readonly serverId: string;
        /** A private instance; empty for the shared instance. */
        readonly instanceId: string;
        readonly method: string;
        /** JSON objects; empty for none. */
        readonly params: Uint8Array;
        readonly meta: Uint8Array;
        readonly progress: boolean;
        /** With `progress`: only log messages are wanted, and the server gets no progress token. */
        readonly onlyLogs?: boolean;
        readonly envelope?: ClientEnvelope;
        /** The caller, as {@link markOf} has it; absent for requests of the hub itself. */
        readonly caller?: string;
      };
    }
  | {
      readonly case: 'mcpNotify';
      readonly value: { readonly instanceId: string; readonly method: string; readonly params: Uint8Array };
    }
  | {
      readonly case: 'openPrivate';
      readonly value: {
        readonly serverId: string;
        readonly instanceId: string;
        readonly capabilities: Uint8Array;
        readonly clientInfo: Uint8Array;
      };
    }
  | { readonly case: 'closePrivate'; readonly value: { readonly instanceId: string } }
  | {
      readonly case: 'answerAsk';
      readonly value: { readonly instanceId: string; readonly askId: string; readonly answer: AskAnswer };
    }
  | { readonly case: 'syncMcp'; readonly value: McpWishes }
  | { readonly case: 'syncMcpPart'; readonly value: McpWishes & { readonly number: number; readonly last: boolean } };

/** A notification of a server that belongs to no command. */
export interface ServerNotice {
  readonly serverId: string;
  /** The private instance that sent it; empty for the shared instance. */
  readonly instanceId: string;
  readonly method: string;
  /** A JSON object; empty for none. */
  readonly params: Uint8Array;
}

/** A request of a private instance to its client. */
export interface ServerAsk {
  readonly serverId: string;
  readonly instanceId: string;
  /** Identifies the request in the answer. */
  readonly askId: string;
  readonly method: string;
  /** A JSON object; empty for none. */
  readonly params: Uint8Array;
}

/** The parts of a container. Empty texts and lists stand for the image's or the engine's own. */
export type ContainerSpec = Plain<RunContainer>;

/** A command for a container. */
export type ContainerCommand = Plain<ExecContainer>;

/** The hub's operations on an agent's Docker Engine. A container is named by its name or id. */
export type DockerOperation = Operations<
  | 'dockerInfo'
  | 'listContainers'
  | 'inspectContainer'
  | 'startContainer'
  | 'readContainerLog'
  | 'stopContainer'
  | 'restartContainer'
  | 'removeContainer'
  | 'runContainer'
  | 'execContainer'
  | 'openContainerTerminal'
  | 'containerStats'
  | 'listImages'
  | 'pullImage'
  | 'removeImage'
>;

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

/** The selectors of a list. */
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
        | 'restartDeployment'
        | 'openPodTerminal'
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

/** How to sign in at a device or a jump host; unused fields are empty. */
export type SshLogin = Plain<SshCredentials>;

/** Full specification of a network device for its agent, secrets unsealed. */
export interface DeviceSpec extends Omit<Plain<SpecMessage>, 'credentials' | 'jumpHost' | 'times'> {
  readonly credentials: SshLogin;
  readonly jumpHost?: Omit<Plain<JumpHost>, 'credentials'> & { readonly credentials: SshLogin };
  /** Milliseconds; 0 for the agent's default. */
  readonly times: Plain<DeviceTimes>;
}

/** The hub's operations on an agent's network devices. */
export type DeviceOperation =
  | { readonly case: 'putDevice'; readonly value: { readonly device: DeviceSpec } }
  | { readonly case: 'applyConfig'; readonly value: Omit<Plain<ApplyConfig>, 'confirmTimeoutMs' | 'transient'> }
  | Operations<
      | 'removeDevice'
      | 'connectDevice'
      | 'inspectDevice'
      | 'disconnectDevice'
      | 'runCommands'
      | 'getConfig'
      | 'inspectChange'
    >;

export type DeviceState = 'disconnected' | 'connecting' | 'connected' | 'error';

/** A device's facts, from the device itself; unknown facts are empty. */
export interface DeviceInfo {
  readonly model: string;
  readonly serial: string;
  readonly osVersion: string;
  /** As the device prints it, at `readAt` (milliseconds since 1970). */
  readonly uptime: string;
  readonly readAt: number;
  /** The name in the device's prompt. */
  readonly hostname: string;
}

/** The state of a configuration change, as its agent reports it. */
export interface ReportedChange {
  readonly changeId: string;
  readonly state: 'begun' | 'confirmed' | 'reverted' | 'restore_pending' | 'failed';
  readonly hashBefore: string;
  /** Empty where it was not read. */
  readonly hashAfter: string;
  /** When the state was reached, milliseconds since 1970. */
  readonly time: number;
  readonly error: string;
}

/** Observed state of one network device, as its agent reports it. */
export interface DeviceReport {
  readonly deviceId: string;
  readonly revision: number;
  readonly state: DeviceState;
  /** Why the state is `error`; empty otherwise. */
  readonly error: string;
  readonly errorReason: string;
  /** When the last connection was made, milliseconds since 1970; 0 for never. */
  readonly connectedAt: number;
  readonly attempt: number;
  readonly nextAttempt: number;
  readonly hostKey: string;
  readonly jumpHostKey: string;
  readonly pinGeneration: number;
  readonly info: DeviceInfo | undefined;
  /** The last configuration change, as long as the agent remembers it. */
  readonly change: ReportedChange | undefined;
}

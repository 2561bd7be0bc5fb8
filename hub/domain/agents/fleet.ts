import type { MetricsReport } from '@roundhouse/proto/agent/v1/metrics';
import type { ApiKeyAuth, HealthCheck, OAuth2Auth, ServerSpec as SpecMessage } from '@roundhouse/proto/agent/v1/server';
import type { RunSuite } from '@roundhouse/proto/agent/v1/suite';
import type { TestType } from '@roundhouse/proto/suite-result';
import type { Cancellation } from '../cancellation.js';
import type {
  ClientEnvelope,
  ClusterOperation,
  DeviceOperation,
  DeviceReport,
  DeviceSpec,
  DockerOperation,
  McpOperation,
  Operations,
  Plain,
  ServerAsk,
  ServerNotice,
} from './contract.js';

/** Whether a command may run again after a lost link; see design, "A command". */
export type CommandKind = 'read' | 'idempotent' | 'once';

/** How a server is stopped. */
export interface StopOptions {
  /** Kills its process group at once. */
  readonly force?: boolean;
  /** How long running calls may take to finish, milliseconds; default: the agent does not wait for them. */
  readonly drainMs?: number;
  /** How long its process may take to end by itself before its group is killed, milliseconds; default: the agent's. */
  readonly timeoutMs?: number;
}

/** The operations that the hub can ask of an agent. The names are those of the contract's `Command.operation`. */
export type Operation =
  | {
      readonly case: 'callTool';
      readonly value: {
        readonly serverId: string;
        readonly tool: string;
        /** A JSON object without line breaks. */
        readonly arguments: Uint8Array;
        readonly progress: boolean;
        /** With `progress`: only log messages are wanted, and the server gets no progress token. */
        readonly onlyLogs?: boolean;
        /** The request's `_meta` without its progress token, a JSON object; absent for none. */
        readonly meta?: Uint8Array;
        /** A private instance; absent for the shared instance. */
        readonly instanceId?: string;
        /** For a call of protocol version 2026-07-28 to a server that speaks it. The reply is `json` if the server asks something. */
        readonly envelope?: ClientEnvelope;
        /** With it: the call's other params, a JSON object; absent for none. */
        readonly more?: Uint8Array;
        /** The caller, as {@link markOf} has it. */
        readonly caller?: string;
      };
    }
  | McpOperation
  | DeviceOperation
  | DockerOperation
  | ClusterOperation
  | SuiteOperation
  | { readonly case: 'putServer'; readonly value: { readonly server: ServerSpec } }
  | { readonly case: 'disconnectServer'; readonly value: { readonly serverId: string } & StopOptions }
  | { readonly case: 'switchServer'; readonly value: { readonly server: ServerSpec; readonly drainMs: number } }
  | Operations<
      | 'noop'
      | 'writeTerminal'
      | 'resizeTerminal'
      | 'removeServer'
      | 'connectServer'
      | 'authorizeServer'
      | 'inspectServer'
      | 'checkSource'
      | 'listInstalled'
      | 'downloadSource'
      | 'installSource'
      | 'verifySource'
      | 'removeInstalled'
      | 'keepInstalled'
      | 'cleanup'
      | 'storageStats'
      | 'readPolicy'
      | 'measureUsage'
      | 'checkDatabase'
      | 'queryDatabase'
      | 'readLog'
      | 'searchLog'
    >;

/** An agent's answer. */
export type Reply =
  /** JSON that the hub passes on without parsing it. */
  | { readonly case: 'json'; readonly value: Uint8Array }
  | {
      readonly case: 'tool';
      readonly value: { readonly json: Uint8Array; readonly isError: boolean; readonly durationUs: number };
    }
  | { readonly case: 'server'; readonly value: ServerReport }
  | { readonly case: 'device'; readonly value: DeviceReport };

export interface CommandOptions {
  readonly kind: CommandKind;
  /** Hard limit in milliseconds, the agent's work included. */
  readonly timeoutMs: number;
  /** Cancels the command at the hub, the agent and the server, and holds its place in a trace. */
  readonly signal?: Cancellation | undefined;
  /** Called with each progress notification's params (JSON). */
  readonly onProgress?: ((json: Uint8Array) => void) | undefined;
  /** Called with the params of each log message (JSON) that a server wrote for this command. */
  readonly onLog?: ((json: Uint8Array) => void) | undefined;
  /**
   * For a *once* command that changes something: a unique name that outlives hub and agent, such as a job step's id.
   * The agent writes it to its journal before the effect and after it, so a command with the same name never runs twice. If the hub asks again,
   * after a lost link or a restart of either side, the agent answers with the outcome. It keeps the outcome for 7 days.
   */
  readonly journal?: string | undefined;
}

/** The options of a command that changes nothing. */
export type ReadOptions = CommandOptions & { readonly kind: 'read' };

/** The bulk output of a command: chunks come no faster than the reader takes them. */
export interface ByteStream extends AsyncIterable<Uint8Array> {
  /** Ends the command; safe to call twice. */
  cancel(reason: string): void;
}

/**
 * Full specification of a server for its agent, secrets unsealed: the fields of the contract. `hub/fleet/wire` converts the fields that
 * have another form in the domain.
 */
export interface ServerSpec
  extends Omit<Plain<SpecMessage>, 'version' | 'auth' | 'healthCheck' | 'restartPolicy' | 'transport'> {
  /** The version of its source, in place of the version in the command; absent: as the command says. */
  readonly version?: string;
  readonly transport: Exclude<Plain<SpecMessage['transport']>, { readonly case: undefined }>;
  readonly auth:
    | { readonly case: undefined; readonly value?: undefined }
    | { readonly case: 'apiKey'; readonly value: Plain<ApiKeyAuth> }
    /** With `consent` a person consents, and comes back to `redirectUrl`. */
    | { readonly case: 'oauth2'; readonly value: Omit<Plain<OAuth2Auth>, 'grant'> & { readonly consent: boolean } };
  readonly healthCheck: Plain<HealthCheck>;
  /** The agent's action when the process ends by itself; absent: the agent always starts it again. */
  readonly restartPolicy?: 'on-failure' | 'no';
}

export type ObservedState = 'disconnected' | 'connecting' | 'connected' | 'error';

/** Observed state of one server, as its agent reports it. */
export interface ServerReport {
  readonly serverId: string;
  readonly revision: number;
  readonly state: ObservedState;
  /** Why the state is `error`; empty otherwise. */
  readonly error: string;
  /** Set when the list may have changed since the last report. */
  readonly tools?: readonly { readonly name: string; readonly definition: Uint8Array }[] | undefined;
  /** With `tools`: the `_meta` of the list, a JSON object; empty or absent for none. */
  readonly toolsMeta?: Uint8Array | undefined;
  /** The server's answer to `initialize`, JSON; empty when never connected. */
  readonly initializeResult: Uint8Array;
  /** 0 for none. */
  readonly pid: number;
  readonly attempt: number;
  /** Milliseconds since 1970; 0 for never. */
  readonly nextAttemptMs: number;
  readonly version: string;
  readonly connectTimeMs: number;
  /** The page where a person has to consent; empty or absent if there is none. */
  readonly authorizationUrl?: string | undefined;
  /** The agent has no tokens of a consent, and asks for one; absent for agents of earlier versions. */
  readonly needsConsent?: boolean | undefined;
  /** The threshold of errors or latency that a connected server exceeds; empty or absent for none. */
  readonly degraded?: string | undefined;
  /** The last health checks, oldest first; bounded. */
  readonly pings?: readonly HealthPing[] | undefined;
  /** The container that it runs in; empty or absent for none. */
  readonly containerId?: string | undefined;
  /** Since when it is connected, milliseconds since 1970; 0 or absent while it is not. */
  readonly connectedSinceMs?: number | undefined;
}

/** One health check of a server. */
export interface HealthPing {
  /** Milliseconds since 1970. */
  readonly timeMs: number;
  readonly passed: boolean;
  readonly durationMs: number;
}

/** A connected agent. */
export interface ConnectedAgent {
  readonly id: string;
  readonly name: string;
  readonly site: string;
  readonly version: string;
  readonly platform: string;
  readonly capabilities: readonly string[];
  readonly operations: readonly string[];
  /** Milliseconds since 1970. */
  readonly connectedAt: number;
  /** Round trip of the last heartbeat, milliseconds; `undefined` before the first. */
  readonly roundTripMs: number | undefined;
}

/** Messages that servers send by themselves. */
export interface FleetMcpEvents {
  onNotice?(agent: ConnectedAgent, notice: ServerNotice): void;
  onAsk?(agent: ConnectedAgent, ask: ServerAsk): void;
  /** A private instance ended by itself. */
  onPrivateEnded?(
    agent: ConnectedAgent,
    ended: { readonly serverId: string; readonly instanceId: string; readonly reason: string },
  ): void;
}

/** The fleet's events about network devices. */
export interface FleetDeviceEvents {
  /** Called before the agent gets any command; the specs become its desired state. */
  onDevices?(agent: ConnectedAgent): Promise<readonly DeviceSpec[]>;
  onDeviceReport?(agent: ConnectedAgent, report: DeviceReport): void;
}

/** The ids of servers and devices that an agent does not get when it connects, because all of them do not fit into one message. */
export interface LeftOut {
  readonly servers: readonly string[];
  readonly devices: readonly string[];
}

/** The fleet's events. */
export interface FleetEvents extends FleetMcpEvents, FleetDeviceEvents {
  /** Called before the agent gets any command; the specs become its desired state. */
  onConnect(agent: ConnectedAgent): Promise<readonly ServerSpec[]>;
  /** Called before the agent gets its desired state, if parts of it are left out. @param reason for people */
  onLeftOut?(agent: ConnectedAgent, leftOut: LeftOut, reason: string): void;
  onDisconnect(agent: ConnectedAgent, reason: string): void;
  onReport(agent: ConnectedAgent, report: ServerReport): void;
  /** Each series of the report has the labels and values of its metric. */
  onMetrics?(agent: ConnectedAgent, report: Plain<MetricsReport>): void;
  onLog(
    agent: ConnectedAgent,
    /** `topic`: the subject, if the hub acts on it (`policy.refused`); otherwise empty. */
    entry: { readonly level: string; readonly serverId: string; readonly message: string; readonly topic: string },
  ): void;
}

/** The connected agents, through which the domain works at sites. Implemented by `hub/fleet` over gRPC. */
export interface Fleet {
  /** Connected agents. An agent that lost its link a moment ago is still among them, while it has time to return. */
  agents(): readonly ConnectedAgent[];
  agent(id: string): ConnectedAgent | undefined;

  /**
   * Runs one operation at an agent and resolves with its answer. A link that is lost for a moment does not fail it: the
   * answer comes when the agent is back, and the hub sends the rest of the command then.
   * @throws DomainError `agent_unreachable` (details.outcome `not_run` | `unknown`), `timeout`, `cancelled`, and the agent's own failures:
   * `invalid_input`, `unimplemented`, `not_found`, `server_disconnected`, `upstream_failed`, `refused`, `unavailable`, `internal`.
   */
  execute(agentId: string, operation: Operation, options: CommandOptions): Promise<Reply>;

  /** Runs an operation whose output comes on a data stream. Resolves once the stream is open; errors as for {@link Fleet.execute}. */
  open(agentId: string, operation: Operation, options: CommandOptions): Promise<ByteStream>;

  /** Closes the live streams of an agent whose certificate was revoked. */
  disconnect(agentId: string, reason: string): void;
}

/** The rules of enrolment: an agent gets an identity for a join token. */
export interface EnrollmentRules {
  /**
   * Refuses a join token that cannot enrol an agent, before the hub works on the rest of the request. A used token passes while it has not
   * expired: its agent may ask again.
   * @throws DomainError `invalid_credential` as {@link EnrollmentRules.redeem}
   */
  checkToken(token: string): void;
  /**
   * Uses up a join token and registers its agent. The same token with the same key gives the same agent again until it expires: the first
   * answer may have been lost.
   * @throws DomainError `invalid_credential` (unknown, used, expired or revoked token; `details.reason` says which, for the log only).
   */
  redeem(
    token: string,
    /** `key`: the fingerprint of the agent's key, SHA-256 in hex. */
    agent: { readonly name: string; readonly version: string; readonly peer: string; readonly key: string },
  ): Promise<{ readonly agentId: string; readonly site: string }>;
  /** Notes a certificate that was issued for an agent. Serial numbers are lower-case hex. */
  issued(agentId: string, certificate: { readonly serial: string; readonly notAfter: number }): Promise<void>;
  /** The registration of an agent with a certificate of this hub, or why there is no registration. */
  identify(
    agentId: string,
    serial: string,
  ): { readonly id: string; readonly name: string; readonly site: string } | 'revoked' | 'unknown';
}

/** The server that an operation is about; `undefined` where it is about none, or about several. */
export function serverOf({ value }: Operation): string | undefined {
  return 'serverId' in value ? value.serverId : 'server' in value ? value.server.id : undefined;
}

/** The network device that an operation is about; `undefined` where it is about none. */
export function deviceOf({ value }: Operation): string | undefined {
  return 'deviceId' in value ? value.deviceId : 'device' in value ? value.device.id : undefined;
}

/** The cluster that an operation is about; `undefined` where it is about none. */
export function clusterOf({ value }: Operation): string | undefined {
  return 'cluster' in value ? value.cluster.clusterId : undefined;
}

/** The external database that an operation signs in to; `undefined` for none. */
export function databaseOf({ value }: Operation): string | undefined {
  return 'databaseId' in value ? value.databaseId : undefined;
}

/** The command that has an agent test one server. */
export interface SuiteOperation {
  readonly case: 'runSuite';
  readonly value: Omit<Plain<RunSuite>, 'types'> & { readonly types: readonly TestType[] };
}

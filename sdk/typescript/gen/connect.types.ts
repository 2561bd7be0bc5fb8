// Generated from the hub’s OpenAPI documents by `npm run generate:sdk-typescript`. Do not edit.

export interface Activity {
  /** Number in the event journal. */
  id: number;
  type: string;
  /** UTC, ISO 8601. */
  timestamp: string;
  data: Record<string, unknown>;
}

export interface Agent {
  id: string;
  name: string;
  site: string;
  status: "connected" | "disconnected";
  version: string | null;
  platform: string | null;
  capabilities: string[];
  operations: string[];
  roundTripMs: number | null;
  serverCount: number;
  /** UTC, ISO 8601. */
  enrolledAt: string;
  connectedAt: string | null;
  certificateExpiresAt: string | null;
}

export interface AlertAcknowledgedEvent {
  type: "alert.acknowledged";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: AlertData;
}

export interface AlertData {
  alertId: string;
  rule: string;
  /** Such as `warning` or `critical`. */
  severity: string;
  title: string;
  subject: string;
  serverId?: string;
  serverName?: string;
  message?: string;
  /** The user or key that acknowledged it. */
  actor?: string;
  /** The owner, if it belongs to one user or key. */
  ownerId?: string;
  /** The role that a caller needs to hear it: that of a key. */
  leastRole?: string;
  /** UTC, ISO 8601. */
  timestamp: string;
}

export interface AlertNewEvent {
  type: "alert.new";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: AlertData;
}

export interface AlertResolvedEvent {
  type: "alert.resolved";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: AlertData;
}

export interface ApiKeyAuth {
  readonly type: "api_key";
  readonly key: string;
  readonly header?: string;
  readonly prefix?: string;
}

export interface AudioContent {
  type: "audio";
  /** The sound, base64. */
  data: string;
  mimeType: string;
  annotations?: ContentAnnotations;
  /** Further members of the server, by name. */
  _meta?: Record<string, unknown>;
}

export interface AuditEntry {
  id: string;
  /** UTC, ISO 8601. */
  timestamp: string;
  action: string;
  actor: {
    type: "api_key" | "user" | "agent" | "system" | "anonymous";
    id: string;
    name: string;
  };
  resource: {
    type: string;
    id: string;
    serverId?: string;
  } | null;
  /** `durationMs` and `success` always; of tool calls `arguments`, with secrets redacted; `error` of a failure. */
  details: Record<string, unknown>;
  ip: string;
  userAgent: string;
}

export type Auth = NoAuth | ApiKeyAuth | OAuth2Auth;

export interface BrowserSession {
  user: {
    id: string;
    name: string;
    role: "viewer" | "user" | "operator" | "admin";
    /** What the role may do, such as `server.operate`. */
    permissions: string[];
  };
  /** Send it in `X-CSRF-Token` with each request that is not a GET. */
  csrfToken: string;
  /** UTC, ISO 8601. */
  expiresAt: string;
}

export interface BulkProgressData {
  /** The owner, if it belongs to one user or key. */
  ownerId?: string;
  operationId: string;
  completed: number;
  failed: number;
  total: number;
  status: "in_progress" | "completed" | "failed";
  /** UTC, ISO 8601. */
  timestamp: string;
}

export interface BulkProgressEvent {
  type: "bulk.progress";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: BulkProgressData;
}

export interface Cache {
  readonly tools: Readonly<Record<string, {
    readonly ttlSeconds: number;
  }>>;
}

export interface CallLimits {
  readonly maxConcurrentCalls?: number;
  readonly maxQueue?: number;
  readonly maxResultBytes?: number;
  readonly callsPerSecond?: number | null;
}

export interface CircuitBreaker {
  serverId: string;
  serverName: string;
  state: CircuitState;
  /** In a row; while open, those that opened it. */
  failures: number;
  /** Since the last change of state. */
  successCount: number;
  /** UTC, ISO 8601. */
  lastStateChange: string;
  /** UTC, ISO 8601. */
  cooldownEndsAt?: string;
}

export interface CircuitBreakerSummary {
  serverId: string;
  serverName: string;
  state: CircuitState;
  failures: number;
  lastFailure: string | null;
}

export interface CircuitClosedData {
  serverId: string;
  serverName: string;
  /** UTC, ISO 8601. */
  timestamp: string;
}

export interface CircuitClosedEvent {
  type: "circuit.closed";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: CircuitClosedData;
}

export interface CircuitOpenedData {
  serverId: string;
  serverName: string;
  failures: number;
  cooldownEndsAt: string | null;
  /** UTC, ISO 8601. */
  timestamp: string;
}

export interface CircuitOpenedEvent {
  type: "circuit.opened";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: CircuitOpenedData;
}

export type CircuitState = "closed" | "open" | "half-open";

export interface CleanupCompleteData {
  cleanupId: string;
  status: string;
  summary: {
    filesDeleted: number;
    bytesFreed: number;
    errors: number;
  };
  /** The owner, if it belongs to one user or key. */
  ownerId?: string;
  /** UTC, ISO 8601. */
  timestamp: string;
}

export interface CleanupCompleteEvent {
  type: "cleanup.complete";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: CleanupCompleteData;
}

export interface ClusterAddedEvent {
  type: "cluster.added";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: ClusterData;
}

export interface ClusterConnectedEvent {
  type: "cluster.connected";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: ClusterData;
}

export interface ClusterData {
  clusterId: string;
  clusterName: string;
  site: string;
  /** UTC, ISO 8601. */
  timestamp: string;
}

export interface ClusterDisconnectedEvent {
  type: "cluster.disconnected";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: ClusterData;
}

export interface ClusterErrorData {
  clusterId: string;
  clusterName: string;
  site: string;
  error?: string;
  reason?: string;
  /** UTC, ISO 8601. */
  timestamp: string;
}

export interface ClusterErrorEvent {
  type: "cluster.error";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: ClusterErrorData;
}

export interface ClusterRemovedEvent {
  type: "cluster.removed";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: ClusterData;
}

export interface ClusterUpdatedData {
  clusterId: string;
  clusterName: string;
  site: string;
  /** The fields that changed. */
  changed: string[];
  /** UTC, ISO 8601. */
  timestamp: string;
}

export interface ClusterUpdatedEvent {
  type: "cluster.updated";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: ClusterUpdatedData;
}

export interface ConfigUpdatedData {
  /** The owner, if it belongs to one user or key. */
  ownerId?: string;
  changes: string[];
  /** UTC, ISO 8601. */
  timestamp: string;
}

export interface ConfigUpdatedEvent {
  type: "config.updated";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: ConfigUpdatedData;
}

export interface ConnectOutcome {
  serverId: string;
  status: "connected" | "error";
  toolCount?: number;
  error?: string;
}

export interface ContentAnnotations {
  audience?: string[];
  /** 0 to 1. */
  priority?: number;
  /** ISO 8601. */
  lastModified?: string;
}

export type ContentBlock = TextContent | ImageContent | AudioContent | ResourceLink | EmbeddedResource;

export interface DatabaseCreatedEvent {
  type: "database.created";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: DatabaseData;
}

export interface DatabaseData {
  databaseId: string;
  name: string;
  type: string;
  site?: string;
  /** UTC, ISO 8601. */
  timestamp: string;
}

export interface DatabaseDeletedEvent {
  type: "database.deleted";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: DatabaseData;
}

export interface DatabaseUpdatedEvent {
  type: "database.updated";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: DatabaseData;
}

export interface DefinitionCreatedEvent {
  type: "definition.created";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: DefinitionData;
}

export interface DefinitionData {
  definitionId: string;
  name: string;
  type: string;
  version: string;
  /** UTC, ISO 8601. */
  timestamp: string;
}

export interface DefinitionDeletedEvent {
  type: "definition.deleted";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: DefinitionData;
}

export interface DefinitionUpdatedEvent {
  type: "definition.updated";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: DefinitionData;
}

export interface DeviceAddedEvent {
  type: "device.added";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: DeviceData;
}

export interface DeviceConfigChangedData {
  deviceId: string;
  deviceName: string;
  deviceType: string;
  site: string;
  changeId: string;
  kind: string;
  state: string;
  hashBefore: string;
  hashAfter: string;
  protected: boolean | null;
  saved: boolean | null;
  by: string | null;
  /** UTC, ISO 8601. */
  timestamp: string;
}

export interface DeviceConfigChangedEvent {
  type: "device.config.changed";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: DeviceConfigChangedData;
}

export interface DeviceConnectedEvent {
  type: "device.connected";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: DeviceData;
}

export interface DeviceData {
  deviceId: string;
  deviceName: string;
  deviceType: string;
  site: string;
  /** UTC, ISO 8601. */
  timestamp: string;
}

export interface DeviceDisconnectedEvent {
  type: "device.disconnected";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: DeviceData;
}

export interface DeviceErrorData {
  deviceId: string;
  deviceName: string;
  deviceType: string;
  site: string;
  error?: string;
  reason?: string;
  /** UTC, ISO 8601. */
  timestamp: string;
}

export interface DeviceErrorEvent {
  type: "device.error";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: DeviceErrorData;
}

export interface DeviceRemovedEvent {
  type: "device.removed";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: DeviceData;
}

export interface DeviceUpdatedData {
  deviceId: string;
  deviceName: string;
  deviceType: string;
  site: string;
  /** The fields that changed. */
  changed: string[];
  /** UTC, ISO 8601. */
  timestamp: string;
}

export interface DeviceUpdatedEvent {
  type: "device.updated";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: DeviceUpdatedData;
}

export interface DisconnectOutcome {
  serverId: string;
  status: "disconnected" | "error";
  toolCount?: number;
  error?: string;
}

export interface EmbeddedResource {
  type: "resource";
  resource: {
    uri: string;
    mimeType?: string;
    /** Of a text resource. */
    text?: string;
    /** Of a binary resource: its bytes, base64. */
    blob?: string;
    /** Further members of the server, by name. */
    _meta?: Record<string, unknown>;
  };
  annotations?: ContentAnnotations;
  /** Further members of the server, by name. */
  _meta?: Record<string, unknown>;
}

export type EventType = "server.connected" | "server.disconnected" | "server.error" | "server.health" | "tool.invoked" | "tool.error" | "circuit.opened" | "circuit.closed" | "job.progress" | "job.completed" | "job.failed" | "job.cancelled" | "cleanup.complete" | "test.complete" | "update.progress" | "update.complete" | "alert.new" | "alert.acknowledged" | "alert.resolved" | "device.added" | "device.updated" | "device.removed" | "device.connected" | "device.disconnected" | "device.error" | "device.config.changed" | "cluster.added" | "cluster.updated" | "cluster.removed" | "cluster.connected" | "cluster.disconnected" | "cluster.error" | "server.state" | "config.updated" | "bulk.progress" | "group.created" | "group.updated" | "group.deleted" | "definition.created" | "definition.updated" | "definition.deleted" | "database.created" | "database.updated" | "database.deleted";

export interface Favorite {
  toolName: string;
  serverId: string;
  serverName: string;
  /** UTC, ISO 8601. */
  favoritedAt: string;
}

export interface Grants {
  /** Ids or names; the hub keeps ids. */
  readonly servers?: readonly string[];
  /** Ids or names; the hub keeps ids. */
  readonly groups?: readonly string[];
  readonly tools?: readonly string[];
  readonly sites?: readonly string[];
}

export interface Group {
  id: string;
  name: string;
  description: string;
  color: string;
  icon: string;
  sortOrder: number;
  serverCount: number;
}

export interface GroupCreatedEvent {
  type: "group.created";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: GroupData;
}

export interface GroupData {
  groupId: string;
  groupName: string;
  /** UTC, ISO 8601. */
  timestamp: string;
}

export interface GroupDeletedEvent {
  type: "group.deleted";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: GroupData;
}

export interface GroupUpdatedEvent {
  type: "group.updated";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: GroupData;
}

export interface HealthCheck {
  readonly enabled?: boolean;
  readonly intervalMs?: number;
  readonly timeoutMs?: number;
}

export interface HttpTransport {
  readonly type: "http";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ImageContent {
  type: "image";
  /** The image, base64. */
  data: string;
  mimeType: string;
  annotations?: ContentAnnotations;
  /** Further members of the server, by name. */
  _meta?: Record<string, unknown>;
}

export interface JobCancelledEvent {
  type: "job.cancelled";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: JobData;
}

export interface JobCompletedEvent {
  type: "job.completed";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: JobData;
}

export interface JobData {
  jobId: string;
  kind: string;
  status: string;
  /** Percent. */
  progress: number;
  message: string;
  error?: string;
  /** The owner, if it belongs to one user or key. */
  ownerId?: string;
  /** UTC, ISO 8601. */
  timestamp: string;
}

export interface JobFailedEvent {
  type: "job.failed";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: JobData;
}

export interface JobProgressEvent {
  type: "job.progress";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: JobData;
}

export interface JoinToken {
  id: string;
  site: string;
  /** UTC, ISO 8601. */
  createdAt: string;
  /** UTC, ISO 8601. */
  expiresAt: string;
}

export interface Key {
  id: string;
  name: string;
  prefix: string;
  role: Role;
  tier: Tier;
  grants: Grants | null;
  limits: KeyLimits | null;
  /** UTC, ISO 8601. */
  createdAt: string;
  expiresAt: string | null;
  lastUsedAt: string | null;
}

export interface KeyLimits {
  readonly perMinute?: number;
  readonly perDay?: number;
}

export interface LogEntry {
  /** UTC, ISO 8601. */
  timestamp: string;
  level: string;
  source: string;
  message: string;
}

export interface MonitoredServer {
  id: string;
  name: string;
  status: "connected" | "disconnected" | "error";
  toolCount: number;
  site: string;
  error: string | null;
}

export interface NewServer {
  readonly name: string;
  readonly transport: TransportInput;
  readonly description?: string;
  readonly auth?: Auth;
  readonly healthCheck?: HealthCheck;
  readonly rateLimits?: RateLimits | null;
  readonly limits?: CallLimits | null;
  readonly cache?: Cache | null;
  readonly metadata?: ServerMetadata;
  readonly groupId?: string | null;
  readonly enabled?: boolean;
  readonly site?: string;
}

export interface NoAuth {
  readonly type: "none";
}

export interface OAuth2Auth {
  readonly type: "oauth2";
  readonly grantType?: "client_credentials" | "authorization_code";
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly privateKey?: string;
  readonly tokenUrl?: string;
  readonly scopes?: readonly string[];
}

export interface Prompt {
  name: string;
  /** Empty: not said. */
  title: string;
  description: string;
  arguments: PromptArgument[];
}

export interface PromptArgument {
  name: string;
  description: string;
  required: boolean;
}

export interface RateLimits {
  readonly requestsPerMinute?: number | null;
  readonly requestsPerDay?: number | null;
}

export interface RegistryServer {
  name: string;
  version: string;
  title: string;
  description: string;
  /** `active`, `deprecated` or `deleted`; empty: not said. */
  status: string;
  statusMessage: string;
  website: string;
  repository: string;
  ways: RegistryWay[];
}

export interface RegistryValue {
  name: string;
  description: string;
  /** And without a default. */
  required: boolean;
  /** The hub seals it. */
  secret: boolean;
  /** It takes several values. */
  repeated: boolean;
  /** `string`, `number`, `boolean`, `filepath`; empty: not said. */
  format: string;
  default: string | null;
  /** Empty: any value. */
  choices: string[];
}

export interface RegistryWay {
  /** `npm`, `pypi`, `oci`, `http`, `sse`, or a kind with a problem. */
  kind: string;
  /** The package or the address. */
  source: string;
  /** The whole command line or address, with `{NAME}` where a value goes; empty if it cannot be added. */
  line: string;
  /** It runs a program at the site, which needs role admin. */
  runs: boolean;
  /** Why it cannot be added; empty: it can. */
  problem: string;
  values: RegistryValue[];
}

export interface ResetData {
  reason: string;
  oldestId: string;
  latestId: string;
  /** UTC, ISO 8601. */
  timestamp: string;
}

export interface ResetEvent {
  type: "reset";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: ResetData;
}

export interface Resource {
  uri: string;
  name: string;
  /** Empty: not said. */
  title: string;
  description: string;
  mimeType: string;
}

export interface ResourceLink {
  type: "resource_link";
  uri: string;
  name: string;
  title?: string;
  description?: string;
  mimeType?: string;
  /** Bytes. */
  size?: number;
  annotations?: ContentAnnotations;
  /** Further members of the server, by name. */
  _meta?: Record<string, unknown>;
}

export interface ResourceTemplate {
  /** RFC 6570. */
  uriTemplate: string;
  name: string;
  /** Empty: not said. */
  title: string;
  description: string;
  mimeType: string;
}

export type Role = "viewer" | "user" | "operator" | "admin";

export interface Server {
  id: string;
  name: string;
  description: string;
  status: ServerStatus;
  toolCount: number;
  transport: Transport;
  auth: Auth;
  healthCheck: {
    enabled: boolean;
    intervalMs: number;
    timeoutMs: number;
  };
  rateLimits: RateLimits;
  metadata: ServerMetadata;
  groupId: string | null;
  enabled: boolean;
  /** UTC, ISO 8601. */
  createdAt: string;
  /** UTC, ISO 8601. */
  updatedAt: string;
  limits: CallLimits;
  cache: Cache | null;
  site: string;
  agentId: string;
  /** Extension: `true` if the server belongs to one user or key; absent for a shared server. */
  personal?: boolean;
  runtime: {
    error: string | null;
    connecting: boolean;
    authorizationUrl: string | null;
    pid: number | null;
    version: string | null;
    attempt: number;
    nextAttemptAt: string | null;
    health: "healthy" | "degraded" | "down" | null;
    healthReason: string | null;
  };
}

export interface ServerChanges {
  readonly name?: string;
  readonly transport?: TransportInput;
  readonly description?: string;
  readonly auth?: Auth;
  readonly healthCheck?: HealthCheck;
  readonly rateLimits?: RateLimits | null;
  readonly limits?: CallLimits | null;
  readonly cache?: Cache | null;
  readonly metadata?: ServerMetadata;
  readonly groupId?: string | null;
  readonly enabled?: boolean;
  readonly site?: string;
}

export interface ServerConnectedData {
  serverId: string;
  serverName: string;
  toolCount: number;
  /** UTC, ISO 8601. */
  timestamp: string;
}

export interface ServerConnectedEvent {
  type: "server.connected";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: ServerConnectedData;
}

export interface ServerDisconnectedEvent {
  type: "server.disconnected";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: ServerDownData;
}

export interface ServerDownData {
  serverId: string;
  serverName: string;
  error?: string;
  /** UTC, ISO 8601. */
  timestamp: string;
}

export interface ServerErrorEvent {
  type: "server.error";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: ServerDownData;
}

export type ServerEvent = ServerConnectedEvent | ServerDisconnectedEvent | ServerErrorEvent | ServerHealthEvent | ToolInvokedEvent | ToolErrorEvent | CircuitOpenedEvent | CircuitClosedEvent | JobProgressEvent | JobCompletedEvent | JobFailedEvent | JobCancelledEvent | CleanupCompleteEvent | TestCompleteEvent | UpdateProgressEvent | UpdateCompleteEvent | AlertNewEvent | AlertAcknowledgedEvent | AlertResolvedEvent | DeviceAddedEvent | DeviceUpdatedEvent | DeviceRemovedEvent | DeviceConnectedEvent | DeviceDisconnectedEvent | DeviceErrorEvent | DeviceConfigChangedEvent | ClusterAddedEvent | ClusterUpdatedEvent | ClusterRemovedEvent | ClusterConnectedEvent | ClusterDisconnectedEvent | ClusterErrorEvent | ServerStateEvent | ConfigUpdatedEvent | BulkProgressEvent | GroupCreatedEvent | GroupUpdatedEvent | GroupDeletedEvent | DefinitionCreatedEvent | DefinitionUpdatedEvent | DefinitionDeletedEvent | DatabaseCreatedEvent | DatabaseUpdatedEvent | DatabaseDeletedEvent | ResetEvent;

export interface ServerHealthData {
  serverId: string;
  serverName: string;
  health: "healthy" | "degraded" | "down";
  reason?: string;
  /** UTC, ISO 8601. */
  timestamp: string;
}

export interface ServerHealthEvent {
  type: "server.health";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: ServerHealthData;
}

export interface ServerIds {
  readonly serverIds: readonly string[];
}

export interface ServerMetadata {
  readonly category?: string | null;
  readonly tags?: readonly string[];
  readonly version?: string | null;
  /** Extension: where the server itself has metrics for Prometheus, at the host of its URL; `/sd/prometheus?servers=true` lists it. */
  readonly metricsPath?: string | null;
}

export interface ServerStateData {
  /** The owner, if it belongs to one user or key. */
  ownerId?: string;
  entryId: string;
  oldState: string;
  newState: string;
  /** UTC, ISO 8601. */
  timestamp: string;
}

export interface ServerStateEvent {
  type: "server.state";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: ServerStateData;
}

export type ServerStatus = "connected" | "disconnected" | "error";

export interface ServerWithTools {
  id: string;
  name: string;
  description: string;
  status: ServerStatus;
  toolCount: number;
  transport: Transport;
  auth: Auth;
  healthCheck: {
    enabled: boolean;
    intervalMs: number;
    timeoutMs: number;
  };
  rateLimits: RateLimits;
  metadata: ServerMetadata;
  groupId: string | null;
  enabled: boolean;
  /** UTC, ISO 8601. */
  createdAt: string;
  /** UTC, ISO 8601. */
  updatedAt: string;
  limits: CallLimits;
  cache: Cache | null;
  site: string;
  agentId: string;
  /** Extension: `true` if the server belongs to one user or key; absent for a shared server. */
  personal?: boolean;
  runtime: {
    error: string | null;
    connecting: boolean;
    authorizationUrl: string | null;
    pid: number | null;
    version: string | null;
    attempt: number;
    nextAttemptAt: string | null;
    health: "healthy" | "degraded" | "down" | null;
    healthReason: string | null;
  };
  tools: {
    name: string;
    description: string;
    inputSchema: unknown;
  }[];
  healthChecks: ({
    /** UTC, ISO 8601. */
    timestamp: string;
    status: "passed" | "failed";
    durationMs: number;
  })[];
}

export interface Site {
  name: string;
  agentCount: number;
  connectedAgents: number;
  serverCount: number;
}

export interface SitePolicy {
  read_only?: boolean;
  commands?: {
    allow?: string[];
    deny?: string[];
  };
  environment?: {
    allow?: string[];
    deny?: string[];
  };
  urls?: {
    allow?: string[];
    deny?: string[];
  };
  images?: {
    allow?: string[];
    deny?: string[];
  };
  namespaces?: {
    allow?: string[];
    deny?: string[];
  };
  device_commands?: {
    allow?: string[];
    deny?: string[];
  };
}

export interface SseTransport {
  readonly type: "sse";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface StdioTransport {
  readonly type: "stdio";
  readonly command: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface TargetGroup {
  targets: string[];
  labels: Record<string, string>;
}

export interface Template {
  /** builtin-…. */
  id: string;
  name: string;
  description: string;
  icon: string;
  category: string;
  transport: "stdio";
  command: string;
  args: string[];
  envPlaceholders: {
    key: string;
    description: string;
    required: boolean;
  }[];
  documentation: string;
  npmPackage: string | null;
  pypiPackage: string | null;
}

export interface TestCompleteData {
  testId: string;
  status: string;
  results: {
    server: string;
    tests: {
      total: number;
      passed: number;
      failed: number;
      skipped: number;
    };
    failures: {
      test: string;
      type: string;
    }[];
  }[];
  /** The owner, if it belongs to one user or key. */
  ownerId?: string;
  /** UTC, ISO 8601. */
  timestamp: string;
}

export interface TestCompleteEvent {
  type: "test.complete";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: TestCompleteData;
}

export interface TextContent {
  type: "text";
  text: string;
  annotations?: ContentAnnotations;
  /** Further members of the server, by name. */
  _meta?: Record<string, unknown>;
}

export type Tier = "free" | "pro" | "enterprise";

export interface Tool {
  name: string;
  serverId: string;
  serverName: string;
  description: string;
  inputSchema: unknown;
  category: string | null;
  tags: string[];
  usageCount: number;
  lastUsedAt: string | null;
}

export interface ToolActivityPoint {
  /** UTC, ISO 8601. */
  start: string;
  calls: number;
  errors: number;
  /** `null` without calls. */
  averageMs: number | null;
  /** `null` without calls. */
  slowestMs: number | null;
}

export interface ToolCall {
  id: string;
  /** UTC, ISO 8601. */
  timestamp: string;
  serverId: string;
  serverName: string;
  durationMs: number;
  success: boolean;
  error?: string;
  caller: {
    type: string;
    id: string;
    name: string;
  };
  cached: boolean;
}

export interface ToolCallData {
  serverId: string;
  toolName: string;
  durationMs: number;
  success: boolean;
  /** UTC, ISO 8601. */
  timestamp: string;
}

export interface ToolCategory {
  name: string;
  count: number;
}

export interface ToolErrorEvent {
  type: "tool.error";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: ToolCallData;
}

export interface ToolInvokedEvent {
  type: "tool.invoked";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: ToolCallData;
}

export interface ToolResult {
  content: ContentBlock[];
  /** The result as data, as the tool’s `outputSchema` has it; an object of most servers. */
  structuredContent?: unknown;
  /** The tool failed; `content` says why. */
  isError: boolean;
  /** Further members of the server, by name. */
  _meta?: Record<string, unknown>;
}

export type Transport = StdioTransport | SseTransport | HttpTransport | WebSocketTransport;

export type TransportInput = StdioTransport | SseTransport | HttpTransport | WebSocketTransportInput;

export interface UpdateCompleteData {
  updateId: string;
  kind: string;
  serverId: string | null;
  serverName?: string;
  /** The owner, if it belongs to one user or key. */
  ownerId?: string;
  version: string | null;
  success: boolean;
  error?: string;
  /** UTC, ISO 8601. */
  timestamp: string;
}

export interface UpdateCompleteEvent {
  type: "update.complete";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: UpdateCompleteData;
}

export interface UpdateProgressData {
  updateId: string;
  kind: string;
  serverId: string | null;
  serverName?: string;
  /** The owner, if it belongs to one user or key. */
  ownerId?: string;
  progress: number;
  message: string;
  /** UTC, ISO 8601. */
  timestamp: string;
}

export interface UpdateProgressEvent {
  type: "update.progress";
  /** For `Last-Event-ID`; empty where it is not kept. */
  id: string;
  data: UpdateProgressData;
}

export interface User {
  id: string;
  username: string;
  role: Role;
  /** UTC, ISO 8601. */
  createdAt: string;
  lastLogin: string | null;
}

export interface WebSocketTransport {
  type: "websocket";
  url: string;
  headers?: Record<string, string>;
  reconnect?: {
    /** Default: `true`. */
    enabled: boolean;
    /** Default: `10`. */
    maxAttempts: number;
    /** Default: `1000`. */
    initialDelayMs: number;
    /** Default: `30000`. */
    maxDelayMs: number;
    /** Default: `2`. */
    backoffMultiplier: number;
  };
  heartbeat?: {
    /** Default: `true`. */
    enabled: boolean;
    /** Default: `30000`. */
    intervalMs: number;
    /** Default: `10000`. */
    timeoutMs: number;
  };
}

export interface WebSocketTransportInput {
  readonly type: "websocket";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly reconnect?: {
    /** Default: `true`. */
    readonly enabled?: boolean;
    /** Default: `10`. */
    readonly maxAttempts?: number;
    /** Default: `1000`. */
    readonly initialDelayMs?: number;
    /** Default: `30000`. */
    readonly maxDelayMs?: number;
    /** Default: `2`. */
    readonly backoffMultiplier?: number;
  };
  readonly heartbeat?: {
    /** Default: `true`. */
    readonly enabled?: boolean;
    /** Default: `30000`. */
    readonly intervalMs?: number;
    /** Default: `10000`. */
    readonly timeoutMs?: number;
  };
}

export interface Webhook {
  id: string;
  url: string;
  events: WebhookEvent[];
  /** The first 10 characters of a secret that the hub has made; the whole secret in the answer to its creation, and nowhere else. */
  secret: string;
  enabled: boolean;
  /** UTC, ISO 8601. */
  createdAt: string;
  lastDeliveryAt: string | null;
  deliveryStats: {
    total: number;
    successful: number;
    /** Given up. */
    failed: number;
    /** Extension: waiting for their next attempt. */
    pending: number;
  };
  /** UTC, ISO 8601. */
  updatedAt: string;
  disabledReason: string | null;
}

export interface WebhookDelivery {
  id: string;
  event: string;
  status: "success" | "failed" | "pending";
  /** `null` where there was no answer. */
  statusCode: number | null;
  durationMs: number | null;
  error: string | null;
  attempts: ({
    /** UTC, ISO 8601. */
    timestamp: string;
    /** `null` where there was no answer. */
    statusCode: number | null;
    durationMs: number;
    error: string | null;
  })[];
  /** UTC, ISO 8601. */
  createdAt: string;
  finishedAt: string | null;
  nextAttemptAt: string | null;
  test: boolean;
}

export type WebhookEvent = "server.connected" | "server.disconnected" | "server.error" | "tool.invoked" | "tool.error" | "circuit.opened" | "circuit.closed";

/** Query of List all configured MCP servers: `GET /connect/api/servers`. */
export interface ListServersQuery {
  /** Only servers with this status. */
  readonly status?: ServerStatus;
  /** Only servers of this group, by id or name. */
  readonly groupId?: string;
  /** Comma-separated; servers with any of these. */
  readonly tags?: string | readonly string[];
  /** Only servers that are enabled, or that are not. */
  readonly enabled?: boolean;
}

/** Answer of List all configured MCP servers: `GET /connect/api/servers`. */
export type ListServersResult = Server[];

/** Body of Create a new MCP server configuration: `POST /connect/api/servers`. */
export type CreateServerBody = NewServer;

/** Answer of Create a new MCP server configuration: `POST /connect/api/servers`. */
export type CreateServerResult = Server;

/** Answer of Get a specific server: `GET /connect/api/servers/{id}`. */
export type GetServerResult = ServerWithTools;

/** Body of Update a server configuration: `PUT /connect/api/servers/{id}`. */
export type UpdateServerBody = ServerChanges;

/** Answer of Update a server configuration: `PUT /connect/api/servers/{id}`. */
export type UpdateServerResult = Server;

/** Answer of Delete a server configuration: `DELETE /connect/api/servers/{id}`. */
export interface DeleteServerResult {
  message: string;
}

/** Answer of Connect to a specific MCP server: `POST /connect/api/servers/{id}/connect`. */
export interface ConnectServerResult {
  status: "connected";
  toolCount: number;
  /** Milliseconds. */
  connectTime: number;
}

/** Answer of Disconnect from a specific MCP server: `POST /connect/api/servers/{id}/disconnect`. */
export interface DisconnectServerResult {
  status: "disconnected";
}

/** Body of Connect to multiple servers simultaneously: `POST /connect/api/servers/bulk/connect`. */
export type ConnectServersBody = ServerIds;

/** Answer of Connect to multiple servers simultaneously: `POST /connect/api/servers/bulk/connect`. */
export interface ConnectServersResult {
  results: ConnectOutcome[];
  summary: {
    total: number;
    failed: number;
    connected?: number;
    disconnected?: number;
  };
}

/** Body of Disconnect from multiple servers simultaneously: `POST /connect/api/servers/bulk/disconnect`. */
export type DisconnectServersBody = ServerIds;

/** Answer of Disconnect from multiple servers simultaneously: `POST /connect/api/servers/bulk/disconnect`. */
export interface DisconnectServersResult {
  results: DisconnectOutcome[];
  summary: {
    total: number;
    failed: number;
    connected?: number;
    disconnected?: number;
  };
}

/** Query of Read a server's log; with follow=true as a chunked stream of JSON lines: `GET /connect/api/servers/{id}/logs`. */
export interface ReadServerLogQuery {
  /** How many of the last lines; 0 for all. Default: `100`. */
  readonly lines?: number;
  /** Only lines from this time on (RFC 3339). */
  readonly since?: string;
}

/** Answer of Read a server's log; with follow=true as a chunked stream of JSON lines: `GET /connect/api/servers/{id}/logs`. */
export interface ReadServerLogResult {
  logs: LogEntry[];
}

/** Answer of List the resources of a server: `GET /connect/api/servers/{id}/resources`. */
export interface ListResourcesResult {
  resources: Resource[];
  templates: ResourceTemplate[];
}

/** Body of Read a resource of a server: `POST /connect/api/servers/{id}/resources/read`. */
export interface ReadResourceBody {
  readonly uri: string;
}

/** Answer of Read a resource of a server: `POST /connect/api/servers/{id}/resources/read`. */
export interface ReadResourceResult {
  contents: Record<string, unknown>[];
}

/** Answer of List the prompts of a server: `GET /connect/api/servers/{id}/prompts`. */
export type ListPromptsResult = Prompt[];

/** Body of Fill in a prompt of a server: `POST /connect/api/servers/{id}/prompts/get`. */
export interface GetPromptBody {
  readonly name: string;
  readonly arguments?: Readonly<Record<string, string>>;
}

/** Answer of Fill in a prompt of a server: `POST /connect/api/servers/{id}/prompts/get`. */
export interface GetPromptResult {
  description?: string;
  messages: Record<string, unknown>[];
}

/** Query of The redirect address for users after a consent: `GET /connect/api/oauth/callback`. */
export interface ReturnFromConsentQuery {
  /** The state that the hub sent. */
  readonly state: string;
  /** Authorization code, where the person consented. */
  readonly code?: string;
  /** Issuer of the answer (RFC 9207). */
  readonly iss?: string;
  /** Error code of OAuth 2.0, where the person did not consent. */
  readonly error?: string;
  /** Explanation of the error. */
  readonly error_description?: string;
}

/** Body of Confirm a consent at the page that the browser has come back to: `POST /connect/api/oauth/callback`. */
export interface CompleteConsentBody {
  /** The state that the hub sent. */
  readonly state: string;
  readonly code: string;
  /** Issuer of the answer (RFC 9207). */
  readonly iss?: string;
}

/** Answer of The hub's metadata as a client of authorization servers: `GET /connect/api/oauth/client`. */
export interface ShowClientResult {
  client_id: string;
  client_name: string;
  redirect_uris: string[];
  grant_types: string[];
  response_types: string[];
  token_endpoint_auth_method: string;
  application_type: string;
}

/** Query of List all available tools across connected servers: `GET /connect/api/tools`. */
export interface ListToolsQuery {
  /** In name or description. */
  readonly query?: string;
  /** Category of the server. */
  readonly category?: string;
  /** Comma-separated; any of these. */
  readonly tags?: string | readonly string[];
  /** Id or name. */
  readonly server?: string;
  /** Order of the list: by name, most used first, or last used first. Default: `"name"`. */
  readonly sortBy?: "name" | "usage" | "recent";
  /** Tools to return at most. Default: `50`. */
  readonly limit?: number;
  /** Tools to skip. Default: `0`. */
  readonly offset?: number;
}

/** Answer of List all available tools across connected servers: `GET /connect/api/tools`. */
export interface ListToolsResult {
  tools: Tool[];
  total: number;
  limit: number;
  offset: number;
}

/** Body of Invoke a specific tool: `POST /connect/api/tools/{name}/invoke`. */
export interface InvokeToolBody {
  readonly arguments?: Readonly<Record<string, unknown>>;
  /** Id or name; needed where several servers have the tool. */
  readonly serverId?: string;
  /** Default 60000. */
  readonly timeoutMs?: number;
}

/** Answer of Invoke a specific tool: `POST /connect/api/tools/{name}/invoke`. */
export type InvokeToolResult = ToolResult;

/** Answer of Get all tool categories with counts; tools without one count as uncategorized: `GET /connect/api/tools/categories`. */
export type ListToolCategoriesResult = ToolCategory[];

/** Answer of Get tool usage statistics; days are UTC, the newest of 30 first: `GET /connect/api/tools/stats`. */
export interface GetToolStatisticsResult {
  totalTools: number;
  totalInvocations: number;
  topTools: {
    name: string;
    invocations: number;
  }[];
  invocationsByDay: {
    date: string;
    count: number;
  }[];
}

/** Query of Calls of tools, their errors and durations over the last hour or day, in steps, oldest first: `GET /connect/api/tools/activity`. */
export interface GetToolActivityQuery {
  /** The last hour or the last day. Default: `"hour"`. */
  readonly period?: "hour" | "day";
}

/** Answer of Calls of tools, their errors and durations over the last hour or day, in steps, oldest first: `GET /connect/api/tools/activity`. */
export interface GetToolActivityResult {
  stepSeconds: number;
  points: ToolActivityPoint[];
}

/** Query of Get recently used tools for the authenticated API key, newest first; lastUsedAt is its own last use: `GET /connect/api/tools/recent`. */
export interface ListRecentToolsQuery {
  /** Tools to return at most. Default: `10`. */
  readonly limit?: number;
}

/** Answer of Get recently used tools for the authenticated API key, newest first; lastUsedAt is its own last use: `GET /connect/api/tools/recent`. */
export type ListRecentToolsResult = Tool[];

/** Query of Get invocation history for a specific tool, newest first; below operator the caller’s own calls: `GET /connect/api/tools/{name}/history`. */
export interface GetToolHistoryQuery {
  /** Calls to return at most. Default: `20`. */
  readonly limit?: number;
  /** Start: an ISO 8601 date or time, inclusive. */
  readonly from?: string;
  /** End: an ISO 8601 date or time, inclusive. */
  readonly to?: string;
}

/** Answer of Get invocation history for a specific tool, newest first; below operator the caller’s own calls: `GET /connect/api/tools/{name}/history`. */
export type GetToolHistoryResult = ToolCall[];

/** Answer of List all server groups: `GET /connect/api/groups`. */
export type ListGroupsResult = Group[];

/** Body of Create a new server group: `POST /connect/api/groups`. */
export interface CreateGroupBody {
  readonly name: string;
  readonly description?: string;
  /** #rrggbb. */
  readonly color?: string;
  readonly icon?: string;
  /** Default 0. */
  readonly sortOrder?: number;
}

/** Answer of Create a new server group: `POST /connect/api/groups`. */
export type CreateGroupResult = Group;

/** Body of Update a server group; absent fields stay: `PUT /connect/api/groups/{id}`. */
export interface UpdateGroupBody {
  readonly name?: string;
  readonly description?: string;
  /** #rrggbb. */
  readonly color?: string;
  readonly icon?: string;
  /** Default 0. */
  readonly sortOrder?: number;
}

/** Answer of Update a server group; absent fields stay: `PUT /connect/api/groups/{id}`. */
export type UpdateGroupResult = Group;

/** Answer of Delete a server group; its servers are ungrouped: `DELETE /connect/api/groups/{id}`. */
export interface DeleteGroupResult {
  message: string;
}

/** Body of Add servers to a group, all or none; a server leaves the group that it was in: `POST /connect/api/groups/{id}/servers`. */
export interface AddServersToGroupBody {
  readonly serverIds: readonly string[];
}

/** Answer of Add servers to a group, all or none; a server leaves the group that it was in: `POST /connect/api/groups/{id}/servers`. */
export type AddServersToGroupResult = Group;

/** Query of List all available server templates: `GET /connect/api/templates`. */
export interface ListTemplatesQuery {
  /** Only templates of this category. */
  readonly category?: string;
  /** In name or description. */
  readonly search?: string;
}

/** Answer of List all available server templates: `GET /connect/api/templates`. */
export type ListTemplatesResult = Template[];

/** Body of Create a server from a template, with the permissions of POST /api/servers: `POST /connect/api/templates/{id}/instantiate`. */
export interface InstantiateTemplateBody {
  readonly name: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly groupId?: string | null;
  readonly site?: string;
}

/** Answer of Create a server from a template, with the permissions of POST /api/servers: `POST /connect/api/templates/{id}/instantiate`. */
export type InstantiateTemplateResult = Server;

/** Query of Find servers in the MCP registry: `GET /connect/api/registry/servers`. */
export interface SearchRegistryQuery {
  /** A part of the name. */
  readonly search: string;
  /** Servers at most. Default: `30`. */
  readonly limit?: number;
}

/** Answer of Find servers in the MCP registry: `GET /connect/api/registry/servers`. */
export type SearchRegistryResult = RegistryServer[];

/** Body of Create a server from the MCP registry, with the permissions of POST /api/servers: `POST /connect/api/registry/servers`. */
export interface AddRegistryServerBody {
  /** As the registry names it. */
  readonly name: string;
  readonly version: string;
  /** The position in `ways`. */
  readonly way: number;
  /** By the names of the values of the way. */
  readonly values?: Readonly<Record<string, string | readonly string[]>>;
  readonly server: string;
  readonly site?: string;
}

/** Answer of Create a server from the MCP registry, with the permissions of POST /api/servers: `POST /connect/api/registry/servers`. */
export type AddRegistryServerResult = Server;

/** Answer of Get favorited tools for the authenticated API key, newest first: `GET /connect/api/favorites`. */
export type ListFavoritesResult = Favorite[];

/** Body of Add a tool to favorites; a present favorite stays as it is: `POST /connect/api/favorites/{toolName}`. */
export interface AddFavoriteBody {
  /** Id or name; needed where several servers have the tool. */
  readonly serverId?: string;
}

/** Answer of Add a tool to favorites; a present favorite stays as it is: `POST /connect/api/favorites/{toolName}`. */
export type AddFavoriteResult = Favorite;

/** Query of Remove a tool from favorites: `DELETE /connect/api/favorites/{toolName}`. */
export interface RemoveFavoriteQuery {
  /** Id or name; needed where several servers have the tool. */
  readonly serverId?: string;
}

/** Answer of Remove a tool from favorites: `DELETE /connect/api/favorites/{toolName}`. */
export interface RemoveFavoriteResult {
  message: string;
}

/** Answer of Get cache statistics; hits and misses since the hub started: `GET /connect/api/cache/stats`. */
export interface GetCacheStatsResult {
  enabled: boolean;
  entries: number;
  hits: number;
  misses: number;
  /** Hits per look-up; 0 before the first one. */
  hitRate: number;
  /** For people, such as "2.5 MB". */
  memoryUsage: string;
  oldestEntry: string | null;
}

/** Query of Clear the response cache: all entries within the key's grants, or those that the parameters name: `DELETE /connect/api/cache`. */
export interface ClearCacheQuery {
  /** Tool names: `*` any characters, `?` one character. */
  readonly pattern?: string;
  /** Id or name. */
  readonly serverId?: string;
}

/** Answer of Clear the response cache: all entries within the key's grants, or those that the parameters name: `DELETE /connect/api/cache`. */
export interface ClearCacheResult {
  /** How many entries were removed. */
  cleared: number;
}

/** Query of Query audit logs, newest first: `GET /connect/api/audit`. */
export interface ListAuditQuery {
  /** Such as `tool.invoke`. */
  readonly action?: string;
  /** Id of an API key or user. */
  readonly actor?: string;
  /** Type of the resource, such as `server`. */
  readonly resource?: string;
  /** Extension: id of the resource; with `resource`, the answer comes faster. */
  readonly resourceId?: string;
  /** Start: an ISO 8601 date or time, inclusive. */
  readonly from?: string;
  /** End: an ISO 8601 date or time, inclusive. */
  readonly to?: string;
  /** Entries to return at most. Default: `50`. */
  readonly limit?: number;
  /** Entries to skip. Default: `0`. */
  readonly offset?: number;
}

/** Answer of Query audit logs, newest first: `GET /connect/api/audit`. */
export interface ListAuditResult {
  entries: AuditEntry[];
  total: number;
  limit: number;
  offset: number;
  /** false: counting stopped at a limit; there are at least `total` entries. */
  totalIsExact: boolean;
}

/** Query of Export audit logs as CSV or JSON, oldest first: `GET /connect/api/audit/export`. */
export interface ExportAuditQuery {
  /** Form of the file. Default: `"json"`. */
  readonly format?: "json" | "csv";
  /** Start: an ISO 8601 date or time, inclusive. */
  readonly from?: string;
  /** End: an ISO 8601 date or time, inclusive. */
  readonly to?: string;
}

/** Answer of Export audit logs as CSV or JSON, oldest first: `GET /connect/api/audit/export`. */
export type ExportAuditResult = AuditEntry[];

/** Answer of Get monitoring dashboard data, within the key's grants: `GET /connect/api/monitor`. */
export interface GetMonitorResult {
  overview: {
    totalServers: number;
    connectedServers: number;
    /** Of connected servers. */
    totalTools: number;
    /** Seconds. */
    uptime: number;
    /** Requests since UTC midnight, of all APIs and callers. */
    requestsToday: number;
  };
  servers: MonitoredServer[];
  /** The last 20 events, newest first. */
  recentActivity: Activity[];
  circuitBreakers: CircuitBreakerSummary[];
}

/** Answer of Get circuit breaker states for all servers; half-open: the cooldown is over, and the next call decides: `GET /connect/api/monitor/circuit-breakers`. */
export type ListCircuitBreakersResult = CircuitBreaker[];

/** Answer of List all webhook subscriptions: `GET /connect/api/webhooks`. */
export type ListWebhooksResult = Webhook[];

/** Body of Create a webhook subscription; its whole secret is shown only now: `POST /connect/api/webhooks`. */
export interface CreateWebhookBody {
  readonly url: string;
  readonly events: readonly WebhookEvent[];
  /** Made at random by default. `whsec_` and base64, or any text: its bytes then are the key. */
  readonly secret?: string;
  /** Default: `true`. */
  readonly enabled?: boolean;
}

/** Answer of Create a webhook subscription; its whole secret is shown only now: `POST /connect/api/webhooks`. */
export type CreateWebhookResult = Webhook;

/** Body of Change a webhook subscription, enable or disable it; absent fields stay: `PUT /connect/api/webhooks/{id}`. */
export interface UpdateWebhookBody {
  readonly url?: string;
  readonly events?: readonly WebhookEvent[];
  /** Needed with another URL. `whsec_` and base64, or any text: its bytes then are the key. */
  readonly secret?: string;
  readonly enabled?: boolean;
}

/** Answer of Change a webhook subscription, enable or disable it; absent fields stay: `PUT /connect/api/webhooks/{id}`. */
export type UpdateWebhookResult = Webhook;

/** Answer of Delete a webhook subscription and its waiting deliveries: `DELETE /connect/api/webhooks/{id}`. */
export interface DeleteWebhookResult {
  message: string;
}

/** Answer of Send a test delivery, once, and return its outcome: `POST /connect/api/webhooks/{id}/test`. */
export interface TestWebhookResult {
  deliveryId: string;
  /** `null` where there was no answer. */
  statusCode: number | null;
  durationMs: number;
  error: string | null;
}

/** Query of Get webhook delivery history, newest first: `GET /connect/api/webhooks/{id}/deliveries`. */
export interface ListDeliveriesQuery {
  /** Only deliveries with this status. */
  readonly status?: "success" | "failed" | "pending";
  /** Deliveries to return at most. Default: `20`. */
  readonly limit?: number;
}

/** Answer of Get webhook delivery history, newest first: `GET /connect/api/webhooks/{id}/deliveries`. */
export type ListDeliveriesResult = WebhookDelivery[];

/** Answer of Begin a failed delivery again: `POST /connect/api/webhooks/{id}/deliveries/{deliveryId}/redeliver`. */
export type RedeliverResult = WebhookDelivery;

/** Query of Server-Sent Events: the events of the fleet as they happen: `GET /connect/api/sse/events`. */
export interface StreamEventsQuery {
  /** Comma-separated event types to subscribe. */
  readonly types?: string | readonly EventType[];
  /** Comma-separated server ids (or names) to filter. */
  readonly servers?: string | readonly string[];
  /** Extension: stands for `Last-Event-ID`, where that cannot be sent. */
  readonly lastEventId?: string;
}

/** Answer of A ticket for one event stream, valid for 30 s: browsers' EventSource cannot send a header: `POST /connect/api/sse/tickets`. */
export interface CreateTicketResult {
  ticket: string;
  /** UTC, ISO 8601. */
  expiresAt: string;
}

/** Answer of List the enrolled agents: `GET /connect/api/agents`. */
export type ListAgentsResult = Agent[];

/** Answer of List the valid join tokens: `GET /connect/api/agents/tokens`. */
export type ListJoinTokensResult = JoinToken[];

/** Body of Make a join token, which enrols one agent at a site: `POST /connect/api/agents/tokens`. */
export interface CreateJoinTokenBody {
  readonly site: string;
  /** Default 3600. */
  readonly ttlSeconds?: number;
}

/** Answer of Make a join token, which enrols one agent at a site: `POST /connect/api/agents/tokens`. */
export interface CreateJoinTokenResult {
  id: string;
  site: string;
  /** Shown only once. */
  token: string;
  /** UTC, ISO 8601. */
  expiresAt: string;
}

/** Answer of Revoke a join token: no agent can use it any more: `DELETE /connect/api/agents/tokens/{id}`. */
export interface RevokeJoinTokenResult {
  message: string;
}

/** Answer of Revoke an agent's certificate and close its streams: `DELETE /connect/api/agents/{id}`. */
export interface RevokeAgentResult {
  message: string;
}

/** Answer of Get the policy of the site, as it is in force at an agent: `GET /connect/api/agents/{id}/policy`. */
export type GetAgentPolicyResult = SitePolicy;

/** Body of Send a value to an agent and get it back: `POST /connect/api/agents/{id}/ping`. */
export interface PingAgentBody {
  readonly echo?: unknown;
}

/** Answer of Send a value to an agent and get it back: `POST /connect/api/agents/{id}/ping`. */
export interface PingAgentResult {
  echo: unknown;
}

/** Answer of List the sites, with their agents and servers counted: `GET /connect/api/sites`. */
export type ListSitesResult = Site[];

/** Answer of List the API keys that are not revoked: `GET /connect/api/keys`. */
export type ListKeysResult = Key[];

/** Body of Make an API key: `POST /connect/api/keys`. */
export interface CreateKeyBody {
  readonly name: string;
  readonly role?: Role;
  readonly tier?: Tier;
  readonly grants?: Grants;
  readonly limits?: KeyLimits;
  readonly expiresInSeconds?: number;
}

/** Answer of Make an API key: `POST /connect/api/keys`. */
export interface CreateKeyResult {
  id: string;
  name: string;
  prefix: string;
  role: Role;
  tier: Tier;
  grants: Grants | null;
  limits: KeyLimits | null;
  /** UTC, ISO 8601. */
  createdAt: string;
  expiresAt: string | null;
  lastUsedAt: string | null;
  /** Shown only once. */
  key: string;
}

/** Answer of Revoke an API key; refused from the next request on: `DELETE /connect/api/keys/{id}`. */
export interface RevokeKeyResult {
  message: string;
}

/** Body of Make a user: `POST /connect/api/users`. */
export interface CreateUserBody {
  readonly username: string;
  readonly password: string;
  readonly role?: Role;
}

/** Answer of Make a user: `POST /connect/api/users`. */
export type CreateUserResult = User;

/** Body of Set a user's password; earlier sign-ins of this user end: `PUT /connect/api/users/{username}/password`. */
export interface SetPasswordBody {
  readonly password: string;
}

/** Answer of Set a user's password; earlier sign-ins of this user end: `PUT /connect/api/users/{username}/password`. */
export interface SetPasswordResult {
  message: string;
}

/** Body of A consistent copy of the live store, as one file: `POST /connect/api/backups`. */
export interface CreateBackupBody {
  /** Default: `false`. */
  readonly withSealingKey?: boolean;
}

/** Answer of The session of this browser, and the ways to sign in: `GET /connect/api/session`. */
export interface GetSessionResult {
  session: BrowserSession | null;
  /** Users can sign in at the identity provider. */
  provider: boolean;
}

/** Body of Sign a browser in with user name and password: `POST /connect/api/session`. */
export interface SignInBody {
  readonly username: string;
  readonly password: string;
}

/** Answer of Sign a browser in with user name and password: `POST /connect/api/session`. */
export type SignInResult = BrowserSession;

/** Answer of Sign this browser out: `DELETE /connect/api/session`. */
export interface SignOutResult {
  message: string;
}

/** Body of Begin to sign a browser in at the identity provider: `POST /connect/api/session/provider`. */
export interface BeginSignInBody {
  /** A page of this hub. */
  readonly redirectUri: string;
}

/** Answer of Begin to sign a browser in at the identity provider: `POST /connect/api/session/provider`. */
export interface BeginSignInResult {
  location: string;
}

/** Body of Sign a browser in with the code of the identity provider: `POST /connect/api/session/provider/callback`. */
export interface FinishSignInBody {
  readonly code: string;
  readonly state: string;
}

/** Answer of Sign a browser in with the code of the identity provider: `POST /connect/api/session/provider/callback`. */
export type FinishSignInResult = BrowserSession;

/** Answer of Health check: `GET /connect/health`. */
export interface GetHealthResult {
  status: "healthy" | "unhealthy";
  timestamp: string;
  version: string;
  /** Seconds. */
  uptime: number;
  connections: {
    active: number;
    total: number;
  };
  checks: {
    database: string;
    redis: string;
    docker: string;
  };
  [name: string]: unknown;
}

/** Query of Metrics in Prometheus format: `GET /connect/metrics`. */
export interface GetMetricsQuery {
  /** Only the series of the agents of this site. */
  readonly site?: string;
  /** Leave out the series of all agents. */
  readonly hub_only?: boolean;
}

/** Query of Chosen series, for another Prometheus: `GET /connect/federate`. */
export interface FederateQuery {
  /** Selectors of Prometheus, such as `{site="berlin"}`. Without one, the answer is empty. */
  readonly "match[]"?: readonly string[];
}

/** Query of Targets for Prometheus: `GET /connect/sd/prometheus`. */
export interface DiscoverTargetsQuery {
  /** Instead: the MCP servers with `metadata.metricsPath`, at their own addresses. Scrape them without the hub's key. */
  readonly servers?: boolean;
}

/** Answer of Targets for Prometheus: `GET /connect/sd/prometheus`. */
export type DiscoverTargetsResult = TargetGroup[];

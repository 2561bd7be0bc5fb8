// Generated from the hub’s OpenAPI documents by `npm run generate:sdk-typescript`. Do not edit.

export interface ApiKey {
  id: string;
  name: string;
  /** The first characters of the key. */
  prefix: string;
  /** UTC, ISO 8601. */
  created_at: string;
  /** `null` for never. */
  last_used_at: string | null;
}

export interface ApiKeyAuth {
  readonly type: "api_key";
  readonly key: string;
  readonly header?: string;
  readonly prefix?: string;
}

export type Auth = NoAuth | ApiKeyAuth | OAuth2Auth;

export type ComponentHealth = "healthy" | "degraded" | "unhealthy";

export type DatabaseType = "postgresql" | "mysql" | "mariadb" | "mssql" | "oracle" | "mongodb" | "redis";

export type DefinitionConfig = StdioConfig | NpmConfig | PypiConfig | DockerConfig | HttpConfig | SseConfig | WebSocketConfig | WorkflowConfig;

export interface DockerConfig {
  readonly type: "docker";
  readonly image: string;
  /** Further flags of `docker run`. */
  readonly options?: readonly string[];
  /** Arguments of the server itself. */
  readonly args?: readonly string[];
  /** `{{database:NAME}}` stands for an external database. */
  readonly env?: Readonly<Record<string, string>>;
}

export type EntityType = "server" | "group" | "agent" | "site" | "device" | "cluster" | "catalog_entry" | "job" | "workflow_run" | "mcp_definition" | "external_db_config" | "user" | "api_key";

export interface ExternalDatabase {
  id: string;
  name: string;
  db_type: DatabaseType;
  host: string;
  port: number;
  db_name: string;
  username: string;
  /** UTC, ISO 8601. */
  created_at: string;
  /** UTC, ISO 8601. */
  updated_at: string;
  /** Extension: the site that it belongs to; keys whose grants name that site see it. */
  site: string | null;
}

export interface HttpConfig {
  readonly type: "http";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly auth?: Auth;
}

export interface LogEvent {
  type: "log";
  /** Empty where it is not kept. */
  id: string;
  data: {
    id: string;
    level: "info" | "error";
    message: string;
    progress?: number;
    step?: string;
    step_status?: string;
    /** UTC, ISO 8601. */
    timestamp: string;
  };
}

export interface McpDefinition {
  id: string;
  name: string;
  description: string;
  mcp_type: McpType;
  /** UTC, ISO 8601. */
  created_at: string;
  /** UTC, ISO 8601. */
  updated_at: string;
  latest_version: {
    id: string;
    /** From `1` on. */
    version: string;
    config: DefinitionConfig;
  };
}

export interface McpDefinitionVersion {
  id: string;
  /** From `1` on. */
  version: string;
  config: DefinitionConfig;
  /** UTC, ISO 8601. */
  created_at: string;
}

export type McpType = "stdio" | "npm" | "pypi" | "docker" | "http" | "sse" | "websocket" | "workflow";

export interface Message {
  message: string;
}

export interface NoAuth {
  readonly type: "none";
}

export interface NpmConfig {
  readonly type: "npm";
  readonly package: string;
  readonly version?: string;
  /** Arguments of the server itself. */
  readonly args?: readonly string[];
  /** `{{database:NAME}}` stands for an external database. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface OAuth2Auth {
  readonly type: "oauth2";
  readonly grant_type?: "client_credentials" | "authorization_code";
  readonly client_id?: string;
  readonly client_secret?: string;
  readonly private_key?: string;
  readonly token_url?: string;
  readonly scopes?: readonly string[];
}

export interface PypiConfig {
  readonly type: "pypi";
  readonly package: string;
  readonly version?: string;
  /** Arguments of the server itself. */
  readonly args?: readonly string[];
  /** `{{database:NAME}}` stands for an external database. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface RelatedEntity {
  id: string;
  type: EntityType;
  data: Record<string, unknown>;
  related_entities: {
    id: string;
    type: EntityType;
    relationship: string;
  }[];
}

export interface ResultPreviewEvent {
  type: "result_preview";
  /** Empty where it is not kept. */
  id: string;
  data: {
    id: string;
    step: string;
    result: unknown;
    /** UTC, ISO 8601. */
    timestamp: string;
  };
}

export type RunEvent = StatusChangeEvent | LogEvent | ResultPreviewEvent;

export interface Server {
  id: string;
  name: string;
  site: string;
  definition_id: string;
  version_id: string;
  /** UTC, ISO 8601. */
  created_at: string;
  /** UTC, ISO 8601. */
  updated_at: string;
}

export interface SseConfig {
  readonly type: "sse";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly auth?: Auth;
}

export interface StatusChangeEvent {
  type: "status_change";
  /** Empty where it is not kept. */
  id: string;
  data: {
    id: string;
    workflow_definition_id: string;
    status: WorkflowRunStatus;
    error?: {
      code: string;
      message: string;
    } | null;
    /** UTC, ISO 8601. */
    timestamp: string;
  };
}

export interface StdioConfig {
  readonly type: "stdio";
  readonly command: string;
  /** Arguments of the server itself. */
  readonly args?: readonly string[];
  /** `{{database:NAME}}` stands for an external database. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface WebSocketConfig {
  readonly type: "websocket";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly auth?: Auth;
}

export interface WorkflowCompensation {
  readonly compensate: readonly string[];
}

export interface WorkflowConfig {
  readonly type: "workflow";
  readonly parameters?: Readonly<Record<string, WorkflowParameter>>;
  readonly steps: readonly WorkflowStep[];
}

export interface WorkflowParameter {
  readonly type: WorkflowParameterType;
  readonly default: boolean | number | string | readonly string[];
  readonly description?: string;
}

export type WorkflowParameterType = "boolean" | "number" | "string" | "strings";

export interface WorkflowQuestion {
  kind: "approval" | "attention";
  /** `null` for callers who may not read it. */
  question: string | null;
  /** The least role that decides. */
  role: string;
  /** A JSON Schema. */
  form: Record<string, unknown> | null;
  /** UTC, ISO 8601. */
  since: string;
  /** The step fails if no person decides by then. */
  until: string | null;
}

export interface WorkflowRetry {
  /** The most attempts, the first included. */
  readonly attempts: number;
  /** The first pause; each further one is twice as long. */
  readonly backoff_seconds?: number;
  /** The failures after which the step begins again; default: all that leave no doubt about the effect. */
  readonly on?: readonly ("invalid_input" | "malformed" | "unauthenticated" | "invalid_credential" | "expired_credential" | "invalid_login" | "forbidden" | "not_found" | "method_not_allowed" | "conflict" | "already_exists" | "payload_too_large" | "unsupported_media_type" | "rate_limited" | "server_disconnected" | "circuit_open" | "agent_unreachable" | "unavailable" | "timeout" | "upstream_failed" | "device_unreachable" | "device_command_failed" | "device_config_failed" | "cluster_unreachable" | "cluster_operation_failed" | "unimplemented" | "refused" | "cancelled" | "internal")[];
}

export interface WorkflowRun {
  id: string;
  /** Of a workflow that no definition keeps: its name. */
  workflow_definition_id: string;
  status: WorkflowRunStatus;
  parameters: Record<string, unknown>;
  /** UTC, ISO 8601. */
  created_at: string;
  /** UTC, ISO 8601. */
  updated_at: string;
}

export interface WorkflowRunDetails {
  id: string;
  /** Of a workflow that no definition keeps: its name. */
  workflow_definition_id: string;
  status: WorkflowRunStatus;
  parameters: Record<string, unknown>;
  /** UTC, ISO 8601. */
  created_at: string;
  /** UTC, ISO 8601. */
  updated_at: string;
  /** The result of each completed step, by its name. */
  result: Record<string, unknown>;
  /** Extension. */
  progress: number;
  /** Extension. */
  steps: ({
    name: string;
    status: string;
    /** `null` for never. */
    started_at: string | null;
    /** `null` for never. */
    completed_at: string | null;
    reason: string;
    /** Extension: the decision of a person that the step waits for. */
    waits_for: WorkflowQuestion | null;
  })[];
  /** Extension. */
  error: {
    code: string;
    message: string;
  } | null;
}

export type WorkflowRunStatus = "scheduled" | "queued" | "running" | "completed" | "failed" | "cancelled";

export interface WorkflowStep {
  /** The word by which expressions, `needs` and results name the step. */
  readonly id?: string;
  /** In place of `id`; expressions say `steps["name"]`. */
  readonly name?: string;
  readonly kind: string;
  /** A boolean parameter. */
  readonly when?: string;
  /** An expression: false leaves the step out. */
  readonly if?: string;
  /** The steps that end before it begins; default: the step before it. */
  readonly needs?: readonly string[];
  /** A list, or an expression that gives one: the step is done for each member, which is `item`. */
  readonly for_each?: string | readonly unknown[];
  /** How many members are worked on at once; default 1. */
  readonly max_parallel?: number;
  readonly retry?: WorkflowRetry;
  /** Seconds of one attempt. */
  readonly timeout?: number;
  /** Where it is not known whether the step took effect, a person decides how the run goes on. */
  readonly once?: boolean;
  readonly on_error?: "stop" | "continue" | "fail_at_end" | WorkflowCompensation;
  /** Texts with expressions, which also read `result`: they are the result of the step. */
  readonly outputs?: Readonly<Record<string, string>>;
  /** Arguments of the step’s kind. */
  readonly with?: Readonly<Record<string, unknown>>;
}

/** Query of List MCP definitions, oldest first: `GET /backend/api/v1/mcp-definitions`. */
export interface ListMcpDefinitionsQuery {
  /** Records to skip. Default: `0`. */
  readonly skip?: number;
  /** Records to return at most. Default: `10`. */
  readonly limit?: number;
  /** Only definitions of this type. */
  readonly mcp_type?: McpType;
}

/** Answer of List MCP definitions, oldest first: `GET /backend/api/v1/mcp-definitions`. */
export interface ListMcpDefinitionsResult {
  items: McpDefinition[];
  /** On all pages. */
  total: number;
  skip: number;
  limit: number;
}

/** Body of Create an MCP definition: `POST /backend/api/v1/mcp-definitions`. */
export interface CreateMcpDefinitionBody {
  readonly name: string;
  readonly description?: string;
  readonly mcp_type: McpType;
  readonly config: DefinitionConfig;
}

/** Answer of Create an MCP definition: `POST /backend/api/v1/mcp-definitions`. */
export type CreateMcpDefinitionResult = McpDefinition;

/** Answer of Get an MCP definition, with its versions, newest first: `GET /backend/api/v1/mcp-definitions/{definition_id}`. */
export interface GetMcpDefinitionResult {
  id: string;
  name: string;
  description: string;
  mcp_type: McpType;
  /** UTC, ISO 8601. */
  created_at: string;
  /** UTC, ISO 8601. */
  updated_at: string;
  versions: McpDefinitionVersion[];
}

/** Body of Update an MCP definition: `PUT /backend/api/v1/mcp-definitions/{definition_id}`. */
export interface UpdateMcpDefinitionBody {
  readonly name?: string;
  readonly description?: string;
  /** Extension: makes a new version. */
  readonly config?: StdioConfig | NpmConfig | PypiConfig | DockerConfig | HttpConfig | SseConfig | WebSocketConfig | WorkflowConfig;
}

/** Answer of Update an MCP definition: `PUT /backend/api/v1/mcp-definitions/{definition_id}`. */
export type UpdateMcpDefinitionResult = McpDefinition;

/** Answer of Delete an MCP definition with all its versions: `DELETE /backend/api/v1/mcp-definitions/{definition_id}`. */
export type DeleteMcpDefinitionResult = Message;

/** Body of Register a server from an MCP definition: `POST /backend/api/v1/mcp-definitions/{definition_id}/servers`. */
export interface RegisterServerBody {
  readonly name: string;
  readonly site?: string;
  readonly group_id?: string | null;
  /** `{{database:NAME}}` stands for an external database. */
  readonly env?: Readonly<Record<string, string>>;
  /** Its number or id; default: the latest. */
  readonly version?: string;
}

/** Answer of Register a server from an MCP definition: `POST /backend/api/v1/mcp-definitions/{definition_id}/servers`. */
export type RegisterServerResult = Server;

/** Body of Update a server to a version of the MCP definition that it was registered from: `PUT /backend/api/v1/mcp-definitions/{definition_id}/servers/{server_id}`. */
export interface UpdateServerBody {
  /** `{{database:NAME}}` stands for an external database. */
  readonly env?: Readonly<Record<string, string>>;
  /** Its number or id; default: the latest. */
  readonly version?: string;
}

/** Answer of Update a server to a version of the MCP definition that it was registered from: `PUT /backend/api/v1/mcp-definitions/{definition_id}/servers/{server_id}`. */
export type UpdateServerResult = Server;

/** Body of Start a workflow run: `POST /backend/api/v1/workflow-runs`. */
export interface StartWorkflowRunBody {
  readonly workflow_definition_id: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/** Answer of Start a workflow run: `POST /backend/api/v1/workflow-runs`. */
export type StartWorkflowRunResult = WorkflowRun;

/** Query of List workflow runs, newest first: `GET /backend/api/v1/workflow-runs`. */
export interface ListWorkflowRunsQuery {
  /** Records to skip. Default: `0`. */
  readonly skip?: number;
  /** Records to return at most. Default: `10`. */
  readonly limit?: number;
  /** Only runs with this status. */
  readonly status?: WorkflowRunStatus;
}

/** Answer of List workflow runs, newest first: `GET /backend/api/v1/workflow-runs`. */
export interface ListWorkflowRunsResult {
  items: WorkflowRun[];
  /** On all pages. */
  total: number;
  skip: number;
  limit: number;
}

/** Answer of Get a workflow run: `GET /backend/api/v1/workflow-runs/{run_id}`. */
export type GetWorkflowRunResult = WorkflowRunDetails;

/** Query of Server-Sent Events of a workflow run: `GET /backend/api/v1/workflow-runs/{run_id}/stream`. */
export interface StreamWorkflowRunQuery {
  /** Extension: stands for `Last-Event-ID`, where that cannot be sent. */
  readonly last_event_id?: string;
}

/** Answer of Cancel a workflow run: `POST /backend/api/v1/workflow-runs/{run_id}/cancel`. */
export type CancelWorkflowRunResult = WorkflowRunDetails;

/** Body of Repeat a workflow run from a step: `POST /backend/api/v1/workflow-runs/{run_id}/retry`. */
export interface RetryWorkflowRunBody {
  /** Id of a step of the workflow; default: the steps that did not complete. */
  readonly from?: string;
}

/** Answer of Repeat a workflow run from a step: `POST /backend/api/v1/workflow-runs/{run_id}/retry`. */
export type RetryWorkflowRunResult = WorkflowRunDetails;

/** Body of Decide about a step that waits for a person: `POST /backend/api/v1/workflow-runs/{run_id}/decide`. */
export interface DecideWorkflowRunStepBody {
  /** Its name in the run, such as `ask` or `nested/ask[2]`. */
  readonly step: string;
  /** Of an approval: `approve` or `refuse`; of a step whose effect is unknown: `resume`, `skip` or `fail`. */
  readonly decision: "approve" | "refuse" | "resume" | "skip" | "fail";
  /** For people: with the failure of the step, and in its result. Default: `""`. */
  readonly comment?: string;
  /** Of an approval: the values of its form. */
  readonly values?: Readonly<Record<string, unknown>>;
}

/** Answer of Decide about a step that waits for a person: `POST /backend/api/v1/workflow-runs/{run_id}/decide`. */
export type DecideWorkflowRunStepResult = WorkflowRunDetails;

/** Query of List external database configurations: `GET /backend/api/v1/external-db-configs`. */
export interface ListExternalDbConfigsQuery {
  /** Records to skip. Default: `0`. */
  readonly skip?: number;
  /** Records to return at most. Default: `10`. */
  readonly limit?: number;
}

/** Answer of List external database configurations: `GET /backend/api/v1/external-db-configs`. */
export interface ListExternalDbConfigsResult {
  items: ExternalDatabase[];
  /** On all pages. */
  total: number;
  skip: number;
  limit: number;
}

/** Body of Create an external database configuration: `POST /backend/api/v1/external-db-configs`. */
export interface CreateExternalDbConfigBody {
  readonly name: string;
  readonly db_type: DatabaseType;
  readonly host: string;
  readonly port: number;
  readonly db_name: string;
  readonly username: string;
  /** Sealed, and never shown. */
  readonly password: string;
  /** Extension: the site that it belongs to; keys whose grants name that site see it. */
  readonly site?: string | null;
}

/** Answer of Create an external database configuration: `POST /backend/api/v1/external-db-configs`. */
export type CreateExternalDbConfigResult = ExternalDatabase;

/** Answer of Get an external database configuration: `GET /backend/api/v1/external-db-configs/{config_id}`. */
export type GetExternalDbConfigResult = ExternalDatabase;

/** Body of Update an external database configuration: `PUT /backend/api/v1/external-db-configs/{config_id}`. */
export interface UpdateExternalDbConfigBody {
  readonly name?: string;
  readonly db_type?: DatabaseType;
  readonly host?: string;
  readonly port?: number;
  readonly db_name?: string;
  readonly username?: string;
  /** Sealed, and never shown. */
  readonly password?: string;
  /** Extension: the site that it belongs to; keys whose grants name that site see it. */
  readonly site?: string | null;
}

/** Answer of Update an external database configuration: `PUT /backend/api/v1/external-db-configs/{config_id}`. */
export type UpdateExternalDbConfigResult = ExternalDatabase;

/** Answer of Delete an external database configuration: `DELETE /backend/api/v1/external-db-configs/{config_id}`. */
export type DeleteExternalDbConfigResult = Message;

/** Body of Check from a site whether an external database answers: `POST /backend/api/v1/external-db-configs/{config_id}/check`. */
export interface CheckExternalDbConfigBody {
  /** Default: the database's own. */
  readonly site?: string;
}

/** Answer of Check from a site whether an external database answers: `POST /backend/api/v1/external-db-configs/{config_id}/check`. */
export interface CheckExternalDbConfigResult {
  site: string;
  reachable: boolean;
  latency_ms: number | null;
  /** The database's own description, such as its version; empty if it gives none. */
  server: string;
  error: string;
  /** Such as `refused`, `timeout`, `unresolved`, `not_this_kind`; empty for none. */
  reason: string;
}

/** Answer of Key figures of the hub: `GET /backend/api/v1/dashboard/summary`. */
export interface GetDashboardSummaryResult {
  /** MCP definitions. */
  total_mcps: number;
  /** Runs that wait for a worker or run. */
  active_workflows: number;
  /** The newest ten, newest first. */
  recent_workflow_runs: {
    id: string;
    workflow_definition_id: string;
    status: string;
    /** UTC, ISO 8601. */
    created_at: string;
  }[];
  system_health: {
    status: ComponentHealth;
    metrics: Record<string, number | null>;
    /** Extension. */
    components: Record<string, ComponentHealth>;
  };
}

/** Answer of Any record of the hub, with the records that it belongs to: `GET /backend/api/v1/entities/{entity_type}/{entity_id}`. */
export type GetEntityResult = RelatedEntity;

/** Answer of Numbers, success rates and durations of calls, runs and requests: `GET /backend/api/v1/metrics/summary`. */
export interface GetMetricsSummaryResult {
  http_requests: {
    total: number;
    /** 0 to 1; 0 while there was none. */
    success_rate: number;
    /** Seconds. */
    average_latency: number;
  };
  database_operations: {
    total: number;
    /** Seconds. */
    average_latency: number;
  };
  workflow_steps: {
    total: number;
    /** 0 to 1; 0 while there was none. */
    success_rate: number;
    /** Seconds; of those that completed. */
    average_duration: number;
  };
}

/** Query of List the caller's API keys: `GET /backend/api/v1/api-keys`. */
export interface ListApiKeysQuery {
  /** Records to skip. Default: `0`. */
  readonly skip?: number;
  /** Records to return at most. Default: `10`. */
  readonly limit?: number;
}

/** Answer of List the caller's API keys: `GET /backend/api/v1/api-keys`. */
export interface ListApiKeysResult {
  items: ApiKey[];
  /** On all pages. */
  total: number;
  skip: number;
  limit: number;
}

/** Body of Create an API key: `POST /backend/api/v1/api-keys`. */
export interface CreateApiKeyBody {
  readonly name: string;
  /** Extension: seconds; 0: never. Default: `0`. */
  readonly expires_in?: number;
}

/** Answer of Create an API key: `POST /backend/api/v1/api-keys`. */
export interface CreateApiKeyResult {
  id: string;
  name: string;
  /** Shown only once. */
  key: string;
  /** The first characters of the key. */
  prefix: string;
  /** UTC, ISO 8601. */
  created_at: string;
}

/** Answer of Delete one of the caller's API keys; it is refused from the next request on: `DELETE /backend/api/v1/api-keys/{key_id}`. */
export type DeleteApiKeyResult = Message;

/** Answer of Health check: `GET /backend/api/v1/health`. */
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

// Generated from the hub’s OpenAPI documents by `npm run generate:sdk-typescript`. Do not edit.

export interface Alert {
  id: string;
  severity: AlertSeverity;
  server: string | null;
  title: string;
  description: string;
  /** UTC, ISO 8601. */
  triggered_at: string;
  acknowledged: boolean;
  acknowledged_by: string | null;
  acknowledged_at: string | null;
  acknowledgement: string | null;
  /** Extension. */
  rule: string;
  /** Extension: the name of the server, agent or key. */
  subject: string;
  site: string | null;
  /** Extension: the measured value when the alert was raised, in the rule's unit. */
  value: number;
  /** Extension. */
  threshold: number;
  resolved_at: string | null;
}

export interface AlertRuleChange {
  readonly rule: AlertRuleName;
  readonly enabled?: boolean;
  readonly severity?: AlertSeverity;
  /** Raised from here on, in the unit of the rule. */
  readonly threshold?: number;
  /** Resolved only from here on. */
  readonly clear_threshold?: number;
  readonly window_seconds?: number | null;
  readonly minimum_calls?: number | null;
}

export type AlertRuleName = "server_down" | "server_flapping" | "error_rate" | "latency" | "breaker_open" | "update_failed" | "agent_offline" | "site_memory" | "site_disk" | "server_memory" | "server_disk" | "certificate_expiring" | "key_expiring";

export interface AlertRules {
  rules: ({
    rule: AlertRuleName;
    title: string;
    unit: "seconds" | "count" | "ratio" | "milliseconds" | "state" | "days";
    /** The side of the threshold on which the hub raises the alert. */
    direction: "above" | "below";
    enabled: boolean;
    severity: AlertSeverity;
    /** Raised from here on, in the unit of the rule. */
    threshold: number;
    /** Resolved only from here on. */
    clear_threshold: number;
    window_seconds: number | null;
    minimum_calls: number | null;
  })[];
}

export type AlertSeverity = "critical" | "warning" | "info";

export interface AvailableUpdate {
  name: string;
  current_version: string | null;
  latest_version: string | null;
  update_available: boolean;
  /** `null` where the source has none. */
  changelog: string | null;
  breaking_changes: boolean;
  source: {
    kind: string;
    name: string;
  } | null;
  /** Newest first. */
  versions: string[];
  url: string | null;
  checked_at: string | null;
  age_seconds: number | null;
  /** Why nothing newer than that is known. */
  error: string | null;
}

export interface BegunUpdate {
  update_id: string;
  server: string;
  from_version: string | null;
  to_version: string;
  status: UpdateStatus;
  /** UTC, ISO 8601. */
  started_at: string;
  dry_run: boolean;
  /** Whether the major version is higher. */
  breaking_changes: boolean;
}

export interface CleanupResult {
  target: CleanupTarget;
  files_deleted: number;
  /** Units of 1,048,576 bytes. */
  space_freed_mb: number;
  errors: number;
}

export type CleanupTarget = "logs" | "cache" | "temp" | "backups";

export interface ComparedWorkflow {
  workflow_id: string;
  status: JobStatus;
  /** UTC, ISO 8601. */
  created_at: string;
}

export interface ComparedWorkflowStep {
  status: "pending" | "running" | "completed" | "failed" | "skipped";
  reason: string | null;
  result: unknown;
}

export type ComponentHealth = "healthy" | "degraded" | "unhealthy";

export interface DiskUse {
  /** Units of 1,048,576 bytes. */
  size_mb: number;
  file_count: number;
}

export interface Job {
  job_id: string;
  kind: string;
  status: JobStatus;
  started_at: string | null;
  completed_at: string | null;
  progress: number;
  error: {
    code: string;
    message: string;
  } | null;
  message: string;
  server_id: string | null;
  site: string | null;
  parent_id: string | null;
  created_by: string | null;
  created_at: string;
  steps: WorkflowStep[];
}

export type JobStatus = "scheduled" | "queued" | "running" | "completed" | "failed" | "cancelled";

export interface LogEntry {
  /** UTC, ISO 8601. */
  timestamp: string;
  level: "DEBUG" | "INFO" | "WARNING" | "ERROR";
  server: string;
  message: string;
  /** `source` names the writer: `stderr`, `mcp`, `agent` or `hub`. */
  metadata: Record<string, unknown>;
}

export interface NewWorkflowTrigger {
  id: string;
  name: string;
  workflow: string;
  /** `null` for an incoming webhook. */
  events: string[] | null;
  filter: string | null;
  /** Values of parameters; texts may hold expressions over `event`. */
  parameters: Record<string, unknown>;
  concurrency: number;
  /** Seconds. */
  debounce: number;
  enabled: boolean;
  disabled_reason: string | null;
  owner: string | null;
  /** UTC, ISO 8601. */
  created_at: string;
  /** The outcome of the last event. */
  last_event: {
    /** `null` for never. */
    at: string | null;
    outcome: "started" | "joined" | "skipped" | "filtered" | "failed";
    workflow_id: string | null;
    reason: string | null;
  } | null;
  secret: string | null;
}

export interface PerformanceFigures {
  /** Milliseconds. */
  start_ms: number;
  /** By the name of the tool; `ping` is of MCP itself. */
  latency: Record<string, {
    calls: number;
    errors: number;
    /** Milliseconds. */
    p50_ms: number;
    /** Milliseconds. */
    p95_ms: number;
    /** Milliseconds. */
    p99_ms: number;
    /** Milliseconds. */
    max_ms: number;
    calls_per_second: number | null;
  }>;
  memory: {
    before_bytes: number;
    after_bytes: number;
    calls: number;
    bytes_per_call: number;
  } | null;
}

export interface PlannedWorkflowStep {
  /** As in a run: `deploy`, `deploy[2]`, `nested/deploy`; `deploy[*]` where only a run knows the members. */
  name: string;
  kind: string;
  /** `depends`: only a run knows whether, or for what, it is done; `compensate`: it is done if a step that names it fails. */
  outlook: "run" | "skip" | "depends" | "compensate";
  /** Why it is skipped. */
  reason: string | null;
  /** With the names of the kind of step. If they are too long, only `truncated` and `bytes`. */
  arguments: Record<string, unknown>;
  /** The paths of texts that only a run can evaluate. */
  unknown: string[];
  /** Why it would fail. */
  problem: {
    code: string;
    message: string;
  } | null;
}

export interface Server {
  name: string;
  status: ServerStatus;
  version: string | null;
  description: string;
  state: "running" | "degraded" | "starting" | "stopping" | "stopped" | "error" | "unreachable" | "updating";
  reason: string | null;
  id: string;
  site: string;
  last_check: string | null;
  metrics: {
    /** Seconds since the hub saw it connect; 0 while it is not connected. */
    uptime: number;
    /** Tool calls since the hub started. */
    request_count: number;
    /** Share of them that failed, 0 to 1. */
    error_rate: number;
  };
}

export interface ServerDetails {
  name: string;
  status: ServerStatus;
  version: string | null;
  description: string;
  state: "running" | "degraded" | "starting" | "stopping" | "stopped" | "error" | "unreachable" | "updating";
  reason: string | null;
  id: string;
  site: string;
  configuration: {
    /** The source of its code: a package, a command, a URL. */
    repository: string;
    /** A workflow that updates it is scheduled, and it has versions. */
    auto_update: boolean;
    /** Seconds; 0 where health checks are off. */
    health_check_interval: number;
  };
  metrics: {
    /** Seconds since the hub saw it connect; 0 while it is not connected. */
    uptime: number;
    /** Tool calls since the hub started. */
    request_count: number;
    /** Share of them that failed, 0 to 1. */
    error_rate: number;
    /** Milliseconds. */
    response_time_avg: number;
    last_error: {
      message: string;
      /** UTC, ISO 8601. */
      timestamp: string;
    } | null;
  };
  /** The last ones, newest first. */
  health_checks: ({
    /** UTC, ISO 8601. */
    timestamp: string;
    status: "passed" | "failed";
    duration_ms: number;
  })[];
}

export type ServerStatus = "healthy" | "unhealthy" | "updating";

export interface ServerTests {
  server: string;
  tests: {
    total: number;
    passed: number;
    failed: number;
    /** Those that were not run; `skipped` says why. */
    skipped: number;
  };
  failures: {
    test: string;
    error: string;
    /** The request and the answer, shortened. */
    trace: string;
    type: SingleTestType;
  }[];
  skipped: {
    test: string;
    type: SingleTestType;
    reason: string;
  }[];
  /** Where the run is verbose. */
  passed: {
    test: string;
    type: SingleTestType;
    /** Milliseconds. */
    duration_ms: number;
  }[] | null;
  /** The measurements of the performance tests. */
  figures: PerformanceFigures | null;
  server_id: string;
  version: string | null;
  /** A second instance with blanked credentials; a remote server by its protocol only; nothing at all. */
  subject: "instance" | "remote" | "none";
  /** The variables whose values were blanked. */
  blanked: string[];
  /** Seconds. */
  duration_seconds: number;
}

export type SingleTestType = "unit" | "integration" | "performance" | "security";

export interface TestCase {
  name: string;
  tool: string;
  /** Default: `{}`. */
  arguments: Record<string, unknown>;
  /** The call must fail. Default: `false`. */
  expect_error: boolean;
  /** Text that the answer must contain. Default: `""`. */
  contains: string;
  /** RE2 syntax; the answer must match it. Default: `""`. */
  matches: string;
  /** JSON Schema that the structured answer must satisfy. */
  structured_schema?: Record<string, unknown> | null;
  /** Seconds; default 10. */
  timeout?: number | null;
}

export interface TestCaseInput {
  readonly name: string;
  readonly tool: string;
  /** Default: `{}`. */
  readonly arguments?: Readonly<Record<string, unknown>>;
  /** The call must fail. Default: `false`. */
  readonly expect_error?: boolean;
  /** Text that the answer must contain. Default: `""`. */
  readonly contains?: string;
  /** RE2 syntax; the answer must match it. Default: `""`. */
  readonly matches?: string;
  /** JSON Schema that the structured answer must satisfy. */
  readonly structured_schema?: Readonly<Record<string, unknown>> | null;
  /** Seconds; default 10. */
  readonly timeout?: number | null;
}

export interface TestDeclaration {
  server: string;
  server_id: string;
  safe_tools: string[];
  cases: TestCase[];
  approved: {
    tools: string[];
    /** UTC, ISO 8601. */
    approved_at: string;
    approved_by: string | null;
    /** Tools whose definition is another than the approved one, as last seen; null where that is not known. */
    changed: string[] | null;
  } | null;
}

export interface TestRunSummary {
  test_id: string;
  test_type: TestType;
  status: JobStatus;
  /** Share of the tests that ran and passed, 0 to 1; 0 where none ran. */
  pass_rate: number;
  /** Seconds. */
  duration_seconds: number;
  /** UTC, ISO 8601. */
  executed_at: string;
  servers: string[];
  summary: {
    total: number;
    passed: number;
    failed: number;
    /** Those that were not run; `skipped` says why. */
    skipped: number;
  };
}

export type TestType = "unit" | "integration" | "performance" | "security" | "all";

export interface Tokens {
  access_token: string;
  token_type: "Bearer";
  /** Seconds. */
  expires_in: number;
  refresh_token: string;
}

export interface UnansweredSite {
  site: string;
  agent: string;
  reason: string;
}

export interface UpdatePlan {
  steps: {
    name: string;
    action: string;
  }[];
  /** The new version is installed already. */
  installed: boolean;
  /** Of the new version, where it is installed. */
  bytes: number | null;
  keeps_old: boolean;
}

export type UpdateStatus = "in_progress" | "completed" | "failed";

export interface UpdateStep {
  name: string;
  status: "pending" | "running" | "completed" | "failed" | "skipped";
  /** Seconds. */
  duration: number;
  /** Extension: why it failed or was skipped. */
  reason: string | null;
}

export interface UpdateTools {
  added: string[];
  removed: string[];
  changed: {
    name: string;
    /** Members of its definition that differ. */
    members: string[];
  }[];
}

export interface Workflow {
  name: string;
  description: string;
  parameters: Record<string, WorkflowParameter>;
  steps: WorkflowStepDefinition[];
  shipped: boolean;
}

export interface WorkflowCompensation {
  readonly compensate: readonly string[];
}

export interface WorkflowDifferenceOfDefinition {
  name: string;
  left: WorkflowStepDefinition | null;
  right: WorkflowStepDefinition | null;
}

export interface WorkflowDifferenceOfParameter {
  name: string;
  left: boolean | number | string | string[] | null;
  right: boolean | number | string | string[] | null;
}

export interface WorkflowDifferenceOfStep {
  name: string;
  left: ComparedWorkflowStep | null;
  right: ComparedWorkflowStep | null;
}

export interface WorkflowParameter {
  readonly type: "boolean" | "number" | "string" | "strings";
  readonly default: boolean | number | string | readonly string[];
  readonly description?: string;
}

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

export interface WorkflowSchedule {
  id: string;
  cron: string;
  timezone: string;
  next_workflow_id: string;
  /** UTC, ISO 8601. */
  next_at: string;
}

export interface WorkflowSeries {
  id: string;
  cron: string;
  timezone: string;
  next_workflow_id: string;
  /** UTC, ISO 8601. */
  next_at: string;
  workflow: string;
}

export interface WorkflowStep {
  name: string;
  status: "pending" | "running" | "completed" | "failed" | "skipped";
  /** Seconds. */
  duration_seconds: number;
  /** Extension: why it failed or was skipped. */
  reason: string | null;
  /** Extension: the decision of a person that the step waits for. */
  waits_for: WorkflowQuestion | null;
}

export interface WorkflowStepDefinition {
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

export interface WorkflowTrigger {
  id: string;
  name: string;
  workflow: string;
  /** `null` for an incoming webhook. */
  events: string[] | null;
  filter: string | null;
  /** Values of parameters; texts may hold expressions over `event`. */
  parameters: Record<string, unknown>;
  concurrency: number;
  /** Seconds. */
  debounce: number;
  enabled: boolean;
  disabled_reason: string | null;
  owner: string | null;
  /** UTC, ISO 8601. */
  created_at: string;
  /** The outcome of the last event. */
  last_event: {
    /** `null` for never. */
    at: string | null;
    outcome: "started" | "joined" | "skipped" | "filtered" | "failed";
    workflow_id: string | null;
    reason: string | null;
  } | null;
}

/** Body of Obtain a token with user name and password: `POST /automation/api/v1/auth/token`. */
export interface CreateTokenBody {
  readonly username: string;
  readonly password: string;
}

/** Answer of Obtain a token with user name and password: `POST /automation/api/v1/auth/token`. */
export type CreateTokenResult = Tokens;

/** Body of Exchange a refresh token for a new pair; the old one is spent: `POST /automation/api/v1/auth/refresh`. */
export interface RefreshTokenBody {
  readonly refresh_token: string;
}

/** Answer of Exchange a refresh token for a new pair; the old one is spent: `POST /automation/api/v1/auth/refresh`. */
export type RefreshTokenResult = Tokens;

/** Answer of Overall system health and status: `GET /automation/api/v1/status`. */
export interface GetStatusResult {
  status: ComponentHealth;
  version: string;
  /** Seconds since the hub started. */
  uptime: number;
  components: {
    database: ComponentHealth;
    cache: ComponentHealth;
    monitoring: ComponentHealth;
    mcp_servers: ComponentHealth;
  };
  servers: {
    total: number;
    healthy: number;
    unhealthy: number;
    updating: number;
  };
  last_check: string;
}

/** Answer of System information: `GET /automation/api/v1/info`. */
export interface GetInfoResult {
  version: string;
  api_version: string;
  environment: string;
  features: {
    auto_update: boolean;
    cleanup: boolean;
    monitoring: boolean;
    orchestration: boolean;
  };
  limits: {
    max_concurrent_updates: number;
    /** Read requests of one caller. */
    max_api_requests_per_minute: number;
    max_websocket_connections: number;
  };
  /** Extension: those of the hub itself. */
  certificates: {
    name: string;
    /** UTC, ISO 8601. */
    expires_at: string;
  }[];
}

/** Query of List all MCP servers with their current status: `GET /automation/api/v1/servers`. */
export interface ListServersQuery {
  /** Only servers with this status. */
  readonly status?: ServerStatus;
  /** Field to sort by. Default: `"name"`. */
  readonly sort?: "name" | "status" | "version";
  /** Ascending or descending. Default: `"asc"`. */
  readonly order?: "asc" | "desc";
}

/** Answer of List all MCP servers with their current status: `GET /automation/api/v1/servers`. */
export interface ListServersResult {
  servers: Server[];
  /** All servers that the caller may see, whatever the filter. */
  total: number;
  healthy: number;
  unhealthy: number;
}

/** Answer of Detailed information about an MCP server: `GET /automation/api/v1/servers/{server_name}`. */
export type GetServerResult = ServerDetails;

/** Answer of Start a stopped MCP server: `POST /automation/api/v1/servers/{server_name}/start`. */
export interface StartServerResult {
  server: string;
  status: "starting";
  message: string;
  /** Extension: the job that does it. */
  job_id: string;
}

/** Body of Stop a running MCP server: `POST /automation/api/v1/servers/{server_name}/stop`. */
export interface StopServerBody {
  /** Default: `false`. */
  readonly force?: boolean;
  /** Seconds. Default: `30`. */
  readonly timeout?: number;
}

/** Answer of Stop a running MCP server: `POST /automation/api/v1/servers/{server_name}/stop`. */
export interface StopServerResult {
  server: string;
  status: "stopping";
  message: string;
  /** Extension: the job that does it. */
  job_id: string;
}

/** Body of Restart an MCP server: `POST /automation/api/v1/servers/{server_name}/restart`. */
export interface RestartServerBody {
  /** Default: `true`. */
  readonly graceful?: boolean;
  /** Seconds. Default: `30`. */
  readonly timeout?: number;
}

/** Answer of Restart an MCP server: `POST /automation/api/v1/servers/{server_name}/restart`. */
export interface RestartServerResult {
  server: string;
  status: "restarting";
  message: string;
  /** Extension: the job that does it. */
  job_id: string;
}

/** Answer of The declarations for the tests of a server: `GET /automation/api/v1/servers/{server_name}/tests`. */
export type GetDeclarationResult = TestDeclaration;

/** Body of Declare which tools tests may call, and cases: `PUT /automation/api/v1/servers/{server_name}/tests`. */
export interface PutDeclarationBody {
  /** Default: `[]`. */
  readonly safe_tools?: readonly string[];
  /** Default: `[]`. */
  readonly cases?: readonly TestCaseInput[];
}

/** Answer of Declare which tools tests may call, and cases: `PUT /automation/api/v1/servers/{server_name}/tests`. */
export type PutDeclarationResult = TestDeclaration;

/** Body of Approve the definitions that the tools of a server have now: `POST /automation/api/v1/servers/{server_name}/tests/approve`. */
export interface ApproveToolsBody {
  readonly tools?: readonly string[];
}

/** Answer of Approve the definitions that the tools of a server have now: `POST /automation/api/v1/servers/{server_name}/tests/approve`. */
export type ApproveToolsResult = TestDeclaration;

/** Query of Check servers for available updates: `GET /automation/api/v1/updates/check`. */
export interface CheckUpdatesQuery {
  /** Name or id of one server. */
  readonly server?: string;
  /** Extension: ask the registries again, also for versions that the hub knows. Default: `false`. */
  readonly refresh?: boolean;
}

/** Answer of Check servers for available updates: `GET /automation/api/v1/updates/check`. */
export interface CheckUpdatesResult {
  updates_available: boolean;
  servers: AvailableUpdate[];
  total_updates: number;
}

/** Body of Initiate an update of a server: `POST /automation/api/v1/updates/{server_name}`. */
export interface UpdateServerBody {
  /** A version of the source, or `latest`. Default: `"latest"`. */
  readonly version?: string;
  /** `false`: a new version that could be installed stays chosen, also if it does not answer. Default: `true`. */
  readonly rollback_on_failure?: boolean;
  /** Only plan the update, and change nothing. Default: `false`. */
  readonly dry_run?: boolean;
  /** `false`: remove the old version afterwards. Default: `true`. */
  readonly backup?: boolean;
  /** Update also if the version runs already. Default: `false`. */
  readonly force?: boolean;
}

/** Answer of Initiate an update of a server: `POST /automation/api/v1/updates/{server_name}`. */
export type UpdateServerResult = BegunUpdate;

/** Answer of Status of an update or rollback: `GET /automation/api/v1/updates/{server_name}`. */
export interface GetUpdateResult {
  update_id: string;
  server: string;
  from_version: string | null;
  to_version: string;
  status: UpdateStatus;
  /** UTC, ISO 8601. */
  started_at: string;
  completed_at: string | null;
  /** So far, while it goes on. */
  duration_seconds: number;
  steps: UpdateStep[];
  kind: "update" | "rollback";
  dry_run: boolean;
  requested_version: string;
  breaking_changes: boolean;
  progress: number;
  message: string;
  /** The version that the server is set to at the end; `null` until then. */
  running_version: string | null;
  /** The new version was given up. */
  rolled_back: boolean;
  /** How the tool list changed. */
  tools: UpdateTools | null;
  /** Of a dry run. */
  plan: UpdatePlan | null;
  error: {
    code: string;
    message: string;
  } | null;
}

/** Body of Roll a server back to an earlier version: `POST /automation/api/v1/updates/{server_name}/rollback`. */
export interface RollbackServerBody {
  /** Default: `"auto"`. */
  readonly target_version?: string;
  /** Default: `false`. */
  readonly force?: boolean;
}

/** Answer of Roll a server back to an earlier version: `POST /automation/api/v1/updates/{server_name}/rollback`. */
export type RollbackServerResult = BegunUpdate;

/** Body of Execute the test suite for MCP servers: `POST /automation/api/v1/tests/run`. */
export interface RunTestsBody {
  /** Default: `"all"`. */
  readonly test_type?: "unit" | "integration" | "performance" | "security" | "all";
  /** Names or ids; `all` for every enabled server. Default: `["all"]`. */
  readonly servers?: readonly string[];
  /** Tests that passed are listed too. Default: `false`. */
  readonly verbose?: boolean;
  /** Default: `true`. */
  readonly parallel?: boolean;
  /** Seconds, for each server. Default: `300`. */
  readonly timeout?: number;
}

/** Answer of Execute the test suite for MCP servers: `POST /automation/api/v1/tests/run`. */
export interface RunTestsResult {
  test_id: string;
  status: "running";
  test_type: TestType;
  servers: string[];
  /** UTC, ISO 8601. */
  started_at: string;
}

/** Query of Test execution history, newest first: `GET /automation/api/v1/tests/history`. */
export interface GetTestHistoryQuery {
  /** Name or id. */
  readonly server?: string;
  /** Only runs of this type. */
  readonly test_type?: TestType;
  /** Only runs with this status. */
  readonly status?: JobStatus;
  /** Entries to return at most. Default: `50`. */
  readonly limit?: number;
  /** Entries to skip. Default: `0`. */
  readonly offset?: number;
}

/** Answer of Test execution history, newest first: `GET /automation/api/v1/tests/history`. */
export interface GetTestHistoryResult {
  tests: TestRunSummary[];
  pagination: {
    total: number;
    limit: number;
    offset: number;
    has_more: boolean;
  };
}

/** Answer of Results of a test run, as far as there are any: `GET /automation/api/v1/tests/{test_id}`. */
export interface GetTestResult {
  test_id: string;
  status: JobStatus;
  started_at: string | null;
  completed_at: string | null;
  progress: number;
  error: {
    code: string;
    message: string;
  } | null;
  test_type: TestType;
  servers: string[];
  /** Seconds. */
  duration_seconds: number;
  summary: {
    total: number;
    passed: number;
    failed: number;
    /** Those that were not run; `skipped` says why. */
    skipped: number;
    /** Share of the tests that ran and passed, 0 to 1; 0 where none ran. */
    pass_rate: number;
  };
  results: ServerTests[];
}

/** Body of Trigger a cleanup: `POST /automation/api/v1/cleanup/run`. */
export interface RunCleanupBody {
  /** Only count the files, and delete nothing. Default: `false`. */
  readonly dry_run?: boolean;
  /** `logs`: full log files. `cache`: installed versions of packages that no server runs. `temp`: the rest of unfinished work that is older than an hour. `backups`: backups of servers and of the hub. Default: `["logs","cache","temp"]`. */
  readonly targets?: readonly CleanupTarget[];
  /** Files that changed later stay. Default: `30`. */
  readonly retention_days?: number;
  /** Delete the backups that a rollback needs, too. Default: `false`. */
  readonly force?: boolean;
}

/** Answer of Trigger a cleanup: `POST /automation/api/v1/cleanup/run`. */
export interface RunCleanupResult {
  cleanup_id: string;
  status: "running";
  /** UTC, ISO 8601. */
  started_at: string;
  targets: CleanupTarget[];
}

/** Answer of Status of a cleanup: `GET /automation/api/v1/cleanup/{cleanup_id}`. */
export interface GetCleanupResult {
  cleanup_id: string;
  status: JobStatus;
  started_at: string | null;
  completed_at: string | null;
  progress: number;
  error: {
    code: string;
    message: string;
  } | null;
  /** Extension. true: nothing was deleted; the numbers count the files that would be deleted. */
  dry_run: boolean;
  summary: {
    files_deleted: number;
    /** Units of 1,048,576 bytes. */
    space_freed_mb: number;
    errors: number;
  };
  details: CleanupResult[];
  /** Extension: the hub or agents that could not be cleaned, and why. */
  problems: {
    place: string;
    error: string;
  }[];
}

/** Answer of Storage usage statistics: `GET /automation/api/v1/cleanup/stats`. */
export interface GetStorageStatsResult {
  /** Units of 1,073,741,824 bytes. */
  total_space_gb: number;
  used_space_gb: number;
  free_space_gb: number;
  usage_percentage: number;
  breakdown: {
    logs: DiskUse;
    backups: DiskUse;
    cache: DiskUse;
    temp: DiskUse;
  };
  /** Extension: agents that could not be reached, which the figures leave out. */
  unavailable: string[];
}

/** Answer of Status and configuration of the job engine: `GET /automation/api/v1/orchestration/status`. */
export interface GetOrchestrationStatusResult {
  status: "running" | "stopping";
  mode: "automatic";
  workers: {
    active: number;
    idle: number;
    total: number;
  };
  queue: {
    pending: number;
    processing: number;
    completed: number;
    /** Extension: jobs that wait for their time. */
    scheduled: number;
  };
  configuration: {
    max_workers: number;
    queue_size: number;
    /** Seconds. */
    timeout_seconds: number;
    /** Extension. */
    jobs_per_site: number;
  };
}

/** Body of Execute a predefined workflow: `POST /automation/api/v1/orchestration/workflows/execute`. */
export interface ExecuteWorkflowBody {
  readonly workflow: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** `immediate`, an ISO 8601 time with its zone, or a cron expression of five fields (six with seconds). Default: `"immediate"`. */
  readonly schedule?: string;
  /** Extension: IANA name. Default: `"UTC"`. */
  readonly timezone?: string;
}

/** Answer of Execute a predefined workflow: `POST /automation/api/v1/orchestration/workflows/execute`. */
export interface ExecuteWorkflowResult {
  workflow_id: string;
  workflow: string;
  status: "queued" | "scheduled";
  /** UTC, ISO 8601. */
  scheduled_at: string;
  /** Extension: the series that this run belongs to, while that goes on. */
  schedule: WorkflowSchedule | null;
}

/** Body of Show what a workflow execution would do: `POST /automation/api/v1/orchestration/workflows/dry-run`. */
export interface PlanWorkflowBody {
  readonly workflow: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/** Answer of Show what a workflow execution would do: `POST /automation/api/v1/orchestration/workflows/dry-run`. */
export interface PlanWorkflowResult {
  workflow: string;
  steps: PlannedWorkflowStep[];
  /** How many steps have a problem. */
  problems: number;
}

/** Answer of Status of a workflow execution: `GET /automation/api/v1/orchestration/workflows/{workflow_id}`. */
export interface GetWorkflowResult {
  workflow_id: string;
  workflow: string;
  status: JobStatus;
  started_at: string | null;
  completed_at: string | null;
  progress: number;
  error: {
    code: string;
    message: string;
  } | null;
  /** UTC, ISO 8601. */
  scheduled_at: string;
  steps: WorkflowStep[];
  /** The result of each completed step, by its name. */
  results: Record<string, unknown>;
  /** Extension: the series that this run belongs to, while that goes on. */
  schedule: WorkflowSchedule | null;
  /** Extension: the run that this one repeats. */
  retry_of: string | null;
}

/** Answer of Cancel a workflow execution: `POST /automation/api/v1/orchestration/workflows/{workflow_id}/cancel`. */
export interface CancelWorkflowResult {
  workflow_id: string;
  workflow: string;
  status: JobStatus;
  started_at: string | null;
  completed_at: string | null;
  progress: number;
  error: {
    code: string;
    message: string;
  } | null;
  /** UTC, ISO 8601. */
  scheduled_at: string;
  steps: WorkflowStep[];
  /** The result of each completed step, by its name. */
  results: Record<string, unknown>;
  /** Extension: the series that this run belongs to, while that goes on. */
  schedule: WorkflowSchedule | null;
  /** Extension: the run that this one repeats. */
  retry_of: string | null;
}

/** Body of Repeat a workflow execution from a step: `POST /automation/api/v1/orchestration/workflows/{workflow_id}/retry`. */
export interface RetryWorkflowBody {
  /** Id of a step of the workflow; default: the steps that did not complete. */
  readonly from?: string;
}

/** Answer of Repeat a workflow execution from a step: `POST /automation/api/v1/orchestration/workflows/{workflow_id}/retry`. */
export interface RetryWorkflowResult {
  workflow_id: string;
  workflow: string;
  status: JobStatus;
  started_at: string | null;
  completed_at: string | null;
  progress: number;
  error: {
    code: string;
    message: string;
  } | null;
  /** UTC, ISO 8601. */
  scheduled_at: string;
  steps: WorkflowStep[];
  /** The result of each completed step, by its name. */
  results: Record<string, unknown>;
  /** Extension: the series that this run belongs to, while that goes on. */
  schedule: WorkflowSchedule | null;
  /** Extension: the run that this one repeats. */
  retry_of: string | null;
}

/** Answer of Compare two executions of one workflow: `GET /automation/api/v1/orchestration/workflows/{workflow_id}/diff/{other_id}`. */
export interface DiffWorkflowsResult {
  workflow: string;
  left: ComparedWorkflow;
  right: ComparedWorkflow;
  /** Steps of nested workflows as `workflow/step`. */
  definition: WorkflowDifferenceOfDefinition[];
  parameters: WorkflowDifferenceOfParameter[];
  steps: WorkflowDifferenceOfStep[];
}

/** Body of Decide about a step that waits for a person: `POST /automation/api/v1/orchestration/workflows/{workflow_id}/decide`. */
export interface DecideWorkflowStepBody {
  /** Its name in the run, such as `ask` or `nested/ask[2]`. */
  readonly step: string;
  /** Of an approval: `approve` or `refuse`; of a step whose effect is unknown: `resume`, `skip` or `fail`. */
  readonly decision: "approve" | "refuse" | "resume" | "skip" | "fail";
  /** For people: with the failure of the step, and in its result. Default: `""`. */
  readonly comment?: string;
  /** Of an approval: the values of its form. */
  readonly values?: Readonly<Record<string, unknown>>;
}

/** Answer of Decide about a step that waits for a person: `POST /automation/api/v1/orchestration/workflows/{workflow_id}/decide`. */
export interface DecideWorkflowStepResult {
  workflow_id: string;
  workflow: string;
  status: JobStatus;
  started_at: string | null;
  completed_at: string | null;
  progress: number;
  error: {
    code: string;
    message: string;
  } | null;
  /** UTC, ISO 8601. */
  scheduled_at: string;
  steps: WorkflowStep[];
  /** The result of each completed step, by its name. */
  results: Record<string, unknown>;
  /** Extension: the series that this run belongs to, while that goes on. */
  schedule: WorkflowSchedule | null;
  /** Extension: the run that this one repeats. */
  retry_of: string | null;
}

/** Answer of List the series of workflow executions, the next one first: `GET /automation/api/v1/orchestration/schedules`. */
export interface ListSchedulesResult {
  schedules: WorkflowSeries[];
  total: number;
}

/** Answer of List the definitions of workflows: `GET /automation/api/v1/orchestration/workflows`. */
export interface ListWorkflowsResult {
  workflows: Workflow[];
  total: number;
}

/** Body of Add the definition of a workflow: `POST /automation/api/v1/orchestration/workflows`. */
export interface CreateWorkflowBody {
  readonly name: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, WorkflowParameter>>;
  readonly steps: readonly WorkflowStepDefinition[];
}

/** Answer of Add the definition of a workflow: `POST /automation/api/v1/orchestration/workflows`. */
export type CreateWorkflowResult = Workflow;

/** Answer of List the triggers of workflows: `GET /automation/api/v1/orchestration/triggers`. */
export interface ListTriggersResult {
  triggers: WorkflowTrigger[];
  total: number;
}

/** Body of Start a workflow when something happens: `POST /automation/api/v1/orchestration/triggers`. */
export interface CreateTriggerBody {
  readonly name: string;
  readonly workflow: string;
  readonly events?: readonly ("server.connected" | "server.disconnected" | "server.error" | "server.health" | "circuit.opened" | "circuit.closed" | "job.completed" | "job.failed" | "job.cancelled" | "cleanup.complete" | "test.complete" | "update.complete" | "alert.new" | "alert.acknowledged" | "alert.resolved" | "device.added" | "device.updated" | "device.removed" | "device.connected" | "device.disconnected" | "device.error" | "device.config.changed" | "cluster.added" | "cluster.updated" | "cluster.removed" | "cluster.connected" | "cluster.disconnected" | "cluster.error" | "server.state" | "config.updated" | "group.created" | "group.updated" | "group.deleted" | "definition.created" | "definition.updated" | "definition.deleted" | "database.created" | "database.updated" | "database.deleted")[];
  /** An expression over `event`; only `true` starts a run. */
  readonly filter?: string;
  /** Values of parameters; texts may hold expressions over `event`. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** Runs that go on at once; further events start none. Default 1. */
  readonly concurrency?: number;
  /** Seconds: events within this time after the first one start one run together, at its end. */
  readonly debounce?: number;
  /** Of an incoming webhook, as of Standard Webhooks; default: random. */
  readonly secret?: string;
}

/** Answer of Start a workflow when something happens: `POST /automation/api/v1/orchestration/triggers`. */
export type CreateTriggerResult = NewWorkflowTrigger;

/** Body of Enable or disable a trigger: `PATCH /automation/api/v1/orchestration/triggers/{trigger_id}`. */
export interface SetTriggerBody {
  readonly enabled: boolean;
}

/** Answer of Enable or disable a trigger: `PATCH /automation/api/v1/orchestration/triggers/{trigger_id}`. */
export type SetTriggerResult = WorkflowTrigger;

/** Answer of Delete a trigger: `DELETE /automation/api/v1/orchestration/triggers/{trigger_id}`. */
export interface DeleteTriggerResult {
  trigger_id: string;
  deleted: boolean;
}

/** Body of A signed message for an incoming webhook: `POST /automation/api/v1/orchestration/triggers/{trigger_id}/receive`. */
export type ReceiveTriggerBody = unknown;

/** Answer of A signed message for an incoming webhook: `POST /automation/api/v1/orchestration/triggers/{trigger_id}/receive`. */
export interface ReceiveTriggerResult {
  workflow_id: string | null;
}

/** Query of List jobs, newest first: `GET /automation/api/v1/jobs`. */
export interface ListJobsQuery {
  /** Only jobs of this kind, such as `update`. */
  readonly kind?: string;
  /** Only jobs with this status. */
  readonly status?: JobStatus;
  /** Entries to return at most. Default: `50`. */
  readonly limit?: number;
  /** Entries to skip. Default: `0`. */
  readonly offset?: number;
}

/** Answer of List jobs, newest first: `GET /automation/api/v1/jobs`. */
export interface ListJobsResult {
  jobs: Job[];
  pagination: {
    total: number;
    limit: number;
    offset: number;
    has_more: boolean;
  };
}

/** Answer of A job, with its steps: `GET /automation/api/v1/jobs/{job_id}`. */
export type GetJobResult = Job;

/** Answer of Cancel a job: `POST /automation/api/v1/jobs/{job_id}/cancel`. */
export type CancelJobResult = Job;

/** Query of Retrieve system logs: `GET /automation/api/v1/logs`. */
export interface GetLogsQuery {
  /** Only entries of exactly this level; finer levels count as the nearest. */
  readonly level?: "debug" | "info" | "warning" | "error";
  /** Name or id of a server, `hub`, or `agent/NAME`. */
  readonly server?: string;
  /** Start timestamp (ISO 8601), inclusive. */
  readonly since?: string;
  /** End timestamp (ISO 8601), inclusive. */
  readonly until?: string;
  /** Maximum entries. Default: `100`. */
  readonly limit?: number;
  /** Text in message or metadata; upper and lower case are the same. Default: `""`. */
  readonly query?: string;
}

/** Answer of Retrieve system logs: `GET /automation/api/v1/logs`. */
export interface GetLogsResult {
  logs: LogEntry[];
  /** How many entries match. */
  total: number;
  returned: number;
  /** Extension. false: a search reached its time limit; at least `total` entries match. */
  total_is_exact: boolean;
  /** Extension: agents that did not answer; their entries are neither shown nor counted. */
  unanswered: UnansweredSite[];
}

/** Query of Get active alerts, newest first: `GET /automation/api/v1/alerts`. */
export interface GetAlertsQuery {
  /** Extension: which alerts; the hub keeps the last 1000 resolved alerts. Default: `"active"`. */
  readonly status?: "active" | "resolved" | "all";
}

/** Answer of Get active alerts, newest first: `GET /automation/api/v1/alerts`. */
export interface GetAlertsResult {
  alerts: Alert[];
  total: number;
  critical: number;
  warning: number;
  info: number;
}

/** Body of Acknowledge an alert: `POST /automation/api/v1/alerts/{alert_id}/acknowledge`. */
export interface AcknowledgeAlertBody {
  /** The reason, or the action taken. */
  readonly message: string;
  /** Default: the caller's name. */
  readonly acknowledged_by?: string;
}

/** Answer of Acknowledge an alert: `POST /automation/api/v1/alerts/{alert_id}/acknowledge`. */
export type AcknowledgeAlertResult = Alert;

/** Answer of The rules by which alerts are raised and resolved: `GET /automation/api/v1/alerts/rules`. */
export type GetAlertRulesResult = AlertRules;

/** Body of Change rules: `PUT /automation/api/v1/alerts/rules`. */
export interface SetAlertRulesBody {
  readonly rules: readonly AlertRuleChange[];
}

/** Answer of Change rules: `PUT /automation/api/v1/alerts/rules`. */
export type SetAlertRulesResult = AlertRules;

/** Answer of Health check: `GET /automation/api/v1/health`. */
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

// Generated from the hub’s OpenAPI documents by `npm run generate:sdk-typescript`. Do not edit.

export interface AuditEntry {
  id: string;
  user_id: string | null;
  user_email: string | null;
  action: string;
  resource_type: string | null;
  resource_id: string | null;
  details: Record<string, unknown>;
  ip_address: string;
  /** UTC, ISO 8601. */
  timestamp: string;
  /** Extension: a user, a key, or `null` without a sign-in. */
  actor: {
    type: string;
    name: string;
  } | null;
}

export interface BegunOperation {
  message: string;
  /** For `GET /api/v1/operations/{id}`. */
  operation_id: string;
  /** Seconds. */
  estimated_time: number;
}

export interface ConfiguredServer {
  server_id: string;
  enabled: boolean;
  config: ShownConfig;
}

export type ContainerState = "running" | "starting" | "stopped" | "error" | "unreachable";

export interface ExportedConfig {
  version: "1.0";
  /** UTC, ISO 8601. */
  exported_at: string;
  user: string | null;
  servers: {
    name: string;
    enabled: boolean;
    config: ShownConfig;
  }[];
  preferences: Preferences;
}

export interface LogEntry {
  /** UTC, ISO 8601. */
  timestamp: string;
  level: "debug" | "info" | "warn" | "error";
  message: string;
  /** Extension: `stderr`, `mcp` (the server over MCP) or `agent` (about the server). */
  source: string;
}

export interface Pagination {
  page: number;
  limit: number;
  total: number;
  total_pages: number;
  has_next: boolean;
  has_prev: boolean;
}

export interface PolicyConfig {
  /** Started as soon as it is enabled; otherwise with the first restart. Default: true. */
  readonly auto_start?: boolean;
  /** The action when its process ends by itself. `unless-stopped` is `always`: a stopped server stays stopped. Default: `always`. */
  readonly restart_policy?: "always" | "unless-stopped" | "on-failure" | "no";
}

export interface PreferenceChanges {
  readonly theme?: "light" | "dark" | "system";
  readonly notifications?: boolean;
}

export interface Preferences {
  theme: "light" | "dark" | "system";
  notifications: boolean;
}

export type Role = "super_admin" | "team_admin" | "standard_user";

export interface Server {
  id: string;
  name: string;
  display_name: string;
  description: string;
  /** An image's name; of a package `npm:…` or `pypi:…`; of others their command or address. */
  image: string;
  catalog_type: "predefined" | "custom";
  category: string;
  tags: string[];
  /** Extension: registered for all, and not enabled by each for themselves. */
  shared: boolean;
  /** Extension: an entry of the catalog that the caller may change and remove. */
  changeable: boolean;
  /** Extension: an entry that another user added and that is not shared; team admins name it by its id. */
  private: boolean;
  /** Extension: the user or key that added the entry, for super admins; otherwise `null`. */
  owner: string | null;
  user_config: {
    enabled: boolean;
    container_state: ContainerState;
    /** `null` where it runs in no container. */
    container_id: string | null;
    last_state_change: string | null;
  };
}

export interface ServerConfig {
  /** Started as soon as it is enabled; otherwise with the first restart. Default: true. */
  readonly auto_start?: boolean;
  /** The action when its process ends by itself. `unless-stopped` is `always`: a stopped server stays stopped. Default: `always`. */
  readonly restart_policy?: "always" | "unless-stopped" | "on-failure" | "no";
  /** Extension: values that the server needs. They are sealed, and only their names are shown; those absent stay. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface ServerOutcome {
  server_id: string;
  status: "pending" | "processing" | "completed" | "failed";
  message: string;
}

export type ServiceStatus = "operational" | "degraded" | "outage" | "unavailable";

export interface ShownConfig {
  auto_start: boolean;
  restart_policy: "always" | "unless-stopped" | "on-failure" | "no";
}

export interface User {
  id: string;
  email: string | null;
  name: string;
  role: Role;
  /** UTC, ISO 8601. */
  created_at: string;
  last_login: string | null;
  is_active: boolean;
  /** Servers that the user has enabled. */
  server_count: number;
  /** Of these, those that run. */
  active_containers: number;
}

export interface Variable {
  name: string;
  description: string;
  required: boolean;
}

/** Body of Begin to sign in at the identity provider: `POST /portal/api/v1/auth/login`. */
export interface LoginBody {
  readonly redirect_uri: string;
}

/** Body of Exchange the code of the identity provider for tokens: `POST /portal/api/v1/auth/callback`. */
export interface CallbackBody {
  readonly code: string;
  readonly state: string;
}

/** Answer of Exchange the code of the identity provider for tokens: `POST /portal/api/v1/auth/callback`. */
export interface CallbackResult {
  access_token: string;
  refresh_token: string;
  /** Lifetime of the access token, seconds. */
  expires_in: number;
  user: {
    id: string;
    email: string | null;
    name: string;
    role: "super_admin" | "team_admin" | "standard_user";
  };
}

/** Body of Get a new access token: `POST /portal/api/v1/auth/refresh`. */
export interface RefreshBody {
  readonly refresh_token: string;
}

/** Answer of Get a new access token: `POST /portal/api/v1/auth/refresh`. */
export interface RefreshResult {
  access_token: string;
  /** Lifetime of the access token, seconds. */
  expires_in: number;
}

/** Body of Sign out: `POST /portal/api/v1/auth/logout`. */
export interface LogoutBody {
  readonly refresh_token?: string;
}

/** Answer of The user who is signed in: `GET /portal/api/v1/auth/me`. */
export interface GetMeResult {
  id: string;
  email: string | null;
  name: string;
  role: "super_admin" | "team_admin" | "standard_user";
  /** `null` for an API key without a user. */
  created_at: string | null;
  last_login: string | null;
}

/** Query of List all available MCP servers, each with the configuration of the caller: `GET /portal/api/v1/servers`. */
export interface ListServersQuery {
  /** Only predefined or only custom servers. Default: `"all"`. */
  readonly catalog_type?: "predefined" | "custom" | "all";
  /** Only servers of this category. */
  readonly category?: string;
  /** Extension: only servers that are registered for all (`true`), or only entries of the catalog (`false`). */
  readonly shared?: boolean;
  /** In name or description. */
  readonly search?: string;
  /** Number of the page. Default: `1`. */
  readonly page?: number;
  /** Items per page. Default: `20`. */
  readonly limit?: number;
}

/** Answer of List all available MCP servers, each with the configuration of the caller: `GET /portal/api/v1/servers`. */
export interface ListServersResult {
  servers: Server[];
  pagination: Pagination;
}

/** Answer of Detailed information about a server: `GET /portal/api/v1/servers/{id}`. */
export interface GetServerResult {
  id: string;
  name: string;
  display_name: string;
  description: string;
  /** An image's name; of a package `npm:…` or `pypi:…`; of others their command or address. */
  image: string;
  catalog_type: "predefined" | "custom";
  category: string;
  tags: string[];
  /** Extension: registered for all, and not enabled by each for themselves. */
  shared: boolean;
  /** Extension: an entry of the catalog that the caller may change and remove. */
  changeable: boolean;
  /** Extension: an entry that another user added and that is not shared; team admins name it by its id. */
  private: boolean;
  /** Extension: the user or key that added the entry, for super admins; otherwise `null`. */
  owner: string | null;
  metadata: {
    /** The version that runs or is installed; `latest` before that. */
    version: string;
    author: string;
    documentation: string;
    /** Extension: it runs with the rights of the site's agent, so only super admins enable it. */
    restricted: boolean;
    /** Extension: values that it takes in `config.env`, where that is known. */
    variables: Variable[];
  };
  user_config: {
    enabled: boolean;
    container_state: ContainerState;
    /** `null` where it runs in no container. */
    container_id: string | null;
    last_state_change: string | null;
    config_metadata: {
      auto_start: boolean;
      restart_policy: "always" | "unless-stopped" | "on-failure" | "no";
      /** Extension: names of the values that were given to it. */
      env: string[];
    };
    /** Extension: why it does not run. */
    error: string | null;
  };
  /** Present use of its container or processes; `null` while it does not run. */
  container_stats: {
    cpu_usage: string | null;
    memory_usage: string | null;
    uptime: string;
  } | null;
}

/** Body of Enable a server for the current user: `POST /portal/api/v1/servers/{id}/enable`. */
export interface EnableServerBody {
  readonly config?: ServerConfig;
}

/** Answer of Enable a server for the current user: `POST /portal/api/v1/servers/{id}/enable`. */
export type EnableServerResult = BegunOperation;

/** Answer of Disable a server for the current user: `POST /portal/api/v1/servers/{id}/disable`. */
export type DisableServerResult = BegunOperation;

/** Answer of Restart a server's container: `POST /portal/api/v1/servers/{id}/restart`. */
export type RestartServerResult = BegunOperation;

/** Query of Get a server's log: `GET /portal/api/v1/servers/{id}/logs`. */
export interface GetServerLogsQuery {
  /** How many of the last lines. Default: `100`. */
  readonly lines?: number;
  /** Only lines from this time on (RFC 3339). */
  readonly since?: string;
}

/** Answer of Get a server's log: `GET /portal/api/v1/servers/{id}/logs`. */
export interface GetServerLogsResult {
  logs: LogEntry[];
}

/** Body of Enable, disable or restart several servers: `POST /portal/api/v1/servers/bulk`. */
export interface BulkServersBody {
  readonly operation: "enable" | "disable" | "restart";
  readonly server_ids: readonly string[];
  readonly config?: PolicyConfig;
}

/** Answer of Enable, disable or restart several servers: `POST /portal/api/v1/servers/bulk`. */
export interface BulkServersResult {
  operation_id: string;
  total_servers: number;
  status: "processing";
  progress_url: string;
}

/** Answer of The state of an operation: `GET /portal/api/v1/operations/{id}`. */
export interface GetOperationResult {
  operation_id: string;
  /** `failed`: all servers did. */
  status: "in_progress" | "completed" | "failed";
  total: number;
  completed: number;
  failed: number;
  details: ServerOutcome[];
}

/** Body of Add a custom server to the catalog: `POST /portal/api/v1/catalog/custom`. */
export interface AddCustomServerBody {
  readonly name: string;
  /** An image's name: `[host/]path[:tag][@digest]`. */
  readonly image: string;
  readonly display_name?: string;
  readonly description?: string;
  readonly category?: string;
  readonly tags?: readonly string[];
  /** Extension: all users see the entry; only team admins may set this. Default: whether a team admin adds the entry. */
  readonly shared?: boolean;
}

/** Answer of Add a custom server to the catalog: `POST /portal/api/v1/catalog/custom`. */
export interface AddCustomServerResult {
  id: string;
  name: string;
  catalog_type: "custom";
  /** UTC, ISO 8601. */
  created_at: string;
}

/** Body of Update the definition of a custom server: `PUT /portal/api/v1/catalog/custom/{id}`. */
export interface UpdateCustomServerBody {
  readonly name?: string;
  /** An image's name: `[host/]path[:tag][@digest]`. */
  readonly image?: string;
  readonly display_name?: string;
  readonly description?: string;
  readonly category?: string;
  readonly tags?: readonly string[];
  /** Extension: all users see the entry; only team admins may set this. Default: whether a team admin adds the entry. */
  readonly shared?: boolean;
}

/** Answer of Update the definition of a custom server: `PUT /portal/api/v1/catalog/custom/{id}`. */
export interface UpdateCustomServerResult {
  message: string;
}

/** Answer of Get the user's configuration: `GET /portal/api/v1/config`. */
export interface GetConfigResult {
  user_id: string;
  servers: ConfiguredServer[];
  preferences: Preferences;
}

/** Body of Update the user's configuration: `PUT /portal/api/v1/config`. */
export interface UpdateConfigBody {
  readonly preferences: PreferenceChanges;
}

/** Answer of Update the user's configuration: `PUT /portal/api/v1/config`. */
export interface UpdateConfigResult {
  message: string;
}

/** Query of Export the configuration: `GET /portal/api/v1/config/export`. */
export interface ExportConfigQuery {
  /** Form of the export. Default: `"json"`. */
  readonly format?: "json" | "yaml";
}

/** Answer of Export the configuration: `GET /portal/api/v1/config/export`. */
export type ExportConfigResult = ExportedConfig;

/** Body of Import a configuration: `POST /portal/api/v1/config/import`. */
export interface ImportConfigBody {
  readonly version: "1.0";
  readonly servers: readonly {
    readonly name: string;
    readonly enabled: boolean;
    readonly config?: ServerConfig;
  }[];
  readonly exported_at?: string;
  readonly user?: string | null;
  readonly preferences?: PreferenceChanges;
}

/** Answer of Import a configuration: `POST /portal/api/v1/config/import`. */
export interface ImportConfigResult {
  message: string;
  imported: number;
  skipped: number;
  errors: {
    name: string;
    error: string;
  }[];
  /** Extension: the operations that start and stop the servers. */
  operation_ids: string[];
}

/** Query of List all users: `GET /portal/api/v1/admin/users`. */
export interface ListUsersQuery {
  /** Only users with this role. */
  readonly role?: Role;
  /** Only active users, or only inactive ones. */
  readonly active?: boolean;
  /** In e-mail address or name. */
  readonly search?: string;
  /** Number of the page. Default: `1`. */
  readonly page?: number;
  /** Items per page. Default: `20`. */
  readonly limit?: number;
}

/** Answer of List all users: `GET /portal/api/v1/admin/users`. */
export interface ListUsersResult {
  users: User[];
  pagination: Pagination;
}

/** Body of Update the role of a user: `PUT /portal/api/v1/admin/users/{id}/role`. */
export interface SetUserRoleBody {
  readonly role: Role;
}

/** Answer of Update the role of a user: `PUT /portal/api/v1/admin/users/{id}/role`. */
export interface SetUserRoleResult {
  message: string;
}

/** Query of Get audit logs: `GET /portal/api/v1/admin/audit`. */
export interface ListAuditQuery {
  /** Only entries of this user or API key, by id. */
  readonly user_id?: string;
  /** Such as `server_enabled`. */
  readonly action?: string;
  /** Start of the range (RFC 3339), inclusive. */
  readonly from?: string;
  /** End of the range (RFC 3339), inclusive. */
  readonly to?: string;
  /** Number of the page. Default: `1`. */
  readonly page?: number;
  /** Items per page. Default: `20`. */
  readonly limit?: number;
}

/** Answer of Get audit logs: `GET /portal/api/v1/admin/audit`. */
export interface ListAuditResult {
  logs: AuditEntry[];
  pagination: Pagination;
}

/** Answer of Get system metrics: `GET /portal/api/v1/admin/metrics`. */
export interface GetSystemMetricsResult {
  users: {
    total: number;
    active: number;
    by_role: {
      super_admin: number;
      team_admin: number;
      standard_user: number;
    };
  };
  servers: {
    /** Of the catalog. */
    total: number;
    predefined: number;
    custom: number;
    /** By all users together, and those that all share. */
    enabled: number;
    running_containers: number;
  };
  system: {
    uptime: string;
    api_requests_24h: number;
    avg_response_time_ms: number;
    /** 0 to 1. */
    error_rate: number;
  };
}

/** Answer of Detailed system status: `GET /portal/api/v1/status`. */
export interface GetStatusResult {
  services: {
    api: ServiceStatus;
    database: ServiceStatus;
    cache: ServiceStatus;
    docker: ServiceStatus;
  };
  metrics: {
    /** Average of the last 24 hours. */
    response_time_ms: number;
    /** Connected MCP servers. */
    active_connections: number;
    /** Jobs that wait. */
    queue_size: number;
  };
}

/** Answer of Health check: `GET /portal/api/v1/health`. */
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

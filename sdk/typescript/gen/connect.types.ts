// Generated from the hub’s OpenAPI documents by `npm run generate:sdk-typescript`. Do not edit.

/** Query of List all configured MCP servers: `GET /connect/api/servers`. */
export interface ListServersQuery {
  readonly status?: "connected" | "disconnected" | "error";
  readonly groupId?: string;
  /** Comma-separated; servers with any of these. */
  readonly tags?: string | readonly string[];
  readonly enabled?: boolean;
}

/** Answer of List all configured MCP servers: `GET /connect/api/servers`. */
export type ListServersResult = ({
  id: string;
  name: string;
  description: string;
  status: "connected" | "disconnected" | "error";
  toolCount: number;
  transport: {
    type: "stdio";
    command: string;
    args?: string[];
    env?: Record<string, string>;
  } | {
    type: "sse";
    url: string;
    headers?: Record<string, string>;
  } | {
    type: "http";
    url: string;
    headers?: Record<string, string>;
  } | {
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
  };
  auth: {
    type: "none";
  } | {
    type: "api_key";
    key: string;
    header?: string;
    prefix?: string;
  } | {
    type: "oauth2";
    grantType?: "client_credentials" | "authorization_code";
    clientId?: string;
    clientSecret?: string;
    privateKey?: string;
    tokenUrl?: string;
    scopes?: string[];
  };
  healthCheck: {
    enabled: boolean;
    intervalMs: number;
    timeoutMs: number;
  };
  rateLimits: {
    requestsPerMinute?: number | null;
    requestsPerDay?: number | null;
  };
  metadata: {
    category?: string | null;
    tags?: string[];
    version?: string | null;
  };
  groupId: string | null;
  enabled: boolean;
  /** UTC, ISO 8601. */
  createdAt: string;
  /** UTC, ISO 8601. */
  updatedAt: string;
  limits: {
    maxConcurrentCalls?: number;
    maxQueue?: number;
    maxResultBytes?: number;
    callsPerSecond?: number | null;
  };
  cache: {
    tools: Record<string, {
      ttlSeconds: number;
    }>;
  } | null;
  site: string;
  agentId: string;
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
})[];

/** Body of Create a new MCP server configuration: `POST /connect/api/servers`. */
export interface CreateServerBody {
  readonly name: string;
  readonly transport: {
    readonly type: "stdio";
    readonly command: string;
    readonly args?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
  } | {
    readonly type: "sse";
    readonly url: string;
    readonly headers?: Readonly<Record<string, string>>;
  } | {
    readonly type: "http";
    readonly url: string;
    readonly headers?: Readonly<Record<string, string>>;
  } | {
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
  };
  readonly description?: string;
  readonly auth?: {
    readonly type: "none";
  } | {
    readonly type: "api_key";
    readonly key: string;
    readonly header?: string;
    readonly prefix?: string;
  } | {
    readonly type: "oauth2";
    readonly grantType?: "client_credentials" | "authorization_code";
    readonly clientId?: string;
    readonly clientSecret?: string;
    readonly privateKey?: string;
    readonly tokenUrl?: string;
    readonly scopes?: readonly string[];
  };
  readonly healthCheck?: {
    readonly enabled?: boolean;
    readonly intervalMs?: number;
    readonly timeoutMs?: number;
  };
  readonly rateLimits?: {
    readonly requestsPerMinute?: number | null;
    readonly requestsPerDay?: number | null;
  } | null;
  readonly limits?: {
    readonly maxConcurrentCalls?: number;
    readonly maxQueue?: number;
    readonly maxResultBytes?: number;
    readonly callsPerSecond?: number | null;
  } | null;
  readonly cache?: {
    readonly tools: Readonly<Record<string, {
      readonly ttlSeconds: number;
    }>>;
  } | null;
  readonly metadata?: {
    readonly category?: string | null;
    readonly tags?: readonly string[];
    readonly version?: string | null;
  };
  readonly groupId?: string | null;
  readonly enabled?: boolean;
  readonly site?: string;
}

/** Answer of Create a new MCP server configuration: `POST /connect/api/servers`. */
export interface CreateServerResult {
  id: string;
  name: string;
  description: string;
  status: "connected" | "disconnected" | "error";
  toolCount: number;
  transport: {
    type: "stdio";
    command: string;
    args?: string[];
    env?: Record<string, string>;
  } | {
    type: "sse";
    url: string;
    headers?: Record<string, string>;
  } | {
    type: "http";
    url: string;
    headers?: Record<string, string>;
  } | {
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
  };
  auth: {
    type: "none";
  } | {
    type: "api_key";
    key: string;
    header?: string;
    prefix?: string;
  } | {
    type: "oauth2";
    grantType?: "client_credentials" | "authorization_code";
    clientId?: string;
    clientSecret?: string;
    privateKey?: string;
    tokenUrl?: string;
    scopes?: string[];
  };
  healthCheck: {
    enabled: boolean;
    intervalMs: number;
    timeoutMs: number;
  };
  rateLimits: {
    requestsPerMinute?: number | null;
    requestsPerDay?: number | null;
  };
  metadata: {
    category?: string | null;
    tags?: string[];
    version?: string | null;
  };
  groupId: string | null;
  enabled: boolean;
  /** UTC, ISO 8601. */
  createdAt: string;
  /** UTC, ISO 8601. */
  updatedAt: string;
  limits: {
    maxConcurrentCalls?: number;
    maxQueue?: number;
    maxResultBytes?: number;
    callsPerSecond?: number | null;
  };
  cache: {
    tools: Record<string, {
      ttlSeconds: number;
    }>;
  } | null;
  site: string;
  agentId: string;
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

/** Answer of Get a specific server: `GET /connect/api/servers/{id}`. */
export interface GetServerResult {
  id: string;
  name: string;
  description: string;
  status: "connected" | "disconnected" | "error";
  toolCount: number;
  transport: {
    type: "stdio";
    command: string;
    args?: string[];
    env?: Record<string, string>;
  } | {
    type: "sse";
    url: string;
    headers?: Record<string, string>;
  } | {
    type: "http";
    url: string;
    headers?: Record<string, string>;
  } | {
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
  };
  auth: {
    type: "none";
  } | {
    type: "api_key";
    key: string;
    header?: string;
    prefix?: string;
  } | {
    type: "oauth2";
    grantType?: "client_credentials" | "authorization_code";
    clientId?: string;
    clientSecret?: string;
    privateKey?: string;
    tokenUrl?: string;
    scopes?: string[];
  };
  healthCheck: {
    enabled: boolean;
    intervalMs: number;
    timeoutMs: number;
  };
  rateLimits: {
    requestsPerMinute?: number | null;
    requestsPerDay?: number | null;
  };
  metadata: {
    category?: string | null;
    tags?: string[];
    version?: string | null;
  };
  groupId: string | null;
  enabled: boolean;
  /** UTC, ISO 8601. */
  createdAt: string;
  /** UTC, ISO 8601. */
  updatedAt: string;
  limits: {
    maxConcurrentCalls?: number;
    maxQueue?: number;
    maxResultBytes?: number;
    callsPerSecond?: number | null;
  };
  cache: {
    tools: Record<string, {
      ttlSeconds: number;
    }>;
  } | null;
  site: string;
  agentId: string;
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

/** Body of Update a server configuration: `PUT /connect/api/servers/{id}`. */
export interface UpdateServerBody {
  readonly name?: string;
  readonly transport?: {
    readonly type: "stdio";
    readonly command: string;
    readonly args?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
  } | {
    readonly type: "sse";
    readonly url: string;
    readonly headers?: Readonly<Record<string, string>>;
  } | {
    readonly type: "http";
    readonly url: string;
    readonly headers?: Readonly<Record<string, string>>;
  } | {
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
  };
  readonly description?: string;
  readonly auth?: {
    readonly type: "none";
  } | {
    readonly type: "api_key";
    readonly key: string;
    readonly header?: string;
    readonly prefix?: string;
  } | {
    readonly type: "oauth2";
    readonly grantType?: "client_credentials" | "authorization_code";
    readonly clientId?: string;
    readonly clientSecret?: string;
    readonly privateKey?: string;
    readonly tokenUrl?: string;
    readonly scopes?: readonly string[];
  };
  readonly healthCheck?: {
    readonly enabled?: boolean;
    readonly intervalMs?: number;
    readonly timeoutMs?: number;
  };
  readonly rateLimits?: {
    readonly requestsPerMinute?: number | null;
    readonly requestsPerDay?: number | null;
  } | null;
  readonly limits?: {
    readonly maxConcurrentCalls?: number;
    readonly maxQueue?: number;
    readonly maxResultBytes?: number;
    readonly callsPerSecond?: number | null;
  } | null;
  readonly cache?: {
    readonly tools: Readonly<Record<string, {
      readonly ttlSeconds: number;
    }>>;
  } | null;
  readonly metadata?: {
    readonly category?: string | null;
    readonly tags?: readonly string[];
    readonly version?: string | null;
  };
  readonly groupId?: string | null;
  readonly enabled?: boolean;
  readonly site?: string;
}

/** Answer of Update a server configuration: `PUT /connect/api/servers/{id}`. */
export interface UpdateServerResult {
  id: string;
  name: string;
  description: string;
  status: "connected" | "disconnected" | "error";
  toolCount: number;
  transport: {
    type: "stdio";
    command: string;
    args?: string[];
    env?: Record<string, string>;
  } | {
    type: "sse";
    url: string;
    headers?: Record<string, string>;
  } | {
    type: "http";
    url: string;
    headers?: Record<string, string>;
  } | {
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
  };
  auth: {
    type: "none";
  } | {
    type: "api_key";
    key: string;
    header?: string;
    prefix?: string;
  } | {
    type: "oauth2";
    grantType?: "client_credentials" | "authorization_code";
    clientId?: string;
    clientSecret?: string;
    privateKey?: string;
    tokenUrl?: string;
    scopes?: string[];
  };
  healthCheck: {
    enabled: boolean;
    intervalMs: number;
    timeoutMs: number;
  };
  rateLimits: {
    requestsPerMinute?: number | null;
    requestsPerDay?: number | null;
  };
  metadata: {
    category?: string | null;
    tags?: string[];
    version?: string | null;
  };
  groupId: string | null;
  enabled: boolean;
  /** UTC, ISO 8601. */
  createdAt: string;
  /** UTC, ISO 8601. */
  updatedAt: string;
  limits: {
    maxConcurrentCalls?: number;
    maxQueue?: number;
    maxResultBytes?: number;
    callsPerSecond?: number | null;
  };
  cache: {
    tools: Record<string, {
      ttlSeconds: number;
    }>;
  } | null;
  site: string;
  agentId: string;
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
export interface ConnectServersBody {
  readonly serverIds: readonly string[];
}

/** Answer of Connect to multiple servers simultaneously: `POST /connect/api/servers/bulk/connect`. */
export interface ConnectServersResult {
  results: ({
    serverId: string;
    status: "connected" | "error";
    toolCount?: number;
    error?: string;
  })[];
  summary: {
    total: number;
    failed: number;
    connected?: number;
    disconnected?: number;
  };
}

/** Body of Disconnect from multiple servers simultaneously: `POST /connect/api/servers/bulk/disconnect`. */
export interface DisconnectServersBody {
  readonly serverIds: readonly string[];
}

/** Answer of Disconnect from multiple servers simultaneously: `POST /connect/api/servers/bulk/disconnect`. */
export interface DisconnectServersResult {
  results: ({
    serverId: string;
    status: "disconnected" | "error";
    toolCount?: number;
    error?: string;
  })[];
  summary: {
    total: number;
    failed: number;
    connected?: number;
    disconnected?: number;
  };
}

/** Query of Read a server's log; with follow=true as a chunked stream of JSON lines: `GET /connect/api/servers/{id}/logs`. */
export interface ReadServerLogQuery {
  /** The last so many; 0 for all. Default: `100`. */
  readonly lines?: number;
  /** UTC, ISO 8601. */
  readonly since?: string;
}

/** Answer of Read a server's log; with follow=true as a chunked stream of JSON lines: `GET /connect/api/servers/{id}/logs`. */
export interface ReadServerLogResult {
  logs: {
    /** UTC, ISO 8601. */
    timestamp: string;
    level: string;
    source: string;
    message: string;
  }[];
}

/** Query of Where people come back to who were asked to consent: `GET /connect/api/oauth/callback`. */
export interface CompleteConsentQuery {
  readonly state: string;
  readonly code?: string;
  readonly iss?: string;
  readonly error?: string;
  readonly error_description?: string;
}

/** Answer of What authorization servers are told of this hub as a client: `GET /connect/api/oauth/client`. */
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
  readonly category?: string;
  /** Comma-separated; any of these. */
  readonly tags?: string | readonly string[];
  /** Id or name. */
  readonly server?: string;
  /** Default: `"name"`. */
  readonly sortBy?: "name" | "usage" | "recent";
  /** Default: `50`. */
  readonly limit?: number;
  /** Default: `0`. */
  readonly offset?: number;
}

/** Answer of List all available tools across connected servers: `GET /connect/api/tools`. */
export interface ListToolsResult {
  tools: ({
    name: string;
    serverId: string;
    serverName: string;
    description: string;
    inputSchema: unknown;
    category: string | null;
    tags: string[];
    usageCount: number;
    lastUsedAt: string | null;
  })[];
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
export interface InvokeToolResult {
  content: unknown[];
  isError: boolean;
}

/** Answer of Get all tool categories with counts; tools without one count as uncategorized: `GET /connect/api/tools/categories`. */
export type ListToolCategoriesResult = {
  name: string;
  count: number;
}[];

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

/** Query of Get recently used tools for the authenticated API key, newest first; lastUsedAt is its own last use: `GET /connect/api/tools/recent`. */
export interface ListRecentToolsQuery {
  /** Default: `10`. */
  readonly limit?: number;
}

/** Answer of Get recently used tools for the authenticated API key, newest first; lastUsedAt is its own last use: `GET /connect/api/tools/recent`. */
export type ListRecentToolsResult = ({
  name: string;
  serverId: string;
  serverName: string;
  description: string;
  inputSchema: unknown;
  category: string | null;
  tags: string[];
  usageCount: number;
  lastUsedAt: string | null;
})[];

/** Query of Get invocation history for a specific tool, newest first; below operator the caller’s own calls: `GET /connect/api/tools/{name}/history`. */
export interface GetToolHistoryQuery {
  /** Default: `20`. */
  readonly limit?: number;
  /** Start: an ISO 8601 date or time, inclusive. */
  readonly from?: string;
  /** End: an ISO 8601 date or time, inclusive. */
  readonly to?: string;
}

/** Answer of Get invocation history for a specific tool, newest first; below operator the caller’s own calls: `GET /connect/api/tools/{name}/history`. */
export type GetToolHistoryResult = {
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
}[];

/** Answer of List all server groups: `GET /connect/api/groups`. */
export type ListGroupsResult = {
  id: string;
  name: string;
  description: string;
  color: string;
  icon: string;
  sortOrder: number;
  serverCount: number;
}[];

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
export interface CreateGroupResult {
  id: string;
  name: string;
  description: string;
  color: string;
  icon: string;
  sortOrder: number;
  serverCount: number;
}

/** Body of Update a server group; what is absent stays: `PUT /connect/api/groups/{id}`. */
export interface UpdateGroupBody {
  readonly name?: string;
  readonly description?: string;
  /** #rrggbb. */
  readonly color?: string;
  readonly icon?: string;
  /** Default 0. */
  readonly sortOrder?: number;
}

/** Answer of Update a server group; what is absent stays: `PUT /connect/api/groups/{id}`. */
export interface UpdateGroupResult {
  id: string;
  name: string;
  description: string;
  color: string;
  icon: string;
  sortOrder: number;
  serverCount: number;
}

/** Answer of Delete a server group; its servers are ungrouped: `DELETE /connect/api/groups/{id}`. */
export interface DeleteGroupResult {
  message: string;
}

/** Body of Add servers to a group, all or none; a server leaves the group that it was in: `POST /connect/api/groups/{id}/servers`. */
export interface AddServersToGroupBody {
  readonly serverIds: readonly string[];
}

/** Answer of Add servers to a group, all or none; a server leaves the group that it was in: `POST /connect/api/groups/{id}/servers`. */
export interface AddServersToGroupResult {
  id: string;
  name: string;
  description: string;
  color: string;
  icon: string;
  sortOrder: number;
  serverCount: number;
}

/** Query of List all available server templates: `GET /connect/api/templates`. */
export interface ListTemplatesQuery {
  readonly category?: string;
  /** In name or description. */
  readonly search?: string;
}

/** Answer of List all available server templates: `GET /connect/api/templates`. */
export type ListTemplatesResult = ({
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
})[];

/** Body of Create a server from a template; who may do so is as with POST /api/servers: `POST /connect/api/templates/{id}/instantiate`. */
export interface InstantiateTemplateBody {
  readonly name: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly groupId?: string | null;
  readonly site?: string;
}

/** Answer of Create a server from a template; who may do so is as with POST /api/servers: `POST /connect/api/templates/{id}/instantiate`. */
export interface InstantiateTemplateResult {
  id: string;
  name: string;
  description: string;
  status: "connected" | "disconnected" | "error";
  toolCount: number;
  transport: {
    type: "stdio";
    command: string;
    args?: string[];
    env?: Record<string, string>;
  } | {
    type: "sse";
    url: string;
    headers?: Record<string, string>;
  } | {
    type: "http";
    url: string;
    headers?: Record<string, string>;
  } | {
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
  };
  auth: {
    type: "none";
  } | {
    type: "api_key";
    key: string;
    header?: string;
    prefix?: string;
  } | {
    type: "oauth2";
    grantType?: "client_credentials" | "authorization_code";
    clientId?: string;
    clientSecret?: string;
    privateKey?: string;
    tokenUrl?: string;
    scopes?: string[];
  };
  healthCheck: {
    enabled: boolean;
    intervalMs: number;
    timeoutMs: number;
  };
  rateLimits: {
    requestsPerMinute?: number | null;
    requestsPerDay?: number | null;
  };
  metadata: {
    category?: string | null;
    tags?: string[];
    version?: string | null;
  };
  groupId: string | null;
  enabled: boolean;
  /** UTC, ISO 8601. */
  createdAt: string;
  /** UTC, ISO 8601. */
  updatedAt: string;
  limits: {
    maxConcurrentCalls?: number;
    maxQueue?: number;
    maxResultBytes?: number;
    callsPerSecond?: number | null;
  };
  cache: {
    tools: Record<string, {
      ttlSeconds: number;
    }>;
  } | null;
  site: string;
  agentId: string;
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

/** Answer of Get favorited tools for the authenticated API key, newest first: `GET /connect/api/favorites`. */
export type ListFavoritesResult = {
  toolName: string;
  serverId: string;
  serverName: string;
  /** UTC, ISO 8601. */
  favoritedAt: string;
}[];

/** Body of Add a tool to favorites; one that is there already stays as it is: `POST /connect/api/favorites/{toolName}`. */
export interface AddFavoriteBody {
  /** Id or name; needed where several servers have the tool. */
  readonly serverId?: string;
}

/** Answer of Add a tool to favorites; one that is there already stays as it is: `POST /connect/api/favorites/{toolName}`. */
export interface AddFavoriteResult {
  toolName: string;
  serverId: string;
  serverName: string;
  /** UTC, ISO 8601. */
  favoritedAt: string;
}

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

/** Query of Clear the response cache: all of it that the key's grants cover, or what the parameters narrow it to: `DELETE /connect/api/cache`. */
export interface ClearCacheQuery {
  /** Tool names: `*` any characters, `?` one character. */
  readonly pattern?: string;
  /** Id or name. */
  readonly serverId?: string;
}

/** Answer of Clear the response cache: all of it that the key's grants cover, or what the parameters narrow it to: `DELETE /connect/api/cache`. */
export interface ClearCacheResult {
  /** How many entries went. */
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
  /** Start: an ISO 8601 date or time, inclusive. */
  readonly from?: string;
  /** End: an ISO 8601 date or time, inclusive. */
  readonly to?: string;
  /** Default: `50`. */
  readonly limit?: number;
  /** Default: `0`. */
  readonly offset?: number;
}

/** Answer of Query audit logs, newest first: `GET /connect/api/audit`. */
export interface ListAuditResult {
  entries: ({
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
    /** `durationMs` and `success` always; of tool calls `arguments`, with secrets redacted; `error` of what failed. */
    details: Record<string, unknown>;
    ip: string;
    userAgent: string;
  })[];
  total: number;
  limit: number;
  offset: number;
  /** false: counting was given up at its bound on time and number; there are at least `total`. */
  totalIsExact: boolean;
}

/** Query of Export audit logs as CSV or JSON, oldest first: `GET /connect/api/audit/export`. */
export interface ExportAuditQuery {
  /** Default: `"json"`. */
  readonly format?: "json" | "csv";
  /** Start: an ISO 8601 date or time, inclusive. */
  readonly from?: string;
  /** End: an ISO 8601 date or time, inclusive. */
  readonly to?: string;
}

/** Answer of Get monitoring dashboard data, of what the key's grants cover: `GET /connect/api/monitor`. */
export interface GetMonitorResult {
  overview: {
    totalServers: number;
    connectedServers: number;
    /** Of connected servers. */
    totalTools: number;
    /** Seconds. */
    uptime: number;
    /** Answered since UTC midnight, by every API and to everybody. */
    requestsToday: number;
  };
  servers: ({
    id: string;
    name: string;
    status: "connected" | "disconnected" | "error";
    toolCount: number;
    site: string;
    error: string | null;
  })[];
  /** The last 20 events, newest first. */
  recentActivity: {
    /** Number in the event journal. */
    id: number;
    type: string;
    /** UTC, ISO 8601. */
    timestamp: string;
    data: Record<string, unknown>;
  }[];
  circuitBreakers: ({
    serverId: string;
    serverName: string;
    state: "closed" | "open" | "half-open";
    failures: number;
    lastFailure: string | null;
  })[];
}

/** Answer of Get circuit breaker states for all servers; half-open: the cooldown is over, and the next call decides: `GET /connect/api/monitor/circuit-breakers`. */
export type ListCircuitBreakersResult = ({
  serverId: string;
  serverName: string;
  state: "closed" | "open" | "half-open";
  /** In a row; while open, those that opened it. */
  failures: number;
  /** Since the last change of state. */
  successCount: number;
  /** UTC, ISO 8601. */
  lastStateChange: string;
  /** UTC, ISO 8601. */
  cooldownEndsAt?: string;
})[];

/** Answer of List all webhook subscriptions: `GET /connect/api/webhooks`. */
export type ListWebhooksResult = ({
  id: string;
  url: string;
  events: ("server.connected" | "server.disconnected" | "server.error" | "tool.invoked" | "tool.error" | "circuit.opened" | "circuit.closed")[];
  /** The first 10 characters; the whole secret in the answer to its creation, and nowhere else. */
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
})[];

/** Body of Create a webhook subscription; its whole secret is shown only now: `POST /connect/api/webhooks`. */
export interface CreateWebhookBody {
  readonly url: string;
  readonly events: readonly ("server.connected" | "server.disconnected" | "server.error" | "tool.invoked" | "tool.error" | "circuit.opened" | "circuit.closed")[];
  /** Made at random by default. `whsec_` and base64, or any text: its bytes then are the key. */
  readonly secret?: string;
  /** Default: `true`. */
  readonly enabled?: boolean;
}

/** Answer of Create a webhook subscription; its whole secret is shown only now: `POST /connect/api/webhooks`. */
export interface CreateWebhookResult {
  id: string;
  url: string;
  events: ("server.connected" | "server.disconnected" | "server.error" | "tool.invoked" | "tool.error" | "circuit.opened" | "circuit.closed")[];
  /** The first 10 characters; the whole secret in the answer to its creation, and nowhere else. */
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

/** Body of Change a webhook subscription, enable or disable it; what is absent stays: `PUT /connect/api/webhooks/{id}`. */
export interface UpdateWebhookBody {
  readonly url?: string;
  readonly events?: readonly ("server.connected" | "server.disconnected" | "server.error" | "tool.invoked" | "tool.error" | "circuit.opened" | "circuit.closed")[];
  /** Needed with another URL. `whsec_` and base64, or any text: its bytes then are the key. */
  readonly secret?: string;
  readonly enabled?: boolean;
}

/** Answer of Change a webhook subscription, enable or disable it; what is absent stays: `PUT /connect/api/webhooks/{id}`. */
export interface UpdateWebhookResult {
  id: string;
  url: string;
  events: ("server.connected" | "server.disconnected" | "server.error" | "tool.invoked" | "tool.error" | "circuit.opened" | "circuit.closed")[];
  /** The first 10 characters; the whole secret in the answer to its creation, and nowhere else. */
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

/** Answer of Delete a webhook subscription; what waits for it is not delivered any more: `DELETE /connect/api/webhooks/{id}`. */
export interface DeleteWebhookResult {
  message: string;
}

/** Answer of Send a test delivery, once, and tell what came of it: `POST /connect/api/webhooks/{id}/test`. */
export interface TestWebhookResult {
  deliveryId: string;
  /** `null` where there was no answer. */
  statusCode: number | null;
  durationMs: number;
  error: string | null;
}

/** Query of Get webhook delivery history, newest first: `GET /connect/api/webhooks/{id}/deliveries`. */
export interface ListDeliveriesQuery {
  readonly status?: "success" | "failed" | "pending";
  /** Default: `20`. */
  readonly limit?: number;
}

/** Answer of Get webhook delivery history, newest first: `GET /connect/api/webhooks/{id}/deliveries`. */
export type ListDeliveriesResult = ({
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
})[];

/** Query of Server-Sent Events: what happens, as it happens: `GET /connect/api/sse/events`. */
export interface StreamEventsQuery {
  /** Comma-separated event types to subscribe. */
  readonly types?: string | readonly string[];
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
export type ListAgentsResult = ({
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
})[];

/** Body of Make a join token: good for enrolling one agent at a site: `POST /connect/api/agents/tokens`. */
export interface CreateJoinTokenBody {
  readonly site: string;
  /** Default 3600. */
  readonly ttlSeconds?: number;
}

/** Answer of Make a join token: good for enrolling one agent at a site: `POST /connect/api/agents/tokens`. */
export interface CreateJoinTokenResult {
  id: string;
  site: string;
  /** Shown only once. */
  token: string;
  /** UTC, ISO 8601. */
  expiresAt: string;
}

/** Answer of Revoke an agent's certificate and close its streams: `DELETE /connect/api/agents/{id}`. */
export interface RevokeAgentResult {
  message: string;
}

/** Body of Send a value to an agent and get it back: `POST /connect/api/agents/{id}/ping`. */
export interface PingAgentBody {
  readonly echo?: unknown;
}

/** Answer of Send a value to an agent and get it back: `POST /connect/api/agents/{id}/ping`. */
export interface PingAgentResult {
  echo: unknown;
}

/** Answer of List the sites, with their agents and servers counted: `GET /connect/api/sites`. */
export type ListSitesResult = {
  name: string;
  agentCount: number;
  connectedAgents: number;
  serverCount: number;
}[];

/** Answer of List the API keys that are not revoked: `GET /connect/api/keys`. */
export type ListKeysResult = ({
  id: string;
  name: string;
  prefix: string;
  role: "viewer" | "user" | "operator" | "admin";
  tier: "free" | "pro" | "enterprise";
  grants: {
    servers?: string[];
    groups?: string[];
    tools?: string[];
    sites?: string[];
  } | null;
  limits: {
    perMinute?: number;
    perDay?: number;
  } | null;
  /** UTC, ISO 8601. */
  createdAt: string;
  expiresAt: string | null;
  lastUsedAt: string | null;
})[];

/** Body of Make an API key: `POST /connect/api/keys`. */
export interface CreateKeyBody {
  readonly name: string;
  readonly role?: "viewer" | "user" | "operator" | "admin";
  readonly tier?: "free" | "pro" | "enterprise";
  readonly grants?: {
    readonly servers?: readonly string[];
    readonly groups?: readonly string[];
    readonly tools?: readonly string[];
    readonly sites?: readonly string[];
  };
  readonly limits?: {
    readonly perMinute?: number;
    readonly perDay?: number;
  };
  readonly expiresInSeconds?: number;
}

/** Answer of Make an API key: `POST /connect/api/keys`. */
export interface CreateKeyResult {
  id: string;
  name: string;
  prefix: string;
  role: "viewer" | "user" | "operator" | "admin";
  tier: "free" | "pro" | "enterprise";
  grants: {
    servers?: string[];
    groups?: string[];
    tools?: string[];
    sites?: string[];
  } | null;
  limits: {
    perMinute?: number;
    perDay?: number;
  } | null;
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
  readonly role?: "viewer" | "user" | "operator" | "admin";
}

/** Answer of Make a user: `POST /connect/api/users`. */
export interface CreateUserResult {
  id: string;
  username: string;
  role: "viewer" | "user" | "operator" | "admin";
  /** UTC, ISO 8601. */
  createdAt: string;
  lastLogin: string | null;
}

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

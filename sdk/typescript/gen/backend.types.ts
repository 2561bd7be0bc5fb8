// Generated from the hub’s OpenAPI documents by `npm run generate:sdk-typescript`. Do not edit.

/** Query of List MCP definitions, in the order of their making: `GET /backend/api/v1/mcp-definitions`. */
export interface ListMcpDefinitionsQuery {
  /** Records to skip. Default: `0`. */
  readonly skip?: number;
  /** Records to return at most. Default: `10`. */
  readonly limit?: number;
  readonly mcp_type?: "stdio" | "npm" | "pypi" | "docker" | "http" | "sse" | "websocket" | "workflow";
}

/** Answer of List MCP definitions, in the order of their making: `GET /backend/api/v1/mcp-definitions`. */
export interface ListMcpDefinitionsResult {
  items: ({
    id: string;
    name: string;
    description: string;
    mcp_type: "stdio" | "npm" | "pypi" | "docker" | "http" | "sse" | "websocket" | "workflow";
    /** UTC, ISO 8601. */
    created_at: string;
    /** UTC, ISO 8601. */
    updated_at: string;
    latest_version: {
      id: string;
      /** From `1` on. */
      version: string;
      config: {
        type: "stdio";
        command: string;
        /** Arguments of the server itself. */
        args?: string[];
        /** `{{database:NAME}}` stands for an external database. */
        env?: Record<string, string>;
      } | {
        type: "npm";
        package: string;
        version?: string;
        /** Arguments of the server itself. */
        args?: string[];
        /** `{{database:NAME}}` stands for an external database. */
        env?: Record<string, string>;
      } | {
        type: "pypi";
        package: string;
        version?: string;
        /** Arguments of the server itself. */
        args?: string[];
        /** `{{database:NAME}}` stands for an external database. */
        env?: Record<string, string>;
      } | {
        type: "docker";
        image: string;
        /** Further flags of `docker run`. */
        options?: string[];
        /** Arguments of the server itself. */
        args?: string[];
        /** `{{database:NAME}}` stands for an external database. */
        env?: Record<string, string>;
      } | {
        type: "http";
        url: string;
        headers?: Record<string, string>;
        auth?: {
          type: "none";
        } | {
          type: "api_key";
          key: string;
          header?: string;
          prefix?: string;
        } | {
          type: "oauth2";
          grant_type?: "client_credentials" | "authorization_code";
          client_id?: string;
          client_secret?: string;
          private_key?: string;
          token_url?: string;
          scopes?: string[];
        };
      } | {
        type: "sse";
        url: string;
        headers?: Record<string, string>;
        auth?: {
          type: "none";
        } | {
          type: "api_key";
          key: string;
          header?: string;
          prefix?: string;
        } | {
          type: "oauth2";
          grant_type?: "client_credentials" | "authorization_code";
          client_id?: string;
          client_secret?: string;
          private_key?: string;
          token_url?: string;
          scopes?: string[];
        };
      } | {
        type: "websocket";
        url: string;
        headers?: Record<string, string>;
        auth?: {
          type: "none";
        } | {
          type: "api_key";
          key: string;
          header?: string;
          prefix?: string;
        } | {
          type: "oauth2";
          grant_type?: "client_credentials" | "authorization_code";
          client_id?: string;
          client_secret?: string;
          private_key?: string;
          token_url?: string;
          scopes?: string[];
        };
      } | {
        type: "workflow";
        parameters?: Record<string, {
          type: "boolean" | "number" | "string" | "strings";
          default: boolean | number | string | string[];
          description?: string;
        }>;
        steps: ({
          name: string;
          kind: string;
          /** A boolean parameter. */
          when?: string;
          on_error?: "stop" | "continue";
          /** Arguments of the step’s kind. */
          with?: Record<string, unknown>;
        })[];
      };
    };
  })[];
  /** On all pages. */
  total: number;
  skip: number;
  limit: number;
}

/** Body of Create an MCP definition: `POST /backend/api/v1/mcp-definitions`. */
export interface CreateMcpDefinitionBody {
  readonly name: string;
  readonly description?: string;
  readonly mcp_type: "stdio" | "npm" | "pypi" | "docker" | "http" | "sse" | "websocket" | "workflow";
  readonly config: {
    readonly type: "stdio";
    readonly command: string;
    /** Arguments of the server itself. */
    readonly args?: readonly string[];
    /** `{{database:NAME}}` stands for an external database. */
    readonly env?: Readonly<Record<string, string>>;
  } | {
    readonly type: "npm";
    readonly package: string;
    readonly version?: string;
    /** Arguments of the server itself. */
    readonly args?: readonly string[];
    /** `{{database:NAME}}` stands for an external database. */
    readonly env?: Readonly<Record<string, string>>;
  } | {
    readonly type: "pypi";
    readonly package: string;
    readonly version?: string;
    /** Arguments of the server itself. */
    readonly args?: readonly string[];
    /** `{{database:NAME}}` stands for an external database. */
    readonly env?: Readonly<Record<string, string>>;
  } | {
    readonly type: "docker";
    readonly image: string;
    /** Further flags of `docker run`. */
    readonly options?: readonly string[];
    /** Arguments of the server itself. */
    readonly args?: readonly string[];
    /** `{{database:NAME}}` stands for an external database. */
    readonly env?: Readonly<Record<string, string>>;
  } | {
    readonly type: "http";
    readonly url: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly auth?: {
      readonly type: "none";
    } | {
      readonly type: "api_key";
      readonly key: string;
      readonly header?: string;
      readonly prefix?: string;
    } | {
      readonly type: "oauth2";
      readonly grant_type?: "client_credentials" | "authorization_code";
      readonly client_id?: string;
      readonly client_secret?: string;
      readonly private_key?: string;
      readonly token_url?: string;
      readonly scopes?: readonly string[];
    };
  } | {
    readonly type: "sse";
    readonly url: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly auth?: {
      readonly type: "none";
    } | {
      readonly type: "api_key";
      readonly key: string;
      readonly header?: string;
      readonly prefix?: string;
    } | {
      readonly type: "oauth2";
      readonly grant_type?: "client_credentials" | "authorization_code";
      readonly client_id?: string;
      readonly client_secret?: string;
      readonly private_key?: string;
      readonly token_url?: string;
      readonly scopes?: readonly string[];
    };
  } | {
    readonly type: "websocket";
    readonly url: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly auth?: {
      readonly type: "none";
    } | {
      readonly type: "api_key";
      readonly key: string;
      readonly header?: string;
      readonly prefix?: string;
    } | {
      readonly type: "oauth2";
      readonly grant_type?: "client_credentials" | "authorization_code";
      readonly client_id?: string;
      readonly client_secret?: string;
      readonly private_key?: string;
      readonly token_url?: string;
      readonly scopes?: readonly string[];
    };
  } | {
    readonly type: "workflow";
    readonly parameters?: Readonly<Record<string, {
      readonly type: "boolean" | "number" | "string" | "strings";
      readonly default: boolean | number | string | readonly string[];
      readonly description?: string;
    }>>;
    readonly steps: readonly ({
      readonly name: string;
      readonly kind: string;
      /** A boolean parameter. */
      readonly when?: string;
      readonly on_error?: "stop" | "continue";
      /** Arguments of the step’s kind. */
      readonly with?: Readonly<Record<string, unknown>>;
    })[];
  };
}

/** Answer of Create an MCP definition: `POST /backend/api/v1/mcp-definitions`. */
export interface CreateMcpDefinitionResult {
  id: string;
  name: string;
  description: string;
  mcp_type: "stdio" | "npm" | "pypi" | "docker" | "http" | "sse" | "websocket" | "workflow";
  /** UTC, ISO 8601. */
  created_at: string;
  /** UTC, ISO 8601. */
  updated_at: string;
  latest_version: {
    id: string;
    /** From `1` on. */
    version: string;
    config: {
      type: "stdio";
      command: string;
      /** Arguments of the server itself. */
      args?: string[];
      /** `{{database:NAME}}` stands for an external database. */
      env?: Record<string, string>;
    } | {
      type: "npm";
      package: string;
      version?: string;
      /** Arguments of the server itself. */
      args?: string[];
      /** `{{database:NAME}}` stands for an external database. */
      env?: Record<string, string>;
    } | {
      type: "pypi";
      package: string;
      version?: string;
      /** Arguments of the server itself. */
      args?: string[];
      /** `{{database:NAME}}` stands for an external database. */
      env?: Record<string, string>;
    } | {
      type: "docker";
      image: string;
      /** Further flags of `docker run`. */
      options?: string[];
      /** Arguments of the server itself. */
      args?: string[];
      /** `{{database:NAME}}` stands for an external database. */
      env?: Record<string, string>;
    } | {
      type: "http";
      url: string;
      headers?: Record<string, string>;
      auth?: {
        type: "none";
      } | {
        type: "api_key";
        key: string;
        header?: string;
        prefix?: string;
      } | {
        type: "oauth2";
        grant_type?: "client_credentials" | "authorization_code";
        client_id?: string;
        client_secret?: string;
        private_key?: string;
        token_url?: string;
        scopes?: string[];
      };
    } | {
      type: "sse";
      url: string;
      headers?: Record<string, string>;
      auth?: {
        type: "none";
      } | {
        type: "api_key";
        key: string;
        header?: string;
        prefix?: string;
      } | {
        type: "oauth2";
        grant_type?: "client_credentials" | "authorization_code";
        client_id?: string;
        client_secret?: string;
        private_key?: string;
        token_url?: string;
        scopes?: string[];
      };
    } | {
      type: "websocket";
      url: string;
      headers?: Record<string, string>;
      auth?: {
        type: "none";
      } | {
        type: "api_key";
        key: string;
        header?: string;
        prefix?: string;
      } | {
        type: "oauth2";
        grant_type?: "client_credentials" | "authorization_code";
        client_id?: string;
        client_secret?: string;
        private_key?: string;
        token_url?: string;
        scopes?: string[];
      };
    } | {
      type: "workflow";
      parameters?: Record<string, {
        type: "boolean" | "number" | "string" | "strings";
        default: boolean | number | string | string[];
        description?: string;
      }>;
      steps: ({
        name: string;
        kind: string;
        /** A boolean parameter. */
        when?: string;
        on_error?: "stop" | "continue";
        /** Arguments of the step’s kind. */
        with?: Record<string, unknown>;
      })[];
    };
  };
}

/** Answer of Get an MCP definition, with its versions, newest first: `GET /backend/api/v1/mcp-definitions/{definition_id}`. */
export interface GetMcpDefinitionResult {
  id: string;
  name: string;
  description: string;
  mcp_type: "stdio" | "npm" | "pypi" | "docker" | "http" | "sse" | "websocket" | "workflow";
  /** UTC, ISO 8601. */
  created_at: string;
  /** UTC, ISO 8601. */
  updated_at: string;
  versions: ({
    id: string;
    /** From `1` on. */
    version: string;
    config: {
      type: "stdio";
      command: string;
      /** Arguments of the server itself. */
      args?: string[];
      /** `{{database:NAME}}` stands for an external database. */
      env?: Record<string, string>;
    } | {
      type: "npm";
      package: string;
      version?: string;
      /** Arguments of the server itself. */
      args?: string[];
      /** `{{database:NAME}}` stands for an external database. */
      env?: Record<string, string>;
    } | {
      type: "pypi";
      package: string;
      version?: string;
      /** Arguments of the server itself. */
      args?: string[];
      /** `{{database:NAME}}` stands for an external database. */
      env?: Record<string, string>;
    } | {
      type: "docker";
      image: string;
      /** Further flags of `docker run`. */
      options?: string[];
      /** Arguments of the server itself. */
      args?: string[];
      /** `{{database:NAME}}` stands for an external database. */
      env?: Record<string, string>;
    } | {
      type: "http";
      url: string;
      headers?: Record<string, string>;
      auth?: {
        type: "none";
      } | {
        type: "api_key";
        key: string;
        header?: string;
        prefix?: string;
      } | {
        type: "oauth2";
        grant_type?: "client_credentials" | "authorization_code";
        client_id?: string;
        client_secret?: string;
        private_key?: string;
        token_url?: string;
        scopes?: string[];
      };
    } | {
      type: "sse";
      url: string;
      headers?: Record<string, string>;
      auth?: {
        type: "none";
      } | {
        type: "api_key";
        key: string;
        header?: string;
        prefix?: string;
      } | {
        type: "oauth2";
        grant_type?: "client_credentials" | "authorization_code";
        client_id?: string;
        client_secret?: string;
        private_key?: string;
        token_url?: string;
        scopes?: string[];
      };
    } | {
      type: "websocket";
      url: string;
      headers?: Record<string, string>;
      auth?: {
        type: "none";
      } | {
        type: "api_key";
        key: string;
        header?: string;
        prefix?: string;
      } | {
        type: "oauth2";
        grant_type?: "client_credentials" | "authorization_code";
        client_id?: string;
        client_secret?: string;
        private_key?: string;
        token_url?: string;
        scopes?: string[];
      };
    } | {
      type: "workflow";
      parameters?: Record<string, {
        type: "boolean" | "number" | "string" | "strings";
        default: boolean | number | string | string[];
        description?: string;
      }>;
      steps: ({
        name: string;
        kind: string;
        /** A boolean parameter. */
        when?: string;
        on_error?: "stop" | "continue";
        /** Arguments of the step’s kind. */
        with?: Record<string, unknown>;
      })[];
    };
    /** UTC, ISO 8601. */
    created_at: string;
  })[];
}

/** Body of Update an MCP definition: `PUT /backend/api/v1/mcp-definitions/{definition_id}`. */
export interface UpdateMcpDefinitionBody {
  readonly name?: string;
  readonly description?: string;
  /** Extension: makes a new version. */
  readonly config?: {
    readonly type: "stdio";
    readonly command: string;
    /** Arguments of the server itself. */
    readonly args?: readonly string[];
    /** `{{database:NAME}}` stands for an external database. */
    readonly env?: Readonly<Record<string, string>>;
  } | {
    readonly type: "npm";
    readonly package: string;
    readonly version?: string;
    /** Arguments of the server itself. */
    readonly args?: readonly string[];
    /** `{{database:NAME}}` stands for an external database. */
    readonly env?: Readonly<Record<string, string>>;
  } | {
    readonly type: "pypi";
    readonly package: string;
    readonly version?: string;
    /** Arguments of the server itself. */
    readonly args?: readonly string[];
    /** `{{database:NAME}}` stands for an external database. */
    readonly env?: Readonly<Record<string, string>>;
  } | {
    readonly type: "docker";
    readonly image: string;
    /** Further flags of `docker run`. */
    readonly options?: readonly string[];
    /** Arguments of the server itself. */
    readonly args?: readonly string[];
    /** `{{database:NAME}}` stands for an external database. */
    readonly env?: Readonly<Record<string, string>>;
  } | {
    readonly type: "http";
    readonly url: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly auth?: {
      readonly type: "none";
    } | {
      readonly type: "api_key";
      readonly key: string;
      readonly header?: string;
      readonly prefix?: string;
    } | {
      readonly type: "oauth2";
      readonly grant_type?: "client_credentials" | "authorization_code";
      readonly client_id?: string;
      readonly client_secret?: string;
      readonly private_key?: string;
      readonly token_url?: string;
      readonly scopes?: readonly string[];
    };
  } | {
    readonly type: "sse";
    readonly url: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly auth?: {
      readonly type: "none";
    } | {
      readonly type: "api_key";
      readonly key: string;
      readonly header?: string;
      readonly prefix?: string;
    } | {
      readonly type: "oauth2";
      readonly grant_type?: "client_credentials" | "authorization_code";
      readonly client_id?: string;
      readonly client_secret?: string;
      readonly private_key?: string;
      readonly token_url?: string;
      readonly scopes?: readonly string[];
    };
  } | {
    readonly type: "websocket";
    readonly url: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly auth?: {
      readonly type: "none";
    } | {
      readonly type: "api_key";
      readonly key: string;
      readonly header?: string;
      readonly prefix?: string;
    } | {
      readonly type: "oauth2";
      readonly grant_type?: "client_credentials" | "authorization_code";
      readonly client_id?: string;
      readonly client_secret?: string;
      readonly private_key?: string;
      readonly token_url?: string;
      readonly scopes?: readonly string[];
    };
  } | {
    readonly type: "workflow";
    readonly parameters?: Readonly<Record<string, {
      readonly type: "boolean" | "number" | "string" | "strings";
      readonly default: boolean | number | string | readonly string[];
      readonly description?: string;
    }>>;
    readonly steps: readonly ({
      readonly name: string;
      readonly kind: string;
      /** A boolean parameter. */
      readonly when?: string;
      readonly on_error?: "stop" | "continue";
      /** Arguments of the step’s kind. */
      readonly with?: Readonly<Record<string, unknown>>;
    })[];
  };
}

/** Answer of Update an MCP definition: `PUT /backend/api/v1/mcp-definitions/{definition_id}`. */
export interface UpdateMcpDefinitionResult {
  id: string;
  name: string;
  description: string;
  mcp_type: "stdio" | "npm" | "pypi" | "docker" | "http" | "sse" | "websocket" | "workflow";
  /** UTC, ISO 8601. */
  created_at: string;
  /** UTC, ISO 8601. */
  updated_at: string;
  latest_version: {
    id: string;
    /** From `1` on. */
    version: string;
    config: {
      type: "stdio";
      command: string;
      /** Arguments of the server itself. */
      args?: string[];
      /** `{{database:NAME}}` stands for an external database. */
      env?: Record<string, string>;
    } | {
      type: "npm";
      package: string;
      version?: string;
      /** Arguments of the server itself. */
      args?: string[];
      /** `{{database:NAME}}` stands for an external database. */
      env?: Record<string, string>;
    } | {
      type: "pypi";
      package: string;
      version?: string;
      /** Arguments of the server itself. */
      args?: string[];
      /** `{{database:NAME}}` stands for an external database. */
      env?: Record<string, string>;
    } | {
      type: "docker";
      image: string;
      /** Further flags of `docker run`. */
      options?: string[];
      /** Arguments of the server itself. */
      args?: string[];
      /** `{{database:NAME}}` stands for an external database. */
      env?: Record<string, string>;
    } | {
      type: "http";
      url: string;
      headers?: Record<string, string>;
      auth?: {
        type: "none";
      } | {
        type: "api_key";
        key: string;
        header?: string;
        prefix?: string;
      } | {
        type: "oauth2";
        grant_type?: "client_credentials" | "authorization_code";
        client_id?: string;
        client_secret?: string;
        private_key?: string;
        token_url?: string;
        scopes?: string[];
      };
    } | {
      type: "sse";
      url: string;
      headers?: Record<string, string>;
      auth?: {
        type: "none";
      } | {
        type: "api_key";
        key: string;
        header?: string;
        prefix?: string;
      } | {
        type: "oauth2";
        grant_type?: "client_credentials" | "authorization_code";
        client_id?: string;
        client_secret?: string;
        private_key?: string;
        token_url?: string;
        scopes?: string[];
      };
    } | {
      type: "websocket";
      url: string;
      headers?: Record<string, string>;
      auth?: {
        type: "none";
      } | {
        type: "api_key";
        key: string;
        header?: string;
        prefix?: string;
      } | {
        type: "oauth2";
        grant_type?: "client_credentials" | "authorization_code";
        client_id?: string;
        client_secret?: string;
        private_key?: string;
        token_url?: string;
        scopes?: string[];
      };
    } | {
      type: "workflow";
      parameters?: Record<string, {
        type: "boolean" | "number" | "string" | "strings";
        default: boolean | number | string | string[];
        description?: string;
      }>;
      steps: ({
        name: string;
        kind: string;
        /** A boolean parameter. */
        when?: string;
        on_error?: "stop" | "continue";
        /** Arguments of the step’s kind. */
        with?: Record<string, unknown>;
      })[];
    };
  };
}

/** Answer of Delete an MCP definition, versions and all: `DELETE /backend/api/v1/mcp-definitions/{definition_id}`. */
export interface DeleteMcpDefinitionResult {
  message: string;
}

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
export interface RegisterServerResult {
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

/** Body of Take a server that was registered from an MCP definition to a version of it: `PUT /backend/api/v1/mcp-definitions/{definition_id}/servers/{server_id}`. */
export interface UpdateServerBody {
  /** `{{database:NAME}}` stands for an external database. */
  readonly env?: Readonly<Record<string, string>>;
  /** Its number or id; default: the latest. */
  readonly version?: string;
}

/** Answer of Take a server that was registered from an MCP definition to a version of it: `PUT /backend/api/v1/mcp-definitions/{definition_id}/servers/{server_id}`. */
export interface UpdateServerResult {
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

/** Body of Start a workflow run: `POST /backend/api/v1/workflow-runs`. */
export interface StartWorkflowRunBody {
  readonly workflow_definition_id: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/** Answer of Start a workflow run: `POST /backend/api/v1/workflow-runs`. */
export interface StartWorkflowRunResult {
  id: string;
  /** Of a workflow that no definition keeps: its name. */
  workflow_definition_id: string;
  status: "scheduled" | "queued" | "running" | "completed" | "failed" | "cancelled";
  parameters: Record<string, unknown>;
  /** UTC, ISO 8601. */
  created_at: string;
  /** UTC, ISO 8601. */
  updated_at: string;
}

/** Query of List workflow runs, newest first: `GET /backend/api/v1/workflow-runs`. */
export interface ListWorkflowRunsQuery {
  /** Records to skip. Default: `0`. */
  readonly skip?: number;
  /** Records to return at most. Default: `10`. */
  readonly limit?: number;
  readonly status?: "scheduled" | "queued" | "running" | "completed" | "failed" | "cancelled";
}

/** Answer of List workflow runs, newest first: `GET /backend/api/v1/workflow-runs`. */
export interface ListWorkflowRunsResult {
  items: ({
    id: string;
    /** Of a workflow that no definition keeps: its name. */
    workflow_definition_id: string;
    status: "scheduled" | "queued" | "running" | "completed" | "failed" | "cancelled";
    parameters: Record<string, unknown>;
    /** UTC, ISO 8601. */
    created_at: string;
    /** UTC, ISO 8601. */
    updated_at: string;
  })[];
  /** On all pages. */
  total: number;
  skip: number;
  limit: number;
}

/** Answer of Get a workflow run: `GET /backend/api/v1/workflow-runs/{run_id}`. */
export interface GetWorkflowRunResult {
  id: string;
  /** Of a workflow that no definition keeps: its name. */
  workflow_definition_id: string;
  status: "scheduled" | "queued" | "running" | "completed" | "failed" | "cancelled";
  parameters: Record<string, unknown>;
  /** UTC, ISO 8601. */
  created_at: string;
  /** UTC, ISO 8601. */
  updated_at: string;
  /** What each completed step gave, by its name. */
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
  })[];
  /** Extension. */
  error: {
    code: string;
    message: string;
  } | null;
}

/** Query of Server-Sent Events of a workflow run: `GET /backend/api/v1/workflow-runs/{run_id}/stream`. */
export interface StreamWorkflowRunQuery {
  /** Extension: stands for `Last-Event-ID`, where that cannot be sent. */
  readonly last_event_id?: string;
}

/** Answer of Call a workflow run off: `POST /backend/api/v1/workflow-runs/{run_id}/cancel`. */
export interface CancelWorkflowRunResult {
  id: string;
  /** Of a workflow that no definition keeps: its name. */
  workflow_definition_id: string;
  status: "scheduled" | "queued" | "running" | "completed" | "failed" | "cancelled";
  parameters: Record<string, unknown>;
  /** UTC, ISO 8601. */
  created_at: string;
  /** UTC, ISO 8601. */
  updated_at: string;
  /** What each completed step gave, by its name. */
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
  })[];
  /** Extension. */
  error: {
    code: string;
    message: string;
  } | null;
}

/** Query of List external database configurations: `GET /backend/api/v1/external-db-configs`. */
export interface ListExternalDbConfigsQuery {
  /** Records to skip. Default: `0`. */
  readonly skip?: number;
  /** Records to return at most. Default: `10`. */
  readonly limit?: number;
}

/** Answer of List external database configurations: `GET /backend/api/v1/external-db-configs`. */
export interface ListExternalDbConfigsResult {
  items: ({
    id: string;
    name: string;
    db_type: "postgresql" | "mysql" | "mariadb" | "mssql" | "oracle" | "mongodb" | "redis";
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
  })[];
  /** On all pages. */
  total: number;
  skip: number;
  limit: number;
}

/** Body of Create an external database configuration: `POST /backend/api/v1/external-db-configs`. */
export interface CreateExternalDbConfigBody {
  readonly name: string;
  readonly db_type: "postgresql" | "mysql" | "mariadb" | "mssql" | "oracle" | "mongodb" | "redis";
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
export interface CreateExternalDbConfigResult {
  id: string;
  name: string;
  db_type: "postgresql" | "mysql" | "mariadb" | "mssql" | "oracle" | "mongodb" | "redis";
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

/** Answer of Get an external database configuration: `GET /backend/api/v1/external-db-configs/{config_id}`. */
export interface GetExternalDbConfigResult {
  id: string;
  name: string;
  db_type: "postgresql" | "mysql" | "mariadb" | "mssql" | "oracle" | "mongodb" | "redis";
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

/** Body of Update an external database configuration: `PUT /backend/api/v1/external-db-configs/{config_id}`. */
export interface UpdateExternalDbConfigBody {
  readonly name?: string;
  readonly db_type?: "postgresql" | "mysql" | "mariadb" | "mssql" | "oracle" | "mongodb" | "redis";
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
export interface UpdateExternalDbConfigResult {
  id: string;
  name: string;
  db_type: "postgresql" | "mysql" | "mariadb" | "mssql" | "oracle" | "mongodb" | "redis";
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

/** Answer of Delete an external database configuration: `DELETE /backend/api/v1/external-db-configs/{config_id}`. */
export interface DeleteExternalDbConfigResult {
  message: string;
}

/** Body of Look whether an external database answers, from a site: `POST /backend/api/v1/external-db-configs/{config_id}/check`. */
export interface CheckExternalDbConfigBody {
  /** Default: the database's own. */
  readonly site?: string;
}

/** Answer of Look whether an external database answers, from a site: `POST /backend/api/v1/external-db-configs/{config_id}/check`. */
export interface CheckExternalDbConfigResult {
  site: string;
  reachable: boolean;
  latency_ms: number | null;
  /** What it says of itself, such as its version; empty for nothing. */
  server: string;
  error: string;
  /** Such as `refused`, `timeout`, `unresolved`, `not_this_kind`; empty for none. */
  reason: string;
}

/** Answer of How everything is, in a few numbers: `GET /backend/api/v1/dashboard/summary`. */
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
    status: "healthy" | "degraded" | "unhealthy";
    metrics: Record<string, number | null>;
    /** Extension. */
    components: Record<string, "healthy" | "degraded" | "unhealthy">;
  };
}

/** Answer of Anything that the hub knows, with what it belongs to: `GET /backend/api/v1/entities/{entity_type}/{entity_id}`. */
export interface GetEntityResult {
  id: string;
  type: "server" | "group" | "agent" | "site" | "device" | "cluster" | "catalog_entry" | "job" | "workflow_run" | "mcp_definition" | "external_db_config" | "user" | "api_key";
  data: Record<string, unknown>;
  related_entities: ({
    id: string;
    type: "server" | "group" | "agent" | "site" | "device" | "cluster" | "catalog_entry" | "job" | "workflow_run" | "mcp_definition" | "external_db_config" | "user" | "api_key";
    relationship: string;
  })[];
}

/** Answer of How much is done, how well and how fast: `GET /backend/api/v1/metrics/summary`. */
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
  items: ({
    id: string;
    name: string;
    /** The first characters of the key. */
    prefix: string;
    /** UTC, ISO 8601. */
    created_at: string;
    /** `null` for never. */
    last_used_at: string | null;
  })[];
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
export interface DeleteApiKeyResult {
  message: string;
}

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

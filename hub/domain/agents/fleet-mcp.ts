/** A JSON-RPC answer: one of the two, as JSON. */
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
  | {
      readonly case: 'syncMcp';
      readonly value: { readonly instanceIds: readonly string[]; readonly interests: readonly McpInterest[] };
    };

/** A notification of a server that belongs to no command. */
export interface ServerNotice {
  readonly serverId: string;
  /** The private instance that sent it; empty for the shared instance. */
  readonly instanceId: string;
  readonly method: string;
  /** A JSON object; empty for none. */
  readonly params: Uint8Array;
}

/** A request of a server to the client whose private instance it is. */
export interface ServerAsk {
  readonly serverId: string;
  readonly instanceId: string;
  /** Names it in the answer. */
  readonly askId: string;
  readonly method: string;
  /** A JSON object; empty for none. */
  readonly params: Uint8Array;
}

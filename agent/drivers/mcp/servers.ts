import type { ServerReport, ServerSpec } from '@roundhouse/proto/agent/v1/server';

/** The answer of an MCP `tools/call`, checked: `json` is the whole result object, always with `content` and `isError`. */
export interface CalledTool {
  readonly json: Uint8Array;
  readonly isError: boolean;
}

export interface CallOptions {
  readonly signal: AbortSignal;
  /** Called with each progress notification's params (a JSON object); without it no progress token is sent. */
  readonly onProgress?: (json: Uint8Array) => void;
}

/** All MCP servers of this agent: what should run, and what does. */
export interface Servers {
  /** Makes the desired state exactly this list: starts, restarts (changed specs), stops and forgets. Returns at once; reports follow. */
  setDesired(specs: readonly ServerSpec[]): void;
  /** Adds or replaces one server; a changed spec of a connected server reconnects it. Returns its report at once. */
  put(spec: ServerSpec): ServerReport;
  /** Ends a server, resolves when nothing of it runs any more, and forgets it with its log. */
  remove(serverId: string): Promise<void>;
  /** Connects, and resolves with the report once connected. @throws AgentFailure `not_found`, `upstream` (with the reason), `timeout`, `cancelled`. */
  connect(serverId: string, signal: AbortSignal): Promise<ServerReport>;
  /** Disconnects, and resolves once its process group has ended. */
  disconnect(serverId: string): Promise<ServerReport>;
  /**
   * Calls a tool. `args` is a JSON object without line breaks.
   * @throws AgentFailure `not_found` (server), `disconnected`, `upstream` (details.jsonrpc: the server's error object; or details.reason), `timeout`, `cancelled`.
   */
  callTool(serverId: string, tool: string, args: Uint8Array, options: CallOptions): Promise<CalledTool>;
  /** The reports of all servers, tool lists included. */
  reports(): ServerReport[];
  /** Called with a report whenever a server's observed state or tool list changes. */
  onReport(listener: (report: ServerReport) => void): void;
  /** Ends everything; resolves when no process is left. */
  close(): Promise<void>;
}

import type { ServerRecord } from '../../servers/record.js';

/** A request of a server to a client: sampling, elicitation, roots. */
export interface ClientAsk {
  /** Names it in {@link McpClient.answer}. */
  readonly id: string;
  readonly server: ServerRecord;
  readonly method: string;
  /** A JSON object; empty for none. */
  readonly params: string;
}

/** Where a client hears what servers say by themselves. The protocol's side of it; called at any time until the client is closed. */
export interface ClientListener {
  /** A notification, with names and URIs as the client knows them. `params`: JSON text, empty for none. */
  notify(method: string, params: string): void;
  ask(ask: ClientAsk): void;
  /** The server does not want the answer any more. */
  unask(askId: string, reason: string): void;
}

/** MCP's log levels, the least first. */
export const logLevels = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'] as const;
export type McpLogLevel = (typeof logLevels)[number];

export function isLogLevel(value: unknown): value is McpLogLevel {
  return logLevels.includes(value as McpLogLevel);
}

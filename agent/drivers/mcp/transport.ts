import type { AgentFailure } from '../../failure.js';

/** What a transport tells its session. */
export interface TransportEvents {
  /** One message (JSON text) arrived. False: it is no JSON-RPC message. */
  message(text: string): boolean;
  /** This request will not be answered; the others are not touched. */
  failed(id: number, failure: AgentFailure): void;
  /** Whether the answer to a request is still awaited. */
  waiting(id: number): boolean;
  /** The server has forgotten the session: shakes hands again. Rejects where that fails. */
  expired(): Promise<void>;
  /** The transport ended by itself and for good; said once, and never after {@link Transport.close}. */
  closed(reason: string): void;
}

export interface SendOptions {
  /** The request's id; absent for notifications and answers. */
  readonly id?: number;
  /** Part of the handshake: goes out while other messages wait for a new session. */
  readonly handshake?: boolean;
}

/**
 * Carries JSON-RPC messages to one MCP server and back. Stdio and streamable HTTP are such; SSE and WebSocket fit in the
 * same place.
 */
export interface Transport {
  /** Process id of a stdio server, once open; 0 for none. */
  readonly pid: number;
  /** Gets ready to send. @throws AgentFailure `upstream` with a readable reason. */
  open(events: TransportEvents): Promise<void>;
  /**
   * Sends one message without line breaks. Never throws: what fails is told by `failed` or `closed`.
   * A returned promise resolves once a notification has been delivered (or has failed to be).
   */
  send(text: string, options?: SendOptions): Promise<void> | undefined;
  /** The answer to this request is not wanted any more. */
  release(id: number): void;
  /** The protocol version that both sides agreed on. */
  negotiated(version: string): void;
  /** The handshake is over: listens for messages that the server sends by itself. */
  listen(): void;
  /** Ends everything; resolves when nothing of it is left. Safe to call twice. */
  close(): Promise<void>;
}

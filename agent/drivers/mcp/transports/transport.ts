import type { AgentFailure } from '../../../failure.js';
import type { StopOptions } from '../../process/group.js';
import type { Envelope } from '../call.js';

/** The events of a transport, as its session gets them. */
export interface TransportEvents {
  /**
   * One message (JSON text) arrived; `only` is the one request that it may answer, if that is known. Returns false for text that is no
   * JSON-RPC message.
   * @param body the result of a large answer, as the server sent it, on one line; then `text` holds an outline of it
   */
  message(text: string, only?: number, body?: Uint8Array): boolean;
  /** This request will not be answered. Other requests are not affected. */
  failed(id: number, failure: AgentFailure): void;
  /** Whether the answer to a request is still awaited. */
  waiting(id: number): boolean;
  /** Whether the answer to this request may be a question: it came with an envelope. Absent: no request allows one. */
  takesQuestions?(id: number): boolean;
  /** The server has forgotten the session: repeats the handshake. Rejects if that fails. */
  expired(): Promise<void>;
  /**
   * The transport ended by itself, for good. Called once, and never after {@link Transport.close}.
   * @param clean its process ended with exit code 0
   */
  closed(reason: string, clean?: boolean): void;
}

export interface SendOptions {
  /** The request's id; absent for notifications and answers. */
  readonly id?: number;
  /** Part of the handshake: it is sent while other messages wait for a new session. */
  readonly handshake?: boolean;
  /** The message is safe to repeat: the agent sends it again if it cannot know whether the server got it. */
  readonly repeatable?: boolean;
  /** Headers for this message, if the transport has headers. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The caller of a request of protocol version 2026-07-28: only servers of that version get it. */
  readonly envelope?: Envelope | undefined;
}

/** Carries JSON-RPC messages to one MCP server and back: over stdio, streamable HTTP, the older HTTP with SSE, or WebSocket. */
export interface Transport {
  /** The process id of a stdio server, once open; 0 for none. */
  readonly pid: number;
  /** The container of a stdio server that runs in one, once open; empty or absent for none. */
  readonly containerId?: string;
  /** Gets ready to send. @throws AgentFailure `upstream` with a readable reason. */
  open(events: TransportEvents): Promise<void>;
  /**
   * Sends one message without line breaks. Never throws: failures come by `failed` or `closed`.
   * A returned promise resolves once a notification or an answer has been delivered (or has failed to be).
   */
  send(text: string, options?: SendOptions): Promise<void> | undefined;
  /** The answer to this request is not wanted any more. */
  release(id: number): void;
  /** Whether the server has opened a session for this client; absent if the transport itself is the session. */
  readonly hasSession?: boolean;
  /** The protocol version that both sides agreed on. */
  negotiated(version: string): void;
  /** The handshake is over: listens for messages that the server sends by itself. */
  listen(): void;
  /** Reads nothing for a time, milliseconds: the server sends too much. */
  hold(ms: number): void;
  /** Ends the transport; resolves when its process or connections have ended. Safe to call twice. */
  close(options?: StopOptions): Promise<void>;
}

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
  /** This request will not be answered; the others are not touched. */
  failed(id: number, failure: AgentFailure): void;
  /** Whether the answer to a request is still awaited. */
  waiting(id: number): boolean;
  /** Whether this request takes a question for an answer: it came with an envelope. Absent: none does. */
  takesQuestions?(id: number): boolean;
  /** The server has forgotten the session: shakes hands again. Rejects where that fails. */
  expired(): Promise<void>;
  /**
   * The transport ended by itself and for good; said once, and never after {@link Transport.close}.
   * @param clean its process ended with exit code 0
   */
  closed(reason: string, clean?: boolean): void;
}

export interface SendOptions {
  /** The request's id; absent for notifications and answers. */
  readonly id?: number;
  /** Part of the handshake: goes out while other messages wait for a new session. */
  readonly handshake?: boolean;
  /** The message is safe to repeat: the agent sends it again if it cannot know whether the server got it. */
  readonly repeatable?: boolean;
  /** Headers that this message is to have, where the transport has any. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The caller of a request of protocol version 2026-07-28: only servers of that version get it. */
  readonly envelope?: Envelope | undefined;
}

/**
 * Carries JSON-RPC messages to one MCP server and back: stdio, streamable HTTP, the older HTTP with SSE, and WebSocket are such.
 */
export interface Transport {
  /** Process id of a stdio server, once open; 0 for none. */
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
  /** Whether the server has opened a session for this client; absent where the transport itself is the session. */
  readonly hasSession?: boolean;
  /** The protocol version that both sides agreed on. */
  negotiated(version: string): void;
  /** The handshake is over: listens for messages that the server sends by itself. */
  listen(): void;
  /** Reads nothing for so many milliseconds: the server says too much. */
  hold(ms: number): void;
  /** Ends everything; resolves when nothing of it is left. Safe to call twice. */
  close(options?: StopOptions): Promise<void>;
}

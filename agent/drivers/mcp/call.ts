import type { Cancellation } from '../../cancellation.js';

/** The client, as each request of {@link MODERN} describes it (JSON objects). */
export interface Envelope {
  /** Empty if the request did not say. */
  readonly info: string;
  readonly capabilities: string;
  /** The least level of log messages that are wanted; empty for none. */
  readonly logLevel: string;
}

/** The answer of an MCP `tools/call`, checked: `json` is the whole result object, always with `content` and `isError`. */
export interface CalledTool {
  readonly json: Uint8Array;
  readonly isError: boolean;
  /** The answer is a question in place of a result (`InputRequiredResult`), as the server sent it. */
  readonly isQuestion?: boolean;
}

export interface CallOptions {
  readonly signal: Cancellation;
  /** Called with each progress notification's params (a JSON object); without it no progress token is sent. */
  readonly onProgress?: ((json: Uint8Array) => void) | undefined;
  /** Called with the params of each log message (a JSON object) that surely belongs to this call. */
  readonly onLog?: ((json: Uint8Array) => void) | undefined;
  /** The caller; see {@link RequestOptions.caller}. */
  readonly caller?: string | undefined;
  /** The request's `_meta`, a JSON object without a progress token; default: none. */
  readonly meta?: string | undefined;
  /** The caller of a request of protocol version 2026-07-28; only for servers that speak it. */
  readonly envelope?: Envelope | undefined;
  /** For a tool call with an envelope: the further params, a JSON object; default: none. */
  readonly more?: string | undefined;
}

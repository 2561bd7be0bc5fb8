import type { Cancellation } from '../../cancellation.js';
import { AgentFailure } from '../../failure.js';
import type { ToolListing } from './tool-listing.js';

/** The client, as each request of {@link MODERN} describes it (JSON objects). */
export interface Envelope {
  /** Empty if the request did not say. */
  readonly info: string;
  readonly capabilities: string;
  /** The lowest level of log messages that the client wants; empty if it wants none. */
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
  /** Called with the params of each log message (a JSON object) that certainly belongs to this call. */
  readonly onLog?: ((json: Uint8Array) => void) | undefined;
  /** The caller; see {@link RequestOptions.caller}. */
  readonly caller?: string | undefined;
  /** The request's `_meta`, a JSON object without a progress token; default: none. */
  readonly meta?: string | undefined;
  /** The caller of a request of protocol version 2026-07-28; only for servers that speak it. */
  readonly envelope?: Envelope | undefined;
  /** For a tool call with an envelope: the further params, a JSON object; default: none. */
  readonly more?: string | undefined;
  /** For a tool call: why the site refuses it now, judged by the tools of the connection that runs it. Asked when the limits admit the call. */
  readonly refused?: ((tools: ToolListing) => AgentFailure | undefined) | undefined;
}

/**
 * Bytes that must be a JSON object on one line, as text; `{}` for none. The text becomes part of a message, so all of it is checked:
 * text that is not one object could add members to the message, or add another message.
 * @param reserved names of members that the object must not have.
 * @throws AgentFailure `invalid_argument`.
 */
export function objectText(bytes: Uint8Array, field: string, reserved: readonly string[] = []): string {
  if (bytes.length === 0) return '{}';
  // The bytes of a command are a Buffer already.
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = buffer.toString('utf8');
  const object = text.startsWith('{') && text.endsWith('}') && !/[\r\n]/.test(text) ? parsed(text) : undefined;
  if (object === undefined)
    throw new AgentFailure('invalid_argument', `${field} is not a JSON object on one line`, { field });
  const taken = reserved.find((name) => Object.hasOwn(object, name));
  if (taken === undefined) return text;
  throw new AgentFailure('invalid_argument', `${field} must not have the member '${taken}'`, { field });
}

/** The parameters of `tools/call`. @throws AgentFailure `invalid_argument` for arguments that are no JSON object on one line. */
export function callParams(tool: string, args: Uint8Array): string {
  return `{"name":${JSON.stringify(tool)},"arguments":${objectText(args, 'arguments')}}`;
}

function parsed(text: string): object | undefined {
  try {
    return JSON.parse(text) as object;
  } catch {
    return undefined;
  }
}

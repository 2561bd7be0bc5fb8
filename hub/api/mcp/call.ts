import { traceFrom } from '@roundhouse/proto/tracing';
import type { RequestOrigin } from '../../domain/access/caller.js';
import type { ClientEnvelope } from '../../domain/agents/contract.js';
import type { Cancellation } from '../../domain/cancellation.js';
import type { McpClient } from '../../domain/mcp/clients/client.js';
import type { ToolOffer } from '../../domain/mcp/lists/tool-offers.js';
import type { Mcp } from '../../domain/mcp/mcp.js';
import type { McpView } from '../../domain/mcp/view.js';
import type { ServerRecord } from '../../domain/servers/record.js';
import { isObject, type Params } from './json-rpc.js';

/** A request's description of itself in protocol version 2026-07-28. */
export interface Stateless {
  readonly envelope: ClientEnvelope;
  /** The server that asked a question, and the state that it gets back with the answers; absent for the first request of a call. */
  readonly asked: { readonly serverId: string; readonly state: string } | undefined;
  /** The server that gets the request unchanged: its result has this version, too. Set before the request goes out. */
  server: ServerRecord | undefined;
}

/** One request of a client, over any transport and in any version of the protocol. */
export interface McpCall {
  readonly origin: RequestOrigin;
  readonly view: McpView;
  /** The client. Calls use its private instances, and it gets notices of changes. Absent for a request without a session. */
  readonly client: McpClient | undefined;
  /** Present for a request of protocol version 2026-07-28. The hub passes it on to servers that speak this version. */
  readonly stateless?: Stateless | undefined;
  readonly signal: Cancellation;
  /** Present if the client wants progress: gets the params of `notifications/progress` (JSON text). */
  readonly onProgress: ((params: string) => void) | undefined;
  /** Gets the params of each `notifications/message` (JSON text) that is known to belong to this request. */
  readonly onLog: ((params: string) => void) | undefined;
  /** Called with the server of the request before the request goes there. */
  reaches(server: ServerRecord): void;
}

/** The tools of a call's client, or of its view, made in turns with other work. @throws the reason of the call's signal */
export function preparedOffer({ clients, offers }: Mcp, { client, view, signal }: McpCall): Promise<ToolOffer> {
  return client ? clients.prepare(client, signal) : offers.prepare(view, signal);
}

/** Answers one method of the protocol: the result as JSON text. @throws RpcError, DomainError */
export type Method = (call: McpCall, params: Params) => Promise<string | Uint8Array> | string | Uint8Array;

/** A request's `_meta` for a server: without the progress token, which only client and hub use, and without a malformed trace context. */
export function metaOf(params: Params): string | undefined {
  if (!isObject(params._meta)) return undefined;
  const { progressToken: _, traceparent, tracestate, ...rest } = params._meta;
  const place = traceFrom(traceparent, tracestate);
  const placed = place?.tracestate === '' ? { traceparent } : place;
  const meta = { ...rest, ...placed };
  return Object.keys(meta).length === 0 ? undefined : JSON.stringify(meta);
}

/** The params for a server. A server that asked a question gets its own state in place of the hub's; all others get no state. */
export function withStateOf(
  stateless: Stateless | undefined,
  { requestState, inputResponses, ...params }: Params,
): Params {
  if (!stateless) return params;
  return {
    ...params,
    ...(inputResponses === undefined ? {} : { inputResponses }),
    ...(stateless.asked === undefined ? {} : { requestState: stateless.asked.state }),
  };
}

/** Params without `_meta`, as JSON text. */
export function paramsText(params: Params): string {
  const { _meta, ...rest } = params;
  return JSON.stringify(rest);
}

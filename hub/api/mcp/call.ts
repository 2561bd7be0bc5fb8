import { traceFrom } from '@roundhouse/proto/tracing';
import type { RequestOrigin } from '../../domain/access/caller.js';
import type { ClientEnvelope } from '../../domain/agents/contract.js';
import type { Cancellation } from '../../domain/cancellation.js';
import type { McpClient } from '../../domain/mcp/clients/client.js';
import type { McpView } from '../../domain/mcp/view.js';
import type { ServerRecord } from '../../domain/servers/record.js';
import { isObject, type Params } from './json-rpc.js';

/** A request's description of itself in protocol version 2026-07-28. */
export interface Stateless {
  readonly envelope: ClientEnvelope;
  /** The server that has asked something, and wants this back with the answers; absent where the request is made for the first time. */
  readonly asked: { readonly serverId: string; readonly state: string } | undefined;
  /** The server that has got the request as it is: its result is one of that version. Set before the request goes out. */
  server: ServerRecord | undefined;
}

/** One request of a client, by whatever transport and of whatever era of the protocol it came. */
export interface McpCall {
  readonly origin: RequestOrigin;
  readonly view: McpView;
  /** The client: calls use its private instances, and it is told of changes. Absent for a request without a session. */
  readonly client: McpClient | undefined;
  /** Of a request of protocol version 2026-07-28: passed on to a server that speaks this version too. */
  readonly stateless?: Stateless | undefined;
  readonly signal: Cancellation;
  /** The client wants to hear how far it is: gets the params of `notifications/progress` (JSON text). */
  readonly onProgress: ((params: string) => void) | undefined;
  /** Gets the params of `notifications/message` (JSON text) that surely belong to this request. */
  readonly onLog: ((params: string) => void) | undefined;
  /** Told which server the request goes to, before it does. */
  reaches(server: ServerRecord): void;
}

/** Answers one method of the protocol: the result as JSON text. @throws RpcError, DomainError */
export type Method = (call: McpCall, params: Params) => Promise<string | Uint8Array> | string | Uint8Array;

/**
 * A request's `_meta` as it goes on to a server: without the progress token, which is a matter between client and hub, and without a broken
 * place in a trace.
 */
export function metaOf(params: Params): string | undefined {
  if (!isObject(params._meta)) return undefined;
  const { progressToken: _, traceparent, tracestate, ...rest } = params._meta;
  const place = traceFrom(traceparent, tracestate);
  const placed = place?.tracestate === '' ? { traceparent } : place;
  const meta = { ...rest, ...placed };
  return Object.keys(meta).length === 0 ? undefined : JSON.stringify(meta);
}

/** Params as a server gets them that has asked something: with its own state in place of the hub's, or as all others do: without any. */
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

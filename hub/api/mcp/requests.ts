import { withMember } from '@roundhouse/proto/json';
import { type Span, type Trace, traceFrom } from '@roundhouse/proto/tracing';
import type { RequestOrigin } from '../../domain/access/caller.js';
import { withTrace } from '../../domain/cancellation.js';
import { DomainError } from '../../domain/errors.js';
import { logLevels, type McpLogLevel } from '../../domain/mcp/clients/client.js';
import type { McpView } from '../../domain/mcp/view.js';
import type { Context } from '../../http/endpoint.js';
import type { McpCall, Method } from './call.js';
import {
  isObject,
  methodNotFound,
  notificationText,
  type Outcome,
  type Params,
  type RpcRequest,
  toRpcError,
} from './json-rpc.js';
import type { Carrier } from './post-reply.js';
import type { McpSession, Running } from './rev2025-11-25/session.js';

/** The context of a request besides its message. */
export interface Surroundings {
  readonly origin: RequestOrigin;
  readonly view: McpView;
  /** The place of the request in a trace. */
  readonly trace: Trace | undefined;
  /** See {@link Context.keepBody}. */
  readonly keepBody: Context['keepBody'];
  /** Called with unexpected errors. */
  readonly onError: (error: unknown) => void;
}

/** Runs one request. A failure is an outcome, too. The call may go on after its client has hung up, so it keeps the body of its request. */
export async function perform(
  methods: ReadonlyMap<string, Method>,
  request: Pick<RpcRequest, 'method' | 'params'>,
  call: McpCall,
  { keepBody, onError }: Pick<Surroundings, 'keepBody' | 'onError'>,
): Promise<Outcome> {
  const letBodyGo = keepBody();
  const span = call.signal.trace?.span;
  try {
    return await (span ? recorded(span, methods, request, call, onError) : performed(methods, request, call, onError));
  } finally {
    letBodyGo();
  }
}

type Performed = [
  methods: ReadonlyMap<string, Method>,
  request: Pick<RpcRequest, 'method' | 'params'>,
  call: McpCall,
  onError: Surroundings['onError'],
];

/** The span names no tool, prompt or server: the domain records these names, since it knows who may read them. */
async function recorded(span: Span, ...[methods, request, call, onError]: Performed): Promise<Outcome> {
  const { method, params } = request;
  const { traceparent, tracestate } = isObject(params._meta) ? params._meta : {};
  const name = methods.has(method) ? method : 'unknown';
  const own = span.begin(name, 'server', { 'mcp.method.name': name }, traceFrom(traceparent, tracestate));
  const outcome = await performed(methods, request, { ...call, signal: withTrace(call.signal, own) }, onError);
  own.end('error' in outcome ? String(outcome.error.code) : undefined);
  return outcome;
}

async function performed(...[methods, request, call, onError]: Performed): Promise<Outcome> {
  try {
    const method = methods.get(request.method);
    if (!method) throw methodNotFound(request.method);
    const result = await method(call, request.params);
    return { result: typeof result === 'string' ? result : textOf(result) };
  } catch (error) {
    const told = toRpcError(error);
    if (told.code === -32603 && !(error instanceof DomainError && error.details.jsonrpc)) onError(error);
    return { error: told };
  }
}

/** Runs a request of a session. The response goes to the carrier, unless the client has cancelled the request. */
export async function runInSession(
  methods: ReadonlyMap<string, Method>,
  request: RpcRequest,
  session: McpSession,
  carrier: Carrier,
  around: Surroundings,
): Promise<void> {
  const { origin, view, trace } = around;
  let running: Running;
  try {
    running = session.begin(request.id, carrier, trace);
  } catch (error) {
    carrier.answer(request.id, { error: toRpcError(error) });
    return;
  }
  const { signal, servers } = running;
  const call: McpCall = {
    origin,
    view,
    client: session.client,
    signal,
    onProgress: progressTeller(request.params, carrier),
    onLog: carrier.streams ? (params) => tellLog(session, carrier, params) : undefined,
    reaches: ({ id }) => {
      servers.add(id);
      session.reached.add(id);
    },
  };
  const outcome = await perform(methods, request, call, around);
  if (session.end(running)) carrier.answer(request.id, outcome);
}

/** Passes progress on under the client's own token. */
export function progressTeller(params: Params, carrier: Pick<Carrier, 'streams' | 'send'>): McpCall['onProgress'] {
  const token = progressTokenOf(params);
  if (!carrier.streams || token === undefined) return undefined;
  return (progress) => {
    carrier.send(notificationText('notifications/progress', withMember(progress, 'progressToken', token)));
  };
}

/** The progress token of a request, JSON text; `undefined` if the client wants no progress. */
export function progressTokenOf({ _meta }: Params): string | undefined {
  const token = isObject(_meta) ? _meta.progressToken : undefined;
  return typeof token === 'string' || typeof token === 'number' ? JSON.stringify(token) : undefined;
}

/** A shared server logs at the lowest level that a client wants, so this client may get too much. */
function tellLog({ client }: McpSession, carrier: Pick<Carrier, 'send'>, params: string): void {
  const least = client?.logLevel;
  if (least === undefined || isLoud(params, least)) carrier.send(notificationText('notifications/message', params));
}

/** Whether a log message (JSON text) has at least this level. A message without a known level always counts. */
export function isLoud(params: string, least: McpLogLevel): boolean {
  const { level } = JSON.parse(params) as { readonly level?: unknown };
  const rank = logLevels.indexOf(level as McpLogLevel);
  return rank < 0 || rank >= logLevels.indexOf(least);
}

function textOf({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString();
}

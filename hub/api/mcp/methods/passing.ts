import type { Domain } from '../../../domain/domain.js';
import { DomainError } from '../../../domain/errors.js';
import type { Passing } from '../../../domain/mcp/passage.js';
import type { McpView } from '../../../domain/mcp/view.js';
import type { ServerRecord } from '../../../domain/servers/record.js';
import { type McpCall, metaOf, paramsText } from '../call.js';
import type { Params } from '../json-rpc.js';

/** How long a person may take who is asked meanwhile, and how long a server may take otherwise, milliseconds. */
export const LONGEST_MS = { asking: 3_600_000, alone: 600_000 };

/** The servers that a view shows, connected or not. */
export function serversOf({ registry }: Pick<Domain, 'registry'>, view: McpView): ServerRecord[] {
  return [...registry.all()].filter((server) => view.covers(server));
}

/** The one server of an unprefixed view. @throws DomainError `not_found` where it is gone. */
export function onlyServer({ registry }: Pick<Domain, 'registry'>, { serverId = '' }: McpView): ServerRecord {
  return registry.get(serverId);
}

/** @throws DomainError `forbidden`. */
export function checkReads(view: McpView): void {
  if (view.reads) return;
  const permission = 'resource.read';
  throw new DomainError('forbidden', 'Resources, prompts and completions are not for this credential', { permission });
}

/** A request as it goes to a server; `params` are the client's, or those that take their place. */
export function passingOf(
  call: McpCall,
  server: ServerRecord,
  instanceId: string,
  method: string,
  given: Params,
  params: Params = given,
): Passing {
  const { signal, traceparent, onProgress, onLog } = call;
  const meta = metaOf(given);
  const timeoutMs = instanceId === '' ? LONGEST_MS.alone : LONGEST_MS.asking;
  const request = { server, instanceId, method, params: paramsText(params), meta, timeoutMs };
  return { ...request, signal, traceparent, onProgress, onLog };
}

/** Passes a request to a server, by the client's own instance where it has one. */
export function pass(
  { mcp }: Pick<Domain, 'mcp'>,
  call: McpCall,
  server: ServerRecord,
  method: string,
  given: Params,
  params: Params = given,
): Promise<Uint8Array> {
  call.reaches(server);
  return mcp.clients.using(call.client, server, (instanceId) =>
    mcp.passage.ask(passingOf(call, server, instanceId, method, given, params)),
  );
}

/** The same, audited. */
export function passAudited(
  { mcp }: Pick<Domain, 'mcp'>,
  call: McpCall,
  server: ServerRecord,
  request: { readonly method: string; readonly given: Params; readonly params?: Params },
  audit: { readonly action: string; readonly type: string; readonly id: string },
): Promise<Uint8Array> {
  const { method, given, params = given } = request;
  call.reaches(server);
  return mcp.clients.using(call.client, server, (instanceId) =>
    mcp.passage.audited(call.origin, passingOf(call, server, instanceId, method, given, params), audit),
  );
}

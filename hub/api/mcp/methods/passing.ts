import type { Domain } from '../../../domain/domain.js';
import { DomainError, notFound } from '../../../domain/errors.js';
import type { Passing } from '../../../domain/mcp/pass-through.js';
import type { McpView } from '../../../domain/mcp/view.js';
import type { ServerRecord } from '../../../domain/servers/record.js';
import { type McpCall, metaOf, paramsText, type Stateless, withStateOf } from '../call.js';
import type { Params } from '../json-rpc.js';
import { invalidParams } from '../json-rpc.js';

/** How long a call may take, milliseconds: if the server can ask a person (`asking`), and if it cannot (`alone`). */
export const LONGEST_MS = { asking: 3_600_000, alone: 600_000 };

/** The servers that a view shows, connected or not. */
export function serversOf({ registry }: Pick<Domain, 'registry'>, view: McpView): ServerRecord[] {
  return [...registry.all()].filter((server) => view.covers(server));
}

/** The one server of an unprefixed view. @throws DomainError `not_found` if it is gone, or the caller may not see it now. */
export function onlyServer({ registry }: Pick<Domain, 'registry'>, view: McpView): ServerRecord {
  const { serverId = '' } = view;
  const server = registry.get(serverId);
  if (!view.covers(server)) throw notFound('server', serverId);
  return server;
}

/** @throws DomainError `forbidden`. */
export function checkReads(view: McpView): void {
  if (view.reads) return;
  const permission = 'resource.read';
  throw new DomainError('forbidden', 'Resources, prompts and completions are not for this credential', { permission });
}

/**
 * The envelope of a request of protocol version 2026-07-28 for a server that speaks this version; `undefined` if the hub has to translate the
 * request.
 * @throws RpcError -32602 for answers to another server's questions, or if the server does not speak the version any more.
 */
export function statelessFor({ mcp }: Pick<Domain, 'mcp'>, call: McpCall, server: ServerRecord): Stateless | undefined {
  const { stateless } = call;
  if (!stateless) return undefined;
  const { asked } = stateless;
  if (asked && asked.serverId !== server.id) throw invalidParams('requestState', 'was given by another server');
  if (mcp.stateless.takes(server)) {
    stateless.server = server;
    return stateless;
  }
  if (asked) throw invalidParams('requestState', 'was given by a server that speaks an earlier version by now');
  return undefined;
}

/** A request for a server. `params` are the client's, or other params in their place. */
function passingOf(
  call: McpCall,
  server: ServerRecord,
  instanceId: string,
  method: string,
  given: Params,
  params: Params = given,
  stateless?: Stateless,
): Passing {
  const { view, signal, onProgress, onLog } = call;
  const meta = metaOf(given);
  const timeoutMs = instanceId === '' ? LONGEST_MS.alone : LONGEST_MS.asking;
  const text = paramsText(withStateOf(stateless, params));
  const request = { server, instanceId, method, params: text, meta, timeoutMs, envelope: stateless?.envelope };
  return { ...request, caller: view.caller, signal, onProgress, onLog };
}

/** Passes a request to a server: to the client's own instance, if it has one. */
export function pass(
  { mcp }: Pick<Domain, 'mcp'>,
  call: McpCall,
  server: ServerRecord,
  method: string,
  given: Params,
  params: Params = given,
): Promise<Uint8Array> {
  call.reaches(server);
  const stateless = statelessFor({ mcp }, call, server);
  if (stateless) return mcp.passThrough.ask(passingOf(call, server, '', method, given, params, stateless));
  return mcp.clients.using(call.client, server, (instanceId) =>
    mcp.passThrough.ask(passingOf(call, server, instanceId, method, given, params)),
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
  const ask = (instanceId: string, stateless?: Stateless) => {
    const passing = passingOf(call, server, instanceId, method, given, params, stateless);
    return mcp.passThrough.audited(call.origin, passing, audit);
  };
  const stateless = statelessFor({ mcp }, call, server);
  return stateless ? ask('', stateless) : mcp.clients.using(call.client, server, ask);
}

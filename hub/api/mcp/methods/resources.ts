import { withElements, withMember } from '@roundhouse/proto/json';
import { readableText } from '../../../domain/agents/answer.js';
import type { Domain } from '../../../domain/domain.js';
import type { ListKind } from '../../../domain/mcp/lists/lists.js';
import { exposedUri, ownUri } from '../../../domain/mcp/lists/names.js';
import type { ServerRecord } from '../../../domain/servers/record.js';
import { boundedUri } from '../bounds.js';
import type { McpCall, Method } from '../call.js';
import { isObject, type Params, RpcError } from '../json-rpc.js';
import { listOf, page, sorted } from '../paging.js';
import { checkReads, onlyServer, pass, passAudited, serversOf } from './passing.js';
import { withUri } from './tools.js';

/** How long the hub waits for servers that it has not asked before, milliseconds. */
export const GATHER_MS = 1500;

/** A resource as its server knows it. */
interface Found {
  readonly server: ServerRecord;
  readonly uri: string;
}

export function resourceMethods(domain: Domain) {
  const { mcp } = domain;

  const list =
    (kind: ListKind, method: string, member: string, name: string): Method =>
    async (call, params) => {
      const { view } = call;
      if (!view.reads) return `{"${member}":[]}`;
      if (view.serverId !== undefined) return pass(domain, call, onlyServer(domain, view), method, params);
      const lists = await mcp.clients.lists.gather(serversOf(domain, view), kind, GATHER_MS);
      const entries = [...lists].flatMap(([server, listed]) =>
        listed.map(({ key: own, json }) => {
          const key = exposedUri(server.name, own);
          return { key, json: withMember(json, name, JSON.stringify(key)) };
        }),
      );
      return page(view, member, listOf(sorted(entries)), params.cursor);
    };

  const read: Method = async (call, params) => {
    const { server, uri } = await find(domain, call, params);
    const request = { method: 'resources/read', given: params, params: { ...params, uri } };
    const audit = { action: 'resource.read', type: 'resource', id: uri };
    const result = await passAudited(domain, call, server, request, audit);
    if (call.view.serverId !== undefined) return result;
    return withElements(await readableText(result), 'contents', (element) => {
      const parsed: unknown = JSON.parse(element);
      // A server may send anything.
      return isObject(parsed) && typeof parsed.uri === 'string' ? withUri(server, element, parsed.uri) : element;
    });
  };

  /** A client with its own instance subscribes there; all other clients share one subscription. */
  const subscribing =
    (method: 'subscribe' | 'unsubscribe'): Method =>
    async (call, params) => {
      const { server, uri } = await find(domain, call, params);
      const { client } = call;
      if (!client) throw new RpcError(-32601, 'A subscription needs a session');
      // If the server speaks the client's version, the client's requests go to the shared instance.
      const shares = call.stateless !== undefined && mcp.stateless.takes(server);
      await mcp.clients[method](client, server, uri, call.signal, shares);
      return '{}';
    };

  return {
    'resources/list': list('resources', 'resources/list', 'resources', 'uri'),
    'resources/templates/list': list('templates', 'resources/templates/list', 'resourceTemplates', 'uriTemplate'),
    'resources/read': read,
    'resources/subscribe': subscribing('subscribe'),
    'resources/unsubscribe': subscribing('unsubscribe'),
  };
}

/** @throws RpcError -32002 if no server of the view has it; -32602 for a URI that is too long */
async function find(domain: Domain, { view }: McpCall, params: Params): Promise<Found> {
  checkReads(view);
  const uri = boundedUri('uri', params.uri);
  if (view.serverId !== undefined) return { server: onlyServer(domain, view), uri };
  const own = ownUri(uri);
  const named = own && domain.registry.find(own.server, view.caller);
  if (own && named && view.covers(named)) return { server: named, uri: own.uri };
  // A client may know the resource from a tool's result, by the server's own name for it.
  const server = own ? undefined : await ownerOf(domain, view, uri);
  if (!server) throw new RpcError(-32002, 'Resource not found', { uri });
  return { server, uri };
}

async function ownerOf(domain: Domain, view: McpCall['view'], uri: string): Promise<ServerRecord | undefined> {
  const { lists } = domain.mcp.clients;
  const having = serversOf(domain, view).filter((server) => lists.has(server, 'resources'));
  const listed = await lists.gather(having, 'resources', GATHER_MS);
  const owners = [...listed].filter(([, entries]) => entries.some(({ key }) => key === uri)).map(([server]) => server);
  const candidates = owners.length > 0 ? owners : having;
  return candidates.length === 1 ? candidates[0] : undefined;
}

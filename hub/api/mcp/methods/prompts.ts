import { withMember } from '@roundhouse/proto/json';
import type { Domain } from '../../../domain/domain.js';
import { exposedName, ownUri } from '../../../domain/mcp/lists/names.js';
import type { ServerRecord } from '../../../domain/servers/record.js';
import { boundedUri } from '../bounds.js';
import type { McpCall, Method } from '../call.js';
import { invalidParams, isObject, RpcError } from '../json-rpc.js';
import { listOf, page, sorted } from '../paging.js';
import { checkReads, onlyServer, pass, passAudited, serversOf } from './passing.js';
import { GATHER_MS } from './resources.js';

export function promptMethods(domain: Domain) {
  const list: Method = async (call, params) => {
    const { view } = call;
    if (!view.reads) return '{"prompts":[]}';
    if (view.serverId !== undefined) return pass(domain, call, onlyServer(domain, view), 'prompts/list', params);
    const lists = await domain.mcp.clients.lists.gather(serversOf(domain, view), 'prompts', GATHER_MS);
    const entries = [...lists].flatMap(([server, listed]) =>
      [...exposed(server, listed)].map(([key, { json }]) => ({
        key,
        json: withMember(json, 'name', JSON.stringify(key)),
      })),
    );
    return page(view, 'prompts', listOf(sorted(entries)), params.cursor);
  };

  const get: Method = async (call, params) => {
    const { server, name } = await findPrompt(domain, call, params.name);
    const request = { method: 'prompts/get', given: params, params: { ...params, name } };
    return passAudited(domain, call, server, request, { action: 'prompt.get', type: 'prompt', id: name });
  };

  return { 'prompts/list': list, 'prompts/get': get };
}

interface Listed {
  readonly key: string;
  readonly json: string;
}

const indexes = new WeakMap<object, { readonly server: string; readonly names: ReadonlyMap<string, Listed> }>();

/** A server's prompts by the names under which clients know them. Making such a name may need a hash, so each list is read once. */
function exposed(server: ServerRecord, listed: readonly Listed[]): ReadonlyMap<string, Listed> {
  const known = indexes.get(listed);
  if (known?.server === server.name) return known.names;
  const names = new Map(listed.map((one) => [exposedName(server, one.key), one]));
  indexes.set(listed, { server: server.name, names });
  return names;
}

/** A prompt as its server knows it. @throws RpcError -32602 if no server of the view has it */
async function findPrompt(
  domain: Domain,
  { view }: McpCall,
  name: unknown,
): Promise<{ readonly server: ServerRecord; readonly name: string }> {
  checkReads(view);
  if (typeof name !== 'string') throw invalidParams('name', 'must be a string');
  if (view.serverId !== undefined) return { server: onlyServer(domain, view), name };
  const search = async (waitMs: number) => {
    const lists = await domain.mcp.clients.lists.gather(serversOf(domain, view), 'prompts', waitMs);
    for (const [server, listed] of lists) {
      const found = exposed(server, listed).get(name);
      if (found) return { server, name: found.key };
    }
    return undefined;
  };
  // The hub waits for the prompts of further servers only if it neither knows the prompt yet nor finds the server's name in the prompt's name.
  const found = (await search(0)) ?? unlisted(domain, view, name) ?? (await search(GATHER_MS));
  if (found) return found;
  throw new RpcError(-32602, `Unknown prompt: ${name.slice(0, 200)}`);
}

/** The prompt of a name that begins with the name of a server whose prompts are not known yet. The server decides whether it has the prompt. */
function unlisted(domain: Domain, view: McpCall['view'], exposed: string) {
  const end = exposed.indexOf('__');
  const server = end > 0 ? domain.registry.find(exposed.slice(0, end), view.caller) : undefined;
  if (!server || !view.covers(server)) return undefined;
  const name = exposed.slice(end + 2);
  const { lists } = domain.mcp.clients;
  const isOpen = lists.has(server, 'prompts') && !lists.isKnown(server, 'prompts');
  return isOpen && exposedName(server, name) === exposed ? { server, name } : undefined;
}

export function completionMethods(domain: Domain) {
  const complete: Method = async (call, params) => {
    const { view } = call;
    checkReads(view);
    const { ref } = params;
    if (!isObject(ref)) throw invalidParams('ref', 'must be an object');
    if (typeof ref.uri === 'string') boundedUri('ref.uri', ref.uri);
    const method = 'completion/complete';
    if (view.serverId !== undefined) return pass(domain, call, onlyServer(domain, view), method, params);
    if (ref.type === 'ref/prompt') {
      const { server, name } = await findPrompt(domain, call, ref.name);
      return pass(domain, call, server, method, params, { ...params, ref: { ...ref, name } });
    }
    if (ref.type !== 'ref/resource') throw invalidParams('ref.type', 'must be ref/prompt or ref/resource');
    const own = typeof ref.uri === 'string' ? ownUri(ref.uri) : undefined;
    const server = own && domain.registry.find(own.server, view.caller);
    if (!own || !server || !view.covers(server)) throw new RpcError(-32002, 'Resource not found', { uri: ref.uri });
    return pass(domain, call, server, method, params, { ...params, ref: { ...ref, uri: own.uri } });
  };
  return { 'completion/complete': complete };
}

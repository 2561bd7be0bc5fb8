import { memberText, withElements, withMember } from '@roundhouse/proto/json';
import { readableText } from '../../../domain/agents/answer.js';
import type { Domain } from '../../../domain/domain.js';
import { DomainError } from '../../../domain/errors.js';
import { exposedUri } from '../../../domain/mcp/lists/names.js';
import type { OfferedTool } from '../../../domain/mcp/lists/parts.js';
import { byServer, type ToolOffer } from '../../../domain/mcp/lists/tool-offers.js';
import type { McpView } from '../../../domain/mcp/view.js';
import type { ServerRecord } from '../../../domain/servers/record.js';
import { type McpCall, type Method, metaOf, preparedOffer, type Stateless, withStateOf } from '../call.js';
import { invalidParams, isObject, type Params, unknownToolError } from '../json-rpc.js';
import type { OperationRunner } from '../operations/operation.js';
import { isHere, isOpen, type ToolOperation } from '../operations/operation.js';
import { type Entry, type List, page, sorted } from '../paging.js';
import { LONGEST_MS, onlyServer, statelessFor } from './passing.js';

/** The hub's own tools come first: a client that reads only one page has them. */
const OWN = '0 ';
const SERVERS = '1 ';

export function toolMethods(domain: Domain, operations: readonly ToolOperation[], runner: OperationRunner) {
  const { mcp } = domain;
  const byName = new Map(operations.map((operation) => [operation.name, operation]));
  const offerOf = ({ client, view }: McpCall): ToolOffer => (client ? mcp.clients.offer(client) : mcp.offers.of(view));

  /** A client that servers can ask may have other tools of a server than other clients. */
  const begin = async (call: McpCall): Promise<void> => {
    if (call.view.serverId === undefined || !call.client?.answers) return;
    const server = onlyServer(domain, call.view);
    // A server that speaks the client's version has the same tools for all clients.
    if (call.stateless && mcp.stateless.takes(server)) return;
    await mcp.clients
      .using(call.client, server, async () => {})
      .catch((error: unknown) => {
        if (!(error instanceof DomainError)) throw error;
      });
  };

  const list: Method = async (call, { cursor }) => {
    await begin(call);
    const offer = await preparedOffer(mcp, call);
    if (call.client && !call.stateless) mcp.clients.told(call.client, offer, cursor === undefined);
    if (call.client && call.view.serverId === undefined) mcp.clients.listed(call.client);
    const own = operations.filter((operation) => isOpen(operation, call));
    const listed = page(
      call.view,
      'tools',
      listOfTools(
        own.map(({ name, json }) => ({ key: OWN + name, json })),
        offer,
      ),
      cursor,
    );
    const { serverId } = call.view;
    const meta = serverId === undefined ? '' : domain.observed.get(serverId).toolsMeta;
    return meta === '' ? listed : withMember(listed, '_meta', meta);
  };

  const callTool: Method = async (call, params) => {
    const { name, arguments: given } = params;
    if (typeof name !== 'string') throw invalidParams('name', 'must be a string');
    const args = given ?? {};
    if (!isObject(args)) throw invalidParams('arguments', 'must be an object');
    const operation = byName.get(name);
    if (operation && isOpen(operation, call)) return runner.run(operation, call, args);
    if (operation && isHere(operation, call)) throw runner.refused(operation, call, args);
    let offered = (await preparedOffer(mcp, call)).find(name);
    if (!offered && call.client?.answers) {
      // The client does not have its own instance yet, and that instance may have the tool.
      await begin(call);
      offered = offerOf(call).find(name);
    }
    offered ??= await findAddedTool(domain, call, name, () => offerOf(call));
    if (!offered) throw unknownTool(domain, call, name, args);
    const { server } = offered.entry;
    const result = await invoke(domain, call, offered, args, params);
    const exposed = call.view.serverId === undefined ? await withExposedUris(server, result) : result;
    const lost = call.client?.lost.get(server.id);
    if (lost === undefined) return exposed;
    call.client?.lost.delete(server.id);
    return withLost(exposed, lost);
  };

  return { 'tools/list': list, 'tools/call': callTool };
}

/** The most characters of entries that are kept for an offer. */
const MOST_KEPT = 256 * 1024;

/** The entries of offers that fit in a page, as of their tags: clients of small fleets ask for the same list all the time. */
const few = new WeakMap<ToolOffer, { readonly tag: string; readonly entries: readonly Entry[] }>();

function fewTools(offer: ToolOffer, most: number): readonly Entry[] | undefined {
  const { tag } = offer;
  const kept = few.get(offer);
  if (kept?.tag === tag && kept.entries.length <= most) return kept.entries;
  const entries = byServer(offer, most)?.map(({ name, json }) => ({ key: SERVERS + name, json }));
  if (entries && entries.reduce((sum, { json }) => sum + json.length, 0) <= MOST_KEPT) few.set(offer, { tag, entries });
  return entries;
}

/** The hub's own tools, and those of an offer. */
function listOfTools(own: readonly Entry[], offer: ToolOffer): List {
  return {
    all(most) {
      const tools = fewTools(offer, most - own.length);
      return tools && [...own, ...tools];
    },
    *behind(key) {
      yield* sorted(own).filter((entry) => key === undefined || entry.key > key);
      for (const { name, json } of offer.listed(key?.startsWith(SERVERS) ? key.slice(SERVERS.length) : ''))
        yield { key: SERVERS + name, json };
    },
  };
}

async function invoke(
  { mcp, invocations }: Domain,
  call: McpCall,
  { entry }: OfferedTool,
  args: Params,
  params: Params,
): Promise<Uint8Array> {
  const { origin, view, signal, onProgress, onLog, client } = call;
  call.reaches(entry.server);
  const stateless = statelessFor({ mcp }, call, entry.server);
  const run = async (instanceId: string) => {
    const { result } = await invocations.invoke(origin, {
      caller: view.caller,
      tool: entry.tool.name,
      target: entry,
      arguments: args,
      meta: metaOf(params),
      ...(stateless ? { stateless: { envelope: stateless.envelope, more: moreOf(stateless, params) } } : {}),
      ...(instanceId === '' ? {} : { instanceId }),
      timeoutMs: instanceId === '' ? LONGEST_MS.alone : LONGEST_MS.asking,
      signal,
      onProgress,
      onLog,
    });
    return result;
  };
  const isThere = entry.connected || (await mcp.passThrough.isReady(entry.server, signal));
  // For an unreachable server, `run` refuses and audits the call.
  return stateless || !isThere ? run('') : mcp.clients.using(client, entry.server, run);
}

/** The params of a call without its name, its arguments and its `_meta`; `undefined` if there are no others. */
function moreOf(stateless: Stateless, params: Params): string | undefined {
  const { name, arguments: _, _meta, ...more } = withStateOf(stateless, params);
  return Object.keys(more).length === 0 ? undefined : JSON.stringify(more);
}

/** In a result's `_meta`: the client uses a new instance of the server, because its last instance ended for this reason. */
const RESTARTED = 'roundhouse/restarted';

function withLost(result: string | Uint8Array, reason: string): string {
  const text = Buffer.from(result).toString();
  const meta = memberText(text, '_meta');
  return withMember(text, '_meta', withMember(meta?.startsWith('{') ? meta : '{}', RESTARTED, JSON.stringify(reason)));
}

const MARK = Buffer.from('"resource');

/** Gives the resources in a result the names that this view has for them. Results without resources are not parsed. */
async function withExposedUris(server: ServerRecord, result: Uint8Array): Promise<string | Uint8Array> {
  const bytes = Buffer.from(result.buffer, result.byteOffset, result.byteLength);
  if (!bytes.includes(MARK)) return result;
  return withElements(await readableText(bytes), 'content', (element) => {
    const parsed: unknown = JSON.parse(element);
    // A server may send anything.
    if (!isObject(parsed)) return element;
    const { type, uri, resource } = parsed;
    if (type === 'resource_link' && typeof uri === 'string') return withUri(server, element, uri);
    if (type !== 'resource' || !isObject(resource) || typeof resource.uri !== 'string') return element;
    return withMember(element, 'resource', withUri(server, JSON.stringify(resource), resource.uri));
  });
}

export function withUri({ name }: ServerRecord, object: string, uri: string): string {
  return withMember(object, 'uri', JSON.stringify(exposedUri(name, uri)));
}

/** How many names a refusal suggests. */
const MAX_SUGGESTIONS = 3;
/** Between a server's name and its tool's. */
const SEPARATOR = '__';

/**
 * Audits a call that finds no tool, and gives its error. The error names no tools that the client may not use. If the server is not connected, the
 * hub does not know its tools.
 */
function unknownTool(domain: Domain, { origin, view }: McpCall, name: string, args: Params): Error {
  const { mcp, invocations } = domain;
  const hidden = mcp.offers.hidden(view, name);
  const disconnected = hidden ? undefined : disconnectedServer(domain, view, name);
  const code = hidden ? 'forbidden' : (disconnected?.code ?? 'not_found');
  invocations.refused(origin, { tool: hidden?.tool.name ?? name, arguments: args }, code);
  return disconnected ?? unknownToolError(name, view.serverId === undefined ? suggestions(domain, view, name) : '');
}

/** The state of the server that a name leads to, if the caller may see it and it is not connected. */
function disconnectedServer(domain: Domain, view: McpView, name: string): DomainError | undefined {
  const named = namedBy(domain, view, name);
  try {
    if (named) domain.mcp.passThrough.checkConnected(named.server);
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
  return undefined;
}

/**
 * The server that a name begins with, and the server's own name of the tool; `undefined` if there is no such server or the caller may not use the
 * tool.
 */
function namedBy({ registry }: Domain, view: McpView, name: string) {
  const end = view.serverId === undefined ? name.indexOf(SEPARATOR) : 0;
  const server =
    view.serverId === undefined ? registry.find(name.slice(0, end), view.caller) : registry.byId(view.serverId);
  const tool = view.serverId === undefined ? name.slice(end + SEPARATOR.length) : name;
  if (end < 0 || !server || !view.invokes || !view.covers(server) || !view.mayUse(tool)) return undefined;
  return { server, tool };
}

/**
 * Finds a tool that the hub's list does not have yet. The call waits for a server that is connecting. The hub asks a connected server for its
 * tools again.
 * @param offer gives the client's tools at that moment
 */
async function findAddedTool(
  domain: Domain,
  { client, stateless, view, signal }: McpCall,
  name: string,
  offer: () => ToolOffer,
): Promise<OfferedTool | undefined> {
  const { mcp } = domain;
  const named = namedBy(domain, view, name);
  if (!named || mcp.offers.hidden(view, name) || !(await mcp.passThrough.isReady(named.server, signal)))
    return undefined;
  const { server } = named;
  const told = offer().find(name);
  if (told) return told;
  const asker = stateless && mcp.stateless.takes(server) ? undefined : client;
  const tools = await mcp.clients.using(asker, server, (instanceId) => mcp.freshTools.read(server, instanceId));
  const tool = tools.find((one) => one.name === named.tool);
  return tool && { name, json: tool.definition, entry: { tool, server, connected: true } };
}

/** The full names of tools that have this name without their server's. */
function suggestions({ catalog, mcp }: Domain, view: McpView, name: string): string {
  const offer = mcp.offers.of(view);
  const names = catalog.named(name).flatMap(({ server }) => offer.ofServer(server.id, name)?.name ?? []);
  return names.length === 0 ? '' : `. Did you mean ${names.slice(0, MAX_SUGGESTIONS).join(' or ')}?`;
}

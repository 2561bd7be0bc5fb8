import type { Domain } from '../../../domain/domain.js';
import { DomainError } from '../../../domain/errors.js';
import type { OfferedTool, ToolOffer } from '../../../domain/mcp/lists/tool-offers.js';
import type { McpView } from '../../../domain/mcp/view.js';
import type { McpCall } from '../call.js';
import type { Params } from '../json-rpc.js';
import { unknownToolError } from '../rpc-error.js';

/** Names that a refusal suggests. */
const MOST_MEANT = 3;
/** Between a server's name and its tool's. */
const SEPARATOR = '__';

/**
 * Why a call finds no tool, once it is audited. A client is not told of tools that are not for it; of a server that is not connected
 * the hub cannot say which tools it has.
 */
export function unknownTool(domain: Domain, { origin, view }: McpCall, name: string, args: Params): Error {
  const { mcp, invocations } = domain;
  const hidden = mcp.offers.hidden(view, name);
  const away = hidden ? undefined : awayFor(domain, view, name);
  const code = hidden ? 'forbidden' : (away?.code ?? 'not_found');
  invocations.refused(origin, { tool: hidden?.tool.name ?? name, arguments: args }, code);
  return away ?? unknownToolError(name, view.serverId === undefined ? meant(mcp.offers.of(view), name) : '');
}

/** What is to be said of the server that a name leads to, where that is there for the caller and not connected. */
function awayFor(domain: Domain, view: McpView, name: string): DomainError | undefined {
  const named = namedBy(domain, view, name);
  try {
    if (named) domain.mcp.passage.checkConnected(named.server);
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
  return undefined;
}

/** The server that a name leads to, and the tool's own name, as far as the caller may use it; `undefined` for any other name. */
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
export async function justAdded(
  domain: Domain,
  { client, stateless, view, signal }: McpCall,
  name: string,
  offer: () => ToolOffer,
): Promise<OfferedTool | undefined> {
  const { mcp } = domain;
  const named = namedBy(domain, view, name);
  if (!named || mcp.offers.hidden(view, name) || !(await mcp.passage.isReady(named.server, signal))) return undefined;
  const { server } = named;
  const told = offer().byName.get(name);
  if (told) return told;
  const asker = stateless && mcp.stateless.takes(server) ? undefined : client;
  const tools = await mcp.clients.using(asker, server, (instanceId) => mcp.freshTools.read(server, instanceId));
  const tool = tools.find((one) => one.name === named.tool);
  return tool && { name, json: tool.definition, entry: { tool, server, connected: true } };
}

/** Tools of servers that have a name which is missing their server's, as the client knows them. */
function meant({ tools }: ToolOffer, name: string): string {
  const names = tools.filter(({ entry }) => entry.tool.name === name).map((tool) => tool.name);
  return names.length === 0 ? '' : `. Did you mean ${names.slice(0, MOST_MEANT).join(' or ')}?`;
}

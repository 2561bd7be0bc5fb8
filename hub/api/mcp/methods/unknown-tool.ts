import type { Domain } from '../../../domain/domain.js';
import { DomainError } from '../../../domain/errors.js';
import type { McpView } from '../../../domain/mcp/view.js';
import type { McpCall } from '../call.js';
import type { Params } from '../json-rpc.js';
import { unknownToolError } from '../rpc-error.js';

/** Between a server's name and its tool's. */
const SEPARATOR = '__';

/**
 * Why a call finds no tool, once it is audited. A client is not told of tools that are not for it; of a server that is not connected
 * nobody can say which tools it has.
 */
export function unknownTool(domain: Domain, { origin, view }: McpCall, name: string, args: Params): Error {
  const { mcp, invocations } = domain;
  const hidden = mcp.offers.hidden(view, name);
  const away = hidden ? undefined : awayFor(domain, view, name);
  const code = hidden ? 'forbidden' : (away?.code ?? 'not_found');
  invocations.refused(origin, { tool: hidden?.tool.name ?? name, arguments: args }, code);
  return away ?? unknownToolError(name);
}

/** What is to be said of the server that a name leads to, where that is there for the caller and not connected. */
function awayFor({ mcp, registry }: Domain, view: McpView, name: string): DomainError | undefined {
  const end = view.serverId === undefined ? name.indexOf(SEPARATOR) : 0;
  const server = view.serverId === undefined ? registry.find(name.slice(0, end)) : registry.byId(view.serverId);
  const tool = view.serverId === undefined ? name.slice(end + SEPARATOR.length) : name;
  if (end < 0 || !server || !view.invokes || !view.covers(server) || !view.mayUse(tool)) return undefined;
  try {
    mcp.passage.checkConnected(server);
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
  return undefined;
}

import type { Caller } from '../access/caller.js';
import type { Agents } from '../agents/agents.js';
import type { GroupRegistry } from '../servers/groups.js';
import type { Servers } from '../servers/servers.js';
import type { ToolCatalog } from '../tools/catalog.js';
import { type ClientParts, type ClientSettings, McpClients } from './clients/clients.js';
import { RequestStates } from './clients/request-states.js';
import { StatelessServers } from './handshake.js';
import { FreshTools } from './lists/lists.js';
import { ToolOffers } from './lists/tool-offers.js';
import { McpPassThrough, type PassThroughParts } from './pass-through.js';
import { ToolSearch } from './search/tool-search.js';
import { ServerContents } from './server-contents.js';
import { type McpView, type ViewFilter, viewOf } from './view.js';

export interface McpParts extends PassThroughParts, Omit<ClientParts, 'offers' | 'passThrough'> {
  readonly catalog: ToolCatalog;
  readonly groups: GroupRegistry;
  readonly agents: Pick<Agents, 'sites'>;
  readonly servers: Pick<Servers, 'get'>;
  readonly settings?: Partial<ClientSettings>;
}

/** The whole fleet as MCP clients see it. */
export interface Mcp {
  readonly clients: McpClients;
  readonly offers: ToolOffers;
  readonly search: ToolSearch;
  readonly passThrough: McpPassThrough;
  readonly freshTools: FreshTools;
  /** Resources and prompts of single servers. */
  readonly contents: ServerContents;
  readonly states: RequestStates;
  readonly stateless: StatelessServers;
  /** @throws DomainError `not_found` for a server, group or site that is not there for the caller. */
  view(caller: Caller, filter: ViewFilter): McpView;
}

export function createMcp(parts: McpParts): Mcp {
  const { catalog, settings, servers } = parts;
  const offers = new ToolOffers(catalog);
  const passThrough = new McpPassThrough(parts);
  const clients = new McpClients({ ...parts, offers, passThrough }, settings);
  return {
    clients,
    contents: new ServerContents(servers, clients.lists, passThrough),
    offers,
    search: new ToolSearch(catalog),
    passThrough,
    freshTools: new FreshTools(passThrough, parts.observed),
    states: new RequestStates(parts.store),
    stateless: new StatelessServers(parts, passThrough),
    view: (caller, filter) => viewOf(caller, filter, parts),
  };
}

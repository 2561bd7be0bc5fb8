import type { Domain } from '../../domain/domain.js';
import { handshakeOf } from '../../domain/mcp/handshake.js';
import type { McpView } from '../../domain/mcp/view.js';
import type { Params } from './json-rpc.js';
import type { ProtocolVersion } from './versions.js';

/** All that the hub passes through. */
const everything = {
  tools: { listChanged: true },
  resources: { subscribe: true, listChanged: true },
  prompts: { listChanged: true },
  completions: {},
  logging: {},
};

/** What of a server's own capabilities holds for a client of the hub, too. */
const passed = ['resources', 'prompts', 'completions', 'logging'] as const;

const INSTRUCTIONS =
  'This is a fleet of MCP servers. Tools are named SERVER__TOOL after the server that has them. Where the list of tools is long, ask find_tools what fits, in plain words. Tools that begin with roundhouse_ are about the fleet itself.';

/** The answer to `initialize`. */
export function initializeResult(domain: Domain, view: McpView, version: ProtocolVersion, hubVersion: string): Params {
  const hub = { name: 'roundhouse', title: 'Roundhouse', version: hubVersion };
  if (view.serverId === undefined)
    return { protocolVersion: version, capabilities: everything, serverInfo: hub, instructions: INSTRUCTIONS };
  const server = domain.registry.get(view.serverId);
  const { capabilities, serverInfo, instructions } = handshakeOf(domain.observed.get(server.id));
  const known = Object.keys(capabilities).length > 0;
  const own = Object.fromEntries(passed.filter((name) => name in capabilities).map((name) => [name, everything[name]]));
  return {
    protocolVersion: version,
    capabilities: known ? { tools: everything.tools, ...own } : everything,
    serverInfo: typeof serverInfo.name === 'string' ? serverInfo : { ...hub, name: server.name, title: server.name },
    ...(instructions === undefined ? {} : { instructions: domain.redactor.text(instructions) }),
  };
}

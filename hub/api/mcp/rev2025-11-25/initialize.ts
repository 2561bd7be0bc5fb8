import { redactorOf } from '../../../domain/audit/redactor.js';
import type { Domain } from '../../../domain/domain.js';
import type { ClientHello } from '../../../domain/mcp/clients/client.js';
import { handshakeOf } from '../../../domain/mcp/handshake.js';
import type { McpView } from '../../../domain/mcp/view.js';
import { boundedDescription } from '../bounds.js';
import { isObject, type Params } from '../json-rpc.js';
import type { ProtocolVersion } from '../versions.js';

/** A client's description of itself in `initialize`; other values than objects are ignored. @throws RpcError -32602 if it is too large. */
export function helloOf(capabilities: unknown, info: unknown): ClientHello {
  return {
    capabilities: isObject(capabilities) ? boundedDescription('capabilities', capabilities) : {},
    info: isObject(info) ? boundedDescription('clientInfo', info) : {},
  };
}

/** The capabilities that the hub passes through. */
const everything = {
  tools: { listChanged: true },
  resources: { subscribe: true, listChanged: true },
  prompts: { listChanged: true },
  completions: {},
  logging: {},
};

/** The capabilities of a server that also hold for a client of the hub. */
const passed = ['resources', 'prompts', 'completions', 'logging'] as const;

const PART_INSTRUCTIONS =
  'This is a fleet of MCP servers. Tools are named SERVER__TOOL after the server that has them. Where the list of tools is long, ask find_tools what fits, in plain words.';
const INSTRUCTIONS = `${PART_INSTRUCTIONS} Tools that begin with roundhouse_ are about the fleet itself.`;

/** The answer to `initialize`. */
export function initializeResult(domain: Domain, view: McpView, version: ProtocolVersion, hubVersion: string): Params {
  const serverInfo = serverInfoOf(domain, view, hubVersion);
  return { protocolVersion: version, serverInfo, ...offerOf(domain, view) };
}

/** The members of a server's description of itself: texts, with their longest length, and icons, with their longest JSON. */
const serverTexts = ['name', 'title', 'version', 'description', 'websiteUrl'] as const;
const LONGEST_TEXT = 4096;
const LONGEST_ICONS = 16 * 1024;

/** The description of the server that a client of a view sees. Malformed values are left out: clients would refuse the whole answer. */
export function serverInfoOf(
  { registry, observed, redactor }: Domain,
  { serverId }: McpView,
  hubVersion: string,
): Params {
  const hub = { name: 'roundhouse', title: 'Roundhouse', version: hubVersion };
  if (serverId === undefined) return hub;
  const server = registry.get(serverId);
  const secrets = redactorOf(redactor, server);
  const told = handshakeOf(observed.get(server.id)).serverInfo as Readonly<Record<string, unknown>>;
  const info: Record<string, unknown> = {};
  for (const key of serverTexts) {
    const text = told[key];
    if (typeof text === 'string') info[key] = secrets.text(text).slice(0, LONGEST_TEXT);
  }
  if (isIcons(told.icons)) info.icons = secrets.value(told.icons);
  return info.name === undefined ? { ...hub, name: server.name, title: server.name } : { version: '', ...info };
}

function isIcons(icons: unknown): icons is readonly unknown[] {
  if (!Array.isArray(icons) || JSON.stringify(icons).length > LONGEST_ICONS) return false;
  return icons.every((icon) => isObject(icon) && typeof icon.src === 'string');
}

/** The capabilities and the instructions that a client of a view gets. */
export function offerOf({ registry, observed, redactor }: Domain, { serverId, hasOperations }: McpView): Params {
  if (serverId === undefined)
    return { capabilities: everything, instructions: hasOperations ? INSTRUCTIONS : PART_INSTRUCTIONS };
  const server = registry.get(serverId);
  const secrets = redactorOf(redactor, server);
  const { capabilities, instructions } = handshakeOf(observed.get(server.id));
  const known = Object.keys(capabilities).length > 0;
  const own = Object.fromEntries(passed.filter((name) => name in capabilities).map((name) => [name, everything[name]]));
  // A server cannot offer own methods here. Its extensions of tools, resources and prompts reach the client.
  const experimental = isObject(capabilities.experimental)
    ? { experimental: secrets.value(capabilities.experimental) }
    : {};
  return {
    capabilities: known ? { tools: everything.tools, ...own, ...experimental } : everything,
    ...(instructions === undefined ? {} : { instructions: secrets.text(instructions) }),
  };
}

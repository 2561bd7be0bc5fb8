import { Type } from 'typebox';
import { payerOf } from '../../../domain/access/caller.js';
import type { FoundTool } from '../../../domain/mcp/search/tool-search.js';
import { preparedOffer } from '../call.js';
import type { Params } from '../json-rpc.js';
import { FIND_TOOLS, isOpen, operation, type ToolOperation } from './operation.js';

/** Finds tools by their purpose: a fleet may have too many to read. `own`: the hub's own tools, which are searched too. */
export function findToolsAmong(own: () => readonly ToolOperation[]): ToolOperation {
  return operation({
    name: FIND_TOOLS,
    title: 'Find tools',
    description:
      'Search all tools of all servers, and those about the fleet itself where they are offered, by what you want to do, in plain words. Returns the best matches with their names, descriptions and input schemas; where several servers have the same tool, alsoAt names the others, and what cannot be reached now has connected false. Use it when the list of tools is long or the right one is not obvious, then call the tool by its name.',
    permission: 'tool.read',
    effect: 'read',
    input: Type.Object({
      query: Type.String({ minLength: 1, maxLength: 1000, description: 'What you want to do, in plain words' }),
      limit: Type.Integer({ minimum: 1, maximum: 50, default: 5, description: 'How many tools at most' }),
    }),
    async run({ mcp }, { query, limit }, call) {
      const offer = await preparedOffer(mcp, call);
      const open = own().filter((tool) => tool.name !== FIND_TOOLS && isOpen(tool, call));
      const found = await mcp.search.find(payerOf(call.view.caller), offer, query, limit, open);
      return { tools: found.map(shown), searched: offer.size + open.length };
    },
  });
}

function shown({ json, entry, copies }: FoundTool): object {
  const definition = JSON.parse(json) as Params;
  if (!entry) return definition;
  const { name: server, site } = entry.server;
  const alsoAt = copies.map((copy) => ({
    name: copy.name,
    server: copy.entry.server.name,
    site: copy.entry.server.site,
  }));
  const away = entry.connected ? {} : { connected: false };
  return { ...definition, server, site, ...away, ...(alsoAt.length > 0 ? { alsoAt } : {}) };
}

import { Type } from 'typebox';
import type { Params } from '../json-rpc.js';
import { operation } from './operation.js';

/** Finds tools by what they are for: a fleet may have more than anybody wants to read. */
export const findTools = operation({
  name: 'find_tools',
  title: 'Find tools',
  description:
    'Search all tools of all connected servers by what you want to do, in plain words. Returns the best matches with their names, descriptions and input schemas. Use it when the list of tools is long or the right one is not obvious, then call the tool by its name.',
  permission: 'tool.read',
  effect: 'read',
  input: Type.Object({
    query: Type.String({ minLength: 1, maxLength: 1000, description: 'What you want to do, in plain words' }),
    limit: Type.Integer({ minimum: 1, maximum: 50, default: 5, description: 'How many tools at most' }),
  }),
  async run({ mcp }, { query, limit }, { client, view }) {
    const offer = client ? mcp.clients.offer(client) : mcp.offers.of(view);
    const found = await mcp.search.find(offer, query, limit);
    return {
      tools: found.map(({ json, entry }) => ({
        ...(JSON.parse(json) as Params),
        server: entry.server.name,
        site: entry.server.site,
      })),
      searched: offer.tools.length,
    };
  },
});

import { Type } from 'typebox';
import type { Domain } from '../../domain/domain.js';
import type { FavoriteView } from '../../domain/favorites/favorites.js';
import { isoTime } from '../../domain/moments.js';
import { endpoint, type Handlers, reply } from '../../http/endpoint.js';
import { Id, Time } from '../shared/values.js';
import { ServerChoice } from './schemas.js';

const Favorite = Type.Object(
  {
    toolName: Type.String(),
    serverId: Id,
    serverName: Type.String(),
    favoritedAt: Time,
  },
  { title: 'Favorite' },
);
const ToolNameParams = Type.Object({
  toolName: Type.String({ minLength: 1, maxLength: 256, description: 'Name of the tool' }),
});

/** `seeds/003`, "Favorites": each API key has its own, and so has each user. */
export const favoriteEndpoints = {
  listFavorites: endpoint({
    method: 'GET',
    path: '/api/favorites',
    summary: 'Get favorited tools for the authenticated API key, newest first',
    description: 'Each API key, and each user, has favorites of its own.',
    permission: 'tool.read',
    response: Type.Array(Favorite),
  }),
  addFavorite: endpoint({
    method: 'POST',
    path: '/api/favorites/{toolName}',
    summary: 'Add a tool to favorites; a present favorite stays as it is',
    description: 'If several servers have the tool, `serverId` must name one of them.',
    permission: 'tool.read',
    audit: 'favorite.add',
    params: ToolNameParams,
    body: Type.Object({ serverId: ServerChoice }),
    example: { serverId: 'files' },
    bodyOptional: true,
    response: Favorite,
    status: 201,
  }),
  removeFavorite: endpoint({
    method: 'DELETE',
    path: '/api/favorites/{toolName}',
    summary: 'Remove a tool from favorites',
    description: 'If the tool is a favorite at several servers, `serverId` must name one of them.',
    permission: 'tool.read',
    audit: 'favorite.remove',
    params: ToolNameParams,
    /** Extension. */
    query: Type.Object({ serverId: ServerChoice }),
    extra: Type.Object({ message: Type.String() }),
  }),
};

export function favoriteHandlers({ favorites }: Domain): Handlers<typeof favoriteEndpoints> {
  return {
    listFavorites: (_input, { caller }) => favorites.list(caller).map(render),

    async addFavorite({ params, body }, context) {
      return render(await favorites.add(context.origin, context.caller, params.toolName, body.serverId));
    },

    async removeFavorite({ params, query }, context) {
      await favorites.remove(context.origin, context.caller, params.toolName, query.serverId);
      return reply(undefined, { message: 'Removed from favorites' });
    },
  };
}

function render({ record, server }: FavoriteView) {
  const { tool, serverId, favoritedAt } = record;
  return { toolName: tool, serverId, serverName: server.name, favoritedAt: isoTime(favoritedAt) };
}

import { isoTime } from '../../domain/clock.js';
import type { Domain } from '../../domain/domain.js';
import type { FavoriteView } from '../../domain/favorites/favorites.js';
import { type Handlers, reply } from '../../http/endpoint.js';
import type { favoriteEndpoints } from './favorites.js';
import { originOf } from './origin.js';

export function favoriteHandlers({ favorites }: Domain): Handlers<typeof favoriteEndpoints> {
  return {
    listFavorites: (_input, { caller }) => favorites.list(caller).map(render),

    async addFavorite({ params, body }, context) {
      return render(await favorites.add(originOf(context), context.caller, params.toolName, body.serverId));
    },

    async removeFavorite({ params, query }, context) {
      await favorites.remove(originOf(context), context.caller, params.toolName, query.serverId);
      return reply(undefined, { message: 'Removed from favorites' });
    },
  };
}

function render({ record, server }: FavoriteView) {
  const { tool, serverId, favoritedAt } = record;
  return { toolName: tool, serverId, serverName: server.name, favoritedAt: isoTime(favoritedAt) };
}

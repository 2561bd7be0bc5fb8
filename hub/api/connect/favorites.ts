import { Type } from 'typebox';
import { endpoint } from '../../http/endpoint.js';
import { Id, ServerChoice, Time } from './schemas.js';

const Favorite = Type.Object(
  {
    toolName: Type.String(),
    serverId: Id,
    serverName: Type.String(),
    favoritedAt: Time,
  },
  { title: 'Favorite' },
);
const ToolNameParams = Type.Object({ toolName: Type.String({ minLength: 1, maxLength: 256 }) });

/** `seeds/003`, "Favorites": each API key has its own, and so has each user. */
export const favoriteEndpoints = {
  listFavorites: endpoint({
    method: 'GET',
    path: '/api/favorites',
    summary: 'Get favorited tools for the authenticated API key, newest first',
    permission: 'tool.read',
    response: Type.Array(Favorite),
  }),
  addFavorite: endpoint({
    method: 'POST',
    path: '/api/favorites/{toolName}',
    summary: 'Add a tool to favorites; one that is there already stays as it is',
    permission: 'tool.read',
    audit: 'favorite.add',
    params: ToolNameParams,
    body: Type.Object({ serverId: ServerChoice }),
    bodyOptional: true,
    response: Favorite,
    status: 201,
  }),
  removeFavorite: endpoint({
    method: 'DELETE',
    path: '/api/favorites/{toolName}',
    summary: 'Remove a tool from favorites',
    permission: 'tool.read',
    audit: 'favorite.remove',
    params: ToolNameParams,
    /** Extension. */
    query: Type.Object({ serverId: ServerChoice }),
    extra: Type.Object({ message: Type.String() }),
  }),
};

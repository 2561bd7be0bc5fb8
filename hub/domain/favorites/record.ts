import { collection, remove, type Store, type Write } from '../store.js';

/** One tool of one server that a key or user marked. */
export interface FavoriteRecord {
  readonly id: string;
  /** The key's or the user's id. */
  readonly ownerId: string;
  readonly serverId: string;
  readonly tool: string;
  /** Milliseconds since 1970. */
  readonly favoritedAt: number;
}

export const favoriteRecords = collection<FavoriteRecord>('favorites', 'favorite', {
  tool: { of: ({ ownerId, tool, serverId }) => [ownerId, tool, serverId], unique: true },
  server: { of: ({ serverId }) => serverId },
});

/** The writes that take a server's favorites away with it. */
export function favoritesOfServer(store: Store, serverId: string): Write[] {
  const found = store.list(favoriteRecords, { index: 'server', equals: serverId });
  return Array.from(found, ({ id }) => remove(favoriteRecords, id));
}

/** The writes that take the favorites of a key or user away with it. */
export function favoritesOf(store: Store, ownerId: string): Write[] {
  const found = store.list(favoriteRecords, { index: 'tool', equals: [ownerId] });
  return Array.from(found, ({ id }) => remove(favoriteRecords, id));
}

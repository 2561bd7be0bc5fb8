import t from 'tap';
import { favoriteRecords, favoritesOfServer } from '../../../hub/domain/favorites/favorites.js';
import { put } from '../../../hub/domain/store.js';
import { openTestStore } from '../store/stores.js';

t.test('the favorites of a server are found for all owners', async (t) => {
  const { store } = await openTestStore(t);
  const favorite = (id: string, ownerId: string, serverId: string) =>
    put(favoriteRecords, { id, ownerId, serverId, tool: 'echo', favoritedAt: 1 }, 'any');
  await store.apply({ writes: [favorite('1', 'a', 'gone'), favorite('2', 'b', 'gone'), favorite('3', 'a', 'kept')] });
  await store.apply({ writes: favoritesOfServer(store, 'gone') });
  t.same(
    Array.from(store.list(favoriteRecords), ({ id }) => id),
    ['3'],
  );
});

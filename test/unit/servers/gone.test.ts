import t from 'tap';
import { goneOf, goneServers, goneTrimmer, ServerRegistry } from '../../../hub/domain/servers/registry.js';
import { openTestStore } from '../store/stores.js';

t.test('whose a deleted server was is known, of as many as are kept', async (t) => {
  const { store } = await openTestStore(t);
  const registry = new ServerRegistry(store);
  t.same(goneOf({ id: 'of-all' }), []);
  for (const id of ['first', 'second', 'third']) {
    await store.apply({ writes: goneOf({ id, ownerId: 'ada' }) });
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  t.equal(registry.ownerOf('first'), 'ada');
  t.equal(registry.ownerOf('of-all'), undefined);
  t.equal(await goneTrimmer(store, undefined, 2).trim(), 1);
  t.same(
    [...store.list(goneServers)].map(({ id }) => id).sort(),
    ['second', 'third'],
    'the oldest deletion is forgotten',
  );
  t.equal(registry.ownerOf('first'), undefined);
});

import t from 'tap';
import { registerDemoServer } from '../../hub/domain/first-start.js';
import type { Servers } from '../../hub/domain/servers/servers.js';
import { openTestStore } from './store/stores.js';

t.test('of two hubs that start at the same moment one registers the demo server', async (t) => {
  const { store } = await openTestStore(t);
  let registered = 0;
  const servers = {
    create: async () => {
      registered += 1;
    },
    setWanted: async () => {},
  } as unknown as Servers;
  await Promise.all([1, 2].map(() => registerDemoServer(store, servers, 'local')));
  t.equal(registered, 1);
});

import t from 'tap';
import { everything, startAgent, startHub } from '../roundhouse.js';
import { documented, sameShape } from '../shape.js';

// The rules of favorites are proved in test/domain/favorites.test.ts; here that a client meets them.

t.test('a client marks tools, sees them, and takes the marks away', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  const transport = { type: 'stdio', command: process.execPath, args: [everything] };
  const serverId = await hub.connectServer({ name: 'demo', transport });
  const mine = await hub.key('viewer');
  t.same((await hub.call('GET', '/api/favorites', undefined, mine)).body.data, []);
  const added = await hub.call('POST', '/api/favorites/echo', undefined, mine);
  t.equal(added.status, 201);
  sameShape(t, added.body.data, documented('GET /api/favorites').data[0]);
  t.match(added.body.data, { toolName: 'echo', serverId, serverName: 'demo' });
  const listed = await hub.call('GET', '/api/favorites', undefined, mine);
  sameShape(t, listed.body, documented('GET /api/favorites'));
  t.same(listed.body.data, [added.body.data]);
  t.same((await hub.call('GET', '/api/favorites')).body.data, [], 'those of another key are its own');
  t.equal((await hub.call('POST', '/api/favorites/no-such-tool', undefined, mine)).status, 404);

  await hub.connectServer({ name: 'other', transport });
  const [asked, invoked] = await Promise.all([
    hub.call('POST', '/api/favorites/echo', undefined, mine),
    hub.call('POST', '/api/tools/echo/invoke', { arguments: { message: 'x' } }),
  ]);
  t.equal(asked.status, 400);
  t.same({ ...asked.body, timestamp: '' }, { ...invoked.body, timestamp: '' }, 'the same error as a call gets');

  const removed = await hub.call('DELETE', `/api/favorites/echo?serverId=${serverId}`, undefined, mine);
  t.match(removed.body, { success: true, message: String });
  t.equal((await hub.call('DELETE', '/api/favorites/echo', undefined, mine)).status, 404);
});

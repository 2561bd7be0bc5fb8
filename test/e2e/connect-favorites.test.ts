import t from 'tap';
import { everything, type Hub, startAgent, startHub } from '../roundhouse.js';
import { documented, sameShape } from '../shape.js';

const transport = { type: 'stdio', command: process.execPath, args: [everything] };

async function tools(hub: Hub, key?: string): Promise<string[]> {
  const { body } = await hub.call('GET', '/api/favorites', undefined, key);
  return body.data.map(({ toolName, serverName }: Record<string, string>) => `${serverName}/${toolName}`);
}

t.test('each key has its own favorites, and they outlive the hub', async (t) => {
  const first = await startHub(t);
  await startAgent(t, first);
  const serverId = await first.connectServer({ name: 'demo', transport });
  const [mine, other] = [await first.key('viewer'), await first.key('viewer')];
  t.same((await first.call('GET', '/api/favorites', undefined, mine)).body.data, []);

  const added = await first.call('POST', '/api/favorites/echo', undefined, mine);
  t.equal(added.status, 201);
  sameShape(t, added.body.data, documented('GET /api/favorites').data[0]);
  t.match(added.body.data, { toolName: 'echo', serverId, serverName: 'demo' });
  const again = await first.call('POST', '/api/favorites/echo', { serverId: 'demo' }, mine);
  t.same(again.body.data, added.body.data, 'added again it stays as it was');
  await first.call('POST', '/api/favorites/get-sum', {}, mine);

  const listed = await first.call('GET', '/api/favorites', undefined, mine);
  sameShape(t, listed.body, documented('GET /api/favorites'));
  t.same(await tools(first, mine), ['demo/get-sum', 'demo/echo'], 'newest first');
  t.same(await tools(first, other), [], 'those of another key are its own');
  t.equal((await first.call('POST', '/api/favorites/no-such-tool', undefined, mine)).status, 404);

  await first.stop();
  const hub = await startHub(t, { data: first.data });
  t.same(await tools(hub, mine), ['demo/get-sum', 'demo/echo']);
  const removed = await hub.call('DELETE', '/api/favorites/echo', undefined, mine);
  t.match(removed.body, { success: true, message: String });
  t.same(await tools(hub, mine), ['demo/get-sum']);
  t.equal((await hub.call('DELETE', '/api/favorites/echo', undefined, mine)).status, 404, 'it was none any more');
});

t.test('a tool of several servers', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  const one = await hub.connectServer({ name: 'one', transport });
  const two = await hub.connectServer({ name: 'two', transport });
  const asked = await hub.call('POST', '/api/favorites/echo');
  const invoked = await hub.call('POST', '/api/tools/echo/invoke', { arguments: { message: 'x' } });
  t.equal(asked.status, 400);
  t.same({ ...asked.body, timestamp: '' }, { ...invoked.body, timestamp: '' }, 'the same error as a call gets');

  await hub.call('POST', '/api/favorites/echo', { serverId: one });
  await hub.call('POST', '/api/favorites/echo', { serverId: two });
  const which = await hub.call('DELETE', '/api/favorites/echo');
  t.equal(which.status, 400);
  t.match(which.body, { code: 'VALIDATION_ERROR', details: { field: 'serverId', servers: { length: 2 } } });
  t.equal((await hub.call('DELETE', `/api/favorites/echo?serverId=${one}`)).status, 200);
  t.same(await tools(hub), ['two/echo']);

  await hub.call('POST', `/api/servers/${two}/disconnect`);
  t.same(await tools(hub), ['two/echo'], 'a server that is down keeps its favorites');
  await hub.call('DELETE', `/api/servers/${two}`);
  t.same(await tools(hub), [], 'one that is deleted does not');
});

t.test('grants hold', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  const groupId = (await hub.call('POST', '/api/groups', { name: 'team' })).body.data.id;
  const id = await hub.connectServer({ name: 'shared', transport, groupId });
  const narrow = await hub.key('viewer', { grants: { groups: [groupId], tools: ['echo'] } });
  t.equal((await hub.call('POST', '/api/favorites/get-sum', undefined, narrow)).status, 403);
  t.equal((await hub.call('POST', '/api/favorites/echo', undefined, narrow)).status, 201);
  t.same(await tools(hub, narrow), ['shared/echo']);
  await hub.call('PUT', `/api/servers/${id}`, { groupId: null });
  t.same(await tools(hub, narrow), [], 'out of the group, out of sight');
  t.equal((await hub.call('DELETE', '/api/favorites/echo', undefined, narrow)).status, 404);
});

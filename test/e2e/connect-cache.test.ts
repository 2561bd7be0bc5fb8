import t from 'tap';
import { wait } from '../kit/wait.js';
import { fixture, type Hub, startAgent, startHub } from '../roundhouse.js';
import { documented, sameShape } from '../shape.js';

// The rules of the cache are proved in test/domain/cache.test.ts; here that clients and real servers meet them.

/** One hub and one agent for all tests. */
let hub: Hub;
t.before(async () => {
  hub = await startHub(t);
  await startAgent(t, hub);
});

/** Connects a server that counts its calls. */
function connect(name: string): Promise<string> {
  const transport = { type: 'stdio', command: process.execPath, args: [fixture('moody')] };
  return hub.connectServer({ name, transport, cache: { tools: { read: { ttlSeconds: 600 } } } });
}

/** Calls a tool; gives the server's own count of calls, and whether the answer comes from the cache. */
async function call(serverId: string, tool: string) {
  const { body } = await hub.call('POST', `/api/tools/${tool}/invoke`, { serverId, arguments: {} });
  const text = body.data.content[0].text;
  return { calls: text.startsWith('{') ? JSON.parse(text).calls : undefined, cached: body.metadata.cached };
}

const stats = async () => (await hub.call('GET', '/api/cache/stats')).body;

t.test('a client opts a tool in, sees that it is answered from the cache, and clears the cache', async (t) => {
  const id = await connect('read-often');
  t.match((await hub.call('GET', `/api/servers/${id}`)).body.data.cache, { tools: { read: { ttlSeconds: 600 } } });
  t.match(await call(id, 'read'), { calls: 1, cached: false });
  t.match(await call(id, 'read'), { calls: 1, cached: true });
  const answer = await stats();
  sameShape(t, answer, documented('GET /api/cache/stats'));
  t.match(answer.data, { enabled: true, entries: 1, hits: 1, memoryUsage: /^\d+(\.\d)? (B|KB|MB)$/ });
  const misspelt = await hub.call('DELETE', '/api/cache?patern=nothing*');
  const details = { field: 'patern', error: 'is not a known parameter; known: pattern, serverId' };
  t.match(misspelt, { status: 400, body: { code: 'VALIDATION_ERROR', details } });
  t.match((await stats()).data, { entries: 1 }, 'it clears nothing');
  const cleared = await hub.call('DELETE', `/api/cache?serverId=${id}&pattern=re*d`);
  t.match(cleared.body, { success: true, data: { cleared: 1 }, message: '1 entry cleared' });
  t.match((await hub.call('DELETE', '/api/cache?serverId=unknown')).body, { code: 'NOT_FOUND' });
  t.match(await call(id, 'read'), { calls: 2, cached: false });
});

t.test('a server that is connected again or tells of other tools is asked again', async (t) => {
  const id = await connect('changes');
  await call(id, 'read');
  await hub.call('POST', `/api/servers/${id}/disconnect`);
  await hub.call('POST', `/api/servers/${id}/connect`);
  t.match(await call(id, 'read'), { calls: 1, cached: false }, 'by its new process');
  await call(id, 'relist');
  await wait('the hub knows the new tool', async () => {
    const { body } = await hub.call('GET', '/api/tools?server=changes');
    return body.data.tools.some(({ name }: { name: string }) => name.startsWith('fresh-'));
  });
  t.match(await call(id, 'read'), { calls: 3, cached: false });
});

t.test('a hub whose operator turned the cache off says so', async (t) => {
  const without = await startHub(t, { env: { ROUNDHOUSE_CACHE_BYTES: '0' } });
  t.match((await without.call('GET', '/api/cache/stats')).body.data, { enabled: false, entries: 0, hitRate: 0 });
});

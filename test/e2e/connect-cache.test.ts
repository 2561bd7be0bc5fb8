import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { wait } from '../kit/wait.js';
import { fixture, type Hub, startAgent, startHub } from '../roundhouse.js';
import { documented, sameShape } from '../shape.js';
import { tempFolder } from '../temp-folder.js';

/** Longer than any of the tests. */
const opted = { tools: { read: { ttlSeconds: 600 }, look: { ttlSeconds: 600 } } };

/** A hub with a server that counts its calls; `cache` opts its tools in. */
async function start(t: Test, cache: unknown = opted, hubEnv: Readonly<Record<string, string>> = {}) {
  const folder = tempFolder(t, { files: { mood: 'well' }, data: {} });
  const hub = await startHub(t, { data: join(folder, 'data'), env: hubEnv });
  await startAgent(t, hub);
  const mood = join(folder, 'files', 'mood');
  const env = { MOOD: mood };
  const transport = { type: 'stdio', command: process.execPath, args: [fixture('moody')], env };
  const id = await hub.connectServer({ name: 'moody', transport, cache });
  const set = (text: string) => writeFileSync(mood, text);
  return { hub, id, set, transport };
}

/** Calls a tool; gives the server's own count of calls, and what the hub says of the cache. */
async function call(hub: Hub, tool: string, args: unknown, key?: string) {
  const { status, body } = await hub.call('POST', `/api/tools/${tool}/invoke`, { arguments: args }, key);
  const text = body.data?.content?.[0]?.text;
  const calls = text?.startsWith('{') ? JSON.parse(text).calls : undefined;
  return { status, calls, cached: body.metadata?.cached, isError: body.data?.isError };
}

const stats = async (hub: Hub) => (await hub.call('GET', '/api/cache/stats')).body.data;

t.test('an opted-in tool is answered from the cache, and says so', async (t) => {
  const { hub, id } = await start(t);
  t.match((await hub.call('GET', `/api/servers/${id}`)).body.data.cache, opted);
  t.match(await call(hub, 'read', { a: 1, b: { c: 2, d: 3 } }), { calls: 1, cached: false });
  t.match(
    await call(hub, 'read', { b: { d: 3, c: 2 }, a: 1 }),
    { calls: 1, cached: true },
    'the order of keys is no matter',
  );
  t.match(await call(hub, 'read', { a: 2 }), { calls: 2, cached: false }, 'other arguments');
  t.match(await call(hub, 'look', { a: 2 }), { calls: 3, cached: false }, 'another tool');
  const answer = await hub.call('GET', '/api/cache/stats');
  sameShape(t, answer.body, documented('GET /api/cache/stats'));
  t.match(answer.body.data, { enabled: true, entries: 3, hits: 1, misses: 3, hitRate: 0.25 });
  t.match(answer.body.data.memoryUsage, /^\d+(\.\d)? (B|KB|MB)$/);
  await call(hub, 'look', { a: 2 });
  t.match(await stats(hub), { hits: 2, misses: 3, hitRate: 0.4 }, 'the next look-up counts, too');
  const history = await hub.call('GET', '/api/audit?action=tool.invoke&limit=1');
  t.match(history.body.data.entries[0].details, { cached: true, arguments: { a: 2 } });
});

t.test('callers of other grants do not share answers', async (t) => {
  const { hub, id } = await start(t);
  const narrow = await hub.key('user', { grants: { servers: [id] } });
  const alike = await hub.key('user', { grants: { servers: [id] } });
  t.match(await call(hub, 'read', {}), { calls: 1, cached: false });
  t.match(await call(hub, 'read', {}, narrow), { calls: 2, cached: false });
  t.match(await call(hub, 'read', {}, alike), { calls: 2, cached: true });
});

t.test('what may change something clears the entries of its server', async (t) => {
  const { hub, set } = await start(t);
  await call(hub, 'read', {});
  await call(hub, 'look', {});
  await call(hub, 'leak', {});
  t.equal((await stats(hub)).entries, 0, 'a tool that is not read-only, though it failed');
  t.match(await call(hub, 'read', {}), { cached: false });
  t.match(await call(hub, 'read', {}), { cached: true });
  set('tool-error');
  t.match(await call(hub, 'look', {}), { isError: true, cached: false });
  t.match(await call(hub, 'look', {}), { isError: true, cached: false }, 'an error is never kept');
  set('rpc-error');
  t.match(await call(hub, 'look', { x: 1 }), { status: 500 });
  set('well');
  t.match(await call(hub, 'look', { x: 1 }), { status: 200, cached: false });
  t.equal((await stats(hub)).entries, 2);
});

t.test('read-only tools that are not opted in leave the entries alone', async (t) => {
  const { hub } = await start(t, { tools: { read: { ttlSeconds: 60 } } });
  await call(hub, 'read', {});
  t.match(await call(hub, 'look', {}), { cached: false });
  t.match(await call(hub, 'look', {}), { cached: false });
  t.match(await call(hub, 'read', {}), { cached: true });
});

t.test('list_changed, a reconnect and an update clear them', async (t) => {
  const { hub, id } = await start(t, { tools: { read: { ttlSeconds: 60 }, relist: { ttlSeconds: 1 } } });
  await call(hub, 'read', {});
  await call(hub, 'relist', {});
  await wait('the cache is empty', async () => (await stats(hub)).entries === 0);
  t.match(await call(hub, 'read', {}), { cached: false });
  await hub.call('PUT', `/api/servers/${id}`, { description: 'another' });
  t.equal((await stats(hub)).entries, 0, 'an update');
  await call(hub, 'read', {});
  await hub.call('POST', `/api/servers/${id}/disconnect`);
  await hub.call('POST', `/api/servers/${id}/connect`);
  t.match(await call(hub, 'read', {}), { calls: 1, cached: false }, 'a reconnect');
});

t.test('entries end with their time', async (t) => {
  const { hub } = await start(t, { tools: { read: { ttlSeconds: 8 } } });
  await call(hub, 'read', {});
  t.match(await call(hub, 'read', {}), { cached: true });
  await wait('the cache is empty', async () => (await stats(hub)).entries === 0);
  t.match(await call(hub, 'read', {}), { calls: 2, cached: false });
});

t.test('clearing by pattern, by server, and whole', async (t) => {
  const { hub, id, transport } = await start(t);
  const other = await hub.connectServer({ name: 'other', transport, cache: opted });
  const fill = async () => {
    for (const serverId of [id, other])
      for (const tool of ['read', 'look'])
        await hub.call('POST', `/api/tools/${tool}/invoke`, { serverId, arguments: {} });
  };
  const clear = async (query: string, key?: string) =>
    (await hub.call('DELETE', `/api/cache${query}`, undefined, key)).body;
  await fill();
  t.match(await clear('?pattern=re*d'), { success: true, data: { cleared: 2 }, message: '2 entries cleared' });
  t.match(await clear('?pattern=re*d'), { data: { cleared: 0 } });
  t.equal((await stats(hub)).entries, 2);
  await fill();
  t.match(await clear(`?serverId=${id}&pattern=l??k`), { data: { cleared: 1 } });
  t.match(await clear(`?serverId=${id}`), { data: { cleared: 1 } });
  t.match(await clear('?pattern=READ'), { data: { cleared: 0 } }, 'case counts');
  const narrow = await hub.key('operator', { grants: { servers: [id] } });
  t.match(await clear('', narrow), { data: { cleared: 0 } }, 'grants end at the other server');
  t.match(await clear(`?serverId=${other}`, narrow), { code: 'NOT_FOUND' });
  t.match(await clear(''), { data: { cleared: 2 } });
  t.match(await stats(hub), { entries: 0, oldestEntry: null });
  t.match(await clear('?serverId=nobody'), { code: 'NOT_FOUND' });
});

t.test('calls that were under way together leave nothing behind that is not cleared', async (t) => {
  const { hub, set } = await start(t);
  set('pairs');
  const same = await Promise.all([call(hub, 'read', {}), call(hub, 'read', {})]);
  t.match(same, [{ cached: false }, { cached: false }], 'both asked the server');
  set('well');
  t.match(await call(hub, 'read', {}), { cached: true });
  await call(hub, 'write', {});
  t.match(await call(hub, 'read', {}), { cached: false }, 'what was written may be in this one');
});

t.test('what is kept is bounded, and what was not asked for longest goes first', async (t) => {
  const { hub } = await start(t, opted, { ROUNDHOUSE_CACHE_BYTES: '8192' });
  for (let i = 0; i < 50; i += 1) {
    await call(hub, 'read', { i });
    t.match(await call(hub, 'read', { i: 0 }), { calls: 1, cached: true }, 'this one is asked for again and again');
  }
  const { entries, memoryUsage } = await stats(hub);
  t.ok(entries > 5 && entries < 50, `${entries} entries`);
  t.match(memoryUsage, /^([4-7](\.\d)?|8) KB$/);
  t.match(await call(hub, 'read', { i: 49 }), { cached: true });
  t.match(await call(hub, 'read', { i: 1 }), { cached: false });
});

t.test('a hub without a cache says so', async (t) => {
  const hub = await startHub(t, { env: { ROUNDHOUSE_CACHE_BYTES: '0' } });
  t.match(await stats(hub), { enabled: false, entries: 0, hitRate: 0 });
});

import t from 'tap';
import { everything, type Hub, startAgent, startHub } from '../roundhouse.js';
import { documented, sameShape } from '../shape.js';

const transport = { type: 'stdio', command: process.execPath, args: [everything] };

const echo = (hub: Hub, key?: string, more = {}) =>
  hub.call('POST', '/api/tools/echo/invoke', { arguments: { message: 'x' }, ...more }, key);
const sum = (hub: Hub, key?: string) =>
  hub.call('POST', '/api/tools/get-sum/invoke', { arguments: { a: 1, b: 2 } }, key);
const today = () => new Date().toISOString().slice(0, 10);

async function data(hub: Hub, path: string, key?: string) {
  const { status, body } = await hub.call('GET', path, undefined, key);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body.data;
}

t.test('categories count the tools that a caller may use', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  const files = await hub.connectServer({ name: 'files', transport, metadata: { category: 'storage' } });
  await hub.connectServer({ name: 'plain', transport });
  const { total } = await data(hub, '/api/tools?server=files');
  const { body } = await hub.call('GET', '/api/tools/categories');
  sameShape(t, body, documented('GET /api/tools/categories'));
  t.same(body.data, [
    { name: 'storage', count: total },
    { name: 'uncategorized', count: total },
  ]);
  const narrow = await hub.key('viewer', { grants: { servers: [files], tools: ['echo'] } });
  t.same(await data(hub, '/api/tools/categories', narrow), [{ name: 'storage', count: 1 }]);
  await hub.call('POST', `/api/servers/${files}/disconnect`);
  t.same(await data(hub, '/api/tools/categories'), [{ name: 'uncategorized', count: total }]);
});

t.test('statistics count every call, and outlive the hub', async (t) => {
  const first = await startHub(t);
  await startAgent(t, first);
  const one = await first.connectServer({ name: 'one', transport });
  const before = await data(first, '/api/tools/stats');
  t.match(before, { totalInvocations: 0, topTools: [], totalTools: (await data(first, '/api/tools')).total });

  await echo(first);
  await sum(first);
  await echo(first);
  const after = await first.call('GET', '/api/tools/stats');
  sameShape(t, after.body, documented('GET /api/tools/stats'));
  t.equal(after.body.data.totalInvocations, 3);
  t.same(after.body.data.topTools, [
    { name: 'echo', invocations: 2 },
    { name: 'get-sum', invocations: 1 },
  ]);
  const days = after.body.data.invocationsByDay;
  t.equal(days.length, 30);
  t.same(days[0], { date: today(), count: 3 }, 'today comes first');
  t.ok(days[29].date < days[1].date);

  const two = await first.connectServer({ name: 'two', transport });
  await echo(first, undefined, { serverId: two });
  t.same((await data(first, '/api/tools/stats')).topTools[0], { name: 'echo', invocations: 3 }, 'of all servers');
  const narrow = await first.key('viewer', { grants: { servers: [two] } });
  t.match(await data(first, '/api/tools/stats', narrow), {
    totalInvocations: 1,
    topTools: [{ name: 'echo', invocations: 1 }],
    invocationsByDay: [{ date: today(), count: 1 }],
  });

  await first.call('DELETE', `/api/servers/${one}`);
  await first.stop();
  const hub = await startHub(t, { data: first.data });
  t.match(
    await data(hub, '/api/tools/stats'),
    { totalInvocations: 4, invocationsByDay: [{ date: today(), count: 4 }] },
    'what was called of a server that is gone counts, too',
  );
  t.match(await data(hub, '/api/tools/stats', narrow), { totalInvocations: 1 });
});

t.test('recent tools are those of the key that asks', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  const serverId = await hub.connectServer({ name: 'demo', transport, metadata: { category: 'demo' } });
  const [mine, other] = [await hub.key('user'), await hub.key('user')];
  const recent = async (key: string, query = '') =>
    (await data(hub, `/api/tools/recent${query}`, key)).map(({ name }: { name: string }) => name);
  t.same(await recent(mine), []);
  await echo(hub, mine);
  await sum(hub, mine);
  t.same(await recent(mine), ['get-sum', 'echo'], 'newest first');
  await echo(hub, mine);
  t.same(await recent(mine), ['echo', 'get-sum'], 'each once');
  t.same(await recent(mine, '?limit=1'), ['echo']);
  t.same(await recent(other), []);

  const [latest] = await data(hub, '/api/tools/recent', mine);
  sameShape(t, latest, documented('GET /api/tools').data.tools[0]);
  t.match(latest, { serverId, serverName: 'demo', category: 'demo', usageCount: 2 });
  await echo(hub, other);
  t.equal((await data(hub, '/api/tools/recent', mine))[0].lastUsedAt, latest.lastUsedAt, 'when this key used it');
  t.equal((await hub.call('GET', '/api/tools/recent?limit=51', undefined, mine)).status, 400);
  await hub.call('DELETE', `/api/servers/${serverId}`);
  t.same(await recent(mine), [], 'what is gone is no longer offered');
});

t.test('the history of a tool', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  const serverId = await hub.connectServer({ name: 'demo', transport });
  const user = await hub.key('user', { name: 'clerk' });
  const history = (query = '', key?: string) => data(hub, `/api/tools/echo/history${query}`, key);
  t.same(await history(), [], 'of a tool that was not called yet');
  await echo(hub);
  await echo(hub, user);
  await hub.call('POST', '/api/tools/echo/invoke', { arguments: { message: 1 } });
  await sum(hub);

  const calls = await history();
  t.equal(calls.length, 3);
  t.match(calls[0], { success: false, error: String, serverId, serverName: 'demo', cached: false }, 'newest first');
  t.match(calls[1], {
    id: String,
    timestamp: /^\d{4}-.*Z$/,
    serverId,
    durationMs: Number,
    success: true,
    caller: { type: 'api_key', id: String, name: 'clerk' },
  });
  t.notOk('error' in calls[1]);
  t.same(
    (await history('?limit=2')).map(({ id }: { id: string }) => id),
    calls.slice(0, 2).map(({ id }: { id: string }) => id),
  );
  t.same(
    (await history('', user)).map(({ id }: { id: string }) => id),
    [calls[1].id],
    'below operator one’s own calls',
  );

  const at = encodeURIComponent(calls[1].timestamp);
  t.ok(
    (await history(`?from=${at}&to=${at}`)).some(({ id }: { id: string }) => id === calls[1].id),
    'both inclusive',
  );
  t.equal((await history(`?from=${today()}&to=${today()}`)).length, 3, 'a whole day');
  t.same(await history('?to=2024-01-15'), []);
  t.same(await history('?from=2999-01-01T00:00:00%2B02:00'), []);
  for (const wrong of ['from=yesterday', 'to=2024-02-31', 'from=2024-01-02&to=2024-01-01', 'limit=0', 'limit=101'])
    t.equal((await hub.call('GET', `/api/tools/echo/history?${wrong}`)).status, 400, wrong);
  t.equal((await hub.call('GET', '/api/tools/no-such-tool/history')).status, 404);

  const narrow = await hub.key('operator', { grants: { servers: ['0193a1b2-0000-7000-8000-000000000000'] } });
  t.equal((await hub.call('GET', '/api/tools/echo/history', undefined, narrow)).status, 404, 'grants hold');
  await hub.call('DELETE', `/api/servers/${serverId}`);
  t.equal((await history()).length, 3, 'it outlives the server');
  t.same(await history('?to=2024-01-15'), []);
});

import t from 'tap';
import { everything, startAgent, startHub } from '../roundhouse.js';
import { documented, sameShape } from '../shape.js';

// test/domain/statistics.test.ts proves the figures. This test proves that a client sees them.

t.test('a client sees categories, statistics, recent tools and the history of calls that were made', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  const transport = { type: 'stdio', command: process.execPath, args: [everything] };
  const serverId = await hub.connectServer({ name: 'demo', transport, metadata: { category: 'demo' } });
  const user = await hub.key('user', { name: 'clerk' });
  const call = (message: unknown, key?: string) =>
    hub.call('POST', '/api/tools/echo/invoke', { arguments: { message } }, key);
  await call('x');
  await call('x', user);
  await call(1);

  const categories = await hub.call('GET', '/api/tools/categories');
  sameShape(t, categories.body, documented('GET /api/tools/categories'));
  const { total } = (await hub.call('GET', '/api/tools')).body.data;
  t.same(categories.body.data, [{ name: 'demo', count: total }]);

  const statistics = await hub.call('GET', '/api/tools/stats');
  sameShape(t, statistics.body, documented('GET /api/tools/stats'));
  t.match(statistics.body.data, {
    totalTools: total,
    totalInvocations: 3,
    topTools: [{ name: 'echo', invocations: 3 }],
  });

  const [recent] = (await hub.call('GET', '/api/tools/recent', undefined, user)).body.data;
  sameShape(t, recent, documented('GET /api/tools').data.tools[0]);
  t.match(recent, { name: 'echo', serverId, serverName: 'demo', category: 'demo', usageCount: 3 });
  t.equal((await hub.call('GET', '/api/tools/recent?limit=51')).status, 400);

  const history = async (query = '', key?: string) =>
    (await hub.call('GET', `/api/tools/echo/history${query}`, undefined, key)).body.data;
  const calls = await history();
  t.match(calls, [
    { success: false, error: String, serverId, serverName: 'demo', cached: false },
    {
      id: String,
      timestamp: /^\d{4}-.*Z$/,
      serverId,
      durationMs: Number,
      success: true,
      caller: { type: 'api_key', id: String, name: 'clerk' },
    },
    { success: true },
  ]);
  t.notOk('error' in calls[1]);
  t.same(await history('', user), [calls[1]], 'below operator its own calls');
  const at = encodeURIComponent(calls[1].timestamp);
  const within = await history(`?from=${at}&to=${at}`);
  t.ok(
    within.some(({ id }: { id: string }) => id === calls[1].id),
    'both ends of a span are inclusive',
  );
  const day = calls[1].timestamp.slice(0, 10);
  t.ok((await history(`?from=${day}&to=${day}`)).length > 0, 'a whole day');
  t.same(await history('?from=2999-01-01T00:00:00%2B02:00'), []);
  for (const wrong of ['from=yesterday', 'to=2024-02-31', 'from=2024-01-02&to=2024-01-01', 'limit=0', 'limit=101'])
    t.equal((await hub.call('GET', `/api/tools/echo/history?${wrong}`)).status, 400, wrong);
  t.equal((await hub.call('GET', '/api/tools/no-such-tool/history')).status, 404);
});

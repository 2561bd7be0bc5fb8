import t from 'tap';
import { everything, fixture, startAgent, startHub } from '../roundhouse.js';
import { documented, sameShape } from '../shape.js';

const transport = { type: 'stdio', command: process.execPath, args: [fixture('moody')] };

t.test('the dashboard shows what happened', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  const id = await hub.connectServer({ name: 'moody', transport });
  await hub.call('POST', '/api/servers', { name: 'idle', transport: { ...transport, args: [everything] } });
  await hub.call('POST', '/api/tools/read/invoke', { arguments: {} });
  const { status, body } = await hub.call('GET', '/api/monitor');
  t.equal(status, 200);
  sameShape(t, body, documented('GET /api/monitor'));
  const { overview, servers, recentActivity, circuitBreakers } = body.data;
  t.match(overview, { totalServers: 2, connectedServers: 1, totalTools: 5 });
  // Join token, two registrations, connect, invoke.
  t.equal(overview.requestsToday, 5);
  t.match(servers, [
    { name: 'idle', status: 'disconnected' },
    { id, name: 'moody', status: 'connected', toolCount: 5 },
  ]);
  t.match(recentActivity[0], { type: 'tool.invoked', data: { toolName: 'read', serverId: id, success: true } });
  t.match(circuitBreakers, [{ serverName: 'idle', state: 'closed', failures: 0, lastFailure: null }, { serverId: id }]);

  await hub.call('POST', '/api/tools/leak/invoke', { arguments: {} });
  const later = (await hub.call('GET', '/api/monitor')).body.data;
  t.equal(later.overview.requestsToday, 7, 'requests go on being counted');
  t.match(later.recentActivity[0], { type: 'tool.error', data: { toolName: 'leak', success: false } });

  const narrow = await hub.key('viewer', { grants: { servers: [id] } });
  const seen = (await hub.call('GET', '/api/monitor', undefined, narrow)).body.data;
  t.match(seen.overview, { totalServers: 1, connectedServers: 1 });
  t.same(
    seen.circuitBreakers.map(({ serverName }: { serverName: string }) => serverName),
    ['moody'],
    'only what the grants cover',
  );
});

t.test('requests of today are counted on over a restart', async (t) => {
  const first = await startHub(t);
  for (let i = 0; i < 5; i += 1) await first.call('GET', '/api/servers');
  const { requestsToday } = (await first.call('GET', '/api/monitor')).body.data.overview;
  t.equal(requestsToday, 5);
  await first.stop();
  const second = await startHub(t, { data: first.data });
  t.equal((await second.call('GET', '/api/monitor')).body.data.overview.requestsToday, 6);
});

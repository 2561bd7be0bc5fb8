import t from 'tap';
import { everything, fixture, startAgent, startHub } from '../roundhouse.js';
import { documented, sameShape } from '../shape.js';

// test/domain/monitor.test.ts proves the content of the dashboard. This test proves that a client sees it.

const transport = { type: 'stdio', command: process.execPath, args: [fixture('moody')] };

t.test('the dashboard shows the events', async (t) => {
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
});

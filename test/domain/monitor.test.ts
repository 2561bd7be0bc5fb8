import t from 'tap';
import { startDomain, type TestDomain } from '../kit/domain.js';
import { readOnly, ToolError, writing } from '../kit/scripted-site.js';

const tools = {
  read: readOnly(),
  leak: writing(() => {
    throw new ToolError('not today');
  }),
};

const dashboard = ({ domain, admin }: TestDomain, as = admin) => domain.monitor.dashboard(as.caller);

t.test('the dashboard shows servers, tools, circuits and the last events, newest first', async (t) => {
  const hub = await startDomain(t);
  const { id } = await hub.connect('moody', tools);
  await hub.register('idle', tools);
  await hub.call('read');
  await hub.call('leak');
  t.match(await dashboard(hub), {
    totalServers: 2,
    connectedServers: 1,
    totalTools: 2,
    servers: [
      { record: { name: 'idle' }, observed: { state: 'disconnected' } },
      { record: { id }, observed: { state: 'connected' } },
    ],
    circuits: [{ server: { name: 'idle' }, state: 'closed', failures: 0, lastFailure: null }, { server: { id } }],
    recentActivity: [
      { type: 'tool.error', data: { toolName: 'leak', serverId: id, success: false } },
      { type: 'tool.invoked', data: { toolName: 'read', serverId: id, success: true } },
    ],
  });
  for (let i = 0; i < 25; i += 1) await hub.call('read');
  t.equal((await dashboard(hub)).recentActivity.length, 20);
});

t.test("the dashboard shows only servers that the key's grants cover", async (t) => {
  const hub = await startDomain(t);
  const { id } = await hub.connect('moody', tools);
  await hub.connect('other', tools);
  await hub.call('read', {}, { server: 'moody' });
  await hub.call('read', {}, { server: 'other' });
  const narrow = await hub.caller('viewer', { servers: [id], tools: ['read'] });
  const seen = await dashboard(hub, narrow);
  t.match(seen, {
    totalServers: 1,
    connectedServers: 1,
    totalTools: 1,
    servers: { length: 1 },
    circuits: { length: 1 },
  });
  t.ok(seen.recentActivity.some(({ type }) => type === 'tool.invoked'));
  t.same(
    seen.recentActivity.filter(({ serverId }) => serverId !== id),
    [],
  );
});

t.test('requests are counted since midnight, over a restart', async (t) => {
  const hub = await startDomain(t);
  const today = async () => (await dashboard(hub)).requestsToday;
  for (let i = 0; i < 5; i += 1) hub.domain.requestWindow.add(200, 1);
  t.equal(await today(), 5);
  await hub.restart();
  hub.domain.requestWindow.add(404, 1);
  t.equal(await today(), 6);
  await hub.clock.move(12 * 3_600_000);
  t.equal(await today(), 0, 'a new day');
});

t.test('the dashboard shows the uptime of the hub', async (t) => {
  const hub = await startDomain(t);
  await hub.clock.move(90_500);
  t.equal((await dashboard(hub)).uptime, 90);
});

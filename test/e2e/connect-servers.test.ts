import t from 'tap';
import { everything, startAgent, startHub } from '../roundhouse.js';

const transport = {
  type: 'stdio',
  command: process.execPath,
  args: [everything],
  env: { API_TOKEN: 'plain-secret-value' },
};

t.test('a server is registered, shown, changed, connected and deleted', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);

  const made = await hub.call('POST', '/api/servers', {
    name: 'Demo One',
    description: 'the first',
    transport,
    auth: { type: 'none' },
    healthCheck: { enabled: true, intervalMs: 30000, timeoutMs: 5000 },
    rateLimits: { requestsPerMinute: 60, requestsPerDay: 10000 },
    metadata: { category: 'development', tags: ['git', 'vcs'], version: '1.0.0' },
    groupId: null,
    enabled: true,
  });
  t.equal(made.status, 201);
  const { id } = made.body.data;
  t.match(made.body.data, { name: 'Demo One', status: 'disconnected', toolCount: 0, enabled: true, site: 'local' });
  t.same(made.body.data.transport.env, { API_TOKEN: '********' }, 'secrets are masked');

  const same = await hub.call('POST', '/api/servers', { name: 'demo one', transport });
  t.equal(same.status, 409, 'names are unique without regard to case');
  t.match(same.body, { code: 'CONFLICT' });

  const connected = await hub.call('POST', `/api/servers/${id}/connect`);
  t.match(connected.body.data, { status: 'connected', connectTime: Number });
  const { toolCount } = connected.body.data;
  t.ok(toolCount > 5);
  const shown = await hub.call('GET', '/api/servers/DEMO%20ONE');
  t.match(
    shown.body.data,
    { id, status: 'connected', toolCount, runtime: { pid: Number, error: null } },
    'found by name, too',
  );
  t.equal(shown.body.data.tools.length, toolCount);
  t.match(shown.body.data.tools[0], { name: String, description: String, inputSchema: { type: 'object' } });

  const renamed = await hub.call('PUT', `/api/servers/${id}`, {
    name: 'demo-1',
    metadata: { category: 'testing', tags: ['x'] },
  });
  t.match(renamed.body.data, { id, name: 'demo-1', metadata: { category: 'testing', tags: ['x'], version: '1.0.0' } });
  const env = await hub.call('POST', '/api/tools/get-env/invoke', { serverId: 'demo-1' });
  t.equal(JSON.parse(env.body.data.content[0].text).API_TOKEN, 'plain-secret-value', 'the secret is kept');

  const masked = { ...shown.body.data.transport, env: { ...shown.body.data.transport.env, MORE: 'new' } };
  await hub.call('PUT', `/api/servers/${id}`, { transport: masked });
  await hub.call('POST', `/api/servers/${id}/connect`);
  const after = await hub.call('POST', '/api/tools/get-env/invoke', { serverId: id });
  t.match(
    JSON.parse(after.body.data.content[0].text),
    { API_TOKEN: 'plain-secret-value', MORE: 'new' },
    'sent back masked, it stays',
  );

  const disabled = await hub.call('PUT', `/api/servers/${id}`, { enabled: false });
  t.equal(disabled.body.data.enabled, false);
  t.equal((await hub.call('POST', `/api/servers/${id}/connect`)).status, 409, 'a disabled server is not connected');

  const deleted = await hub.call('DELETE', `/api/servers/${id}`);
  t.equal(deleted.status, 200);
  t.match(deleted.body, { success: true, message: 'Server deleted successfully' });
  t.equal((await hub.call('GET', `/api/servers/${id}`)).status, 404);
});

t.test('lists are filtered as documented', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  await hub.connectServer({ name: 'a', transport, metadata: { category: 'storage', tags: ['files', 'local'] } });
  await hub.call('POST', '/api/servers', { name: 'b', transport, enabled: false, metadata: { tags: ['git'] } });
  const names = async (query: string) =>
    (await hub.call('GET', `/api/servers?${query}`)).body.data.map(({ name }: { name: string }) => name);
  t.same(await names(''), ['a', 'b']);
  t.same(await names('status=connected'), ['a']);
  t.same(await names('status=disconnected'), ['b']);
  t.same(await names('tags=git,files'), ['a', 'b']);
  t.same(await names('tags=local'), ['a']);
  t.same(await names('enabled=false'), ['b']);
  t.same(await names('groupId=0193a1b2-0000-7000-8000-000000000000'), []);
  t.equal((await hub.call('GET', '/api/servers?status=sleeping')).status, 400);

  const tools = async (query: string) => (await hub.call('GET', `/api/tools?${query}`)).body.data;
  const all = await tools('limit=100');
  t.ok(all.total > 5);
  t.match(all.tools[0], {
    serverName: 'a',
    category: 'storage',
    tags: ['files', 'local'],
    usageCount: 0,
    lastUsedAt: null,
  });
  t.same((await tools('limit=2&offset=1')).tools, all.tools.slice(1, 3), 'a page');
  t.same((await tools('query=ECHO')).tools.map(({ name }: { name: string }) => name).includes('echo'), true);
  t.equal((await tools('category=storage')).total, all.total);
  t.equal((await tools('category=other')).total, 0);
  t.equal((await tools('tags=files')).total, all.total);
  t.equal((await tools('server=nobody')).total, 0);
  await hub.call('POST', '/api/tools/echo/invoke', { arguments: { message: 'x' } });
  t.match((await tools('sortBy=usage')).tools[0], { name: 'echo', usageCount: 1, lastUsedAt: String });
  t.equal((await tools('sortBy=recent')).tools[0].name, 'echo');
  t.equal((await hub.call('GET', '/api/tools?limit=101')).status, 400);
  t.equal((await hub.call('GET', '/api/tools?sortBy=size')).status, 400);
});

t.test('bulk: a server that fails harms no other', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  const make = async (name: string, args: readonly string[]) =>
    (await hub.call('POST', '/api/servers', { name, transport: { ...transport, args } })).body.data.id;
  const good = await make('good', [everything]);
  const bad = await make('bad', ['-e', 'process.exit(7)']);
  const { status, body } = await hub.call('POST', '/api/servers/bulk/connect', { serverIds: [good, bad, 'nobody'] });
  t.equal(status, 200);
  t.same(body.data.summary, { total: 3, connected: 1, failed: 2 });
  t.match(body.data.results, [
    { serverId: good, status: 'connected', toolCount: Number },
    { serverId: bad, status: 'error', error: /7/ },
    { serverId: 'nobody', status: 'error', error: /not found/ },
  ]);
  const ended = await hub.call('POST', '/api/servers/bulk/disconnect', { serverIds: [good] });
  t.same(ended.body.data, {
    results: [{ serverId: good, status: 'disconnected' }],
    summary: { total: 1, disconnected: 1, failed: 0 },
  });
  t.equal((await hub.call('GET', '/api/tools')).body.data.total, 0, 'its tools are gone from the list');
});

t.test('roles decide which kinds of servers a caller may register', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  const operator = await hub.key('operator');
  const byCommand = await hub.call('POST', '/api/servers', { name: 'c', transport }, operator);
  t.equal(byCommand.status, 403, 'by command: admin only');
  const byUrl = await hub.call(
    'POST',
    '/api/servers',
    { name: 'u', transport: { type: 'http', url: 'http://127.0.0.1:1/mcp' } },
    operator,
  );
  t.equal(byUrl.status, 201, 'by URL: operator');
  const refused = await hub.call('POST', '/api/servers/u/connect');
  t.equal(refused.status, 503);
  t.match(refused.body, { code: 'SERVER_DISCONNECTED', error: /ECONNREFUSED|refused/ });

  const grants = { grants: { servers: [byUrl.body.data.id] } };
  const narrow = await hub.key('user', grants);
  t.same(
    (await hub.call('GET', '/api/servers', undefined, narrow)).body.data.length,
    1,
    'a narrowed key sees the servers of its grants',
  );
  await hub.connectServer({ name: 'hidden', transport });
  t.equal((await hub.call('GET', '/api/servers/hidden', undefined, narrow)).status, 404);
  t.equal((await hub.call('POST', '/api/tools/echo/invoke', { arguments: { message: 'x' } }, narrow)).status, 404);
});

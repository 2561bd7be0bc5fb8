import t, { type Test } from 'tap';
import { parse } from 'yaml';
import { until } from '../automation.js';
import { mcpPackage } from '../fixtures/packages/mcp-package.js';
import { startNpmRegistry } from '../fixtures/packages/npm-registry.js';
import { catalogVersion } from '../kit/catalog.js';
import { account, base, example, portalDocument, signIn, startPortal } from '../portal.js';
import { ADMIN_KEY, type Answer, type Hub, startAgent } from '../roundhouse.js';
import { sameShape } from '../shape.js';
import { WsClient } from '../stream/ws-client.js';

async function start(t: Test) {
  const npm = await startNpmRegistry(t);
  for (const name of ['@brave/brave-search-mcp-server', '@modelcontextprotocol/server-sequential-thinking'])
    npm.publish(mcpPackage(catalogVersion(name), 'works', name));
  const { hub, provider } = await startPortal(t);
  await startAgent(t, hub);
  const ada = await signIn(hub, provider, account('ada'));
  const bob = await signIn(hub, provider, account('bob'));
  return { hub, provider, ada, bob };
}

const as = (hub: Hub, token: string) => (method: string, path: string, body?: unknown) =>
  hub.call(method, base + path, body, token);

async function over(hub: Hub, id: string): Promise<Answer['body']> {
  const { body } = await until(hub, `${base}/operations/${id}`, ({ status }) => status !== 'in_progress');
  return body;
}

t.test('a configuration goes from one person to another', async (t) => {
  const { hub, ada, bob } = await start(t);
  const [adas, bobs] = [as(hub, ada.token), as(hub, bob.token)];
  t.match((await adas('GET', '/config')).body, {
    user_id: ada.user.id,
    servers: { length: 0 },
    preferences: { theme: 'system', notifications: true },
  });
  const set = await adas('PUT', '/config', { preferences: { theme: 'dark' } });
  t.same([set.status, set.body], [200, example('PUT /api/v1/config')]);
  const secret = { auto_start: false, env: { BRAVE_API_KEY: 'secret-of-ada' } };
  const begun = [
    await adas('POST', '/servers/brave-search/enable', { config: secret }),
    await adas('POST', '/servers/sequential-thinking/enable', { config: { auto_start: false } }),
  ];
  for (const { body } of begun) await over(hub, body.operation_id);
  const config = await adas('GET', '/config');
  sameShape(t, config.body, example('GET /api/v1/config'));
  t.match(config.body.preferences, { theme: 'dark', notifications: true });
  const exported = await adas('GET', '/config/export');
  sameShape(t, exported.body, example('GET /api/v1/config/export'));
  const expected = { enabled: true, config: { auto_start: false, restart_policy: 'always' } };
  t.same(exported.body.servers, [
    { name: 'brave-search', ...expected },
    { name: 'sequential-thinking', ...expected },
  ]);
  t.notOk(JSON.stringify(exported.body).includes('secret-of-ada'));
  const yaml = await adas('GET', '/config/export?format=yaml');
  t.match(yaml.headers.get('content-type'), /yaml/);
  t.match(parse(yaml.body), { version: '1.0', user: 'ada@example.org', servers: exported.body.servers });

  const file = {
    ...exported.body,
    servers: [...exported.body.servers, { name: 'nothing', enabled: true, config: {} }],
  };
  const imported = await bobs('POST', '/config/import', file);
  sameShape(t, imported.body, example('POST /api/v1/config/import'));
  t.match(imported.body, {
    imported: 1,
    skipped: 0,
    errors: [
      { name: 'brave-search', error: /BRAVE_API_KEY: is required/ },
      { name: 'nothing', error: /not found/ },
    ],
  });
  t.match(await over(hub, imported.body.operation_ids[0]), { status: 'completed' });
  const again = { imported: 0, skipped: 1, errors: { length: 1 } };
  t.match((await bobs('POST', '/config/import', exported.body)).body, again);
  const withValue = {
    name: 'brave-search',
    enabled: true,
    config: { auto_start: false, env: { BRAVE_API_KEY: 'of-bob' } },
  };
  const complete = await bobs('POST', '/config/import', { version: '1.0', servers: [withValue] });
  t.match(complete.body, { imported: 1, skipped: 0, errors: { length: 0 } }, 'values come with the import');
  t.match(await over(hub, complete.body.operation_ids[0]), { status: 'completed' });
  t.notMatch(JSON.stringify((await bobs('GET', '/config/export')).body), 'of-bob');
  const both = { imported: 0, skipped: 2, errors: { length: 0 } };
  const headers = { Authorization: `Bearer ${bob.token}`, 'Content-Type': 'application/yaml; charset=utf-8' };
  const asYaml = (text: string) => hub.call('POST', `${base}/config/import`, text, bob.token, { headers });
  t.match((await asYaml(yaml.body)).body, both, 'as it was exported, in YAML too');
  for (const text of ['version: "1.0"\n  servers: [', 'a: &a 1\nversion: *a', '#'.repeat(300_000), '- 1'])
    t.match(await asYaml(text), { status: 400, body: { error: { code: 'INVALID_REQUEST' } } }, text.slice(0, 40));
  t.match((await bobs('GET', '/config')).body, { user_id: bob.user.id, preferences: { theme: 'dark' } });
  t.equal((await bobs('POST', '/config/import', { version: '9', servers: [] })).status, 400);
});

t.test('admins see all servers and users, and change them', async (t) => {
  const { hub, provider, ada } = await start(t);
  const begun = await as(hub, ada.token)('POST', '/servers/sequential-thinking/enable');
  await over(hub, begun.body.operation_id);
  const root = await signIn(hub, provider, account('root', 'super_admin'));
  const roots = as(hub, root.token);
  const users = await roots('GET', '/admin/users?role=standard_user&active=true&search=ADA');
  sameShape(t, users.body, example('GET /api/v1/admin/users'));
  t.match(users.body.users, [
    { id: ada.user.id, email: 'ada@example.org', is_active: true, server_count: 1, active_containers: 1 },
  ]);
  t.equal(users.body.users.length, 1);
  t.match(users.body.pagination, { total: 1, has_next: false, has_prev: false });

  const metrics = await roots('GET', '/admin/metrics');
  sameShape(t, metrics.body, example('GET /api/v1/admin/metrics'));
  t.match(metrics.body.users, { total: 4, by_role: { super_admin: 2, team_admin: 0, standard_user: 2 } });
  t.match(metrics.body.servers, { custom: 0, enabled: 1, running_containers: 1 });
  t.ok(metrics.body.system.api_requests_24h > 5);
  t.ok(metrics.body.system.avg_response_time_ms > 0);

  const audit = await roots('GET', `/admin/audit?user_id=${ada.user.id}&action=server_enabled`);
  sameShape(t, audit.body, example('GET /api/v1/admin/audit'));
  t.match(audit.body.logs, [
    {
      user_email: 'ada@example.org',
      action: 'server_enabled',
      resource_type: 'server',
      details: { server_name: 'sequential-thinking' },
    },
  ]);
  t.equal(audit.body.logs.length, 1);
  const logins = await roots('GET', '/admin/audit?action=auth_login&limit=1');
  t.match(logins.body.pagination, { limit: 1, has_next: true });

  const raised = await roots('PUT', `/admin/users/${ada.user.id}/role`, { role: 'team_admin' });
  t.same([raised.status, raised.body], [200, example('PUT /api/v1/admin/users/{id}/role')]);
  t.equal((await as(hub, ada.token)('GET', '/auth/me')).status, 401, 'sign-ins of the old role end');
  const again = await signIn(hub, provider, account('ada'));
  t.equal(again.user.role, 'team_admin', 'it stays where the provider names none');
  for (const path of ['/admin/users', '/admin/audit', '/admin/metrics']) {
    const refused = await as(hub, again.token)('GET', path);
    t.same([refused.status, refused.body.error.code], [403, 'FORBIDDEN'], path);
  }
  const wrong = await roots('PUT', `/admin/users/${ada.user.id}/role`, { role: 'king' });
  t.match(wrong, { status: 400, body: { error: { code: 'INVALID_REQUEST', details: { field: 'role' } } } });
});

t.test('health and status', async (t) => {
  const { hub, ada } = await start(t);
  const health = await hub.call('GET', '/api/v1/health', undefined, null);
  sameShape(t, health.body, example('GET /api/v1/health'));
  t.match(health.body, { status: 'healthy', checks: { database: 'healthy' } });
  const status = await hub.call('GET', '/api/v1/status', undefined, ada.token);
  sameShape(t, status.body, example('GET /api/v1/status'));
  t.match(status.body.services, { api: 'operational', database: 'operational' });
  const other = await hub.call('GET', '/api/v1/status', undefined, ADMIN_KEY);
  t.equal(other.body.success, true, 'to others another API answers');
});

t.test('changes are told as they happen, to whom they concern', async (t) => {
  const { hub, provider, ada, bob } = await start(t);
  const open = (token: string, path = '/ws') =>
    WsClient.open(t, hub, { path, headers: { Authorization: `Bearer ${token}` } });
  const [adas, bobs] = [await open(ada.token), await open(bob.token)];
  const root = await signIn(hub, provider, account('root', 'super_admin'));
  const roots = await open(root.token, '/portal/ws');
  const { body } = await as(hub, ada.token)('GET', '/servers?search=sequential');
  const [{ id }] = body.servers;
  await as(hub, ada.token)('POST', '/servers/bulk', { operation: 'enable', server_ids: [id] });
  const running = await adas.next(({ type, data }) => type === 'SERVER_STATE_CHANGED' && data.new_state === 'running');
  sameShape(t, running, portalDocument.events.SERVER_STATE_CHANGED);
  t.match(running.data, { server_id: id, user_id: ada.user.id });
  const done = await adas.next(({ type, data }) => type === 'BULK_OPERATION_PROGRESS' && data.status === 'completed');
  sameShape(t, done, portalDocument.events.BULK_OPERATION_PROGRESS);
  t.match(done.data, { operation_id: /^bulk_op_/, completed: 1, total: 1 });
  await as(hub, bob.token)('PUT', '/config', { preferences: { notifications: false } });
  const updated = await bobs.next('CONFIG_UPDATED');
  sameShape(t, updated, portalDocument.events.CONFIG_UPDATED);
  t.match(updated.data, { user_id: bob.user.id, changes: ['preferences'] });
  t.equal(bobs.messages.length, 1, "nothing of anybody else's");
  await roots.next(({ type, data }) => type === 'CONFIG_UPDATED' && data.user_id === bob.user.id);
  t.ok(
    roots.messages.some(({ type }) => type === 'SERVER_STATE_CHANGED'),
    'admins hear of everybody',
  );

  const late = await WsClient.open(t, hub, { path: '/portal/ws' });
  late.send({ type: 'ping' });
  t.match(await late.next('ERROR'), { data: { code: 'UNAUTHORIZED' } });
  late.send({ type: 'auth', token: bob.token });
  t.match(await late.next('AUTHENTICATED'), { data: { role: 'standard_user' } });
  late.send({ type: 'ping' });
  await late.next('PONG');
  await t.rejects(open('eyJhbGciOiJub25lIn0.eyJhcGkiOiJwb3J0YWwifQ.'), { message: 'refused: 401' });
  const { token, refreshToken: refresh_token } = bob;
  await hub.call('POST', `${base}/auth/logout`, { refresh_token }, token);
  t.equal((await bobs.closed).code, 4401, 'who signs out is not told any more');
});

t.test('limits: their classes, and the answer beyond them', async (t) => {
  const { hub } = await startPortal(t, { ROUNDHOUSE_RATE_LIMIT_SCALE: '0.1' });
  const first = await hub.call('GET', `${base}/config`);
  t.equal(first.headers.get('x-ratelimit-limit'), '6');
  t.equal((await hub.call('GET', `${base}/admin/metrics`)).headers.get('x-ratelimit-limit'), '3');
  const bulk = () => hub.call('POST', `${base}/servers/bulk`, { operation: 'enable', server_ids: ['x'] });
  t.equal((await bulk()).headers.get('x-ratelimit-limit'), '1');
  const imported = await hub.call('POST', `${base}/config/import`, { version: '1.0', servers: [] });
  t.equal(imported.headers.get('x-ratelimit-limit'), '6', 'an import is no bulk operation');
  const { status, body, headers } = await bulk();
  t.equal(status, 429);
  sameShape(t, body, portalDocument.errors['429']);
  t.match(body.error, { code: 'RATE_LIMITED' });
  t.equal(headers.get('retry-after'), String(body.error.retry_after));
});

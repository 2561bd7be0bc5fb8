import t from 'tap';
import { limits } from '../../hub/api/backend/index.js';
import { describedApis } from '../../hub/apis.js';
import { ended } from '../automation.js';
import { as, backendDocument, base, example } from '../backend.js';
import { ADMIN_KEY, startHub } from '../roundhouse.js';
import { sameShape } from '../shape.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

t.test('every documented endpoint is there, and everything else is marked as an extension', async (t) => {
  const [api] = describedApis().filter(({ name }) => name === 'backend');
  const documented = Object.keys(backendDocument.endpoints);
  const found = (api?.endpoints ?? []).map(({ spec }) => ({ name: `${spec.method} ${spec.path}`, spec }));
  const here = found.filter(({ spec }) => !spec.extension).map(({ name }) => name);
  t.same(here.sort(), documented.sort());
});

t.test('definitions, from first to last, at the plain paths', async (t) => {
  const hub = await startHub(t);
  const path = '/api/v1/mcp-definitions';
  const config = { type: 'npm', package: '@modelcontextprotocol/server-memory', version: '2025.8.4' };
  const body = { name: 'memory', description: 'A knowledge graph', mcp_type: 'npm', config };
  const made = await hub.call('POST', path, body);
  t.equal(made.status, 201);
  sameShape(t, made.body, example('POST /api/v1/mcp-definitions'));
  t.match(made.body, { id: UUID, name: 'memory', mcp_type: 'npm', latest_version: { id: UUID, version: '1', config } });
  const listed = await hub.call('GET', path);
  sameShape(t, listed.body, example('GET /api/v1/mcp-definitions'));
  t.match(listed.body, { items: [made.body], total: 1, skip: 0, limit: 10 });
  const one = `${path}/${made.body.id}`;
  const got = await hub.call('GET', one);
  sameShape(t, got.body, example('GET /api/v1/mcp-definitions/{definition_id}'));
  t.match(got.body.versions, [made.body.latest_version]);
  const changed = await hub.call('PUT', one, { name: 'graph', description: 'Another' });
  t.equal(changed.status, 200);
  sameShape(t, changed.body, example('PUT /api/v1/mcp-definitions/{definition_id}'));
  t.match(changed.body, { name: 'graph', description: 'Another', created_at: made.body.created_at });
  const deleted = await hub.call('DELETE', one);
  t.same([deleted.status, deleted.body], [200, example('DELETE /api/v1/mcp-definitions/{definition_id}')]);
  t.equal((await hub.call('GET', one)).status, 404);
});

t.test('workflow runs, the dashboard, entities and the metrics summary', async (t) => {
  const hub = await startHub(t);
  const call = as(hub, ADMIN_KEY);
  const parameters = { servers: [] };
  const made = await call('POST', '/workflow-runs', { workflow_definition_id: 'health_sweep', parameters });
  t.equal(made.status, 202, 'its work goes on');
  sameShape(t, made.body, example('POST /api/v1/workflow-runs'));
  t.match(made.body, { id: UUID, workflow_definition_id: 'health_sweep', parameters: { restart: false } });
  t.same(made.body.parameters.servers, []);
  await ended(hub, `/api/v1/orchestration/workflows/${made.body.id}`);
  const got = await call('GET', `/workflow-runs/${made.body.id}`);
  sameShape(t, got.body, example('GET /api/v1/workflow-runs/{run_id}'));
  t.match(got.body, { status: 'completed', result: { health_sweep: { total: 0 } } });
  const summary = await call('GET', '/dashboard/summary');
  sameShape(t, summary.body, example('GET /api/v1/dashboard/summary'));
  t.match(summary.body, { total_mcps: 0, active_workflows: 0, recent_workflow_runs: [{ id: made.body.id }] });
  t.match(summary.body.system_health, { status: /healthy|degraded/, metrics: { servers_total: 0, jobs_running: 0 } });
  const entity = await call('GET', `/entities/workflow_run/${made.body.id}`);
  t.equal(entity.status, 200);
  sameShape(t, entity.body, example('GET /api/v1/entities/{entity_type}/{entity_id}'));
  t.match(entity.body, { type: 'workflow_run', data: { status: 'completed', workflow_definition_id: 'health_sweep' } });
  const metrics = await call('GET', '/metrics/summary');
  sameShape(t, metrics.body, example('GET /api/v1/metrics/summary'));
  t.ok(metrics.body.http_requests.total >= 4 && metrics.body.http_requests.success_rate === 1);
  t.ok(metrics.body.http_requests.average_latency > 0 && metrics.body.database_operations.average_latency > 0);
  t.match(metrics.body.workflow_steps, { total: 1, success_rate: 1 });
});

t.test('external databases are created and listed without the password', async (t) => {
  const hub = await startHub(t);
  const call = as(hub, ADMIN_KEY);
  const wanted = {
    name: 'Reporting DB',
    db_type: 'postgresql',
    host: 'db.example.org',
    port: 5432,
    db_name: 'reports',
    username: 'reader',
    password: 'hunter2-hunter2',
  };
  const made = await call('POST', '/external-db-configs', wanted);
  t.equal(made.status, 201);
  sameShape(t, made.body, example('POST /api/v1/external-db-configs'));
  const { password, ...shown } = wanted;
  t.match(made.body, { ...shown, id: UUID });
  const listed = await call('GET', '/external-db-configs');
  sameShape(t, listed.body, example('GET /api/v1/external-db-configs'));
  t.match(listed.body, { items: [made.body], total: 1, skip: 0, limit: 10 });
  const audit = await hub.call('GET', '/api/audit?action=database.create');
  t.match(JSON.stringify(audit.body), made.body.id);
  const entity = await call('GET', `/entities/external-db-configs/${made.body.id}`);
  t.match(entity.body, { type: 'external_db_config', data: { db_name: 'reports' } });
  for (const { body } of [made, listed, audit, entity]) t.notMatch(JSON.stringify(body), password);
});

t.test(
  'API keys: shown once, valid in either header and at other APIs, answered in this form at shared paths',
  async (t) => {
    const hub = await startHub(t);
    const call = as(hub, ADMIN_KEY);
    const made = await call('POST', '/api-keys', { name: 'ci' });
    t.equal(made.status, 201);
    sameShape(t, made.body, example('POST /api/v1/api-keys'));
    const { id, key, prefix } = made.body;
    t.ok(key.startsWith('mcp_') && key.startsWith(prefix) && key.length > prefix.length + 20);
    const plain = await hub.call('GET', '/api/v1/api-keys', undefined, null, { headers: { 'X-API-Key': key } });
    sameShape(t, plain.body, example('GET /api/v1/api-keys'));
    t.notOk(JSON.stringify(plain.body).includes(key));
    const bearer = await hub.call('GET', '/api/v1/api-keys', undefined, key);
    t.same(bearer.body.total, plain.body.total, 'in either header');
    t.match(
      plain.body.items.find((one: { id: string }) => one.id === id),
      { name: 'ci', prefix, last_used_at: /Z$/ },
    );
    t.equal((await hub.call('GET', '/api/servers', undefined, key)).status, 200, 'good for other APIs');
    t.equal(
      (await hub.call('GET', '/api/v1/api-keys')).body.status,
      'success',
      'a key of no API: the first API answers',
    );
    const page = await call('GET', '/api-keys?skip=1&limit=1');
    t.match(page.body, { items: { length: 1 }, skip: 1, limit: 1 });
    const deleted = await hub.call('DELETE', `/api/v1/api-keys/${id}`, undefined, key);
    t.same([deleted.status, deleted.body], [200, example('DELETE /api/v1/api-keys/{key_id}')]);
    const dead = await as(hub, key)('GET', '/api-keys');
    t.match([dead.status, dead.body.detail], [401, 'Invalid API key']);
  },
);

t.test('health is public, metrics are text, and every answer has the printed headers', async (t) => {
  const hub = await startHub(t);
  const health = await hub.call('GET', `${base}/health`, undefined, null);
  t.equal(health.status, 200);
  sameShape(t, health.body, example('GET /api/v1/health'));
  const metrics = await as(hub, ADMIN_KEY)('GET', '/metrics');
  t.match(metrics.body, /# TYPE mcp_connect_requests_total counter/);
  const refused = await hub.call('GET', `${base}/mcp-definitions`, undefined, null);
  for (const answer of [health, metrics, refused])
    for (const [name, value] of Object.entries(backendDocument.headers)) t.equal(answer.headers.get(name), value, name);
});

t.test('errors have the documented form', async (t) => {
  const hub = await startHub(t);
  const viewer = await hub.key('viewer');
  const [admin, low, none] = [as(hub, ADMIN_KEY), as(hub, viewer), as(hub, 'mcp_no_such_key')];
  const answers = await Promise.all([
    admin('POST', '/mcp-definitions', {}),
    admin('GET', '/mcp-definitions?limit=0'),
    admin('GET', '/mcp-definitions?mcp_type=smtp'),
    admin('GET', '/external-db-configs?skip=-1'),
    admin('GET', '/entities/smtp/1'),
    none('GET', '/mcp-definitions'),
    low('POST', '/mcp-definitions', {}),
    low('GET', `/entities/user/${crypto.randomUUID()}`),
    admin('GET', `/mcp-definitions/${crypto.randomUUID()}`),
    admin('GET', `/workflow-runs/${crypto.randomUUID()}`),
    admin('POST', '/workflow-runs', { workflow_definition_id: 'no-such' }),
    admin('GET', '/nothing'),
    admin('PATCH', '/mcp-definitions'),
  ]);
  t.same(
    answers.map(({ status }) => status),
    [400, 400, 400, 400, 400, 401, 403, 403, 404, 404, 404, 404, 405],
  );
  for (const { body } of answers) sameShape(t, body, backendDocument.error);
  t.match(answers[1]?.body, { detail: /^limit: /, details: { field: 'limit' } });
  t.match(answers[4]?.body.detail, /^entity_type: must be one of: server, /);
});

t.test('a hundred requests a minute for an address, and the reset in seconds left', async (t) => {
  t.same(limits.default, { ...backendDocument.rateLimit, per: 'address' });
  const hub = await startHub(t, { env: { ROUNDHOUSE_RATE_LIMIT_SCALE: '1' } });
  const keys = [ADMIN_KEY, await hub.key('viewer')];
  for (let i = 0; i < 100; i += 1) {
    const { status, headers } = await as(hub, keys[i % 2] ?? '')('GET', '/mcp-definitions');
    t.equal(status, 200);
    if (i === 0) t.match([headers.get('x-ratelimit-limit'), headers.get('x-ratelimit-remaining')], ['100', '99']);
  }
  const refused = await as(hub, ADMIN_KEY)('GET', '/mcp-definitions');
  t.equal(refused.status, 429);
  sameShape(t, refused.body, backendDocument.error);
  t.equal(refused.headers.get('x-ratelimit-remaining'), '0');
  const left = Number(refused.headers.get('x-ratelimit-reset'));
  t.ok(left > 0 && left <= 60, 'seconds left');
  t.equal(refused.headers.get('retry-after'), String(refused.body.details.retry_after));
  t.equal((await hub.call('GET', '/api/servers')).status, 200, 'other APIs go on');
});

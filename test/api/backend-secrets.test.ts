import t, { type Test } from 'tap';
import { fixtureServer, until } from '../automation.js';
import { as, base, readRun } from '../backend.js';
import { ADMIN_KEY, fixture, startAgent, startHub } from '../roundhouse.js';

const PASSWORD = 'the password of the database';
const database = (name: string, more: object = {}) => ({
  name,
  db_type: 'postgresql',
  host: 'db.example.org',
  port: 5432,
  db_name: 'reports',
  username: 'reader',
  password: PASSWORD,
  ...more,
});

async function start(t: Test) {
  const hub = await startHub(t);
  const agent = await startAgent(t, hub);
  const call = as(hub, ADMIN_KEY);
  for (const one of [database('everywhere'), database('here', { site: 'local' })])
    t.equal((await call('POST', '/external-db-configs', one)).status, 201);
  return { hub, agent, call };
}

t.test('a caller that may not run commands cannot make a container print a database’s password', async (t) => {
  const { hub } = await start(t);
  const key = await hub.key('user');
  const portal = (path: string, body: object) => hub.call('POST', `/portal/api/v1${path}`, body, key);
  const entry = await portal('/catalog/custom', { name: 'mine', image: 'example.org/mine:1' });
  t.equal(entry.status, 201);
  const config = (env: object) => ({ config: { auto_start: false, env } });
  const sly = await portal(`/servers/${entry.body.id}/enable`, config({ A: 'x {{database:everywhere|password}}' }));
  t.match(sly, { status: 403, body: { error: { message: /external databases/ } } });
  t.equal((await portal(`/servers/${entry.body.id}/enable`, config({ A: 'plain' }))).status, 202);
  const later = await portal(`/servers/${entry.body.id}/enable`, config({ A: '{{database:everywhere}}' }));
  t.equal(later.status, 403, 'nor by changing what was enabled');
});

t.test('narrowed keys can only name databases that they see', async (t) => {
  const { hub, call } = await start(t);
  const narrow = await hub.key('admin', { grants: { sites: ['local'] } });
  const server = (name: string, of: string) => ({
    name,
    transport: {
      type: 'stdio',
      command: process.execPath,
      args: [fixture('answers')],
      env: { A: `{{database:${of}}}` },
    },
  });
  const refused = await hub.call('POST', '/api/servers', server('a', 'everywhere'), narrow);
  t.match(refused, { status: 400, body: { details: { error: /no external database 'everywhere'/ } } });
  t.equal((await hub.call('POST', '/api/servers', server('a', 'here'), narrow)).status, 201);
  t.equal((await hub.call('POST', '/api/servers', server('b', 'everywhere'))).status, 201);
  const kept = { transport: { ...server('b', '').transport, env: { A: '********', B: 'more' } } };
  t.equal((await hub.call('PUT', '/api/servers/b', kept, narrow)).status, 200, 'what an admin named stays');
  await startAgent(t, hub, 'berlin');
  t.equal((await hub.call('POST', '/api/servers', { ...server('far', 'here'), site: 'berlin' })).status, 201);
  const held = await as(hub, narrow)('DELETE', '/external-db-configs/here');
  t.match(held, { status: 409, body: { detail: /: a, 1 that this caller cannot see$/, details: { servers: ['a'] } } });
  t.match((await call('DELETE', '/external-db-configs/here')).body.details.servers.sort(), ['a', 'far']);
});

t.test('a password is in no answer, log, audit entry, event or export after any request with it', async (t) => {
  const { hub, agent, call } = await start(t);
  const server = await hub.connectServer(fixtureServer('flow', 'held'));
  const events = await readRun(t, hub, '/api/sse/events', { 'X-API-Key': ADMIN_KEY });
  const text = '{{database:everywhere}} {{database:everywhere|password}}';
  const steps = [
    { name: 'said', kind: 'tool_call', with: { tool: 'echo', server, arguments: { text } } },
    { name: 'asked', kind: 'tool_call', with: { tool: 'no_such_tool', server, arguments: { text } } },
  ];
  const config = { type: 'workflow', steps };
  t.equal((await call('POST', '/mcp-definitions', { name: 'tells', mcp_type: 'workflow', config })).status, 201);
  const { body: run } = await call('POST', '/workflow-runs', { workflow_definition_id: 'tells' });
  const ended = await until(hub, `${base}/workflow-runs/${run.id}`, ({ status }) => status === 'failed');
  const stream = await (
    await readRun(t, hub, `${base}/workflow-runs/${run.id}/stream`, { 'X-API-Key': ADMIN_KEY })
  ).ended();
  await call('POST', '/external-db-configs', database('again', { password: [PASSWORD] }));
  await call('POST', '/external-db-configs', database('everywhere'));
  await call('PUT', '/external-db-configs/everywhere', { port: 1, password: PASSWORD });
  await call('POST', '/external-db-configs/everywhere/check');
  const read = await Promise.all(
    ['/api/audit', '/api/audit/export', '/api/v1/jobs', '/api/v1/logs', '/portal/api/v1/config/export']
      .concat([`${base}/external-db-configs`, `${base}/entities/workflow_run/${run.id}`])
      .map((path) => hub.call('GET', path)),
  );
  for (const { status } of read) t.equal(status, 200);
  const all = JSON.stringify([ended.body, stream, events.events, read.map(({ body }) => body), hub.log, agent.log]);
  t.match(all, 'REDACTED');
  for (const form of [PASSWORD, encodeURIComponent(PASSWORD)]) t.notOk(all.includes(form));
});

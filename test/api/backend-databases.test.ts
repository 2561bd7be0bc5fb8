import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import t, { type Test } from 'tap';
import { ended } from '../automation.js';
import { as } from '../backend.js';
import { ADMIN_KEY, fixture, startAgent, startHub } from '../roundhouse.js';

const PASSWORD = 'p@ss/word of the tests';
const URL_NOW = `postgresql://reader:${encodeURIComponent(PASSWORD)}@db.example.org:5432/reports`;
const database = {
  name: 'Main DB',
  db_type: 'postgresql',
  host: 'db.example.org',
  port: 5432,
  db_name: 'reports',
  username: 'reader',
  password: PASSWORD,
};
const server = (env: Readonly<Record<string, string>>, program = 'answers') => ({
  name: 'reports',
  transport: { type: 'stdio', command: process.execPath, args: [fixture(program)], env },
});

async function start(t: Test) {
  const hub = await startHub(t);
  const agent = await startAgent(t, hub);
  const call = as(hub, ADMIN_KEY);
  const { body } = await call('POST', '/external-db-configs', database);
  return { hub, agent, call, id: body.id as string };
}

t.test('a server’s environment names a database, and gets its settings, now and after a change', async (t) => {
  const { hub, call, id } = await start(t);
  const env = { DATABASE_URL: '{{database:main db}}', AT: '{{database:Main DB|host}}:{{database:Main DB|port}}' };
  const serverId = await hub.connectServer(server(env));
  const seen = async () => {
    const { body } = await hub.call('POST', '/api/tools/env/invoke', { serverId, arguments: {} });
    return JSON.parse(body.data.content[0].text);
  };
  t.match(await seen(), { DATABASE_URL: URL_NOW, AT: 'db.example.org:5432' });
  t.match((await call('GET', `/entities/external_db_config/${id}`)).body.related_entities, [
    { type: 'server', id: serverId, relationship: 'used_by' },
  ]);
  t.match(await call('DELETE', `/external-db-configs/${id}`), { status: 409, body: { detail: /reports/ } });
  t.match(await call('PUT', `/external-db-configs/${id}`, { name: 'other' }), { status: 409 });
  const moved = await call('PUT', `/external-db-configs/${id}`, { host: 'evil.example.org' });
  t.match([moved.status, moved.body.details.field], [400, 'password'], 'a password does not follow to another address');
  const changed = await call('PUT', '/external-db-configs/Main%20DB', { password: 'another password', port: 6432 });
  t.match(changed, { status: 200, body: { port: 6432, host: 'db.example.org' } });
  await hub.call('POST', `/api/servers/${serverId}/connect`);
  t.match(await seen(), { DATABASE_URL: /another%20password@db.example.org:6432/, AT: 'db.example.org:6432' });
  await hub.call('PUT', `/api/servers/${serverId}`, { transport: server({}).transport });
  t.equal((await call('DELETE', `/external-db-configs/${id}`)).status, 200, 'nothing names it any more');
  const told = await Promise.all(['/api/audit', `/api/servers/${serverId}`].map((path) => hub.call('GET', path)));
  const text = JSON.stringify([told.map(({ body }) => body), hub.log]);
  for (const secret of [PASSWORD, encodeURIComponent(PASSWORD), 'another password']) t.notOk(text.includes(secret));
});

t.test('a reference to an unknown database is refused, and the error names the field', async (t) => {
  const { hub } = await start(t);
  const register = (env: Readonly<Record<string, string>>) => hub.call('POST', '/api/servers', server(env));
  t.match(await register({ A: '{{database:none}}' }), {
    status: 400,
    body: { details: { field: 'transport.env.A', error: /no external database 'none'/ } },
  });
  t.match(await register({ A: '{{database:Main DB|size}}' }), {
    status: 400,
    body: { details: { error: /url, host/ } },
  });
  const headers = { 'X-Db': '{{database:Main DB}}' };
  const remote = { name: 'r', transport: { type: 'http', url: 'https://example.org/mcp', headers } };
  t.match(await hub.call('POST', '/api/servers', remote), {
    status: 400,
    body: { details: { field: 'transport.headers.X-Db' } },
  });
});

t.test('a workflow’s step gets a database’s address, and no run shows it', async (t) => {
  const { hub, call } = await start(t);
  const serverId = await hub.connectServer({ ...server({}, 'held'), name: 'echo' });
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a parameter of the workflow
  const text = 'see {{database:${db}}}';
  const config = {
    type: 'workflow',
    parameters: { db: { type: 'string', default: 'Main DB' }, plain: { type: 'string', default: '' } },
    steps: [
      { name: 'url', kind: 'tool_call', with: { tool: 'echo', server: serverId, arguments: { text } } },
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a parameter of the workflow
      { name: 'plain', kind: 'tool_call', with: { tool: 'echo', arguments: { text: '${plain}' } } },
    ],
  };
  const made = await call('POST', '/mcp-definitions', { name: 'migrate', mcp_type: 'workflow', config });
  t.equal(made.status, 201);
  const start_ = (parameters: object) =>
    call('POST', '/workflow-runs', { workflow_definition_id: 'migrate', parameters });
  const { body: run } = await start_({ plain: '{{database:Main DB}}' });
  await ended(hub, `/api/v1/orchestration/workflows/${run.id}`);
  const { body } = await call('GET', `/workflow-runs/${run.id}`);
  const shown = 'see postgresql://reader:[REDACTED]@db.example.org:5432/reports';
  t.match(body.result, {
    url: { result: { content: [{ text: shown }] } },
    plain: { result: { content: [{ text: '{{database:Main DB}}' }] } },
  });
  t.notOk(JSON.stringify(body).includes(encodeURIComponent(PASSWORD)));
  const none = await start_({ db: 'none' });
  t.match([none.status, none.body.details.field], [400, 'parameters']);
  const sly = await start_({ db: 'x}} {{database:Main DB' });
  t.equal(sly.status, 400, 'a parameter names one database, and nothing more');
});

t.test('an invalid database is refused with its field, and names are unique', async (t) => {
  const { call } = await start(t);
  const wrong: [Partial<Record<keyof typeof database, unknown>>, string][] = [
    [{ db_type: 'dbase' }, 'db_type'],
    [{ port: 0 }, 'port'],
    [{ port: '5432' }, 'port'],
    [{ host: 'a b' }, 'host'],
    [{ host: 'user@db' }, 'host'],
    [{ name: 'a|b' }, 'name'],
    [{ password: undefined }, 'password'],
  ];
  for (const [change, field] of wrong) {
    const { status, body } = await call('POST', '/external-db-configs', { ...database, name: 'x', ...change });
    t.match([status, body.details?.field], [400, field]);
  }
  t.equal((await call('POST', '/external-db-configs', { ...database, name: 'MAIN db' })).status, 409);
  const site = await call('POST', '/external-db-configs', { ...database, name: 'x', site: 'nowhere' });
  t.match([site.status, site.body.details.field], [400, 'site']);
});

t.test('narrowed keys see the databases of their sites', async (t) => {
  const { hub, call } = await start(t);
  await call('POST', '/external-db-configs', { ...database, name: 'here', site: 'local' });
  const names = async (grants: object) => {
    const key = await hub.key('viewer', { grants });
    const { body } = await as(hub, key)('GET', '/external-db-configs');
    return body.items.map(({ name }: { name: string }) => name);
  };
  t.same(await names({ sites: ['local'] }), ['here']);
  t.same(await names({ sites: ['berlin'] }), []);
  t.same(await names({ tools: ['echo'] }), []);
});

t.test('a site checks whether a database answers like its kind', async (t) => {
  const { call, hub } = await start(t);
  const greets = createServer((socket) => {
    socket.on('error', () => {}).resume();
    // The greeting of MariaDB: the packet's length, its number, protocol 10, the version.
    socket.end(Buffer.from([...[16, 0, 0, 0, 10], ...Buffer.from('10.11.6-MariaDB\0')]));
  });
  greets.listen(0, '127.0.0.1');
  await once(greets, 'listening');
  t.teardown(() => greets.close());
  const { port } = greets.address() as AddressInfo;
  const here = { ...database, name: 'here', db_type: 'mariadb', host: '127.0.0.1', port };
  await call('POST', '/external-db-configs', here);
  const check = () => call('POST', '/external-db-configs/here/check');
  const found = await check();
  t.match(found, { status: 200, body: { site: 'local', reachable: true, server: '10.11.6-MariaDB', reason: '' } });
  t.ok(found.body.latency_ms > 0);
  await call('PUT', '/external-db-configs/here', { db_type: 'redis', password: 'x' });
  t.match((await check()).body, { reachable: false, reason: 'not_this_kind', latency_ms: null });
  greets.close();
  await once(greets, 'close');
  t.match((await check()).body, { reachable: false, reason: 'refused', error: /refuses the connection/ });
  await call('PUT', '/external-db-configs/here', { host: '169.254.169.254', password: 'x' });
  t.match(await check(), { status: 403, body: { detail: /link-local/ } });
  const nowhere = await call('POST', '/external-db-configs/here/check', { site: 'nowhere' });
  t.match([nowhere.status, nowhere.body.details.field], [400, 'site']);
  const audit = await hub.call('GET', '/api/audit?action=database.check');
  t.ok(audit.body.data.total >= 3);
});

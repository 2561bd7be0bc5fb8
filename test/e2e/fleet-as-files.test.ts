import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import t from 'tap';
import { parse, stringify } from 'yaml';
import { until } from '../automation.js';
import { newUser } from '../infrastructure.js';
import {
  ADMIN_KEY,
  commandLine,
  everything,
  type Hub,
  type Owner,
  Program,
  startAgent,
  startHub,
} from '../roundhouse.js';
import { tempFolder } from '../temp-folder.js';

const sites = ['berlin', 'lisbon', 'oslo', 'paris', 'rome'];

/** A hub with an agent at each site. */
async function startFleet(t: Owner, at: readonly string[]): Promise<Hub> {
  const hub = await startHub(t);
  for (const site of at) await startAgent(t, hub, site);
  return hub;
}

const first = await startFleet(t, sites);
const second = await startFleet(t, sites);
const small = await startFleet(t, ['berlin']);

const SECRET = 'a-secret-of-the-fleet';

/** Calls an endpoint, and gives the answer's data. */
async function made(hub: Hub, path: string, body: unknown, method = 'POST') {
  const answer = await hub.call(method, path, body);
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
  return answer.body.data ?? answer.body;
}

const kubeconfig = stringify({
  'current-context': 'admin',
  contexts: [{ name: 'admin', context: { cluster: 'far', user: 'admin' } }],
  clusters: [{ name: 'far', cluster: { server: 'https://127.0.0.1:1' } }],
  users: [{ name: 'admin', user: { token: SECRET } }],
});

/** Transports of single servers. */
const special: Readonly<Record<number, object>> = {
  11: { type: 'websocket', url: 'ws://127.0.0.1:1/', reconnect: { maxAttempts: 3 }, heartbeat: {} },
  12: { type: 'sse', url: 'http://127.0.0.1:1/sse' },
};
const oauth = {
  ...{ type: 'oauth2', clientId: 'fleet', clientSecret: SECRET, tokenUrl: 'https://id.example.com/token' },
  scopes: ['read'],
};
const hostKey = `SHA256:${'A'.repeat(43)}`;

/** Makes a fleet with something of everything: 50 servers, 3 clusters and 10 devices at 5 sites. */
async function fill(hub: Hub): Promise<void> {
  const groups = new Map<string, string>();
  for (const name of ['Office', 'Lab', 'Edge']) {
    const group = await made(hub, '/api/groups', { name, description: `of the ${name}`, sortOrder: groups.size });
    groups.set(name, group.id);
  }
  const database = { db_type: 'postgresql', host: 'db.example.com', port: 5432, db_name: 'orders', username: 'reader' };
  await made(hub, '/backend/api/v1/external-db-configs', { name: 'orders', ...database, password: SECRET });
  await made(hub, '/backend/api/v1/external-db-configs', {
    name: 'local',
    ...database,
    password: SECRET,
    site: 'oslo',
  });
  const cluster = (name: string, site: string, config: object) =>
    made(hub, '/infrastructure/api/v1/kubernetes/clusters', { name, site, config });
  await cluster('prod', 'berlin', { kubeconfig: Buffer.from(kubeconfig).toString('base64') });
  await cluster('staging', 'lisbon', { host: '127.0.0.1:1', token: SECRET, timeout: 5 });
  await cluster('own', 'oslo', { agent: 'kubeconfig', context: 'mine' });
  for (let n = 0; n < 10; n++) {
    const credentials = { username: 'admin', password: SECRET };
    const jump_host = n === 3 ? { hostname: '127.0.0.1', port: 2, credentials, known_host_key: hostKey } : null;
    await made(hub, '/infrastructure/api/v1/network/devices', {
      ...{ name: `router-${n}`, type: 'frr', hostname: '127.0.0.1', port: 1, site: sites[n % 5], credentials },
      connection_options: { auto_connect: false, jump_host },
      tags: n % 2 === 0 ? ['edge'] : [],
      known_host_key: n === 4 ? hostKey : null,
    });
  }
  let chosen = '';
  for (let n = 0; n < 50; n++) {
    const remote = { type: 'http', url: `http://127.0.0.1:1/${n}`, headers: { 'X-Team': SECRET } };
    const program = { type: 'stdio', command: process.execPath, args: [everything], env: { TOKEN: SECRET } };
    const transport = special[n] ?? (n % 5 === 0 ? program : remote);
    const auth =
      n === 13 ? oauth : n % 7 === 1 ? { type: 'api_key', key: SECRET, header: 'X-Key', prefix: '' } : { type: 'none' };
    const { id } = await made(hub, '/api/servers', {
      ...{ name: `Server ${n}`, site: sites[n % 5], transport, auth },
      groupId: n % 3 === 0 ? groups.get('Office') : null,
      enabled: n % 10 !== 4,
      limits: n % 4 === 0 ? { maxQueue: 5 } : null,
      cache: n === 6 ? { tools: { echo: { ttlSeconds: 60 } } } : null,
      metadata: { tags: ['x', `n${n}`], category: n % 2 === 0 ? 'even' : null },
    });
    if (n === 0) chosen = id;
  }
  await made(hub, `/api/servers/${chosen}/connect`, undefined);
  const call = (server: string, message: string) => ({
    name: 'call',
    kind: 'tool_call',
    with: { server, tool: 'echo', arguments: { message } },
  });
  // One of each way to make a workflow.
  await made(hub, '/backend/api/v1/mcp-definitions', {
    ...{ name: 'report', description: 'asks the database', mcp_type: 'workflow' },
    config: { type: 'workflow', parameters: {}, steps: [call(chosen, '{{database:orders}}')] },
  });
  await made(hub, '/automation/api/v1/orchestration/workflows', {
    ...{ name: 'sweep', description: 'calls a tool', steps: [call('Server 1', 'hello')] },
    parameters: { loud: { type: 'boolean', default: true } },
  });
  for (const events of [['server.error'], ['tool.error', 'tool.invoked']])
    await made(hub, '/api/webhooks', { url: 'http://127.0.0.1:1/hook', events, secret: SECRET });
  const rule = { rule: 'latency', threshold: 5000, clear_threshold: 4000, enabled: false };
  await made(hub, '/automation/api/v1/alerts/rules', { rules: [rule] }, 'PUT');
}

/** The names of the variables that a file refers to. */
const variablesIn = (text: string) => [...text.matchAll(/fromEnv: (\w+)/g)].map(([, name = '']) => name);

/** The files that a user keeps of a hub's fleet: the fleet itself, and the secrets that the file refers to. */
async function keep(hub: Hub) {
  const exported = await commandLine(t, hub).run(['export']);
  const folder = tempFolder(t, { 'fleet.yaml': exported.stdout, 'prod.kubeconfig': kubeconfig });
  const env = Object.fromEntries(variablesIn(exported.stdout).map((name) => [name, `${SECRET}-again`]));
  return { ...exported, file: join(folder, 'fleet.yaml'), env };
}

await fill(first);
const kept = await keep(first);

t.test('a fleet is rebuilt from its export, and a second apply changes nothing', async (t) => {
  t.equal(kept.code, 0, kept.stderr);
  t.notMatch(kept.stdout, SECRET, 'an export holds no secret');
  const document = parse(kept.stdout);
  t.match(
    Object.entries(document).map(([section, records]) => [section, Object.keys(records as object).length]),
    [['apiVersion'], ['groups', 3], ['databases', 2], ['clusters', 3], ['devices', 10], ['servers', 50]],
  );

  const bare = commandLine(t, second);
  const refused = await bare.run(['apply', '-f', kept.file, '--yes']);
  t.equal(refused.code, 1);
  t.match(refused.stderr, 'variable DATABASE_ORDERS_PASSWORD: it is not set here');
  t.same(await bare.json('group', 'list'), [], 'a fleet without its secrets changes nothing');

  const cli = commandLine(t, second, { env: kept.env });
  const planned = await cli.run(['plan', '-f', kept.file, '--json']);
  t.equal(planned.code, 2, planned.stderr);
  const plan = JSON.parse(planned.stdout);
  t.match(plan.secrets, [{ source: 'variable DATABASE_LOCAL_PASSWORD', for: ["database 'local'"], problem: null }]);
  const applied = await cli.run(['apply', '-f', kept.file, '--yes', '--json']);
  t.equal(applied.code, 0, applied.stderr);
  t.same(JSON.parse(applied.stdout).steps, plan.steps, 'apply does what the plan says');
  t.notMatch(planned.stdout + applied.stdout + applied.stderr, SECRET);

  t.equal((await keep(second)).stdout, kept.stdout, 'the export of the copy is the same');
  t.match(await cli.json('server', 'show', 'Server 0'), { status: 'connected', site: 'berlin' });
  const before = await second.call('GET', '/api/audit?limit=1');
  t.match(await cli.run(['plan', '-f', kept.file]), { code: 0, stdout: '' });
  t.match(await cli.json('apply', '-f', kept.file, '--yes'), { steps: { length: 0 }, failed: { length: 0 } });
  t.same((await second.call('GET', '/api/audit?limit=1')).body.data, before.body.data, 'nothing was changed');
});

/** A file with a fleet, in a folder of its own. */
function fileWith(t: Owner, fleet: object): string {
  return join(tempFolder(t, { 'fleet.yaml': stringify({ apiVersion: 'roundhouse/v1', ...fleet }) }), 'fleet.yaml');
}

/** A server that is not connected: nothing has to answer at its address. */
const remote = (more: object = {}) => ({
  ...{ site: 'berlin', connected: false, transport: { type: 'http', url: 'http://127.0.0.1:1/mcp' } },
  ...more,
});

/** A test's action while a change passes on its way to the hub. The changes are counted from 1 on. */
interface Watch {
  /** Called before the hub has the change; `false`: the client is told to wait, and the hub gets nothing. */
  readonly before?: (count: number) => boolean;
  /** Called when the hub has answered, and the client has no answer yet. */
  readonly after?: (count: number) => Promise<unknown>;
}

/** A way to a hub on which a test can see the changes pass. */
async function watched(t: Owner, hub: Hub, { before = () => true, after }: Watch): Promise<string> {
  let count = 0;
  const pass = async (request: IncomingMessage, response: ServerResponse) => {
    const { method = 'GET', url = '/', headers } = request;
    const isChange = method !== 'GET';
    const body = isChange ? await buffer(request) : undefined;
    if (isChange) count += 1;
    const number = count;
    if (isChange && !before(number)) return response.writeHead(429, { 'Retry-After': '0' }).end('{}');
    const { authorization = '', 'content-type': type = 'application/json' } = headers;
    const sent = { method, headers: { authorization, 'content-type': type }, ...(body?.length ? { body } : {}) };
    const answer = await fetch(hub.url + url, sent);
    const text = await answer.text();
    if (isChange) await after?.(number);
    return response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' }).end(text);
  };
  const server = createServer((request, response) => {
    pass(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

t.test('a plan lists the fields that change, and deletes only with --prune', async (t) => {
  // It has no other records: --prune would delete them.
  const hub = await startFleet(t, ['berlin']);
  const cli = commandLine(t, hub, { env: { KEY: 'key-of-the-server' } });
  const auth = { type: 'api_key', key: { fromEnv: 'KEY' } };
  const fleet = { groups: { one: {}, two: {} }, servers: { alpha: remote({ group: 'one', auth }), beta: remote() } };
  await cli.json('apply', '-f', fileWith(t, fleet), '--yes');
  const changed = {
    groups: { one: { description: 'first' } },
    servers: { ALPHA: remote({ group: 'one', auth, metadata: { tags: ['new'] } }) },
  };
  const file = fileWith(t, changed);
  const steps = async (...more: string[]) =>
    JSON.parse((await cli.run(['plan', '-f', file, '--json', ...more])).stdout).steps;
  const made = [
    { action: 'change', kind: 'group', name: 'one', changes: [{ field: 'description', from: '', to: 'first' }] },
    { action: 'change', kind: 'server', name: 'ALPHA', changes: [{ field: 'metadata.tags', from: [], to: ['new'] }] },
  ];
  const deleted = [
    { action: 'delete', kind: 'server', name: 'beta', changes: [] },
    { action: 'delete', kind: 'group', name: 'two', changes: [] },
  ];
  t.same(await steps(), made);
  t.same(await steps('--prune'), [...made, ...deleted]);
  const { code, stdout } = await cli.run(['plan', '-f', file, '--prune']);
  t.equal(code, 2);
  t.match(stdout, /^~ group 'one'\n {4}description: "" -> "first"$/m);
  t.same((await cli.json('apply', '-f', file, '--prune', '--yes')).steps, [...made, ...deleted]);
  t.match(await cli.json('server', 'list'), [
    { name: 'alpha', metadata: { tags: ['new'] }, auth: { type: 'api_key' } },
  ]);
  t.equal((await cli.run(['plan', '-f', file, '--prune'])).code, 0);
});

t.test('a record of each kind is changed in place, and a second apply changes nothing', async (t) => {
  const cli = commandLine(t, small, { env: { WORD: 'word-of-sixteen-characters' } });
  const secret = { fromEnv: 'WORD' };
  const credentials = { username: 'admin', password: secret };
  const device = { type: 'frr', host: '127.0.0.1', port: 1, autoConnect: false, ...credentials };
  const database = { type: 'postgresql', host: 'a.example.com', port: 5432, password: secret };
  const look = (kind: string) => ({ name: 'look', kind });
  const before = {
    databases: { moved: database, renamed: database },
    clusters: { far: { address: '127.0.0.1:1', token: secret }, own: { agent: 'kubeconfig', context: 'one' } },
    devices: { moved: device, tagged: device, behind: device },
    servers: { plain: remote(), keyed: remote() },
    workflows: { steps: { steps: [look('test_run')] } },
    webhooks: [{ url: 'http://127.0.0.1:1/place', events: ['server.error'], secret }],
    alertRules: { latency: { threshold: 5000, clearThreshold: 4000 } },
  };
  const after = {
    databases: { moved: { ...database, host: 'b.example.com' }, renamed: { ...database, database: 'other' } },
    clusters: {
      far: { address: 'https://127.0.0.1:2', token: secret, timeout: 3 },
      own: { agent: 'kubeconfig', context: 'two', description: 'second' },
    },
    devices: {
      moved: { ...device, port: 2 },
      tagged: { ...device, tags: ['x'], keepalive: 5 },
      behind: { ...device, jumpHost: { host: '127.0.0.1', port: 3, ...credentials } },
    },
    servers: {
      plain: remote({ enabled: false, rateLimits: { requestsPerMinute: 5 } }),
      keyed: remote({ auth: { type: 'api_key', key: secret }, cache: { tools: { echo: { ttlSeconds: 5 } } } }),
    },
    workflows: { steps: { description: 'two', steps: [look('test_run'), { ...look('cleanup'), name: 'clean' }] } },
    webhooks: [{ url: 'http://127.0.0.1:1/place', events: ['tool.error', 'server.error'], enabled: false, secret }],
    alertRules: { latency: { threshold: 7000, severity: 'critical' } },
  };
  await cli.json('apply', '-f', fileWith(t, before), '--yes');
  for (const fleet of [after, before]) {
    const file = fileWith(t, fleet);
    const { steps } = await cli.json('apply', '-f', file, '--yes');
    t.equal(steps.length, 12);
    t.ok(steps.every(({ action }: Record<string, string>) => action === 'change'));
    t.match(await cli.run(['plan', '-f', file]), { code: 0, stdout: '' });
  }
});

t.test('a plan names everything that the hub cannot do, and apply then does nothing', async (t) => {
  const cli = commandLine(t, small, { env: { WORD: 'a-word' } });
  const step = { name: 'look', kind: 'test_run' };
  const added = { name: 'added', description: '', parameters: {}, steps: [step] };
  await made(small, '/automation/api/v1/orchestration/workflows', added);
  const device = { host: '127.0.0.1', port: 1, username: 'admin', password: { fromEnv: 'WORD' }, autoConnect: false };
  await cli.json('apply', '-f', fileWith(t, { devices: { fixed: { type: 'frr', ...device } } }), '--yes');
  const file = fileWith(t, {
    groups: { undone: {} },
    clusters: { both: { agent: 'in_cluster', address: 'https://127.0.0.1:1' } },
    devices: { fixed: { type: 'cisco_ios', ...device } },
    servers: { far: remote({ site: 'mars' }), lost: remote({ group: 'nowhere' }) },
    workflows: { added: { description: 'other', steps: [step] }, health_sweep: { steps: [step] } },
  });
  const refused = await cli.run(['apply', '-f', file, '--yes']);
  t.equal(refused.code, 1);
  for (const mistake of [
    'clusters.both: must have one of kubeconfig, address, agent',
    'devices.fixed: type: cannot be changed from "frr" to "cisco_ios"; delete the device first',
    "servers.far: site: the hub has no site 'mars'",
    "servers.lost: group: there is no group 'nowhere'",
    'workflows.added: cannot be changed: it was added through the Automation API',
    'workflows.health_sweep: cannot be changed: it ships with the hub',
  ])
    t.match(refused.stderr, mistake);
  const groups = await cli.json('group', 'list');
  t.notOk(groups.some(({ name }: Record<string, string>) => name === 'undone'));
});

t.test('a change of an address needs the secrets again, and --resend sends them', async (t) => {
  const fleet = (url: string) => ({
    servers: { gamma: remote({ transport: { type: 'http', url, headers: { 'X-Key': { fromEnv: 'GAMMA' } } } }) },
  });
  const cli = commandLine(t, small);
  const given = { env: { GAMMA: 'value' } };
  t.equal((await cli.run(['apply', '-f', fileWith(t, fleet('http://127.0.0.1:1/a')), '--yes'], given)).code, 0);
  const moved = fileWith(t, fleet('http://127.0.0.1:1/b'));
  const refused = await cli.run(['apply', '-f', moved, '--yes']);
  t.match(refused, { code: 1, stderr: 'variable GAMMA: it is not set here' });
  t.match(await cli.json('server', 'show', 'gamma'), { transport: { url: 'http://127.0.0.1:1/a' } });
  t.equal((await cli.run(['apply', '-f', moved, '--yes'], given)).code, 0);
  t.match(await cli.json('server', 'show', 'gamma'), { transport: { url: 'http://127.0.0.1:1/b' } });
  t.equal((await cli.run(['plan', '-f', moved])).code, 0, 'nothing changes without the secret');
  const again = JSON.parse((await cli.run(['apply', '-f', moved, '--resend', '--yes', '--json'], given)).stdout);
  t.match(again.steps, [{ action: 'change', name: 'gamma', changes: [{ field: 'secrets' }] }]);
  const texts = fileWith(t, {
    servers: {
      gamma: remote({ transport: { type: 'http', url: 'http://127.0.0.1:1/b', headers: { 'X-Key': 'text' } } }),
    },
  });
  t.match(await cli.run(['plan', '-f', texts]), { code: 0, stderr: /those of 1 server are not compared; --resend/ });
});

t.test('apply refuses if another client changes the fleet between the plan and the answer yes', async (t) => {
  await made(small, '/api/groups', { name: 'asked', description: 'old' });
  const person = commandLine(t, small, { isTerminal: true });
  const apply = person.start(t, ['apply', '-f', fileWith(t, { groups: { asked: { description: 'mine' } } })]);
  await apply.written('Make 1 change?');
  await made(small, '/api/groups/asked', { description: 'theirs' }, 'PUT');
  apply.type('y');
  t.equal(await apply.ended, 1);
  t.match(apply.stderr, /has changed since the plan was made/);
  t.match(apply.stderr, /now: +description: "theirs" -> "mine"/);
  t.match(
    (await person.json('group', 'list')).find(({ name }: { name: string }) => name === 'asked'),
    {
      description: 'theirs',
    },
  );
});

t.test('a kept plan is refused once the fleet has changed, and is done if it has not', async (t) => {
  const cli = commandLine(t, small);
  const file = fileWith(t, { groups: { kept: { description: 'mine' } } });
  const plan = join(tempFolder(t), 'plan.json');
  t.equal((await cli.run(['plan', '-f', file, '--save', plan])).code, 2);
  await made(small, '/api/groups', { name: 'kept', description: 'theirs' });
  const refused = await cli.run(['apply', '-f', file, '--plan', plan, '--yes']);
  t.match(refused, { code: 1, stderr: /before: \+ group 'kept'[\s\S]*now: +~ group 'kept'/ });
  await cli.run(['plan', '-f', file, '--save', plan]);
  t.match(await cli.json('apply', '-f', file, '--plan', plan, '--yes'), {
    steps: [{ action: 'change', name: 'kept' }],
  });
  writeFileSync(plan, '{}');
  t.match(await cli.run(['apply', '-f', file, '--plan', plan, '--yes']), { code: 1, stderr: 'is not a plan' });
});

t.test('apply stops before a record that another client has changed while it was at work', async (t) => {
  await made(small, '/api/groups', { name: 'late', description: 'old' });
  const after = async (count: number) => {
    if (count === 1) await made(small, '/api/groups/late', { description: 'theirs' }, 'PUT');
  };
  const url = await watched(t, small, { after });
  const cli = commandLine(t, small, { env: { ROUNDHOUSE_URL: url } });
  const file = fileWith(t, { groups: { early: {}, late: { description: 'mine' } } });
  const stopped = await cli.run(['apply', '-f', file, '--yes']);
  t.match(stopped, {
    code: 1,
    stderr: /changes made: 1 of 2[\s\S]*~ group 'late'\n {4}description: "old" -> "theirs"/,
  });
  const shown = await cli.json('group', 'list');
  const descriptions = Object.fromEntries(
    shown.map(({ name, description }: Record<string, string>) => [name, description]),
  );
  t.match(descriptions, { early: '', late: 'theirs' });
});

t.test('apply waits where the hub asks for that', async (t) => {
  const url = await watched(t, small, { before: (count) => count > 2 });
  const cli = commandLine(t, small, { env: { ROUNDHOUSE_URL: url } });
  t.match(await cli.json('apply', '-f', fileWith(t, { groups: { waited: {} } }), '--yes'), {
    steps: [{ name: 'waited' }],
  });
  t.ok((await cli.json('group', 'list')).some(({ name }: Record<string, string>) => name === 'waited'));
});

t.test('a server that cannot be connected is registered, and ends apply with exit code 6', async (t) => {
  const cli = commandLine(t, small);
  const file = fileWith(t, { servers: { dead: remote({ connected: true }) }, groups: { besides: {} } });
  const applied = await cli.run(['apply', '-f', file, '--yes', '--json']);
  t.equal(applied.code, 6, applied.stderr);
  t.match(JSON.parse(applied.stdout), { steps: [{ name: 'besides' }, { name: 'dead' }], failed: [/dead/] });
  t.equal((await cli.run(['plan', '-f', file])).code, 0, 'the hub goes on trying by itself');
  const stopped = fileWith(t, { servers: { dead: remote() } });
  const { steps } = await cli.json('apply', '-f', stopped, '--yes');
  t.match(steps, [{ changes: [{ field: 'connected', from: true, to: false }] }]);
  t.equal((await cli.run(['plan', '-f', stopped])).code, 0);
});

t.test('the personal server of another person is in no export, and stays when the others are pruned', async (t) => {
  const ada = await newUser(small, 'ada', 'user');
  const portal = (path: string, body: object) => small.call('POST', `/portal/api/v1${path}`, body, ada.token);
  const entry = await portal('/catalog/custom', { name: 'of-ada', image: 'example.org/ada:1' });
  const enabled = await portal(`/servers/${entry.body.id}/enable`, { config: { auto_start: false } });
  await until(
    small,
    `/portal/api/v1/operations/${enabled.body.operation_id}`,
    ({ status }) => status !== 'in_progress',
  );
  const { connected: _, ...shared } = remote();
  await made(small, '/api/servers', { name: 'shared', ...shared });
  const marked = async () =>
    (await small.call('GET', '/api/servers')).body.data
      .filter(({ personal }: { readonly personal?: boolean }) => personal)
      .map(({ name }: { readonly name: string }) => name);
  const [name, ...others] = await marked();
  t.same([name, others], ['of-ada-ada', []], 'an admin sees it, with its mark');
  const cli = commandLine(t, small);
  const { servers } = parse((await cli.run(['export'])).stdout);
  t.ok('shared' in servers && !('of-ada-ada' in servers), Object.keys(servers).join());
  const { steps } = await cli.json('apply', '-f', fileWith(t, { servers: {} }), '--prune', '--yes');
  const deleted = steps.map(({ name: one }: { readonly name: string }) => one);
  t.ok(deleted.includes('shared') && !deleted.includes('of-ada-ada'), deleted.join());
  t.same(await marked(), ['of-ada-ada']);
});

t.test('an apply of the whole fleet that is killed again and again is completed by the next one', async (t) => {
  const hub = await startFleet(t, sites);
  const words = ['apply', '-f', kept.file, '--yes'];
  const cli = commandLine(t, hub, { env: kept.env });
  const plan = async () => JSON.parse((await cli.run(['plan', '-f', kept.file, '--json'])).stdout).steps;
  const countOf = (steps: readonly { readonly action: string }[]) =>
    steps.filter(({ action }) => action === 'create').length;
  let left = countOf(await plan());
  t.ok(left > 70);
  // Within the groups, the devices, and twice within the servers.
  for (const at of [2, 10, 20, 20]) {
    let apply: Program | undefined;
    // The hub has made the record, and the client does not know.
    const after = async (count: number) => {
      if (count === at) await apply?.stop('SIGKILL');
    };
    const url = await watched(t, hub, { after });
    apply = new Program(t, words, { ...kept.env, ROUNDHOUSE_URL: url, ROUNDHOUSE_API_KEY: ADMIN_KEY });
    await apply.exited();
    t.equal(apply.exitCode, null, 'it was killed');
    left -= at;
    t.equal(countOf(await plan()), left, 'no record is made twice');
  }
  const { steps } = await cli.json(...words);
  t.equal(countOf(steps), left);
  const connected = { field: 'connected', from: false, to: true };
  t.match(
    steps.filter(({ action }: { readonly action: string }) => action !== 'create'),
    [{ action: 'change', kind: 'server', name: 'Server 0', changes: [connected] }],
  );
  t.equal((await keep(hub)).stdout, kept.stdout);
  t.match(await cli.json(...words), { steps: { length: 0 } });
});

import t from 'tap';
import { describedApis } from '../../hub/apis.js';
import { wait } from '../kit/wait.js';
import { ADMIN_KEY, ADMIN_PASSWORD, fixture, type Hub, startAgent, startHub } from '../roundhouse.js';
import { documented, sameShape } from '../shape.js';

const transport = { type: 'stdio', command: process.execPath, args: [fixture('moody')] };

// test/domain/audit.test.ts proves the content of the log. These tests prove that clients read it, and the entries of the doors.

/** One hub with one connected server for all tests. */
let hub: Hub;
let id: string;
t.before(async () => {
  hub = await startHub(t);
  await startAgent(t, hub);
  id = await hub.connectServer({ name: 'moody', transport });
});

interface Entry {
  readonly id: string;
  readonly timestamp: string;
  readonly action: string;
  readonly actor: { readonly type: string; readonly id: string; readonly name: string };
  readonly resource: { readonly type: string; readonly id: string; readonly serverId?: string } | null;
  readonly details: Readonly<Record<string, unknown>>;
}

async function query(hub: Hub, parameters = '') {
  const { status, body } = await hub.call('GET', `/api/audit?${parameters}`);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body.data as { entries: Entry[]; total: number; limit: number; offset: number; totalIsExact: boolean };
}

t.test('a tool call is in the log as the document prints it', async (t) => {
  const userAgent = 'MCP-Client/1.0';
  const headers = {
    Authorization: `Bearer ${ADMIN_KEY}`,
    'Content-Type': 'application/json',
    'User-Agent': userAgent,
  };
  const args = { path: '/home/user/file.txt' };
  await hub.call('POST', '/api/tools/read/invoke', { arguments: args }, undefined, { headers });
  const { body } = await hub.call('GET', '/api/audit?action=tool.invoke');
  sameShape(t, body, documented('GET /api/audit'));
  t.match(body.data, { limit: 50, offset: 0, totalIsExact: true });
  t.match(body.data.entries[0], {
    action: 'tool.invoke',
    actor: { type: 'api_key', name: 'first-key' },
    resource: { type: 'tool', id: 'read', serverId: id },
    details: { arguments: args, success: true, durationMs: Number },
    ip: '127.0.0.1',
    userAgent,
  });
});

t.test('a client narrows the list with every parameter', async (t) => {
  const user = await hub.key('user', { name: 'narrows' });
  const keys = (await hub.call('GET', '/api/keys')).body.data;
  const userId = keys.find(({ name }: { name: string }) => name === 'narrows').id;
  for (let i = 0; i < 3; i += 1) await hub.call('POST', '/api/tools/read/invoke', { arguments: { i } }, user);
  t.match(await query(hub, `actor=${userId}`), { total: 3, limit: 50, offset: 0 });
  t.equal((await query(hub, `actor=${userId}&action=server.update`)).total, 0);
  t.equal((await query(hub, `actor=${userId}&resource=tool`)).total, 3);
  const { entries } = await query(hub, `actor=${userId}&limit=1&offset=2`);
  t.match(entries, [{ details: { arguments: { i: 0 } } }], 'newest first');
  const { timestamp = '' } = entries[0] ?? {};
  t.equal((await query(hub, `actor=${userId}&from=${timestamp}`)).total, 3);
  t.equal((await query(hub, `actor=${userId}&to=${timestamp.slice(0, 10)}`)).total, 3, 'the whole day');
  t.equal((await query(hub, 'to=2020-01-01')).total, 0);
  for (const bad of ['limit=0', 'limit=many', 'offset=-1', 'from=yesterday', 'to=2024-02-31'])
    t.equal((await hub.call('GET', `/api/audit?${bad}`)).status, 400, bad);
  t.equal((await hub.call('GET', '/api/audit', undefined, user)).status, 403);
});

t.test('refusals and failures are in the log', async (t) => {
  const viewer = await hub.key('viewer');
  await hub.call('DELETE', `/api/servers/${id}`, undefined, null);
  await hub.call('DELETE', `/api/servers/${id}`, undefined, viewer);
  await hub.call('POST', '/api/servers', { name: 7 });
  await hub.call('POST', '/api/tools/no-such-tool/invoke', { arguments: {} });
  await hub.call('POST', '/api/tools/read/invoke', { arguments: 'text' });
  const { entries } = await query(hub, 'limit=5');
  t.match(entries, [
    {
      action: 'tool.invoke',
      resource: { type: 'tool', id: 'read' },
      details: { error: 'invalid_input', success: false },
    },
    { action: 'tool.invoke', resource: { id: 'no-such-tool' }, details: { error: 'not_found', success: false } },
    { action: 'server.create', details: { error: 'invalid_input', success: false } },
    { action: 'server.delete', actor: { name: 'viewer' }, details: { error: 'forbidden' } },
    { action: 'server.delete', actor: { type: 'anonymous' }, resource: { id }, details: { error: 'unauthenticated' } },
  ]);
});

t.test('a connection that failed is in the log with how long it took', async (t) => {
  const dead = { type: 'stdio', command: process.execPath, args: ['-e', 'setTimeout(() => process.exit(7), 50)'] };
  await hub.call('POST', '/api/servers', { name: 'dead', transport: dead });
  t.equal((await hub.call('POST', '/api/servers/dead/connect')).status, 503);
  const [entry] = (await query(hub, 'action=server.connect&limit=1')).entries;
  t.match(entry?.details, { name: 'dead', success: false, error: 'server_disconnected' });
  t.ok(Number(entry?.details.durationMs) >= 50, 'as long as the server took to die');
});

t.test('signing in is in the log, whether it succeeds or not', async (t) => {
  const signIn = (password: string) =>
    hub.call('POST', '/automation/api/v1/auth/token', { username: 'admin', password }, null);
  const { body } = await signIn(ADMIN_PASSWORD);
  await hub.call('POST', '/automation/api/v1/auth/refresh', { refresh_token: body.refresh_token }, null);
  await signIn('not the password');
  const { entries } = await query(hub, 'limit=3');
  t.match(entries, [
    { action: 'auth.login', actor: { type: 'anonymous' }, details: { success: false, error: 'invalid_login' } },
    { action: 'auth.refresh', actor: { type: 'user', name: 'admin' }, details: { success: true } },
    { action: 'auth.login', actor: { type: 'user', name: 'admin' }, resource: { type: 'user' }, ip: '127.0.0.1' },
  ]);
  t.notMatch(JSON.stringify(entries), ADMIN_PASSWORD);
  t.notMatch(JSON.stringify(entries), body.refresh_token);
});

/** Requests that change nothing, though they are no GET. */
const harmless = [
  'connect POST /api/sse/tickets',
  // It does nothing.
  'automation POST /api/v1/orchestration/workflows/dry-run',
  'connect POST /api/agents/{id}/ping',
  'infrastructure POST /api/v1/kubernetes/clusters/{cluster_id}/check',
  // No user is signed in before the callbacks, which have entries.
  'portal POST /api/v1/auth/login',
  'connect POST /api/session/provider',
  // The run that a signed message starts has an entry, and the message none: its sender is no caller of the hub.
  'automation POST /api/v1/orchestration/triggers/{trigger_id}/receive',
];

t.test('every endpoint that changes something is audited', async (t) => {
  const silent = describedApis().flatMap(({ name, endpoints }) =>
    endpoints
      // At `/mcp` the method in the body decides about the change. The domain writes the entries of methods that change something.
      .filter(({ spec }) => name !== 'mcp' && spec.method !== 'GET' && spec.audit === undefined)
      .map(({ spec }) => `${name} ${spec.method} ${spec.path}`),
  );
  t.same(silent.sort(), [...harmless].sort());
});

t.test('exported as JSON and as CSV', async (t) => {
  const formula = '=cmd|"/c calc"!A1';
  await hub.key('viewer', { name: formula });
  const weird = { text: 'a "quoted", comma\nand a new line — ü' };
  for (let i = 0; i < 300; i += 1) await hub.call('POST', '/api/tools/read/invoke', { arguments: { i, ...weird } });
  const { total } = await query(hub);

  const json = await hub.call('GET', '/api/audit/export');
  t.match(json.headers.get('content-type'), 'application/json');
  t.match(json.headers.get('content-disposition'), /^attachment; filename="audit-.*\.json"$/);
  t.equal(json.body.data.length, total);
  t.match(json.body.data.at(-1), { action: 'tool.invoke', details: { arguments: { i: 299, ...weird } } });
  const times = json.body.data.map(({ timestamp }: Entry) => timestamp);
  t.same(times, [...times].sort(), 'oldest first');

  const csv = await hub.call('GET', '/api/audit/export?format=csv');
  t.match(csv.headers.get('content-type'), 'text/csv');
  t.match(csv.headers.get('content-disposition'), /\.csv"$/);
  const rows = parseCsv(csv.body);
  t.equal(rows.length, total + 1);
  const [names = [], ...entries] = rows;
  const column = (row: readonly string[], name: string) => row[names.indexOf(name)] ?? '';
  t.ok(entries.every((row) => row.length === names.length));
  t.same(JSON.parse(column(entries.at(-1) ?? [], 'details')).arguments, { i: 299, ...weird });
  t.notMatch(csv.body, /(^|,)"?[=+@]/m, 'nothing begins like a formula');

  const anonymous = { 'User-Agent': formula, 'X-API-Key': ADMIN_KEY };
  await hub.call('POST', '/api/servers', { name: 7 }, null, { headers: anonymous });
  const after = parseCsv((await hub.call('GET', '/api/audit/export?format=csv')).body).at(-1) ?? [];
  t.equal(column(after, 'userAgent'), `'${formula}`, 'an apostrophe makes it text');

  const none = await hub.call('GET', '/api/audit/export?to=2020-01-01');
  t.same(none.body.data, []);
  t.equal((await hub.call('GET', '/api/audit/export?format=xml')).status, 400);
});

t.test('a hub keeps as many entries as its operator says', async (t) => {
  const small = await startHub(t, { env: { ROUNDHOUSE_AUDIT_ENTRIES: '10' } });
  for (let i = 0; i < 30; i += 1) await small.call('POST', '/api/keys', { name: `key ${i}` });
  await small.stop();
  const again = await startHub(t, { data: small.data, env: { ROUNDHOUSE_AUDIT_ENTRIES: '10' } });
  await wait('the audit log is trimmed', async () => (await query(again)).total <= 10);
  t.match((await query(again)).entries[0]?.details, { name: 'key 29' }, 'the newest stay');
});

/** CSV as RFC 4180 has it. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g)) {
    if (end === '' && row.length === 0) break;
    row.push(quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    rows.push(row);
    row = [];
  }
  return rows;
}

// Every endpoint that `seeds/003` documents, on one hub with an agent and a real MCP server: its status, the keys and types of its printed
// answer, and the values that this test caused, which change with its next steps. The steps build on each other.
import t, { type Test } from 'tap';
import { describedApis } from '../../hub/apis.js';
import { Receiver } from '../receiver.js';
import { type Answer, everything, type Hub, startAgent, startHub } from '../roundhouse.js';
import { connectDocument, documented, documentedEndpoints, documentedText, isDocumented, sameShape } from '../shape.js';
import { SseClient } from '../stream/sse-client.js';

const { requests } = connectDocument;
const stdio = { type: 'stdio', command: process.execPath, args: [everything] };
const storage = { category: 'storage', tags: ['files', 'local'], version: '1.0.0' };
const today = () => new Date().toISOString().slice(0, 10);

t.test('the table of the API holds exactly the documented endpoints, and marked extensions', async (t) => {
  const connect = describedApis().find(({ name }) => name === 'connect');
  const own = (connect?.endpoints ?? []).filter(({ spec }) => !spec.extension);
  t.same(own.map(({ spec }) => `${spec.method} ${spec.path}`).sort(), [...documentedEndpoints].sort());
  t.equal(own.length, 39);
});

let hub: Hub;
/** Which endpoints were asked. */
const asked = new Set<string>();

/** Calls an endpoint, fills in its parameters, and holds its answer against the document. */
async function call(t: Test, endpoint: string, { path = {}, query = '', body }: Request = {}): Promise<Answer> {
  const [method = '', template = ''] = endpoint.split(' ');
  const target = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name] ?? ''));
  const answer = await hub.call(method, target + query, body);
  asked.add(endpoint);
  t.equal(answer.status, statuses[endpoint] ?? 200, `${endpoint} ${JSON.stringify(answer.body).slice(0, 300)}`);
  if (isDocumented(endpoint)) sameShape(t, answer.body, documented(endpoint), `${endpoint} has the documented shape`);
  if (template.startsWith('/api/') && endpoint !== 'GET /api/audit/export')
    t.match(answer.body, { success: true, timestamp: /^\d{4}-\d\d-\d\dT.*Z$/ });
  return answer;
}

interface Request {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly body?: unknown;
}

/** All others answer 200. */
const statuses: Readonly<Record<string, number>> = {
  'POST /api/servers': 201,
  'POST /api/groups': 201,
  'POST /api/templates/{id}/instantiate': 201,
  'POST /api/favorites/{toolName}': 201,
  'POST /api/webhooks': 201,
};

let files: string;
let github: string;

t.before(async () => {
  hub = await startHub(t);
  await startAgent(t, hub);
});

t.test('health and servers', async (t) => {
  t.match((await call(t, 'GET /health')).body, { status: 'healthy', connections: { active: 0, total: 0 } });
  const made = await call(t, 'POST /api/servers', {
    body: { name: 'filesystem-server', description: 'Local filesystem access', transport: stdio, metadata: storage },
  });
  files = made.body.data.id;
  t.match(made.body.data, { name: 'filesystem-server', status: 'disconnected', toolCount: 0, enabled: true });
  const asPrinted = await call(t, 'POST /api/servers', { body: requests['POST /api/servers'] });
  github = asPrinted.body.data.id;
  const { transport: _, ...rest } = requests['POST /api/servers'];
  t.match(asPrinted.body.data, rest);

  const connected = await call(t, 'POST /api/servers/{id}/connect', { path: { id: files } });
  const { toolCount } = connected.body.data;
  t.equal(connected.body.data.status, 'connected');
  t.ok(connected.body.data.connectTime > 0 && connected.body.data.connectTime < 60_000, 'in milliseconds');
  const shown = await call(t, 'GET /api/servers/{id}', { path: { id: files } });
  t.match(shown.body.data, { id: files, status: 'connected', toolCount });
  t.equal(shown.body.data.tools.length, toolCount);
  t.match((await call(t, 'GET /health')).body.connections, { active: 1, total: 2 });

  const changed = await call(t, 'PUT /api/servers/{id}', { path: { id: github }, body: { description: 'changed' } });
  sameShape(t, changed.body.data, documented('GET /api/servers').data[0]);
  t.match(changed.body.data, { id: github, name: 'github-server', description: 'changed' });
  t.ok(changed.body.data.updatedAt > asPrinted.body.data.updatedAt);
  const list = async (query: string) =>
    (await call(t, 'GET /api/servers', { query })).body.data.map(({ name }: { name: string }) => name);
  t.same(await list(''), ['filesystem-server', 'github-server']);
  t.same(await list('?status=connected'), ['filesystem-server']);
  t.same(await list('?tags=vcs,none'), ['github-server']);

  const off = await call(t, 'POST /api/servers/{id}/disconnect', { path: { id: files } });
  t.match(off.body.data, { status: 'disconnected' });
  t.same((await hub.call('GET', '/api/servers?status=connected')).body.data, []);
  const broken = { name: 'broken', transport: { ...stdio, args: ['-e', 'process.exit(3)'] } };
  const { id } = (await call(t, 'POST /api/servers', { body: broken })).body.data;
  const bulk = await call(t, 'POST /api/servers/bulk/connect', { body: { serverIds: [files, id] } });
  t.same(bulk.body.data.summary, { total: 2, connected: 1, failed: 1 });
  t.match(bulk.body.data.results, [
    { serverId: files, status: 'connected', toolCount },
    { serverId: id, status: 'error', error: String },
  ]);
  const end = await call(t, 'POST /api/servers/bulk/disconnect', { body: { serverIds: [files, id] } });
  t.same(end.body.data.summary, { total: 2, disconnected: 2, failed: 0 });
  const deleted = await call(t, 'DELETE /api/servers/{id}', { path: { id } });
  t.equal(deleted.body.message, documented('DELETE /api/servers/{id}').message);
  t.same(await list(''), ['filesystem-server', 'github-server']);
  await call(t, 'POST /api/servers/{id}/connect', { path: { id: files } });
});

t.test('tools', async (t) => {
  const listed = await call(t, 'GET /api/tools', { query: '?query=echo' });
  t.match(listed.body.data, { total: 1, limit: 50, offset: 0 });
  const unused = { name: 'echo', serverId: files, serverName: 'filesystem-server', category: 'storage', usageCount: 0 };
  t.match(listed.body.data.tools, [{ ...unused, tags: storage.tags, lastUsedAt: null }]);
  const all = (await call(t, 'GET /api/tools', { query: '?limit=100' })).body.data.total;
  t.same((await call(t, 'GET /api/tools/categories')).body.data, [{ name: 'storage', count: all }]);

  const invoke = (message: string) =>
    call(t, 'POST /api/tools/{name}/invoke', { path: { name: 'echo' }, body: { arguments: { message } } });
  const first = await invoke('one');
  t.match(first.body.data, { content: [{ type: 'text', text: 'Echo: one' }], isError: false });
  t.match(first.body.metadata, { serverId: files, serverName: 'filesystem-server', cached: false });
  const stats = async () => (await call(t, 'GET /api/tools/stats')).body.data;
  t.match(await stats(), { totalTools: all, totalInvocations: 1, topTools: [{ name: 'echo', invocations: 1 }] });
  const second = await invoke('two');
  t.match(second.body.data.content, [{ text: 'Echo: two' }]);
  t.match(await stats(), { totalInvocations: 2, invocationsByDay: [{ date: today(), count: 2 }] });
  t.match((await call(t, 'GET /api/tools', { query: '?query=echo' })).body.data.tools, [{ usageCount: 2 }]);

  const recent = await call(t, 'GET /api/tools/recent');
  sameShape(t, recent.body.data, documented('GET /api/tools').data.tools);
  t.match(recent.body.data, [{ name: 'echo', usageCount: 2, lastUsedAt: String }]);
  const history = await call(t, 'GET /api/tools/{name}/history', { path: { name: 'echo' } });
  t.equal(history.body.data.length, 2);
  t.match(history.body.data[0], { serverId: files, success: true, durationMs: Number, timestamp: String });
});

t.test('groups, templates, favorites', async (t) => {
  const group = await call(t, 'POST /api/groups', { body: requests['POST /api/groups'] });
  const { id } = group.body.data;
  t.match(group.body.data, { ...requests['POST /api/groups'], sortOrder: 0, serverCount: 0 });
  const renamed = await call(t, 'PUT /api/groups/{id}', { path: { id }, body: { name: 'Production Servers' } });
  t.match(renamed.body.data, { id, name: 'Production Servers', icon: 'code' });
  const added = await call(t, 'POST /api/groups/{id}/servers', { path: { id }, body: { serverIds: [files, github] } });
  for (const answer of [group, renamed, added])
    sameShape(t, answer.body.data, documented('GET /api/groups').data[0], 'a group');
  t.match((await call(t, 'GET /api/groups')).body.data, [{ id, serverCount: 2 }]);

  const templates = (await call(t, 'GET /api/templates')).body.data;
  t.ok(templates.length >= 20);
  t.match((await call(t, 'GET /api/templates', { query: '?search=github' })).body.data, [{ id: 'builtin-github' }]);
  const body = { ...requests['POST /api/templates/{id}/instantiate'], groupId: id };
  const path = { id: 'builtin-github' };
  const made = await call(t, 'POST /api/templates/{id}/instantiate', { path, body });
  t.match(made.body.data, { name: 'My GitHub Server', status: 'disconnected', groupId: id });
  t.match((await call(t, 'GET /api/groups')).body.data, [{ id, serverCount: 3 }]);
  await call(t, 'DELETE /api/groups/{id}', { path: { id } });
  t.same((await hub.call('GET', '/api/groups')).body.data, []);
  const ungrouped = (await call(t, 'GET /api/servers')).body.data;
  t.same(new Set(ungrouped.map(({ groupId }: { groupId: unknown }) => groupId)), new Set([null]));

  const favorite = await call(t, 'POST /api/favorites/{toolName}', { path: { toolName: 'echo' } });
  sameShape(t, favorite.body.data, documented('GET /api/favorites').data[0]);
  t.match((await call(t, 'GET /api/favorites')).body.data, [{ toolName: 'echo', serverId: files }]);
  await call(t, 'DELETE /api/favorites/{toolName}', { path: { toolName: 'echo' } });
  t.same((await hub.call('GET', '/api/favorites')).body.data, []);
});

t.test('webhooks', async (t) => {
  const printed = await call(t, 'POST /api/webhooks', { body: requests['POST /api/webhooks'] });
  t.match(printed.body.data.secret, /^whsec_/);
  await call(t, 'DELETE /api/webhooks/{id}', { path: { id: printed.body.data.id } });

  const receiver = await new Receiver().listen(t);
  const body = { url: receiver.url, events: ['tool.invoked'] };
  const { id, secret } = (await call(t, 'POST /api/webhooks', { body })).body.data;
  receiver.secret = secret;
  const [listed] = (await call(t, 'GET /api/webhooks')).body.data;
  t.match(listed, { id, ...body, secret: `${secret.slice(0, 10)}…`, deliveryStats: { total: 0, successful: 0 } });
  const tested = await call(t, 'POST /api/webhooks/{id}/test', { path: { id } });
  t.match(tested.body.data, { deliveryId: receiver.received[0]?.id, statusCode: 204, durationMs: Number });
  await call(t, 'POST /api/tools/{name}/invoke', { path: { name: 'echo' }, body: { arguments: { message: 'x' } } });
  await receiver.until((all) => all.length === 2);
  const delivered = async (query = '') =>
    (await call(t, 'GET /api/webhooks/{id}/deliveries', { path: { id }, query })).body.data;
  t.match(await delivered(), [{ id: receiver.received[1]?.id, event: 'tool.invoked' }, { event: 'webhook.test' }]);
  t.same(await delivered('?status=failed'), []);
  t.equal((await delivered('?limit=1')).length, 1);
  await call(t, 'DELETE /api/webhooks/{id}', { path: { id } });
  t.same((await hub.call('GET', '/api/webhooks')).body.data, []);
});

t.test('cache', async (t) => {
  const cache = { tools: { echo: { ttlSeconds: 60 } } };
  await call(t, 'PUT /api/servers/{id}', { path: { id: files }, body: { cache } });
  const invoke = () =>
    call(t, 'POST /api/tools/{name}/invoke', { path: { name: 'echo' }, body: { arguments: { message: 'kept' } } });
  t.equal((await invoke()).body.metadata.cached, false);
  t.match((await call(t, 'GET /api/cache/stats')).body.data, { enabled: true, entries: 1, hits: 0, hitRate: 0 });
  t.equal((await invoke()).body.metadata.cached, true);
  t.match((await call(t, 'GET /api/cache/stats')).body.data, { entries: 1, hits: 1, misses: 1, hitRate: 0.5 });
  await call(t, 'DELETE /api/cache', { query: '?pattern=ech*' });
  t.equal((await hub.call('GET', '/api/cache/stats')).body.data.entries, 0);
});

t.test('events', async (t) => {
  const query = `types=server.connected,tool.invoked&servers=${files}`;
  const stream = await SseClient.open(t, hub, { query });
  asked.add('GET /api/sse/events');
  t.equal(stream.response.statusCode, 200);
  const other = { name: 'other', transport: stdio };
  const elsewhere = await hub.connectServer(other);
  await call(t, 'POST /api/servers/{id}/disconnect', { path: { id: elsewhere } });
  await call(t, 'POST /api/servers/{id}/disconnect', { path: { id: files } });
  await call(t, 'POST /api/servers/{id}/connect', { path: { id: files } });
  await call(t, 'POST /api/tools/{name}/invoke', { path: { name: 'echo' }, body: { arguments: { message: 'x' } } });
  // The calls just before may still have been on their way into the journal.
  const sinceConnected = () =>
    stream.events.slice(stream.events.findIndex(({ event }) => event === 'server.connected'));
  await stream.until((events) => events.length >= 2 && sinceConnected().length === 2);
  const heard = sinceConnected();
  const printed = [...documentedText('GET /api/sse/events').matchAll(/^event: (.+)\ndata: (.+)$/gm)];
  t.equal(printed.length, 2);
  for (const [i, [, name, data = '']] of printed.entries()) {
    t.equal(heard[i]?.event, name);
    const told = JSON.parse(heard[i]?.data ?? '');
    sameShape(t, told, JSON.parse(data), `${name} has the documented data`);
    t.equal(told.serverId, files, 'the filter holds');
  }
  stream.close();
});

t.test('audit', async (t) => {
  const page = (await call(t, 'GET /api/audit', { query: '?action=tool.invoke' })).body.data;
  t.match(page.entries[0], { resource: { id: 'echo', serverId: files }, details: { arguments: { message: 'x' } } });
  const { total } = (await hub.call('GET', '/api/audit')).body.data;
  const json = await call(t, 'GET /api/audit/export');
  t.equal(json.body.data.length, total);
  sameShape(t, json.body.data.at(-1), documented('GET /api/audit').data.entries[0]);
  const csv = await call(t, 'GET /api/audit/export', { query: '?format=csv' });
  t.equal(csv.body.split('\r\n').length, total + 2, 'a line each, and one of names');
  await call(t, 'POST /api/tools/{name}/invoke', { path: { name: 'echo' }, body: { arguments: { message: 'x' } } });
  t.equal((await call(t, 'GET /api/audit', { query: '?action=tool.invoke' })).body.data.total, page.total + 1);
});

t.test('monitoring', async (t) => {
  const { overview, servers } = (await call(t, 'GET /api/monitor')).body.data;
  t.match(overview, { totalServers: 4, connectedServers: 1 });
  t.match(servers[0], { name: 'filesystem-server', status: 'connected' });
  const later = (await call(t, 'GET /api/monitor')).body.data;
  t.equal(later.overview.requestsToday, overview.requestsToday + 1);
  const breakers = (await hub.call('GET', '/api/monitor/circuit-breakers')).body.data;
  asked.add('GET /api/monitor/circuit-breakers');
  // The printed list also holds an open breaker: connect-breakers tests its moments.
  sameShape(t, breakers, documented('GET /api/monitor/circuit-breakers').data.slice(0, 1));
  t.match(breakers[0], { serverId: files, state: 'closed', failures: 0, successCount: Number });

  const { headers, body: text } = await call(t, 'GET /metrics');
  t.match(headers.get('content-type'), /^text\/plain/);
  const lines: readonly string[] = text.split('\n');
  const form = (line: string) => line.replaceAll(/="[^"]*"/g, '=').replace(/ [^ ]+$/, '');
  for (const printed of documentedText('GET /metrics').split('\n').filter(Boolean))
    if (printed.startsWith('#')) t.ok(lines.includes(printed), printed);
    else t.ok(lines.map(form).includes(form(printed)), `${form(printed)} has the documented labels`);
});

t.test('every documented endpoint was asked', async (t) => {
  t.same([...asked].sort(), [...documentedEndpoints].sort());
});

t.test('the same answers stand under the API’s own base', async (t) => {
  for (const endpoint of documentedEndpoints) {
    const [method, path = ''] = endpoint.split(' ');
    if (method !== 'GET' || path.includes('{') || endpoint === 'GET /api/sse/events') continue;
    const [plain, based] = [await hub.call('GET', path), await hub.call('GET', `/connect${path}`)];
    t.equal(based.status, 200, endpoint);
    t.equal(based.headers.get('content-type'), plain.headers.get('content-type'));
    if (typeof plain.body === 'object') t.same(Object.keys(based.body), Object.keys(plain.body));
  }
});

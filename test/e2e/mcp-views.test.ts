import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import t from 'tap';
import { fixtureServer } from '../automation.js';
import { listOf, textOf } from '../mcp-answers.js';
import { mcpClient, OPERATIONS } from '../mcp-client.js';
import { runs } from '../parts/agent/harness.js';
import { type Hub, startAgent, startHub } from '../roundhouse.js';

let hub: Hub;
t.before(async () => {
  hub = await startHub(t);
  await startAgent(t, hub);
});

type Connected = Awaited<ReturnType<typeof mcpClient>>['client'];
const names = async (client: Connected) => (await client.listTools()).tools.map(({ name }) => name);
const servers = async (client: Connected) => [
  ...new Set((await names(client)).filter((name) => name.includes('__')).map((name) => name.split('__')[0])),
];

t.test('one slow server and one dead server among ten delay no client', async (t) => {
  const make = (name: string, env = {}, more = {}) =>
    hub.connectServer({ ...fixtureServer(name, 'everything', env), ...more });
  await Promise.all(Array.from({ length: 8 }, (_, i) => make(`s${i}`)));
  await make('slow', { NO_LISTS: '1' });
  // Without the check the hub does not notice that the server is dead.
  const dead = await make('dead', {}, { healthCheck: { enabled: false } });
  const { client } = await mcpClient(t, hub);
  const pid = Number(textOf(await client.callTool({ name: 'dead__pid', arguments: {} })));
  process.kill(pid, 'SIGSTOP');
  t.teardown(() => {
    if (runs(pid)) process.kill(pid, 'SIGKILL');
  });
  const abort = new AbortController();
  let slowIsOver = false;
  const over = () => {
    slowIsOver = true;
  };
  const patient = { signal: abort.signal, timeout: 300_000 };
  client.callTool({ name: 'slow__wait', arguments: {} }, undefined, patient).then(over, over);
  client.callTool({ name: 'dead__echo', arguments: {} }, undefined, patient).then(over, over);
  const listed = await client.listTools();
  t.ok(listed.tools.length > 8 * 12);
  const resources = await listOf(16, async () => (await client.listResources()).resources);
  t.equal(resources.length, 16, 'what is known comes');
  const calls = Array.from({ length: 8 }, (_, i) => client.callTool({ name: `s${i}__echo`, arguments: { word: 'x' } }));
  t.equal((await Promise.all(calls)).length, 8);
  t.notOk(slowIsOver, 'and the others are waiting still');
  abort.abort('enough');
  await hub.call('DELETE', `/api/servers/${dead}`);
});

t.test('the address narrows the view', async (t) => {
  const group = await hub.call('POST', '/api/groups', { name: 'few' });
  const groupId = group.body.data.id;
  await hub.connectServer({ ...fixtureServer('tagged', 'everything'), metadata: { tags: ['web'] }, groupId });
  const seen = async (query: string) => servers((await mcpClient(t, hub, { path: `/mcp?${query}` })).client);
  t.same(await seen('tag=web'), ['tagged']);
  t.same(await seen('group=few'), ['tagged']);
  t.same(await seen('tag=nobody'), []);
  t.ok((await seen('site=local')).length > 1);
  for (const query of ['group=none', 'site=nowhere'])
    await t.rejects(mcpClient(t, hub, { path: `/mcp?${query}` }), { code: 404 }, query);
  const misspelt = mcpClient(t, hub, { path: '/mcp?grp=few' });
  await t.rejects(misspelt, { code: 400, message: /grp.*group, site, tag/ });
  const { client: few } = await mcpClient(t, hub, { path: '/mcp?group=few' });
  const own = (await names(few)).filter((name) => !name.includes('__'));
  t.same(own, ['find_tools'], 'what is about the whole fleet is no part of it');
  await t.rejects(few.callTool({ name: 'roundhouse_list_servers', arguments: {} }), { code: -32602 });
});

t.test('grants and roles decide which tools a client sees and may call', async (t) => {
  const { body } = await hub.call('GET', '/api/servers/s1');
  const narrowed = await hub.key('user', { grants: { servers: [body.data.id], tools: ['echo'] } });
  const { client } = await mcpClient(t, hub, { key: narrowed });
  t.same(await names(client), ['s1__echo']);
  t.same(await client.listResources(), { resources: [] }, 'a key for certain tools has no resources');
  await t.rejects(client.callTool({ name: 's1__pid', arguments: {} }), { code: -32602 });
  await t.rejects(client.readResource({ uri: 'roundhouse://s1/file:///notes/a.txt' }), { code: -32000 });
  const { client: viewer } = await mcpClient(t, hub, { path: OPERATIONS, key: await hub.key('viewer') });
  const own = await names(viewer);
  t.ok(own.includes('roundhouse_list_servers') && !own.some((name) => name.includes('__')));
  t.notOk(own.includes('roundhouse_restart_server'), 'what changes something is not for everybody');
  await t.rejects(viewer.callTool({ name: 'roundhouse_stop_server', arguments: { server: 's1' } }), { code: -32602 });
  const refused = await hub.call('GET', '/api/audit?action=server.stop');
  t.match(refused.body.data.entries, [
    {
      actor: { name: 'viewer' },
      resource: { type: 'server', id: 's1' },
      details: { success: false, error: 'forbidden' },
    },
  ]);
  await t.rejects(viewer.callTool({ name: 's1__echo', arguments: { word: 'x' } }), {
    code: -32602,
    message: /Unknown tool/,
  });
  const calls = await hub.call('GET', '/api/audit?action=tool.invoke');
  t.match(calls.body.data.entries, [
    { actor: { name: 'viewer' }, resource: { type: 'tool', id: 'echo' }, details: { error: 'forbidden' } },
    { resource: { type: 'tool', id: 'pid' }, details: { success: false, error: 'forbidden' } },
  ]);
});

t.test('operations of the fleet are tools for clients that ask for them', async (t) => {
  const { client: plain } = await mcpClient(t, hub);
  t.same(
    (await names(plain)).filter((name) => !name.includes('__')),
    ['find_tools'],
  );
  await t.rejects(plain.callTool({ name: 'roundhouse_list_servers', arguments: {} }), { code: -32602 });
  const key = await hub.key('user', { grants: { tools: ['roundhouse_list_servers'] } });
  const { client: named } = await mcpClient(t, hub, { key });
  t.same(await names(named), ['roundhouse_list_servers'], 'a key that names one asks for it');
  await t.rejects(mcpClient(t, hub, { path: `${OPERATIONS}&group=few` }), { code: 400, message: /leave out group/ });
  const { client } = await mcpClient(t, hub, { path: OPERATIONS });
  const { tools } = await client.listTools();
  const hints = new Map(tools.map(({ name, annotations }) => [name, annotations]));
  for (const name of ['find_tools', 'roundhouse_list_servers', 'roundhouse_query_logs', 'roundhouse_list_jobs'])
    t.match(hints.get(name), { readOnlyHint: true, destructiveHint: false }, name);
  const required = new Map(tools.map(({ name, inputSchema }) => [name, inputSchema.required]));
  t.same(required.get('find_tools'), ['query'], 'what has a default need not be given');
  t.notOk(required.get('roundhouse_list_containers'));
  t.match(hints.get('roundhouse_start_server'), { readOnlyHint: false, destructiveHint: false });
  t.match(hints.get('roundhouse_stop_server'), { readOnlyHint: false, destructiveHint: true });
  // biome-ignore lint/suspicious/noExplicitAny: a test asserts the shape of the answers
  const call = async (name: string, args = {}): Promise<any> => client.callTool({ name, arguments: args });
  const { structuredContent } = await call('roundhouse_list_servers', { state: 'connected' });
  t.match(structuredContent, { total: Number, servers: [{ name: String, site: 'local', state: String }] });
  const restarted = await call('roundhouse_restart_server', { server: 's2' });
  const { jobId } = restarted.structuredContent;
  for (let status = ''; status !== 'completed'; )
    status = (await call('roundhouse_get_job', { job: jobId })).structuredContent.status;
  t.match(await call('roundhouse_get_server_status', { server: 's2' }), {
    structuredContent: { name: 's2', tools: Array },
  });
  t.match(await call('roundhouse_query_logs', { server: 's2', limit: 5 }), { structuredContent: { entries: Array } });
  t.match(await call('roundhouse_list_alerts'), { structuredContent: { total: Number } });
  t.match(await call('roundhouse_list_jobs'), { structuredContent: { jobs: [{ kind: 'server.restart' }] } });
  t.match(await call('roundhouse_get_job', { job: 'nope' }), { isError: true }, 'a failure is for the model to read');
  t.match(await call('roundhouse_get_job', { jobb: 'x' }), { isError: true });
  const audit = await hub.call('GET', '/api/audit?action=server.restart');
  t.ok(audit.body.data.total > 0 || audit.body.data.entries?.length > 0, 'and audited');
});

t.test('a client learns when its tools change', async (t) => {
  const { client } = await mcpClient(t, hub);
  let changed = () => {};
  const told = () =>
    new Promise<void>((resolve) => {
      changed = resolve;
    });
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => changed());
  t.notOk((await servers(client)).includes('late'));
  const came = told();
  const id = await hub.connectServer(fixtureServer('late', 'everything'));
  await came;
  t.ok((await servers(client)).includes('late'));
  const went = told();
  await hub.call('DELETE', `/api/servers/${id}`);
  await went;
  t.notOk((await servers(client)).includes('late'));
});

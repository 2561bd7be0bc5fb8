import t, { type Test } from 'tap';
import { until } from '../automation.js';
import { borrowEngine, dockerParts } from '../fixtures/docker/engine.js';
import { buildImage, importBase } from '../fixtures/docker/images.js';
import { mcpPackage } from '../fixtures/packages/mcp-package.js';
import { startNpmRegistry } from '../fixtures/packages/npm-registry.js';
import { catalogVersion } from '../kit/catalog.js';
import { account, base, example, signIn, startPortal } from '../portal.js';
import { type Answer, fixture, type Hub, startAgent } from '../roundhouse.js';
import { sameShape } from '../shape.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/;
const brave = '@brave/brave-search-mcp-server';
const thinking = '@modelcontextprotocol/server-sequential-thinking';

/** A portal with an agent, and two people. */
async function start(t: Test) {
  const npm = await startNpmRegistry(t);
  for (const name of [brave, thinking]) npm.publish(mcpPackage(catalogVersion(name), 'works', name));
  const { hub, provider } = await startPortal(t);
  await startAgent(t, hub);
  const ada = await signIn(hub, provider, account('ada'));
  const bob = await signIn(hub, provider, account('bob'));
  return { hub, provider, ada, bob };
}

/** Waits until an operation is over. */
async function over(hub: Hub, begun: Answer): Promise<Answer['body']> {
  t.equal(begun.status, 202, JSON.stringify(begun.body));
  const path = `/api/v1/operations/${begun.body.operation_id}`;
  const { body } = await until(hub, path, ({ status }) => status === 'completed' || status === 'failed');
  return body;
}

t.test('a package of the catalog, for each person by itself', async (t) => {
  const { hub, ada, bob } = await start(t);
  const as = (token: string) => (method: string, path: string, body?: unknown) =>
    hub.call(method, base + path, body, token);
  const [adas, bobs] = [as(ada.token), as(bob.token)];

  const listed = await hub.call('GET', '/api/v1/servers?catalog_type=predefined&search=brave', undefined, ada.token);
  t.equal(listed.status, 200, "at the plain path: the token's API answers");
  sameShape(t, listed.body, example('GET /api/v1/servers'));
  const [entry] = listed.body.servers;
  t.match(entry, { id: UUID, name: 'brave-search', image: `npm:${brave}`, catalog_type: 'predefined' });
  t.match(entry.user_config, {
    enabled: false,
    container_state: 'stopped',
    container_id: null,
    last_state_change: null,
  });
  t.same((await adas('GET', '/servers/brave-search/logs')).body, { logs: [] });
  t.equal((await adas('POST', '/servers/brave-search/restart')).status, 409, 'what is not enabled cannot be restarted');

  const config = {
    auto_start: true,
    restart_policy: 'on-failure',
    env: { BRAVE_API_KEY: 'a secret of ada 4711' },
  };
  const begun = await adas('POST', `/servers/${entry.id}/enable`, { config });
  sameShape(t, begun.body, example('POST /api/v1/servers/{id}/enable'));
  t.match(begun.body.operation_id, /^op_/);
  const path = `${base}/operations/${begun.body.operation_id}`;
  t.equal((await hub.call('GET', path, undefined, bob.token)).status, 404, 'the operation of another user');
  const done = await over(hub, begun);
  sameShape(t, done, example('GET /api/v1/operations/{id}'));
  t.match(done, { status: 'completed', total: 1, completed: 1, failed: 0, details: [{ server_id: entry.id }] });

  const got = await measured(hub, '/servers/brave-search', ada.token);
  sameShape(t, got.body, {
    ...(example('GET /api/v1/servers/{id}') as object),
    container_stats: { memory_usage: '1MB' },
  });
  t.match(got.body, {
    metadata: { version: catalogVersion(brave), author: 'Brave' },
    user_config: {
      enabled: true,
      container_state: 'running',
      last_state_change: /Z$/,
      config_metadata: { auto_start: true, restart_policy: 'on-failure', env: ['BRAVE_API_KEY'] },
    },
    container_stats: { memory_usage: /^\d+(\.\d)?MB$/, uptime: /^\d+(s|m)/ },
  });
  t.notOk(JSON.stringify(got.body).includes('a secret of ada'));
  t.match((await bobs('GET', '/servers/brave-search')).body, {
    user_config: { enabled: false },
    container_stats: null,
  });

  const tools = await hub.call('GET', '/api/tools', undefined, ada.token);
  t.ok(JSON.stringify(tools.body).includes(`tool-${catalogVersion(brave)}`), 'its tools are hers');
  const none = await hub.call('GET', '/api/tools', undefined, bob.token);
  t.notOk(JSON.stringify(none.body).includes(`tool-${catalogVersion(brave)}`), 'and other users do not see them');
  const servers = await hub.call('GET', '/api/servers', undefined, bob.token);
  t.same(servers.body.data, [], 'nor the server');

  const logs = await adas('GET', '/servers/brave-search/logs?lines=5');
  sameShape(t, logs.body, example('GET /api/v1/servers/{id}/logs'));
  t.match(logs.body.logs.at(-1), { level: 'info', message: /connected/ });

  const restarted = await adas('POST', '/servers/brave-search/restart');
  sameShape(t, restarted.body, example('POST /api/v1/servers/{id}/restart'));
  t.match(await over(hub, restarted), { status: 'completed' });
  const disabled = await adas('POST', '/servers/brave-search/disable');
  sameShape(t, disabled.body, example('POST /api/v1/servers/{id}/disable'));
  t.match(await over(hub, disabled), { status: 'completed' });
  const after = await adas('GET', '/servers/brave-search');
  t.match(after.body, { user_config: { enabled: false, container_state: 'stopped' }, container_stats: null });
  t.match(after.body.user_config.config_metadata.env, ['BRAVE_API_KEY'], 'its configuration stays');
  const again = await adas('POST', '/servers/brave-search/enable');
  t.match(await over(hub, again), { status: 'completed' });
});

t.test('not started with auto_start off; an invalid configuration is refused at once', async (t) => {
  const { hub, ada } = await start(t);
  const call = (method: string, path: string, body?: unknown) => hub.call(method, base + path, body, ada.token);
  const begun = await call('POST', '/servers/sequential-thinking/enable', { config: { auto_start: false } });
  t.match(await over(hub, begun), { status: 'completed' });
  t.match((await call('GET', '/servers/sequential-thinking')).body.user_config, {
    enabled: true,
    container_state: 'stopped',
  });
  t.match(await over(hub, await call('POST', '/servers/sequential-thinking/restart')), { status: 'completed' });
  t.match((await call('GET', '/servers/sequential-thinking')).body.user_config, { container_state: 'running' });

  const lacking = await call('POST', '/servers/github/enable');
  t.match(lacking, {
    status: 400,
    body: { error: { code: 'INVALID_REQUEST', details: { field: 'config.env.GITHUB_PERSONAL_ACCESS_TOKEN' } } },
  });
  const wrong = await call('POST', '/servers/sequential-thinking/enable', {
    config: { restart_policy: 'sometimes' },
  });
  t.match(wrong, { status: 400, body: { error: { details: { field: 'config.restart_policy' } } } });
  const unknown = await call('POST', '/servers/0193a1b2-0000-7000-8000-000000000000/enable');
  t.match(unknown, { status: 404, body: { error: { code: 'NOT_FOUND', details: { resource: 'server' } } } });
  const reaching = await call('POST', '/servers/memory/enable');
  t.equal(reaching.status, 403, 'what reaches into the machine of the site is for super admins');
  t.match((await call('GET', '/servers/memory')).body.metadata, { restricted: true });
  const viewer = await hub.call(
    'POST',
    `${base}/servers/sequential-thinking/enable`,
    undefined,
    await hub.key('viewer'),
  );
  t.equal(viewer.status, 403);
});

t.test('several at once: each for itself', async (t) => {
  const { hub, ada } = await start(t);
  const call = (method: string, path: string, body?: unknown) => hub.call(method, base + path, body, ada.token);
  const { body } = await call('GET', '/servers?search=sequential');
  const id = body.servers[0].id;
  const request = { operation: 'enable', server_ids: [id, 'no-such-server', id], config: { auto_start: true } };
  const begun = await call('POST', '/servers/bulk', request);
  sameShape(t, begun.body, example('POST /api/v1/servers/bulk'));
  t.match(begun.body, { operation_id: /^bulk_op_/, total_servers: 2, status: 'processing' });
  t.equal(begun.headers.get('x-ratelimit-limit'), '10000', 'the class of bulk operations, scaled');
  const done = await over(hub, begun);
  t.match(done, { status: 'completed', total: 2, completed: 1, failed: 1 });
  t.match(done.details, [
    { server_id: id, status: 'completed', message: 'Server enabled successfully' },
    { server_id: 'no-such-server', status: 'failed', message: /not found/ },
  ]);
  const stopped = await over(hub, await call('POST', '/servers/bulk', { operation: 'disable', server_ids: [id] }));
  t.match(stopped, { status: 'completed', completed: 1, failed: 0 });
  t.match((await call('GET', `/servers/${id}`)).body.user_config, { enabled: false, container_state: 'stopped' });
});

t.test('a user sees the shared servers, too; team admins start and stop them', async (t) => {
  const { hub, provider, ada } = await start(t);
  await hub.connectServer({
    name: 'shared',
    transport: { type: 'stdio', command: process.execPath, args: [fixture('everything')] },
  });
  const seen = await hub.call('GET', `${base}/servers?catalog_type=custom`, undefined, ada.token);
  t.match(seen.body.servers, [
    { name: 'shared', shared: true, user_config: { enabled: true, container_state: 'running' } },
  ]);
  const refused = await hub.call('POST', `${base}/servers/shared/disable`, undefined, ada.token);
  t.equal(refused.status, 403);
  t.equal((await hub.call('GET', `${base}/servers/shared/logs`, undefined, ada.token)).status, 403);
  const boss = await signIn(hub, provider, account('boss', 'team_admin'));
  const begun = await hub.call('POST', `${base}/servers/shared/disable`, undefined, boss.token);
  t.match(await over(hub, begun), { status: 'completed' });
  const path = `${base}/operations/${begun.body.operation_id}`;
  t.equal((await hub.call('GET', path, undefined, boss.token)).status, 200);
  t.equal((await hub.call('GET', path, undefined, ada.token)).status, 404, 'who asked follows it, and admins');
  const after = await hub.call('GET', `${base}/servers/shared`, undefined, boss.token);
  t.match(after.body.user_config, { enabled: false, container_state: 'stopped' });
  for (const [name, token] of [
    ['hers', ada.token],
    ['for-all', boss.token],
  ] as const)
    t.equal((await hub.call('POST', `${base}/catalog/custom`, { name, image: 'team/tool:1' }, token)).status, 201);
  const entries = async (token: string) => {
    const { body } = await hub.call('GET', `${base}/servers?catalog_type=custom&shared=false`, undefined, token);
    return body.servers.map(({ name, changeable }: Record<string, unknown>) => [name, changeable]);
  };
  t.same(await entries(ada.token), [
    ['for-all', false],
    ['hers', true],
  ]);
  t.same(await entries(boss.token), [
    ['for-all', true],
    ['hers', true],
  ]);
  const hubs = await hub.call('GET', `${base}/servers/memory`, undefined, boss.token);
  t.equal(hubs.body.changeable, false, 'what comes with the hub stays');
  const registered = await hub.call('GET', `${base}/servers?shared=true`, undefined, ada.token);
  t.match(registered.body, {
    servers: [{ name: 'shared', shared: true, changeable: false }],
    pagination: { total: 1 },
  });
});

t.test('a deleted user leaves no server behind', async (t) => {
  const { hub, ada } = await start(t);
  t.match(await over(hub, await hub.call('POST', `${base}/servers/sequential-thinking/enable`, undefined, ada.token)), {
    status: 'completed',
  });
  const before = await hub.call('GET', '/api/servers');
  t.equal(before.body.data.length, 1, 'an admin sees it');
  t.equal((await hub.call('DELETE', `/infrastructure/api/v1/users/${ada.user.id}`)).status, 200);
  await until(hub, '/api/servers', ({ data }) => data.length === 0);
});

if (dockerParts(t))
  t.test('an image that a user adds', async (t) => {
    const engine = await borrowEngine(t);
    await importBase(engine.docker);
    for (const version of ['1', '2']) await buildImage(engine.docker, `team/tool:${version}`, { version });
    const { hub, provider, ada, bob } = await start(t);
    const as = (token: string) => (method: string, path: string, body?: unknown) =>
      hub.call(method, base + path, body, token);
    const [adas, bobs] = [as(ada.token), as(bob.token)];
    const wanted = {
      name: 'custom-tool',
      display_name: 'Custom Tool',
      description: 'x',
      image: 'team/tool:1',
      category: 'utilities',
      tags: ['custom'],
    };
    const made = await adas('POST', '/catalog/custom', wanted);
    t.equal(made.status, 201, JSON.stringify(made.body));
    sameShape(t, made.body, example('POST /api/v1/catalog/custom'));
    const taken = await adas('POST', '/catalog/custom', wanted);
    t.match(taken, {
      status: 409,
      body: { error: { code: 'CONFLICT', details: { resource: 'custom_server', name: 'custom-tool' } } },
    });
    const bad = await adas('POST', '/catalog/custom', { ...wanted, name: 'other', image: 'Not An Image' });
    t.match(bad, { status: 400, body: { error: { details: { field: 'image' } } } });
    t.equal((await adas('POST', '/catalog/custom', { ...wanted, name: 'other', shared: true })).status, 403);
    t.equal((await bobs('GET', '/servers/custom-tool')).status, 404, 'no other user sees it');

    t.match(
      await over(
        hub,
        await adas('POST', '/servers/custom-tool/enable', { config: { env: { TOKEN_OF_ADA: 'abcdefgh1' } } }),
      ),
      { status: 'completed' },
    );
    const got = await measured(hub, '/servers/custom-tool', ada.token);
    sameShape(t, got.body, example('GET /api/v1/servers/{id}'));
    const [container] = await engine.docker.listContainers();
    t.equal(got.body.user_config.container_id, container?.Id);
    t.match(got.body.container_stats, { cpu_usage: /^\d+(\.\d)?%$/, memory_usage: /B$/ });
    const info = await engine.docker.getContainer(container?.Id ?? '').inspect();
    t.match(info.HostConfig, { CapDrop: ['ALL'], SecurityOpt: ['no-new-privileges'], Privileged: false });
    t.ok(info.Config.Env.includes('TOKEN_OF_ADA=abcdefgh1'));

    const boss = await signIn(hub, provider, account('boss', 'team_admin'));
    t.equal((await bobs('PUT', '/catalog/custom/custom-tool', { description: 'y' })).status, 404);
    const moved = await as(boss.token)('PUT', `/catalog/custom/${made.body.id}`, {
      description: 'Updated',
      image: 'team/tool:2',
      shared: true,
    });
    t.same([moved.status, moved.body], [200, example('PUT /api/v1/catalog/custom/{id}')]);
    const path = `${base}/servers/custom-tool`;
    await until2(
      hub,
      path,
      ada.token,
      ({ metadata, user_config }) => metadata.version === '2' && user_config.container_state === 'running',
    );
    t.equal((await bobs('GET', '/servers/custom-tool')).status, 200, 'shared now');
    t.equal((await bobs('DELETE', '/catalog/custom/custom-tool')).status, 403);
    t.equal((await adas('DELETE', `/catalog/custom/${made.body.id}`)).status, 204);
    t.equal((await adas('GET', '/servers/custom-tool')).status, 404);
    t.same(await engine.docker.listContainers({ all: true }), [], 'what ran from it is gone');
    t.equal((await adas('DELETE', '/catalog/custom/memory')).status, 403, 'what comes with the hub stays');
  });

/** A server and its current usage. The usage is absent if its agent takes longer than the hub waits for it. */
function measured(hub: Hub, path: string, token: string): Promise<Answer> {
  return until2(hub, base + path, token, (body) => body.container_stats?.memory_usage !== null);
}

/** Asks as a user until the answer is as wanted. */
function until2(hub: Hub, path: string, token: string, wanted: (body: Answer['body']) => boolean): Promise<Answer> {
  const asked = { call: (method: string, at: string) => hub.call(method, at, undefined, token) } as unknown as Hub;
  return until(asked, path, wanted);
}

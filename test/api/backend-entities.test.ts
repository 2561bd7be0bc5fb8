import t, { type Test } from 'tap';
import { fixtureServer } from '../automation.js';
import { as } from '../backend.js';
import { newUser } from '../infrastructure.js';
import { ADMIN_KEY, startAgent, startHub } from '../roundhouse.js';

async function start(t: Test) {
  const hub = await startHub(t);
  const agent = await startAgent(t, hub);
  const call = as(hub, ADMIN_KEY);
  const { body } = await hub.call('POST', '/api/groups', { name: 'team' });
  const serverId = await hub.connectServer({ ...fixtureServer('flow', 'held'), groupId: body.data.id });
  return { hub, agent, call, serverId, groupId: body.data.id as string };
}

const has = (body: { related_entities: { type: string; id: string }[] }, type: string, id: string) =>
  body.related_entities.some((one) => one.type === type && one.id === id);

t.test('servers, groups, agents and sites name each other as related', async (t) => {
  const { hub, agent, call, serverId, groupId } = await start(t);
  const server = await call('GET', `/entities/server/flow`);
  t.match(server.body, { id: serverId, type: 'server', data: { name: 'flow', status: 'connected', site: 'local' } });
  t.ok(has(server.body, 'group', groupId) && has(server.body, 'agent', agent.id) && has(server.body, 'site', 'local'));
  for (const [path, type] of [
    [`groups/${groupId}`, 'group'],
    [`agent/${agent.id}`, 'agent'],
    ['sites/local', 'site'],
  ] as const) {
    const { status, body } = await call('GET', `/entities/${path}`);
    t.match([status, body.type], [200, type]);
    t.ok(has(body, 'server', serverId), type);
  }
  const restarted = await hub.call('POST', '/api/v1/servers/flow/restart');
  t.equal(restarted.status, 202);
  const job = (await call('GET', `/entities/server/${serverId}`)).body.related_entities.find(
    ({ type }: { type: string }) => type === 'job',
  );
  const { body } = await call('GET', `/entities/job/${job.id}`);
  t.match(body, { type: 'job', data: { kind: 'server.restart' } });
  t.ok(has(body, 'server', serverId));
});

t.test('a device names its agent as related', async (t) => {
  const { call, hub, agent } = await start(t);
  const credentials = { username: 'a', password: 'not-a-password' };
  const device = { name: 'edge', type: 'frr', hostname: '127.0.0.1', credentials };
  const made = await hub.call('POST', '/api/v1/network/devices', device);
  t.equal(made.status, 201);
  const entity = await call('GET', `/entities/device/edge`);
  t.match(entity.body, { type: 'device', data: { name: 'edge', site: 'local' } });
  t.ok(has(entity.body, 'agent', agent.id));
  t.notMatch(JSON.stringify(entity.body), 'not-a-password');
});

t.test('a user sees only the user’s own account and keys, and an admin those of all users', async (t) => {
  const { hub, call } = await start(t);
  const alice = await newUser(hub, 'alice', 'viewer');
  const bob = await newUser(hub, 'bob', 'viewer');
  const own = await hub.call('POST', '/backend/api/v1/api-keys', { name: 'mine' }, alice.token);
  const asAlice = as(hub, own.body.key);
  const self = await asAlice('GET', `/entities/user/${alice.id}`);
  t.match(self.body, { type: 'user', data: { username: 'alice', role: 'viewer' } });
  t.ok(has(self.body, 'api_key', own.body.id));
  t.notMatch(JSON.stringify(self.body), /argon2|password_hash/);
  const key = await asAlice('GET', `/entities/api-keys/${own.body.id}`);
  t.match(key.body, { data: { name: 'mine', prefix: own.body.prefix }, related_entities: [{ id: alice.id }] });
  t.equal((await asAlice('GET', `/entities/user/${bob.id}`)).status, 403);
  const others = await hub.call('POST', '/backend/api/v1/api-keys', { name: 'his' }, bob.token);
  t.equal((await asAlice('GET', `/entities/api_key/${others.body.id}`)).status, 404);
  t.equal((await call('GET', `/entities/api_key/${others.body.id}`)).body.data.name, 'his');
});

t.test('narrowed keys see the entities that they cover, and no links to others', async (t) => {
  const { hub, serverId } = await start(t);
  const other = await hub.connectServer(fixtureServer('other', 'held'));
  const narrow = as(hub, await hub.key('viewer', { grants: { servers: [serverId] } }));
  t.equal((await narrow('GET', `/entities/server/${serverId}`)).status, 200);
  t.equal((await narrow('GET', `/entities/server/${other}`)).status, 404);
  t.equal((await narrow('GET', '/entities/site/local')).status, 404, 'sites are for keys that name them');
  const elsewhere = as(hub, await hub.key('viewer', { grants: { sites: ['berlin'] } }));
  t.equal((await elsewhere('GET', '/entities/site/local')).status, 404);
  const { body } = await elsewhere('GET', '/dashboard/summary');
  t.equal(body.system_health.metrics.servers_total, 0);
});

t.test('entries of the catalog, their owners, and the servers that were made from them', async (t) => {
  const { hub, call } = await start(t);
  const alice = await newUser(hub, 'alice', 'user');
  const bob = await newUser(hub, 'bob', 'user');
  const portal = (path: string, body: object) => hub.call('POST', `/portal/api/v1${path}`, body, alice.token);
  const { id } = (await portal('/catalog/custom', { name: 'mine', image: 'example.org/mine:1' })).body;
  const enabled = await portal(`/servers/${id}/enable`, {
    config: { auto_start: false, env: { TOKEN: 'not-a-token' } },
  });
  t.equal(enabled.status, 202);
  const asBob = (path: string) => hub.call('GET', `/backend/api/v1${path}`, undefined, bob.token);
  const asAlice = (path: string) => hub.call('GET', `/backend/api/v1${path}`, undefined, alice.token);
  const { body } = await asAlice('/entities/catalog_entry/mine');
  t.match(body, {
    id,
    type: 'catalog_entry',
    data: { name: 'mine', image: 'example.org/mine:1', catalog_type: 'custom' },
  });
  t.ok(has(body, 'user', alice.id) && !has(body, 'api_key', alice.id));
  const made = body.related_entities.find(({ type }: { type: string }) => type === 'server');
  t.equal(made.relationship, 'enabled_server');
  const server = await asAlice(`/entities/servers/${made.id}`);
  t.ok(has(server.body, 'catalog_entry', id) && has(server.body, 'user', alice.id));
  t.notMatch(JSON.stringify([body, server.body]), 'not-a-token');
  t.ok(has((await call('GET', `/entities/catalog-entries/${id}`)).body, 'server', made.id), 'admins see all of it');
  t.same(
    [(await asBob(`/entities/catalog_entry/${id}`)).status, (await asBob(`/entities/server/${made.id}`)).status],
    [404, 404],
  );
  const { body: site } = await asBob('/entities/site/local');
  t.equal(site.data.server_count, 1, 'servers of another user are not counted');
  const ours = await hub.call('POST', '/portal/api/v1/catalog/custom', { name: 'ours', image: 'example.org/ours:1' });
  await portal(`/servers/${ours.body.id}/enable`, { config: { auto_start: false } });
  const { body: shared } = await asBob('/entities/catalog_entry/ours');
  t.match(shared.data, { catalog_type: 'custom', shared: true });
  t.notOk(
    shared.related_entities.some(({ type }: { type: string }) => type === 'server'),
    'hers is not told of',
  );
  t.match((await asBob('/entities/catalog_entry/filesystem')).body, { data: { catalog_type: 'predefined' } });
});

t.test('a cluster names its agent as related', async (t) => {
  const { hub, call, agent } = await start(t);
  const kubeconfig = JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
    users: [{ name: 'u', user: { token: 'not-a-token-of-the-cluster' } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  });
  const config = { kubeconfig: Buffer.from(kubeconfig).toString('base64') };
  const made = await hub.call('POST', '/infrastructure/api/v1/kubernetes/clusters', { name: 'prod', config });
  t.equal(made.status, 201);
  const entity = await call('GET', '/entities/cluster/prod');
  t.match(entity.body, { type: 'cluster', data: { name: 'prod', site: 'local' } });
  t.ok(has(entity.body, 'agent', agent.id) && has(entity.body, 'site', 'local'));
  t.ok(has((await call('GET', `/entities/agents/${agent.id}`)).body, 'cluster', entity.body.id));
  t.notMatch(JSON.stringify(entity.body), 'not-a-token-of-the-cluster');
});

import t from 'tap';
import { as } from '../backend.js';
import { ADMIN_KEY, fixture, type Hub, startAgent, startHub } from '../roundhouse.js';

const SECRET = 'a-secret-of-the-definition';
const stdio = (name: string, env: Readonly<Record<string, string>> = {}) => ({
  type: 'stdio',
  command: process.execPath,
  args: [fixture(name)],
  env,
});

/** One hub and one agent for all tests. Each test uses its own names. */
let hub: Hub;
let call: ReturnType<typeof as>;
t.before(async () => {
  hub = await startHub(t);
  call = as(hub, ADMIN_KEY);
  await startAgent(t, hub);
});

t.test('a changed config makes a new version, an equal one does not; secrets are masked and kept', async (t) => {
  const config = stdio('answers', { TOKEN: SECRET });
  const made = await call('POST', '/mcp-definitions', { name: 'tool', mcp_type: 'stdio', config });
  t.match(made.body.latest_version, { version: '1', config: { env: { TOKEN: '********' } } });
  const path = `/mcp-definitions/${made.body.id}`;
  const same = await call('PUT', path, { config: { ...config, env: { TOKEN: '********' } } });
  t.equal(same.body.latest_version.id, made.body.latest_version.id);
  const more = { ...config, env: { TOKEN: '********', MODE: 'fast' } };
  const changed = await call('PUT', path, { config: more });
  t.match(changed.body.latest_version, { version: '2', config: { env: { TOKEN: '********', MODE: '********' } } });
  const { versions } = (await call('GET', path)).body;
  t.same(
    versions.map(({ version }: { version: string }) => version),
    ['2', '1'],
    'newest first',
  );
  t.same(versions[1].config, made.body.latest_version.config, 'the first is as it was');
  const lost = await call('PUT', path, { config: { ...config, env: { OTHER: '********' } } });
  t.match([lost.status, lost.body.details.field], [400, 'config.env.OTHER'], 'nothing is kept for this mask');
  const everywhere = await Promise.all([call('GET', '/mcp-definitions'), hub.call('GET', '/api/audit')]);
  t.notMatch(JSON.stringify(everywhere.map(({ body }) => body)), SECRET);
  t.notMatch(JSON.stringify(hub.log), SECRET);
});

t.test('a masked secret does not follow to another address', async (t) => {
  const config = { type: 'http', url: 'https://a.example.org/mcp', auth: { type: 'api_key', key: SECRET } };
  const made = await call('POST', '/mcp-definitions', { name: 'remote', mcp_type: 'http', config });
  t.match(made.body.latest_version.config, { url: config.url, auth: { type: 'api_key', key: '********' } });
  const path = `/mcp-definitions/remote`;
  const masked = { type: 'api_key', key: '********' };
  const elsewhere = await call('PUT', path, { config: { ...config, url: 'https://b.example.org/mcp', auth: masked } });
  t.match([elsewhere.status, elsewhere.body.details.field], [400, 'config.auth']);
  const beside = await call('PUT', path, { config: { ...config, url: 'https://a.example.org/v2', auth: masked } });
  t.equal(beside.status, 400, 'another path may be another tenant');
  const there = await call('PUT', path, { config: { ...config, auth: { ...masked, header: 'X-Key' } } });
  t.match([there.status, there.body.latest_version.version], [200, '2']);
});

t.test('a masked secret of a client does not follow to another token endpoint', async (t) => {
  const auth = { type: 'oauth2', client_id: 'c', client_secret: SECRET, token_url: 'https://a.example.org/token' };
  const config = { type: 'http', url: 'https://a.example.org/mcp', auth };
  const made = await call('POST', '/mcp-definitions', { name: 'tokens', mcp_type: 'http', config });
  t.match(made.body.latest_version.config.auth, { client_id: 'c', client_secret: '********' });
  const masked = { ...auth, client_secret: '********' };
  const put = (token_url: string) =>
    call('PUT', '/mcp-definitions/tokens', { config: { ...config, auth: { ...masked, token_url } } });
  t.match([(await put('https://b.example.org/token')).status], [400]);
  t.match([(await put('https://a.example.org/v2/token')).status], [400]);
});

t.test('an invalid config is refused with its field', async (t) => {
  const make = (mcp_type: string, config: object) => call('POST', '/mcp-definitions', { name: 'x', mcp_type, config });
  const step = { name: 'one', kind: 'cleanup' };
  const wrong: [mcp_type: string, config: object, field: string][] = [
    ['npm', { type: 'pypi', package: 'x' }, 'config.type'],
    ['smtp', { type: 'smtp' }, 'mcp_type'],
    ['npm', { type: 'npm' }, 'config.package'],
    ['npm', { type: 'npm', package: '../x' }, 'config.package'],
    ['stdio', { type: 'stdio', command: 'x', env: { A: 1 } }, 'config.env.A'],
    ['http', { type: 'http', url: 'ftp://example.org' }, 'config.url'],
    ['http', { type: 'http', url: 'https://u:p@example.org' }, 'config.url'],
    ['http', { type: 'http', url: 'https://example.org', extra: 1 }, 'config.extra'],
    [
      'websocket',
      { type: 'websocket', url: 'wss://e.org', auth: { type: 'oauth2', client_id: 'c', client_secret: 's' } },
      'config.auth.token_url',
    ],
    ['docker', { type: 'docker', image: 'a b' }, 'config.image'],
    ['workflow', { type: 'workflow', steps: [] }, 'config.steps'],
    ['workflow', { type: 'workflow', steps: [{ name: 'one', kind: 'dance' }] }, 'config.steps.0.kind'],
    ['workflow', { type: 'workflow', steps: [{ ...step, when: 'maybe' }] }, 'config.steps.0.when'],
    ['workflow', { type: 'workflow', steps: [step, step] }, 'config.steps.1.name'],
  ];
  for (const [type, config, field] of wrong) {
    const { status, body } = await make(type, config);
    t.match([status, body.details?.field], [400, field], body.detail);
    t.ok(body.detail.startsWith(`${field}: `));
  }
});

t.test('filter, skip and limit', async (t) => {
  // The test lists all definitions of a hub: this hub has no others.
  const call = as(await startHub(t), ADMIN_KEY);
  for (const name of ['a', 'b', 'c'])
    await call('POST', '/mcp-definitions', { name, mcp_type: 'npm', config: { type: 'npm', package: name } });
  await call('POST', '/mcp-definitions', { name: 'd', mcp_type: 'pypi', config: { type: 'pypi', package: 'd' } });
  const names = async (query: string) => {
    const { items, total } = (await call('GET', `/mcp-definitions?${query}`)).body;
    return [items.map(({ name }: { name: string }) => name).join(''), total];
  };
  t.same(await names(''), ['abcd', 4]);
  t.same(await names('skip=1&limit=2'), ['bc', 4]);
  t.same(await names('mcp_type=npm&skip=2'), ['c', 3]);
  t.same(await names('mcp_type=pypi'), ['d', 1]);
  const twice = await call('POST', '/mcp-definitions', {
    name: 'A',
    mcp_type: 'npm',
    config: { type: 'npm', package: 'a' },
  });
  t.match([twice.status, twice.body.code], [409, 'already_exists'], 'names are unique without regard to case');
});

t.test('roles: an admin makes definitions with a command, an operator definitions with an address', async (t) => {
  const call = as(hub, await hub.key('operator'));
  const command = { name: 'c', mcp_type: 'stdio', config: stdio('answers') };
  t.equal((await call('POST', '/mcp-definitions', command)).status, 403);
  const flow = { type: 'workflow', steps: [{ name: 'one', kind: 'cleanup' }] };
  t.equal((await call('POST', '/mcp-definitions', { name: 'w', mcp_type: 'workflow', config: flow })).status, 403);
  const remote = { name: 'r', mcp_type: 'http', config: { type: 'http', url: 'https://example.org/mcp' } };
  t.equal((await call('POST', '/mcp-definitions', remote)).status, 201);
  const narrow = as(hub, await hub.key('admin', { grants: { sites: ['local'] } }));
  t.equal((await narrow('POST', '/mcp-definitions', { ...remote, name: 'n' })).status, 403, 'narrowed grants');
});

t.test('a trigger shows its workflow by the name that the workflow has now', async (t) => {
  const config = { type: 'workflow', steps: [{ name: 'one', kind: 'set' }] };
  const { id } = (await call('POST', '/mcp-definitions', { name: 'before', mcp_type: 'workflow', config })).body;
  const triggers = '/automation/api/v1/orchestration/triggers';
  const made = await hub.call('POST', triggers, { name: 'hook', workflow: 'before' });
  t.equal(made.body.data.workflow, 'before');
  t.equal((await call('PUT', `/mcp-definitions/${id}`, { name: 'after' })).status, 200);
  const { body } = await hub.call('GET', triggers);
  t.match(body.data.triggers, [{ name: 'hook', workflow: 'after' }]);
});

t.test('a narrowed key reads no definition, whichever endpoint it asks', async (t) => {
  const given = { server: 'hidden', tool: 'pay', arguments: { note: 'an-argument-of-the-workflow' } };
  const config = { type: 'workflow', steps: [{ name: 'one', kind: 'tool_call', with: given }] };
  const { id } = (await call('POST', '/mcp-definitions', { name: 'flow', mcp_type: 'workflow', config })).body;
  const whole = as(hub, await hub.key('viewer'));
  const narrow = as(hub, await hub.key('viewer', { grants: { sites: ['elsewhere'] } }));
  for (const path of ['/mcp-definitions', `/mcp-definitions/${id}`, `/entities/mcp_definition/${id}`]) {
    t.match(JSON.stringify((await whole('GET', path)).body), given.arguments.note, path);
    t.equal((await narrow('GET', path)).status, 403, path);
  }
});

t.test('a server is registered from a definition, runs, and follows a newer version when told to', async (t) => {
  const config = stdio('answers', { TOKEN: SECRET, GREETING: 'hello' });
  const { body: definition } = await call('POST', '/mcp-definitions', { name: 'env', mcp_type: 'stdio', config });
  const path = `/mcp-definitions/${definition.id}`;
  const registered = await call('POST', `${path}/servers`, { name: 'env-1', env: { GREETING: 'servus' } });
  t.equal(registered.status, 201);
  t.match(registered.body, { name: 'env-1', site: 'local', version_id: definition.latest_version.id });
  t.equal((await hub.call('POST', '/api/servers/env-1/connect')).status, 200);
  const seen = async () => {
    const { body } = await hub.call('POST', '/api/tools/env/invoke', { arguments: {} });
    return JSON.parse(body.data.content[0].text);
  };
  t.match(await seen(), { GREETING: 'servus', TOKEN: SECRET }, 'as the definition has it, but for what was given');
  t.match(await call('DELETE', path), { status: 409, body: { detail: /env-1/ } }, 'it is in use');
  const entity = await call('GET', `/entities/server/${registered.body.id}`);
  t.match(entity.body.related_entities, [
    { type: 'site', id: 'local' },
    { type: 'agent' },
    { type: 'mcp_definition', id: definition.id, relationship: 'definition' },
  ]);
  t.match((await call('GET', `/entities/mcp-definitions/${definition.id}`)).body.related_entities, [
    { type: 'server', id: registered.body.id, relationship: 'registered_server' },
  ]);
  const next = { ...config, env: { TOKEN: '********', GREETING: 'moin' } };
  const { body: newer } = await call('PUT', path, { config: next });
  t.match(await seen(), { GREETING: 'servus' }, 'a new version changes no server');
  const updated = await call('PUT', `${path}/servers/env-1`, {});
  t.match(updated, { status: 200, body: { version_id: newer.latest_version.id } });
  await hub.call('POST', '/api/servers/env-1/connect');
  t.match(await seen(), { GREETING: 'moin', TOKEN: SECRET });
  t.equal((await call('PUT', `${path}/servers/env-1`, { version: '7' })).status, 404);
  await hub.call('DELETE', '/api/servers/env-1');
  t.equal((await call('DELETE', path)).status, 200);
});

t.test('the error of an invalid registration uses the field names of this API', async (t) => {
  await call('POST', '/mcp-definitions', { name: 'by-command', mcp_type: 'stdio', config: stdio('answers') });
  const url = 'https://example.org/mcp';
  await call('POST', '/mcp-definitions', { name: 'by-url', mcp_type: 'http', config: { type: 'http', url } });
  const wrong: [definition: string, body: object, field: string][] = [
    ['by-command', { env: { A: '{{database:none}}' } }, 'env.A'],
    ['by-command', { group_id: crypto.randomUUID() }, 'group_id'],
    ['by-command', { site: 'nowhere' }, 'site'],
    ['by-url', { env: { 'X-A': '{{database:none}}' } }, 'env.X-A'],
    ['by-url', { env: { 'X A': 'x' } }, 'env.X A'],
    ['by-url', { env: { 'X-A': 'x\r\nX-B: y' } }, 'env.X-A'],
  ];
  for (const [definition, body, field] of wrong) {
    const answer = await call('POST', `/mcp-definitions/${definition}/servers`, { name: 's', ...body });
    t.match([answer.status, answer.body.details?.field], [400, field]);
    t.ok(answer.body.detail.startsWith(`${field}: `));
  }
});

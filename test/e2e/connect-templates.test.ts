import t from 'tap';
import { type Hub, startAgent, startHub } from '../roundhouse.js';
import { documented, sameShape } from '../shape.js';

type Template = Readonly<Record<string, unknown>> & { readonly id: string; readonly category: string };

/** One hub with agents at two sites for all tests. */
let hub: Hub;
t.before(async () => {
  hub = await startHub(t);
  await startAgent(t, hub, 'berlin');
  await startAgent(t, hub, 'tokyo');
});

t.test('templates are listed, by category and by search', async (t) => {
  const list = async (query = ''): Promise<Template[]> =>
    (await hub.call('GET', `/api/templates${query}`, undefined, await hub.key('viewer'))).body.data;
  const { body } = await hub.call('GET', '/api/templates');
  sameShape(t, body, documented('GET /api/templates'));
  t.ok(body.data.length >= 20, 'twenty at least');

  const github = body.data.find(({ id }: Template) => id === 'builtin-github');
  t.match(github, {
    name: 'GitHub',
    category: 'development',
    transport: 'stdio',
    command: 'npx',
    args: ['-y', '@modelcontextprotocol/server-github'],
    envPlaceholders: [{ key: 'GITHUB_TOKEN', required: true }],
    npmPackage: '@modelcontextprotocol/server-github',
    pypiPackage: null,
  });
  const fetch = body.data.find(({ id }: Template) => id === 'builtin-fetch');
  t.match(fetch, { command: 'uvx', args: ['mcp-server-fetch'], npmPackage: null, pypiPackage: 'mcp-server-fetch' });

  const databases = await list('?category=database');
  t.ok(databases.length > 1);
  t.same([...new Set(databases.map(({ category }) => category))], ['database']);
  t.same(
    (await list('?search=GITHUB')).map(({ id }) => id),
    ['builtin-github'],
    'without regard to case',
  );
  t.same(
    (await list('?search=knowledge%20graph')).map(({ id }) => id),
    ['builtin-memory'],
    'in the description, too',
  );
  t.same(await list('?category=database&search=github'), []);
});

t.test('a server is made from a template', async (t) => {
  const groupId = (await hub.call('POST', '/api/groups', { name: 'code' })).body.data.id;
  const body = { name: 'My GitHub Server', env: { GITHUB_TOKEN: 'ghp_secret_value' }, groupId, site: 'tokyo' };
  const made = await hub.call('POST', '/api/templates/builtin-github/instantiate', body);
  t.equal(made.status, 201);
  sameShape(t, made.body, documented('POST /api/templates/{id}/instantiate'));
  t.match(made.body.data, {
    name: 'My GitHub Server',
    status: 'disconnected',
    description: 'GitHub repository access and management',
    metadata: { category: 'development' },
    groupId,
    site: 'tokyo',
  });
  t.same(
    made.body.data.transport,
    {
      type: 'stdio',
      command: 'npx',
      args: ['-y', '@modelcontextprotocol/server-github'],
      env: { GITHUB_PERSONAL_ACCESS_TOKEN: '********' },
    },
    'under the name that the server itself reads',
  );
  t.notMatch(JSON.stringify(made.body), /ghp_secret_value/);
  t.match((await hub.call('GET', '/api/servers/my%20github%20server')).body.data, { id: made.body.data.id });
  t.equal((await hub.call('POST', '/api/templates/builtin-github/instantiate', body)).status, 409, 'its name is taken');

  const files = await hub.call('POST', '/api/templates/builtin-filesystem/instantiate', {
    name: 'files',
    env: { ALLOWED_DIRECTORY: '/srv/a $& b' },
    site: 'berlin',
  });
  t.same(
    files.body.data.transport,
    { type: 'stdio', command: 'npx', args: ['-y', '@modelcontextprotocol/server-filesystem', '/srv/a $& b'] },
    'a value that belongs on the command line, as it is',
  );
});

t.test('values that do not fit a template are refused', async (t) => {
  const registered = async () => (await hub.call('GET', '/api/servers')).body.data.length;
  const before = await registered();
  const instantiate = (id: string, body: unknown, key?: string) =>
    hub.call('POST', `/api/templates/${id}/instantiate`, body, key);
  for (const env of [undefined, {}, { GITHUB_TOKEN: '' }]) {
    const { status, body } = await instantiate('builtin-github', { name: 'g', env });
    t.equal(status, 400);
    t.match(body, { code: 'VALIDATION_ERROR', error: /env\.GITHUB_TOKEN/, details: { field: 'env.GITHUB_TOKEN' } });
  }
  const unknown = await instantiate('builtin-github', { name: 'g', env: { GITHUB_TOKEN: 'x', GITHUB_TOKN: 'y' } });
  t.match(unknown.body, { code: 'VALIDATION_ERROR', details: { field: 'env.GITHUB_TOKN', error: /GITHUB_TOKEN/ } });
  const inherited = await instantiate('builtin-github', '{"name":"g","env":{"GITHUB_TOKEN":"x","__proto__":"y"}}');
  t.equal(inherited.status, 400);
  t.match((await instantiate('builtin-github', {})).body, { details: { field: 'name' } });
  t.equal((await instantiate('builtin-nothing', { name: 'n' })).status, 404);
  const group = await instantiate('builtin-time', { name: 'n', groupId: '0193a1b2-0000-7000-8000-000000000000' });
  t.match(group.body, { code: 'VALIDATION_ERROR', details: { field: 'groupId' } });
  const site = await instantiate('builtin-time', { name: 'n', site: 'mars' });
  t.match(site.body, { code: 'VALIDATION_ERROR', details: { field: 'site' } });
  const operator = await instantiate('builtin-time', { name: 'n' }, await hub.key('operator'));
  t.equal(operator.status, 403, 'a command is for admins to register');
  t.equal(await registered(), before, 'none of these made a server');
});

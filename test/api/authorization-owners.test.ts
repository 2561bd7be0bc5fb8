import t from 'tap';
import type { Role } from '../../hub/domain/access/caller.js';
import { type Answer, type Hub, startAgent, startHub } from '../roundhouse.js';

/** The calls of one person, or of one key. */
type Calls = (method: string, path: string, body?: unknown) => Promise<Answer>;

/** A call on the record with an id: method, path, body. */
type CallOn = readonly [method: string, path: (id: string) => string, body?: unknown];

/** A kind of records that belong to their creators. */
interface Kind {
  readonly name: string;
  readonly owner: Role;
  readonly stranger: Role;
  /** Makes a record. @returns its id */
  make(owner: Calls): Promise<string>;
  /** The calls that its owner may make, in an order in which all of them succeed. */
  readonly calls: readonly CallOn[];
}

const portal = '/portal/api/v1';
const infrastructure = '/infrastructure/api/v1';
const backend = '/backend/api/v1';

/** The id in an answer to a request that made something. */
async function made(answer: Promise<Answer>): Promise<string> {
  const { status, body } = await answer;
  if (status !== 201) throw new Error(`not made: ${status} ${JSON.stringify(body)}`);
  return (body.data ?? body).id;
}

/** Enables a server of the catalog, without starting it. @returns its id */
async function enabled(owner: Calls, entry: string): Promise<string> {
  const { body } = await owner('POST', `${portal}/servers/${entry}/enable`, { config: { auto_start: false } });
  if (body.operation_id === undefined) throw new Error(`not enabled: ${JSON.stringify(body)}`);
  const { body: list } = await owner('GET', '/api/servers');
  const found = list.data.find(({ name }: { readonly name: string }) => name.startsWith(entry));
  return found.id;
}

const kinds: readonly Kind[] = [
  {
    name: 'an image that a person added to the catalog',
    owner: 'user',
    stranger: 'user',
    make: (owner) => made(owner('POST', `${portal}/catalog/custom`, { name: 'secret-image', image: 'team/tool:1' })),
    calls: [
      ['GET', (id) => `${portal}/servers/${id}`],
      ['PUT', (id) => `${portal}/catalog/custom/${id}`, { description: 'changed' }],
      ['DELETE', (id) => `${portal}/catalog/custom/${id}`],
    ],
  },
  {
    name: 'a personal server, towards an operator',
    owner: 'operator',
    stranger: 'operator',
    make: (owner) => enabled(owner, 'sequential-thinking'),
    calls: [
      ['GET', (id) => `/api/servers/${id}`],
      ['GET', (id) => `${backend}/entities/server/${id}`],
      ['GET', (id) => `/api/servers/${id}/logs`],
      ['GET', (id) => `/automation/api/v1/servers/${id}`],
      ['GET', (id) => `/automation/api/v1/servers/${id}/tests`],
      ['PUT', (id) => `/automation/api/v1/servers/${id}/tests`, { safe_tools: [], cases: [] }],
      ['PUT', (id) => `/api/servers/${id}`, { description: 'changed' }],
      ['GET', (id) => `${portal}/servers/${id}`],
      ['GET', (id) => `${portal}/servers/${id}/logs`],
      ['POST', (id) => `${portal}/servers/${id}/disable`],
      ['POST', (id) => `/api/servers/${id}/disconnect`],
      ['DELETE', (id) => `/api/servers/${id}`],
    ],
  },
  {
    name: 'a job with a personal server',
    owner: 'operator',
    stranger: 'operator',
    async make(owner) {
      const id = await enabled(owner, 'time');
      const { body } = await owner('POST', `${portal}/servers/${id}/disable`);
      return body.operation_id;
    },
    calls: [
      ['GET', (id) => `${portal}/operations/${id}`],
      ['GET', (id) => `/automation/api/v1/jobs/${id.replace(/^(bulk_)?op_/, '')}`],
    ],
  },
  {
    name: 'an API key of a person (infrastructure)',
    owner: 'user',
    stranger: 'operator',
    make: (owner) => made(owner('POST', `${infrastructure}/api-keys`, { name: 'own', expires_in: 0 })),
    calls: [
      ['GET', (id) => `${backend}/entities/api_key/${id}`],
      ['DELETE', (id) => `${infrastructure}/api-keys/${id}`],
    ],
  },
  {
    name: 'an API key of a person (backend)',
    owner: 'user',
    stranger: 'operator',
    make: (owner) => made(owner('POST', `${backend}/api-keys`, { name: 'own' })),
    calls: [['DELETE', (id) => `${backend}/api-keys/${id}`]],
  },
  {
    name: 'the account of a person',
    owner: 'user',
    stranger: 'operator',
    async make(owner) {
      const { body } = await owner('GET', `${infrastructure}/users/me`);
      return body.data.id;
    },
    calls: [
      ['GET', (id) => `${infrastructure}/users/${id}`],
      [
        'PUT',
        (id) => `${infrastructure}/users/${id}`,
        { email: 'changed@example.com', current_password: 'correct horse battery' },
      ],
    ],
  },
];

let hub: Hub;
let people = 0;
t.before(async () => {
  hub = await startHub(t);
  await startAgent(t, hub, 'local');
});

/** A new person with an account of the hub, signed in. */
async function person(role: Role): Promise<Calls> {
  people += 1;
  const account = { username: `person-${people}`, password: 'correct horse battery' };
  await made(hub.call('POST', '/api/users', { ...account, role }));
  const { body } = await hub.call('POST', `${infrastructure}/auth/login`, account, null);
  return (method, path, given) => hub.call(method, path, given, body.data.access_token);
}

for (const { name, owner: ownerRole, stranger: strangerRole, make, calls } of kinds)
  t.test(`${name}: its owner reads and changes it, and no other user does`, async (t) => {
    const [owner, stranger] = [await person(ownerRole), await person(strangerRole)];
    const id = await make(owner);
    for (const [method, path, body] of calls) {
      const refused = await stranger(method, path(id), body);
      t.ok([403, 404].includes(refused.status), `${method} ${path('ID')} by a stranger: ${refused.status}`);
    }
    for (const [method, path, body] of calls) {
      const { status, body: answer } = await owner(method, path(id), body);
      t.equal(Math.floor(status / 100), 2, `${method} ${path('ID')} by the owner: ${JSON.stringify(answer)}`);
    }
  });

t.test('a webhook of a narrowed key: another narrowed key neither reads nor changes it', async (t) => {
  const grants = { sites: ['local'] };
  const keys = [await hub.key('operator', { name: 'a', grants }), await hub.key('operator', { name: 'b', grants })];
  const [owner, stranger] = keys.map(
    (key): Calls =>
      (method, path, body) =>
        hub.call(method, path, body, key),
  ) as [Calls, Calls];
  const id = await made(owner('POST', '/api/webhooks', { url: 'http://127.0.0.1:9/hook', events: ['server.error'] }));
  const calls: readonly CallOn[] = [
    ['GET', () => `/api/webhooks/${id}/deliveries`],
    ['PUT', () => `/api/webhooks/${id}`, { enabled: false }],
    ['DELETE', () => `/api/webhooks/${id}`],
  ];
  for (const [method, path, body] of calls) t.match(await stranger(method, path(id), body), { status: 404 }, method);
  t.same((await stranger('GET', '/api/webhooks')).body.data, []);
  for (const [method, path, body] of calls) t.match(await owner(method, path(id), body), { status: 200 }, method);
});

/** A change that succeeds, and the least role that it needs. */
const changes: readonly (readonly [least: Role, method: string, path: string, body?: unknown])[] = [
  ['operator', 'POST', '/api/groups', { name: 'made' }],
  ['operator', 'PUT', '/api/groups/made', { description: 'changed' }],
  ['operator', 'POST', '/api/servers', { name: 'made', transport: { type: 'http', url: 'http://127.0.0.1:9/mcp' } }],
  ['operator', 'PUT', '/api/servers/made', { description: 'changed' }],
  ['operator', 'POST', '/api/groups/made/servers', { serverIds: ['made'] }],
  ['operator', 'PUT', '/automation/api/v1/servers/made/tests', { safe_tools: [], cases: [] }],
  ['operator', 'POST', '/api/servers/made/disconnect'],
  ['operator', 'POST', '/automation/api/v1/servers/made/stop', {}],
  ['operator', 'POST', '/automation/api/v1/tests/run', { test_type: 'unit', servers: ['made'] }],
  ['operator', 'DELETE', '/api/servers/made'],
  ['operator', 'DELETE', '/api/groups/made'],
  ['operator', 'DELETE', '/api/cache'],
  ['operator', 'POST', '/api/webhooks', { url: 'http://127.0.0.1:9/hook', events: ['server.error'] }],
  [
    'operator',
    'POST',
    `${infrastructure}/network/devices`,
    {
      ...{ name: 'made', type: 'cisco_ios', hostname: '127.0.0.1', port: 9 },
      ...{ credentials: { username: 'netadmin', password: 'x' }, connection_options: { auto_connect: false } },
    },
  ],
  ['operator', 'PUT', `${infrastructure}/network/devices/made`, { tags: ['changed'] }],
  ['operator', 'POST', `${infrastructure}/network/devices/made/disconnect`],
  ['operator', 'DELETE', `${infrastructure}/network/devices/made`],
  [
    'operator',
    'POST',
    `${backend}/external-db-configs`,
    {
      ...{ name: 'made', db_type: 'postgresql', host: '127.0.0.1', port: 9 },
      ...{ db_name: 'd', username: 'u', password: 'p' },
    },
  ],
  ['operator', 'POST', '/automation/api/v1/cleanup/run', { dry_run: true }],
  [
    'admin',
    'POST',
    '/automation/api/v1/orchestration/workflows',
    { name: 'made', description: 'x', parameters: {}, steps: [{ name: 'look', kind: 'health_sweep' }] },
  ],
  ['operator', 'POST', '/automation/api/v1/orchestration/workflows/execute', { workflow: 'health_sweep' }],
  ['admin', 'POST', '/api/servers', { name: 'by-command', transport: { type: 'stdio', command: 'true' } }],
  ['admin', 'POST', '/api/agents/tokens', { site: 'local' }],
  ['admin', 'POST', '/api/keys', { name: 'made' }],
  ['admin', 'POST', '/api/users', { username: 'made', password: 'correct horse battery' }],
  ['admin', 'PUT', '/api/users/made/password', { password: 'another correct horse' }],
  ['user', 'POST', `${portal}/catalog/custom`, { name: 'made-image', image: 'team/tool:1' }],
  ['viewer', 'PUT', `${portal}/config`, { preferences: { theme: 'dark' } }],
];

t.test('each change succeeds with the least role, after the role below was refused', async (t) => {
  const roles: readonly Role[] = ['viewer', 'user', 'operator', 'admin'];
  const keys = new Map<Role, string>();
  for (const role of roles) keys.set(role, await hub.key(role));
  const as = (role: Role | undefined) => (role === undefined ? undefined : keys.get(role));
  for (const [least, method, path, body] of changes) {
    const below = as(roles[roles.indexOf(least) - 1]);
    if (below !== undefined) t.equal((await hub.call(method, path, body, below)).status, 403, `${method} ${path}`);
    const { status, body: answer } = await hub.call(method, path, body, as(least));
    t.equal(Math.floor(status / 100), 2, `${method} ${path} by ${least}: ${JSON.stringify(answer)}`);
  }
});

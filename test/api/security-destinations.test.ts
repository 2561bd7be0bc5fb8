import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { clustersPath, kubernetesPath } from '../kubernetes.js';
import { type Answer, type Hub, startAgent, startHub } from '../roundhouse.js';

const MASK = '********';
const SECRET = 'a-secret-of-the-record-0001';
const HOST_KEY = `SHA256:${'a'.repeat(43)}`;

type Body = Readonly<Record<string, unknown>>;

/** A change that takes a secret elsewhere. */
interface Move {
  /** The change, for people. */
  readonly what: string;
  /** The change with the secret left out or masked. */
  readonly body: Body;
  /** The field that the refusal names. */
  readonly field: string;
  /** The same change with the secret given again; absent if only the refusal is of interest. */
  readonly anew?: Body;
}

interface Kind {
  readonly create: { readonly path: string; readonly body: Body };
  /** Where a record is changed, by the answer to its creation. */
  readonly at: (made: Answer['body']) => string;
  readonly moves: readonly Move[];
  /** A change that does not affect the destination: the hub keeps the secret. */
  readonly stays: Body;
  /** Default: `operator`, who changes the record but may not read its secret. */
  readonly role?: 'admin';
}

const server = (name: string, body: Body): Kind['create'] => ({ path: '/api/servers', body: { name, ...body } });
const http = (url: string, value = MASK) => ({ type: 'http', url, headers: { 'X-Secret': value } });
const oauth = (tokenUrl: string, clientSecret = MASK) => ({ type: 'oauth2', clientId: 'a', clientSecret, tokenUrl });
const signed = (privateKey = MASK) => ({ type: 'oauth2', clientId: 'a', privateKey, tokenUrl: url });
const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' });
const url = 'http://127.0.0.1:9/mcp';
/** The same in the form of definitions. */
const defined = (token_url: string, client_secret = MASK) => ({
  type: 'oauth2',
  client_id: 'a',
  client_secret,
  token_url,
});
const ofServer = (made: Answer['body']) => `/api/servers/${made.data.id}`;
const definitions = '/backend/api/v1/mcp-definitions';
const ofDefinition = (made: Answer['body']) => `${definitions}/${made.id}`;
const npx = (args: readonly string[], value = MASK) => ({ type: 'stdio', command: 'npx', args, env: { TOKEN: value } });
const device = (more: Body) => ({ hostname: '127.0.0.1', port: 9, ...more });
const credentials = { username: 'netadmin', password: SECRET };
const endpoint = { host: 'https://127.0.0.1:9', token: SECRET };
const elsewhere = 'http://127.0.0.1:10/mcp';
/** Two clusters, each with its own credentials. */
const kubeconfig = JSON.stringify({
  'current-context': 'test',
  clusters: ['test', 'production'].map((name, at) => ({ name, cluster: { server: `https://127.0.0.1:${10 + at}` } })),
  users: ['test', 'production'].map((name) => ({ name, user: { token: `${SECRET}-${name}` } })),
  contexts: ['test', 'production'].map((name) => ({ name, context: { cluster: name, user: name } })),
});

/** Every kind of record that has secrets, by the name of its collection; a way in which it is reached for each. */
const kinds: Readonly<Record<string, readonly Kind[]>> = {
  servers: [
    {
      create: server('by-address', { transport: http(url, SECRET), auth: { type: 'api_key', key: SECRET } }),
      at: ofServer,
      stays: { transport: { ...http(url), headers: { 'X-Secret': MASK, 'X-Other': 'b' } } },
      moves: [
        {
          what: 'the address',
          body: { transport: http(elsewhere) },
          field: 'transport.headers.X-Secret',
          anew: { transport: http(elsewhere, 'b'), auth: { type: 'api_key', key: 'b' } },
        },
        {
          what: 'the address, with its headers given but not the key',
          body: { transport: http('http://127.0.0.1:11/mcp', 'b') },
          field: 'auth',
        },
        {
          what: 'the transport',
          body: { transport: { ...http(url), type: 'sse' } },
          field: 'transport.headers.X-Secret',
        },
        { what: 'the type of auth', body: { auth: oauth(elsewhere) }, field: 'auth' },
      ],
    },
    {
      create: server('by-token', { transport: http(url, SECRET), auth: oauth(url, SECRET) }),
      at: ofServer,
      stays: { auth: { ...oauth(url), scopes: ['a'] } },
      moves: [
        {
          what: 'the token URL',
          body: { auth: oauth(elsewhere) },
          field: 'auth',
          anew: { auth: oauth(elsewhere, 'b') },
        },
      ],
    },
    {
      create: server('by-private-key', { transport: http(url, SECRET), auth: signed(String(pem)) }),
      at: ofServer,
      stays: { auth: { ...signed(), scopes: ['a'] } },
      moves: [
        {
          what: 'the kind of proof: the private key would be sent as a secret',
          body: { auth: oauth(url) },
          field: 'auth',
          anew: { auth: oauth(url, 'b') },
        },
      ],
    },
    {
      create: server('by-command', { transport: npx(['-y', '@fleet/a@1.0.0'], SECRET) }),
      at: ofServer,
      role: 'admin',
      stays: { transport: npx(['-y', '@fleet/a@2.0.0']) },
      moves: [
        { what: 'the package', body: { transport: npx(['-y', '@fleet/b']) }, field: 'transport.env.TOKEN' },
        {
          what: 'where the package comes from',
          body: { transport: npx(['-y', '@fleet/a@http://127.0.0.1:9/a.tgz']) },
          field: 'transport.env.TOKEN',
        },
        {
          what: 'the transport, the variable becoming a header',
          body: { transport: { type: 'http', url, headers: { TOKEN: MASK } } },
          field: 'transport.headers.TOKEN',
        },
        {
          what: 'the command',
          body: { transport: { ...npx([]), command: 'node' } },
          field: 'transport.env.TOKEN',
          anew: { transport: { ...npx([], 'b'), command: 'node' } },
        },
      ],
    },
  ],
  definition_versions: [
    {
      create: {
        path: definitions,
        body: {
          name: 'by-address',
          mcp_type: 'http',
          config: { ...http(url, SECRET), auth: { type: 'api_key', key: SECRET } },
        },
      },
      at: ofDefinition,
      stays: { config: { ...http(url), auth: { type: 'api_key', key: MASK, header: 'X-Key' } } },
      moves: [
        {
          what: 'the address',
          body: { config: { ...http(elsewhere), auth: { type: 'api_key', key: MASK } } },
          field: 'config.headers.X-Secret',
          anew: { config: http(elsewhere, 'b') },
        },
      ],
    },
    {
      create: {
        path: definitions,
        body: { name: 'by-token', mcp_type: 'http', config: { ...http(url, 'a'), auth: defined(url, SECRET) } },
      },
      at: ofDefinition,
      stays: { config: { ...http(url), auth: { ...defined(url), scopes: ['a'] } } },
      moves: [
        { what: 'the token URL', body: { config: { ...http(url), auth: defined(elsewhere) } }, field: 'config.auth' },
      ],
    },
    {
      create: {
        path: definitions,
        body: {
          name: 'by-package',
          mcp_type: 'npm',
          config: { type: 'npm', package: '@fleet/a', version: '1.0.0', env: { TOKEN: SECRET } },
        },
      },
      at: ofDefinition,
      role: 'admin',
      stays: { config: { type: 'npm', package: '@fleet/a', version: '2.0.0', env: { TOKEN: MASK } } },
      moves: [
        {
          what: 'the package',
          body: { config: { type: 'npm', package: '@fleet/b', env: { TOKEN: MASK } } },
          field: 'config.env.TOKEN',
          anew: { config: { type: 'npm', package: '@fleet/b', env: { TOKEN: 'b' } } },
        },
      ],
    },
    {
      create: {
        path: definitions,
        body: {
          name: 'by-image',
          mcp_type: 'docker',
          config: { type: 'docker', image: 'fleet/a:1', env: { TOKEN: SECRET } },
        },
      },
      at: ofDefinition,
      role: 'admin',
      stays: { config: { type: 'docker', image: 'fleet/a:2', env: { TOKEN: MASK, MODE: 'fast' } } },
      moves: [
        {
          what: 'the image',
          body: { config: { type: 'docker', image: 'fleet/b:1', env: { TOKEN: MASK } } },
          field: 'config.env.TOKEN',
        },
      ],
    },
  ],
  devices: [
    {
      create: {
        path: '/infrastructure/api/v1/network/devices',
        body: device({
          name: 'core-1',
          type: 'cisco_ios',
          credentials,
          known_host_key: HOST_KEY,
          connection_options: { auto_connect: false },
        }),
      },
      at: () => '/infrastructure/api/v1/network/devices/core-1',
      stays: { tags: ['a'] },
      moves: [
        {
          what: 'the host key',
          body: { known_host_key: null },
          field: 'credentials',
          anew: { known_host_key: null, credentials },
        },
        { what: 'the port', body: { port: 10 }, field: 'credentials', anew: { port: 10, credentials } },
        { what: 'the host', body: { hostname: '127.0.0.2' }, field: 'credentials' },
        {
          what: 'the jump host',
          body: { connection_options: { jump_host: { hostname: '127.0.0.1', credentials } } },
          field: 'credentials',
        },
      ],
    },
  ],
  clusters: [
    {
      create: { path: clustersPath, body: { name: 'east', config: endpoint } },
      at: () => `${kubernetesPath}/clusters/east`,
      stays: { config: { timeout: 60 } },
      moves: [
        {
          what: 'the host',
          body: { config: { host: 'https://127.0.0.1:10' } },
          field: 'config.token',
          anew: { config: { ...endpoint, host: 'https://127.0.0.1:10' } },
        },
        { what: 'verification', body: { config: { insecure_skip_tls_verify: true } }, field: 'config.token' },
        { what: 'the name in the certificate', body: { config: { tls_server_name: 'b' } }, field: 'config.token' },
      ],
    },
    {
      create: { path: clustersPath, body: { name: 'west', config: { kubeconfig } } },
      at: () => `${kubernetesPath}/clusters/west`,
      stays: { config: { context: 'test' } },
      moves: [
        {
          what: 'the context',
          body: { config: { context: 'production' } },
          field: 'config.kubeconfig',
          anew: { config: { kubeconfig, context: 'production' } },
        },
      ],
    },
  ],
  databases: [
    {
      create: {
        path: '/backend/api/v1/external-db-configs',
        body: {
          name: 'reports',
          db_type: 'postgresql',
          host: 'db.example.org',
          port: 5432,
          db_name: 'reports',
          username: 'reader',
          password: SECRET,
        },
      },
      at: () => '/backend/api/v1/external-db-configs/reports',
      stays: { host: 'DB.example.org' },
      moves: [
        {
          what: 'the name of the database, which names another host in a DSN',
          body: { db_name: 'reports host=evil.example.org' },
          field: 'password',
        },
        { what: 'the user name', body: { username: 'writer' }, field: 'password' },
        { what: 'the host', body: { host: 'evil.example.org' }, field: 'password' },
        { what: 'the port', body: { port: 1 }, field: 'password', anew: { port: 1, password: 'b' } },
        { what: 'the type', body: { db_type: 'redis' }, field: 'password' },
        { what: 'the site, where the address is another machine', body: { site: 'local' }, field: 'password' },
      ],
    },
  ],
  webhooks: [
    {
      create: {
        path: '/api/webhooks',
        body: { url: 'https://192.0.2.1/a', events: ['server.connected'], secret: SECRET },
      },
      at: (made) => `/api/webhooks/${made.data.id}`,
      stays: { events: ['tool.error'] },
      moves: [
        {
          what: 'the URL',
          body: { url: 'https://192.0.2.2/b' },
          field: 'secret',
          anew: { url: 'https://192.0.2.2/b', secret: `${SECRET}-b` },
        },
      ],
    },
  ],
};

/** Records with sealed values that are sent to no other address, and their purpose. */
const internal: Readonly<Record<string, string>> = {
  signing_keys: 'the hub signs tokens with them itself',
  workflow_triggers: 'the hub checks signatures of incoming messages with them itself',
  device_changes: 'differences of configurations, which only the hub reads',
};

const domain = fileURLToPath(new URL('../../hub/domain', import.meta.url));

/** The names of all collections whose records have a sealed member, as their sources declare them. */
function sealedCollections(): string[] {
  const files = readdirSync(domain, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  return files.flatMap((file) => {
    const text = readFileSync(join(domain, file), 'utf8');
    const records = text.matchAll(/interface (\w+)[^{]*\{(?:[^{}]|\{[^{}]*\})*?readonly sealed[A-Z]/g);
    return Array.from(records, ([, record = '']) => {
      const [, name = `${file}: ${record}`] = new RegExp(`collection<${record}>\\(\\s*'(\\w+)'`).exec(text) ?? [];
      return name;
    });
  });
}

t.test('every kind of record that has secrets is listed here', async (t) => {
  t.same(sealedCollections().sort(), [...Object.keys(kinds), ...Object.keys(internal)].sort());
});

t.test('a secret goes only to its own destination: another destination needs the secret again', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  const operator = await hub.key('operator');
  const admin = await hub.key('admin');
  for (const [name, ways] of Object.entries(kinds))
    await t.test(name, async (t) => {
      for (const kind of ways) await checkKind(t, hub, kind, kind.role === 'admin' ? admin : operator);
    });
});

async function checkKind(t: Test, hub: Hub, { create, at, moves, stays }: Kind, key: string): Promise<void> {
  const made = await hub.call('POST', create.path, create.body);
  t.equal(made.status, 201, JSON.stringify(made.body));
  const path = at(made.body);
  const kept = await hub.call('PUT', path, stays, key);
  t.equal(kept.status, 200, `what stays where it is keeps its secret: ${JSON.stringify(kept.body)}`);
  for (const { what, body, field, anew } of moves) {
    const refused = await hub.call('PUT', path, body, key);
    t.equal(refused.status, 400, `${what}: ${JSON.stringify(refused.body)}`);
    t.match(JSON.stringify(refused.body), field, `${what}: the field is named`);
    t.match(JSON.stringify(refused.body), 'has to be given again', what);
    if (!anew) continue;
    const given = await hub.call('PUT', path, anew, key);
    t.equal(given.status, 200, `${what}, given anew: ${JSON.stringify(given.body)}`);
  }
}

t.test('a masked value without a stored secret is refused', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  for (const body of [
    { name: 'a', transport: http(url) },
    { name: 'b', transport: { type: 'http', url }, auth: { type: 'api_key', key: MASK } },
  ])
    t.match(await hub.call('POST', '/api/servers', body), { status: 400, body: { details: { error: /is masked/ } } });
});

t.test('no header of a registration decides where its requests go', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  const made = await hub.call('POST', '/api/servers', { name: 'kept', transport: http(url, SECRET) });
  const definition = { name: 'by-url', mcp_type: 'http', config: http(url, 'a') };
  t.equal((await hub.call('POST', definitions, definition)).status, 201);
  const refuses = async (method: 'POST' | 'PUT', path: string, body: Body, field: string) => {
    const { status, body: answer } = await hub.call(method, path, body);
    t.equal(status, 400, `${field}: ${JSON.stringify(answer)}`);
    t.match(JSON.stringify(answer), `${field}: is a header that decides where requests go`);
  };
  const steering = ['Host', 'connection', 'Transfer-Encoding', 'Content-Length', 'Upgrade', 'TE', 'X-Forwarded-Host'];
  for (const name of [...steering, 'Proxy-Authorization', 'Sec-WebSocket-Protocol']) {
    const headers = { 'X-Secret': MASK, [name]: 'other.example' };
    const transport = { ...http(url), headers };
    await refuses('PUT', ofServer(made.body), { transport }, `transport.headers.${name}`);
  }
  const auth = { type: 'api_key', key: 'other.example', header: 'host', prefix: '' };
  const remote = { type: 'http', url };
  const socket = { type: 'websocket', url: 'ws://127.0.0.1:9/mcp', headers: { Host: 'a' } };
  await refuses('PUT', ofServer(made.body), { auth }, 'auth.header');
  await refuses('POST', '/api/servers', { name: 'a', transport: socket }, 'transport.headers.Host');
  await refuses('POST', '/api/servers', { name: 'b', transport: { ...remote, type: 'sse' }, auth }, 'auth.header');
  const config = { ...remote, headers: { Host: 'a' } };
  await refuses('POST', definitions, { name: 'c', mcp_type: 'http', config }, 'config.headers.Host');
  const signed = { name: 'd', mcp_type: 'http', config: { ...remote, auth } };
  await refuses('POST', definitions, signed, 'config.auth.header');
  await refuses('POST', `${definitions}/by-url/servers`, { name: 'e', env: { Host: 'a' } }, 'env.Host');
});

t.test('a caller without the right to the agent’s own credentials for a cluster cannot change their use', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  const own = { name: 'own', config: { agent: 'in_cluster' } };
  const made = await hub.call('POST', clustersPath, own);
  t.equal(made.status, 201, JSON.stringify(made.body));
  const path = `${clustersPath}/own`;
  const insecure = { config: { insecure_skip_tls_verify: true } };
  t.equal((await hub.call('PUT', path, insecure, await hub.key('operator'))).status, 403);
  t.equal((await hub.call('PUT', path, { description: 'a' }, await hub.key('operator'))).status, 200);
});

t.test('another image of a catalog entry does not get the settings that users gave to the old one', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  const operator = await hub.key('operator');
  const user = await hub.key('user');
  const portal = (method: string, path: string, body: object, key: string) =>
    hub.call(method, `/portal/api/v1${path}`, body, key);
  const entry = await portal('POST', '/catalog/custom', { name: 'mine', image: 'example.org/mine:1' }, operator);
  t.equal(entry.status, 201, JSON.stringify(entry.body));
  const config = { config: { auto_start: false, env: { TOKEN: SECRET } } };
  t.equal((await portal('POST', `/servers/${entry.body.id}/enable`, config, user)).status, 202);
  const given = async () => {
    const { body } = await hub.call('GET', '/api/servers');
    return body.data.map(({ transport }: { transport: { args: string[]; env?: object } }) => [
      transport.args.at(-1),
      Object.keys(transport.env ?? {}),
    ]);
  };
  t.same(await given(), [['example.org/mine:1', ['TOKEN']]]);
  const change = (image: string) => portal('PUT', `/catalog/custom/${entry.body.id}`, { image }, operator);
  t.equal((await change('example.org/mine:2')).status, 200);
  t.same(await given(), [['example.org/mine:2', ['TOKEN']]], 'another version of it is');
  t.equal((await change('evil.example.org/mine:2')).status, 200);
  t.same(await given(), [['evil.example.org/mine:2', []]]);
});

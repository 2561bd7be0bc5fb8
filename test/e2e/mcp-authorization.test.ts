import type { IncomingHttpHeaders } from 'node:http';
import { Client, ClientCredentialsProvider, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { decodeJwt } from 'jose';
import t from 'tap';
import { fixtureServer } from '../automation.js';
import { client as credentials, type IdentityProvider, identityProvider } from '../fixtures/mcp/identity-provider.js';
import { httpServer, type Message, registration, tool } from '../fixtures/servers/http-servers.js';
import { wait } from '../kit/wait.js';
import { textOf } from '../mcp-answers.js';
import { OPERATIONS } from '../mcp-client.js';
import { modernClient } from '../modern-client.js';
import { type Hub, startAgent, startHub } from '../roundhouse.js';

let hub: Hub;
let provider: IdentityProvider;
let resource: string;
t.before(async () => {
  provider = await identityProvider(t);
  const env = { ROUNDHOUSE_OIDC_ISSUER: provider.issuer, ROUNDHOUSE_OIDC_SCOPES: 'fleet' };
  hub = await startHub(t, { env });
  resource = `${hub.url}/mcp`;
  await startAgent(t, hub);
  await hub.connectServer(fixtureServer('alpha', 'everything'));
});

const ping = (token: string | null, path = '/mcp') =>
  hub.call('POST', path, { jsonrpc: '2.0', id: 1, method: 'ping' }, token, {});
const challengeOf = async (token: string | null, path?: string) =>
  (await ping(token, path)).headers.get('www-authenticate');
t.test('a client without a token learns where to get one', async (t) => {
  const { status, headers } = await ping(null);
  t.equal(status, 401);
  const metadata = `${hub.url}/.well-known/oauth-protected-resource/mcp`;
  t.equal(headers.get('www-authenticate'), `Bearer resource_metadata="${metadata}", scope="fleet"`);
  for (const path of ['', '/mcp', '/mcp/sse', '/mcp/servers/alpha']) {
    const told = await hub.call('GET', `/.well-known/oauth-protected-resource${path}`, undefined, null);
    t.equal(told.status, 200);
    t.match(told.body, { resource, authorization_servers: [provider.issuer], scopes_supported: ['fleet'] });
  }
});

t.test('a token of the provider, made for this hub, opens the door', async (t) => {
  t.equal((await ping(await provider.token(resource))).status, 200);
  t.equal((await ping(await provider.token(resource), '/mcp/servers/alpha')).status, 200);
  const role = async (roles?: unknown) => {
    const key = await provider.token(resource, roles === undefined ? {} : { roles });
    const client = await modernClient(t, hub, { path: OPERATIONS, key });
    const { tools } = await client.listTools();
    const has = (name: string) => tools.some((tool) => tool.name === name);
    return has('roundhouse_stop_server') ? 'operator' : has('alpha__echo') ? 'user' : 'viewer';
  };
  t.equal(await role(), 'viewer', 'the least, where the token names no role');
  t.equal(await role(['someone', 'user']), 'user');
  t.equal(await role(['viewer', 'operator']), 'operator', 'the highest');
  t.equal(await role('superman'), 'viewer');
});

t.test('other tokens do not', async (t) => {
  const good = await provider.token(resource);
  const elsewhere = await provider.token('https://elsewhere.example/mcp');
  const [head, , signature] = good.split('.');
  const claims = Buffer.from(JSON.stringify({ ...decodeJwt(good), roles: ['admin'] })).toString('base64url');
  const stranger = await identityProvider(t);
  const invalid = /^Bearer error="invalid_token", resource_metadata="/;
  t.match(await challengeOf(elsewhere), invalid, 'made for another resource');
  t.match(await challengeOf(`${head}.${claims}.${signature}`), invalid, 'changed');
  t.match(await challengeOf(await stranger.token(resource)), invalid, 'of another provider');
  const unsigned = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
  t.match(await challengeOf(`${unsigned}.${claims}.`), invalid, 'unsigned');
  const poor = await ping(await provider.token(resource, {}, 'other'));
  t.equal(poor.status, 403);
  t.match(poor.headers.get('www-authenticate'), /error="insufficient_scope".*scope="fleet"/);
  t.equal((await hub.call('GET', '/api/servers', undefined, good)).status, 401, 'good for /mcp only');
});

t.test('a token that expires', async (t) => {
  // Long enough for the hub to read the provider's keys meanwhile.
  const brief = await identityProvider(t, 5);
  const own = await startHub(t, { env: { ROUNDHOUSE_OIDC_ISSUER: brief.issuer } });
  const token = await brief.token(`${own.url}/mcp`);
  const status = async () => {
    const answer = await own.call('POST', '/mcp', { jsonrpc: '2.0', id: 1, method: 'ping' }, token);
    return answer.status;
  };
  t.equal(await status(), 200);
  await wait('the token has expired', async () => (await status()) !== 200);
  t.equal(await status(), 401);
});

t.test('the SDK finds its way from a bare address', async (t) => {
  const authProvider = new ClientCredentialsProvider({
    clientId: credentials.id,
    clientSecret: credentials.secret,
    scope: 'fleet',
    expectedIssuer: provider.issuer,
  });
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'auto' } });
  t.teardown(() => client.close());
  await client.connect(new StreamableHTTPClientTransport(new URL(resource), { authProvider }));
  t.ok((await client.listTools()).tools.length > 0);
});

t.test('the token is not passed on', async (t) => {
  const token = await provider.token(resource, { roles: ['user'] });
  const client = await modernClient(t, hub, { key: token });
  t.equal(textOf(await client.callTool({ name: 'alpha__meta', arguments: {} })), 'null');
  const remote = await httpServer(t, { tools: [tool('one')] });
  const requests: IncomingHttpHeaders[] = [];
  const told: Message[] = [];
  remote.on('request', (headers: IncomingHttpHeaders) => requests.push(headers));
  remote.on('message', (message: Message) => told.push(message));
  await hub.connectServer(registration('remote', remote));
  t.equal(textOf(await client.callTool({ name: 'remote__one', arguments: {} })), 'one');
  t.ok(told.some(({ method }) => method === 'tools/call'));
  t.notMatch(JSON.stringify([requests, told]), token.split('.')[2] ?? '');
  t.notOk(requests.some(({ authorization }) => authorization !== undefined));
  t.notMatch(JSON.stringify(hub.log), token.split('.')[2] ?? '');
  const { body } = await hub.call('GET', '/api/audit?limit=20');
  t.notMatch(JSON.stringify(body), token.split('.')[2] ?? '');
});

t.test('without a provider: a plain 401, and no metadata', async (t) => {
  const plain = await startHub(t);
  const { status, headers } = await plain.call('POST', '/mcp', { jsonrpc: '2.0', id: 1, method: 'ping' }, null);
  t.equal(status, 401);
  t.equal(headers.get('www-authenticate'), 'Bearer');
  t.equal((await plain.call('GET', '/.well-known/oauth-protected-resource/mcp', undefined, null)).status, 404);
});

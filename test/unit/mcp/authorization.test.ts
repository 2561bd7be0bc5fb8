import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { Authorization } from '../../../agent/drivers/mcp/authorization/authorization.js';
import { covers, readChallenge, scopesOf, serverMetadata } from '../../../agent/drivers/mcp/authorization/discovery.js';
import { requestOptions } from '../../../agent/drivers/mcp/authorization/fetch.js';
import { GrantsInMemory, registrationDigest } from '../../../agent/drivers/mcp/authorization/grant.js';
import { clientKey } from '../../../agent/drivers/mcp/authorization/identity.js';
import { TokenEndpoint } from '../../../agent/drivers/mcp/authorization/token-endpoint.js';
import { Secrets } from '../../../agent/drivers/net/secrets.js';
import { ServerReach } from '../../../agent/drivers/net/site-lookup.js';
import { Policy } from '../../../agent/policy/policy.js';

/** A site that lets its agent send requests anywhere. */
const allowed = () => undefined;

t.test('the facts in a refusal', async (t) => {
  const url = 'https://a.example/.well-known/oauth-protected-resource';
  const full = `Bearer realm="a, b", error="insufficient_scope", scope="read write",resource_metadata="${url}"`;
  const told = { error: 'insufficient_scope', scope: 'read write', resourceMetadata: url };
  t.match(readChallenge(full), told);
  t.match(readChallenge(`Basic realm="x", ${full}`), told, 'one of several');
  t.match(readChallenge('bearer scope=one , error = "say \\"no\\""'), { scope: 'one', error: 'say "no"' });
  t.match(readChallenge('Bearer scope="a", scope="b"'), { scope: 'a' }, 'the first counts');
  for (const other of [undefined, '', 'Bearer', 'Basic realm="x"', `Bearer ${'a="b",'.repeat(10_000)}`])
    t.match(readChallenge(other), { error: undefined, scope: undefined, resourceMetadata: undefined });
});

t.test('a refusal that is made to be hard to read', async (t) => {
  const hard = [`a="${'\\\\'.repeat(8000)}`, 'a'.repeat(16_000), ' '.repeat(16_000), 'a=a '.repeat(4000)];
  for (const text of hard) t.match(readChallenge(`Bearer ${text}`), { scope: undefined, error: undefined });
});

t.test('scopes', async (t) => {
  t.same(scopesOf('a  b a "c" d\u00e9'), ['a', 'b']);
  t.same(scopesOf(undefined), []);
});

t.test('tokens for a resource go there and nowhere else', async (t) => {
  const covered = (resource: string, server: string) => covers(resource, new URL(server));
  t.ok(covered('https://a.example/mcp', 'https://a.example/mcp'));
  t.ok(covered('https://a.example', 'https://a.example/mcp'));
  t.ok(covered('https://a.example/mcp/', 'https://a.example/mcp?x=1'));
  t.notOk(covered('https://a.example/mc', 'https://a.example/mcp'), 'a part of a name');
  t.notOk(covered('https://a.example/mcp/b', 'https://a.example/mcp'), 'a part of the server');
  t.notOk(covered('https://a.example:444/mcp', 'https://a.example/mcp'), 'another port');
  t.notOk(covered('http://a.example/mcp', 'https://a.example/mcp'), 'without TLS');
  t.notOk(covered('no address', 'https://a.example/mcp'));
});

t.test('a server with TLS cannot lead the agent to an address without TLS', async (t) => {
  let asked = 0;
  const issuer = createServer((_request, response) => {
    asked += 1;
    response.end(JSON.stringify({ issuer: url }));
  }).listen(0, '127.0.0.1');
  t.teardown(() => issuer.close());
  await once(issuer, 'listening');
  const url = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}`;
  const { signal } = new AbortController();
  await t.rejects(serverMetadata(url, requestOptions(signal, 'https://a.example/mcp', allowed)), {
    message: /without TLS/,
  });
  t.equal(asked, 0, 'no agent was asked');
  t.match(await serverMetadata(url, requestOptions(signal, 'http://localhost/mcp', allowed)), { issuer: url });
});

/** A web server that answers each path with one JSON object, and counts the requests. */
async function answering(t: Test, answers: (url: string) => Readonly<Record<string, object>>) {
  const asked: string[] = [];
  const server = createServer(({ url: path = '' }, response) => {
    asked.push(path);
    const answer = answers(url)[path];
    response.writeHead(answer ? 200 : 404).end(JSON.stringify(answer ?? {}));
  }).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, asked };
}

t.test('the site policy judges the addresses that metadata name', async (t) => {
  const elsewhere = await answering(t, (issuer) => ({
    '/.well-known/oauth-authorization-server': { issuer, token_endpoint: `${issuer}/token` },
  }));
  const server = await answering(t, (url) => ({
    '/.well-known/oauth-protected-resource': { resource: url, authorization_servers: [elsewhere.url] },
  }));
  const secret = { clientId: 'agent', clientSecret: 's', scopes: [], tokenUrl: '' };
  const fetch = (...urls: readonly string[]) => {
    const policy = new Policy({ urls: { allow: urls } });
    return new TokenEndpoint(secret, server.url, (url) => policy.address(url)).fetch();
  };
  const refused = { kind: 'refused', message: `this site does not allow the address '${elsewhere.url}'` };
  await t.rejects(fetch(`${server.url}/mcp`), refused);
  t.same(elsewhere.asked, [], 'the other server hears nothing');
  await t.rejects(fetch(`${server.url}/mcp`, `${elsewhere.url}/.well-known/*`), refused);
  t.same(elsewhere.asked, ['/.well-known/oauth-authorization-server'], 'nor is a token asked for');
  await t.rejects(fetch(`${server.url}/mcp`, elsewhere.url), { name: 'AgentFailure', kind: 'upstream' });
  t.equal(elsewhere.asked.at(-1), '/token', 'it is asked if the site allows its address');
});

t.test('keys that sign assertions', async (t) => {
  const pem = (key: { export(options: object): string | Buffer }, type: string) =>
    String(key.export({ type, format: 'pem' }));
  const { privateKey: ec } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const { privateKey: rsa, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { privateKey: edwards } = generateKeyPairSync('ed25519');
  for (const type of ['sec1', 'pkcs8']) t.equal((await clientKey(pem(ec, type))).algorithm.name, 'ECDSA', type);
  t.equal((await clientKey(pem(rsa, 'pkcs1'))).algorithm.name, 'RSASSA-PKCS1-v1_5');
  t.equal((await clientKey(pem(rsa, 'pkcs8'), ['ES256', 'PS256'])).algorithm.name, 'RSA-PSS', 'as the server wants it');
  t.equal((await clientKey(pem(edwards, 'pkcs8'))).algorithm.name, 'Ed25519');
  for (const bad of ['', 'no key', pem(publicKey, 'spki')])
    await t.rejects(clientKey(bad), { kind: 'invalid_argument', message: 'the private key cannot be used' });
});

/** A server that names another authorization server at each request for consent. */
async function wandering(t: Test, clientId: string) {
  let issuers = 0;
  let registered = 0;
  const server = createServer((request, response) => {
    const { url: path = '' } = request;
    const base = `http://${request.headers.host}`;
    const send = (answer: object) => response.writeHead(200).end(JSON.stringify(answer));
    if (path.startsWith('/.well-known/oauth-protected-resource')) {
      issuers += 1;
      return send({ resource: base, authorization_servers: [`${base}/as/${issuers}`] });
    }
    const [, issuer] = /^\/\.well-known\/oauth-authorization-server(\/as\/\d+)$/.exec(path) ?? [];
    if (issuer !== undefined)
      return send({
        issuer: `${base}${issuer}`,
        authorization_endpoint: `${base}/authorize`,
        token_endpoint: `${base}/token`,
        registration_endpoint: `${base}/register`,
        code_challenge_methods_supported: ['S256'],
      });
    if (path !== '/register') return response.writeHead(404).end();
    registered += 1;
    return send({ client_id: `${clientId}${registered}` });
  }).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const serverUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const grants = new GrantsInMemory();
  const authorization = new Authorization({
    serverId: 'wandering',
    serverUrl,
    scopes: [],
    grants,
    refused: allowed,
    reach: new ServerReach(serverUrl),
    received: new Secrets(),
    tokenUrl: '',
    onChange: () => {},
    clientId: '',
    clientSecret: '',
    privateKey: '',
    redirectUrl: 'https://hub.example.com/callback',
    clientMetadataUrl: '',
  });
  t.teardown(() => authorization.end());
  return { authorization, grants, registered: () => registered };
}

t.test('a server that names one authorization server after the other fills nothing', async (t) => {
  const { authorization, grants, registered } = await wandering(t, 'client-');
  for (let i = 0; i < 5; i += 1) await t.rejects(authorization.renew({}), { message: /a person has to consent/ });
  await t.rejects(authorization.renew({}), { message: /another consent too often/ });
  t.equal(registered(), 5);
  const clients = Object.values((await grants.load('wandering'))?.identities ?? {});
  t.same(
    clients.map(({ clientId }) => clientId),
    ['client-5'],
    'one client is kept',
  );
  const long = await wandering(t, 'c'.repeat(5000));
  await t.rejects(long.authorization.renew({}), { message: /an id or a secret of more than 4096 characters/ });
  t.equal(await long.grants.load('wandering'), undefined);
});

t.test('a registration that is changed and gets its earlier values again has lost its consent', async (t) => {
  const grants = new GrantsInMemory();
  const serverUrl = 'https://a.example/mcp';
  const client = { clientId: 'agent', clientSecret: 'a secret', privateKey: '' };
  const made = (tokenUrl: string) => {
    const authorization = new Authorization({
      ...{ serverId: 's1', serverUrl, tokenUrl, ...client, scopes: [], grants, refused: allowed },
      ...{ reach: new ServerReach(serverUrl), received: new Secrets(), onChange: () => {} },
      ...{ redirectUrl: 'https://hub.example.com/callback', clientMetadataUrl: '' },
    });
    t.teardown(() => authorization.end());
    return authorization;
  };
  const issuer = 'https://issuer.example';
  const tokens = { access: 'token', refresh: 'r', issuer, clientId: 'agent', resource: serverUrl, asked: [] };
  const life = { endsAt: Number.POSITIVE_INFINITY, renewAt: Number.POSITIVE_INFINITY };
  const of = registrationDigest({ serverUrl, tokenUrl: '', ...client });
  await grants.save('s1', { tokens: { ...tokens, ...life }, of, publicHosts: ['a.example'] });
  t.same(await made('').headers(), { Authorization: 'Bearer token' });
  t.same(await made(`${issuer}/token`).headers(), {}, 'another token URL');
  t.same(await made('').headers(), {}, 'the earlier one');
  t.match(await grants.load('s1'), { tokens: undefined, publicHosts: ['a.example'] });
});

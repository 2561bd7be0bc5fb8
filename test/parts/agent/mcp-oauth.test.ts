import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Oauth2Grant } from '@roundhouse/proto/agent/v1/server';
import t, { type Test } from 'tap';
import { ClientCredentials } from '../../../agent/drivers/mcp/authorization/client-credentials.js';
import { GrantsInMemory } from '../../../agent/drivers/mcp/authorization/grant.js';
import { Sealer } from '../../../agent/sealer.js';
import { GrantFiles } from '../../../agent/state/grant-files.js';
import { type OAuthFixture, oauthServer } from '../../fixtures/mcp/oauth-server.js';
import { websocketServer } from '../../fixtures/mcp/websocket-server.js';
import { freePort } from '../../free-port.mjs';
import { sendEndlessly } from '../../kit/endless.js';
import { tempFolder } from '../../temp-folder.js';
import { harness, httpSpec, never, silentLog, spec } from './harness.js';
import { issuerOf, listening, naming, tokenOf, usual } from './oauth-rig.js';

const clientSecret = 'the secret: of/the+client';

const oauth2 = (tokenUrl: string, more = {}) => ({
  case: 'oauth2' as const,
  value: { clientId: 'roundhouse', clientSecret, tokenUrl, scopes: ['read', 'write'], ...more },
});

/** As if so much time had passed, for both ends. */
function pass(t: Test, ms: number): void {
  const { now } = Date;
  t.intercept(Date, 'now', { value: () => now() + ms });
}

/** As if no time passed any more. */
function freeze(t: Test): void {
  const now = performance.now();
  t.intercept(performance, 'now', { value: () => now });
}

/** An MCP server over HTTP that accepts the tokens of the OAuth server. */
async function guarded(t: Test, oauth: Pick<OAuthFixture, 'accepts'>) {
  let calls = 0;
  let refused = 0;
  const url = await listening(t, async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    if (!(await oauth.accepts(tokenOf(request.headers)))) {
      refused += 1;
      response
        .writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' })
        .end(`bad ${request.headers.authorization}`);
      return;
    }
    const { id, method, params } = JSON.parse(body || '{}');
    if (id === undefined) {
      response.writeHead(request.method === 'POST' ? 202 : 405).end();
      return;
    }
    if (method === 'tools/call') calls += 1;
    const results: Record<string, unknown> = {
      initialize: { protocolVersion: params?.protocolVersion, capabilities: { tools: {} } },
      'tools/list': { tools: [] },
      'tools/call': { content: [] },
    };
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ jsonrpc: '2.0', id, result: results[method] ?? {} }));
  });
  return { url: `${url}/mcp`, calls: () => calls, refused: () => refused };
}

async function connectedTo(t: Test, specification: ReturnType<typeof spec>) {
  const h = harness(t);
  h.servers.put(specification);
  await h.servers.connect('s1', never);
  return { ...h, call: () => h.servers.callTool('s1', 'x', Buffer.from('{}'), { signal: never }) };
}

t.test('a token is fetched once and used for all requests', async (t) => {
  const oauth = await oauthServer(t);
  const server = await guarded(t, oauth);
  const { call } = await connectedTo(t, httpSpec(server.url, { auth: oauth2(oauth.tokenUrl) }));
  await Promise.all([call(), call(), call()]);
  t.equal(oauth.issued.length, 1);
  t.equal(server.refused(), 0);
});

t.test('the client credentials may have to be in the body', async (t) => {
  const oauth = await oauthServer(t, { method: 'client_secret_post' });
  const server = await guarded(t, oauth);
  const { call } = await connectedTo(t, httpSpec(server.url, { auth: oauth2(oauth.tokenUrl) }));
  await call();
  t.equal(oauth.issued.length, 1);
});

t.test('a revoked token: 100 calls at once cause one refresh, and all of them succeed', async (t) => {
  const oauth = await oauthServer(t);
  const server = await guarded(t, oauth);
  const { call } = await connectedTo(t, httpSpec(server.url, { auth: oauth2(oauth.tokenUrl) }));
  const [token = ''] = oauth.issued;
  await oauth.revoke(token);
  await Promise.all(Array.from({ length: 100 }, call));
  t.equal(oauth.issued.length, 2);
  t.equal(server.calls(), 100, 'none of them ran twice');
  t.ok(server.refused() > 0);
});

t.test('a token that ends: 100 calls at once cause one refresh, and no request is refused', async (t) => {
  const oauth = await oauthServer(t, { ttlSeconds: 60 });
  const server = await guarded(t, oauth);
  const { call } = await connectedTo(t, httpSpec(server.url, { auth: oauth2(oauth.tokenUrl) }));
  await call();
  t.equal(oauth.issued.length, 1);
  pass(t, 60_000);
  await Promise.all(Array.from({ length: 100 }, call));
  t.equal(oauth.issued.length, 2);
  t.equal(server.refused(), 0);
});

t.test('a token is replaced before it ends, while it is still in use', async (t) => {
  const oauth = await oauthServer(t, { ttlSeconds: 60 });
  const credentials = new ClientCredentials(oauth2(oauth.tokenUrl).value);
  t.teardown(() => credentials.close());
  const first = await credentials.headers();
  t.equal(credentials.headers(), first, 'at once');
  pass(t, 49_000);
  t.equal(credentials.headers(), first, 'the old one, while the new one is on its way');
  while (credentials.headers() === first) await new Promise((resolve) => setTimeout(resolve, 5));
  t.notOk(credentials.headers() instanceof Promise, 'no call waited');
  t.equal(oauth.issued.length, 2);
});

t.test('a server that refuses every token: one refresh for a call, and an error without the token', async (t) => {
  const oauth = await oauthServer(t);
  let letIn = true;
  const server = await guarded(t, { accepts: async (token) => letIn && oauth.accepts(token) });
  const { call } = await connectedTo(t, httpSpec(server.url, { auth: oauth2(oauth.tokenUrl) }));
  letIn = false;
  const error = await call().then(
    () => undefined,
    (failure: Error) => failure,
  );
  t.match(error, {
    name: 'AgentFailure',
    kind: 'upstream',
    message: 'the server asks for credentials (HTTP 401): bad Bearer [secret]',
  });
  t.equal(oauth.issued.length, 2);
});

t.test('errors of the token server are readable, and hold no secrets', async (t) => {
  const oauth = await oauthServer(t);
  const { servers } = harness(t, { backoffFirstMs: 60_000 });
  const cases: [ReturnType<typeof oauth2>, RegExp][] = [
    [
      oauth2(oauth.tokenUrl, { clientSecret: 'wrong-secret-value' }),
      /\/token (answered|refuses the client).*invalid_client/,
    ],
    [oauth2(oauth.tokenUrl.replace('/token', '/nothing')), /\/nothing/],
    [oauth2(`http://127.0.0.1:${await freePort()}/token`), /\/token refused the connection/],
  ];
  let revision = 1n;
  for (const [auth, message] of cases) {
    servers.put(httpSpec('http://127.0.0.1:1/mcp', { auth, revision: ++revision }));
    const error = await servers.connect('s1', never).then(
      () => undefined,
      (failure: Error & { details: object }) => failure,
    );
    t.match(error, { name: 'AgentFailure', kind: 'upstream', message });
    t.match(error?.message, /^no access token: /);
    t.notMatch(`${error?.message} ${JSON.stringify(error?.details)}`, /wrong-secret-value|of\/the\+client/);
  }
});

t.test('a token server with an answer that is too long, or that repeats the secret', async (t) => {
  const base = await listening(t, (request, response) => {
    if (request.url === '/echo') {
      const answer = { error: 'invalid_request', error_description: `client ${clientSecret} unknown` };
      response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    sendEndlessly(response, Buffer.alloc(65_536, 'x'));
  });
  const fetched = (path: string) => {
    const credentials = new ClientCredentials(oauth2(base + path).value);
    return Promise.resolve(credentials.headers());
  };
  await t.rejects(fetched('/endless'), {
    name: 'AgentFailure',
    kind: 'upstream',
    message: /more than 1048576 bytes/,
  });
  await t.rejects(fetched('/echo'), { message: /answered invalid_request: client \[secret\] unknown/ });
});

t.test('a failing token server is not asked by every call', async (t) => {
  let asked = 0;
  const url = await listening(t, (_request, response) => {
    asked += 1;
    response.writeHead(503).end();
  });
  const credentials = new ClientCredentials(oauth2(url).value);
  freeze(t);
  for (let i = 0; i < 10; i++)
    await t.rejects(Promise.resolve(credentials.headers()), { name: 'AgentFailure', kind: 'upstream' });
  t.equal(asked, 1);
});

t.test('SSE and WebSocket get the token, too, and renew it if the handshake is refused', async (t) => {
  const oauth = await oauthServer(t);
  let refusals = 1;
  const server = await websocketServer(t, {
    refuse: (headers) => (tokenOf(headers) === '' || refusals-- > 0 ? 401 : undefined),
  });
  const transport = { case: 'websocket', value: { url: server.url, headers: {} } } as const;
  const { call } = await connectedTo(t, spec({ transport, auth: oauth2(oauth.tokenUrl) }));
  t.ok(await call());
  t.equal(oauth.issued.length, 2);
  t.equal(tokenOf(server.headers[1] ?? {}), oauth.issued[1]);
});

t.test('the client secret stays with the first issuer that got it, over a restart of the agent', async (t) => {
  const [first, second] = [await issuerOf(t), await issuerOf(t)];
  const named = { issuer: first.url };
  let letIn = true;
  const url = await naming(t, named, (_, method) => (letIn ? usual(method) : 401));
  const grants = new GrantsInMemory();
  const specification = httpSpec(url, { auth: oauth2('') });
  const h = harness(t, {}, { grants });
  h.servers.put(specification);
  await h.servers.connect('s1', never);
  t.equal(first.asked.length, 1);
  named.issuer = second.url;
  letIn = false;
  const refused = { name: 'AgentFailure', kind: 'upstream', message: /names .* as its authorization server/ };
  await t.rejects(h.servers.callTool('s1', 'x', Buffer.from('{}'), { signal: never }), refused);
  await h.servers.close();

  const later = harness(t, {}, { grants });
  later.servers.put(specification);
  await t.rejects(later.servers.connect('s1', never), refused);
  t.same(second.asked, [], 'the other issuer gets nothing');
  const changed = oauth2('', { clientSecret: 'a secret of the second one' });
  later.servers.put(httpSpec(url, { auth: changed, revision: 2n }));
  letIn = true;
  await later.servers.connect('s1', never);
  t.equal(second.asked.length, 1, 'another secret is not tied to the first issuer');
});

for (const [what, spoil] of Object.entries({
  'a file that is damaged': (folder: string) => writeFileSync(join(folder, 'grants', 's1.sealed'), 'x'),
  'a lost key': (folder: string) => rmSync(join(folder, 'state.key')),
}))
  t.test(`${what}: the client secret goes to no issuer, until the server is registered again`, async (t) => {
    const [first, second] = [await issuerOf(t), await issuerOf(t)];
    const named = { issuer: first.url };
    const url = await naming(t, named, (_, method) => usual(method));
    const specification = httpSpec(url, { auth: oauth2('') });
    const dataDir = tempFolder(t);
    const started = () => {
      const grants = new GrantFiles({ dataDir, sealer: new Sealer(dataDir), log: silentLog });
      const { servers } = harness(t, {}, { grants });
      servers.put(specification);
      return servers;
    };
    const before = started();
    await before.connect('s1', never);
    await before.close();
    spoil(dataDir);
    named.issuer = second.url;
    const servers = started();
    const refused = {
      name: 'AgentFailure',
      kind: 'upstream',
      message: /cannot read any more which authorization server/,
    };
    await t.rejects(servers.connect('s1', never), refused);
    t.same(second.asked, []);
    await servers.remove('s1');
    servers.put(specification);
    await servers.connect('s1', never);
    t.equal(second.asked.length, 1);
  });

const consent = (more = {}) => ({
  case: 'oauth2' as const,
  value: { grant: Oauth2Grant.AUTHORIZATION_CODE, redirectUrl: 'https://hub.test/callback', scopes: ['read'], ...more },
});
const registered = { clientId: 'roundhouse', clientSecret };

/** Connects the server, and returns the address of its consent page. @throws the error of the connection if the agent reports no page */
async function askedPage({ servers, reports }: ReturnType<typeof harness>): Promise<URL> {
  const failure = await servers.connect('s1', never).then(
    () => new Error('the server let the agent in'),
    (error: Error) => error,
  );
  const page = reports.findLast(({ authorizationUrl }) => authorizationUrl !== '')?.authorizationUrl;
  if (page === undefined) throw failure;
  return new URL(page);
}

t.test('a server that names another issuer later does not get the code and the secret of the first one', async (t) => {
  const [first, second] = [await issuerOf(t), await issuerOf(t)];
  const named = { issuer: first.url };
  let letIn = true;
  const url = await naming(t, named, (_, method) => (letIn ? usual(method) : 401));
  const h = harness(t);
  h.servers.put(httpSpec(url, { auth: consent(registered) }));
  const page = await askedPage(h);
  await h.servers.authorize('s1', `state=${page.searchParams.get('state')}&code=c1`);
  t.equal(first.asked[0]?.body.get('code'), 'c1');
  await h.servers.connect('s1', never);
  named.issuer = second.url;
  letIn = false;
  const call = h.servers.callTool('s1', 'x', Buffer.from('{}'), { signal: never });
  await t.rejects(call, { kind: 'upstream', message: /names .* as its authorization server/ });
  t.equal(h.reports.at(-1)?.authorizationUrl, '', 'no person is asked for it');
  t.same(second.asked, []);
});

t.test(
  'the client secret stays with the issuer of a consent that an earlier version of the agent asked for',
  async (t) => {
    const [first, second] = [await issuerOf(t), await issuerOf(t)];
    const named = { issuer: first.url };
    const url = await naming(t, named, () => 401);
    const grants = new GrantsInMemory();
    const started = () => {
      const h = harness(t, {}, { grants });
      h.servers.put(httpSpec(url, { auth: consent(registered) }));
      return h;
    };
    const before = started();
    await askedPage(before);
    await before.servers.close();
    // Earlier versions kept no issuer and no registration.
    await grants.save('s1', { pin: undefined, of: undefined });
    named.issuer = second.url;
    const h = started();
    await t.rejects(h.servers.connect('s1', never), {
      kind: 'upstream',
      message: /names .* as its authorization server/,
    });
    t.same(second.asked, []);
  },
);

for (const [part, change] of Object.entries({
  'the token URL': (url: string, tokenUrl: string) => ({ url, auth: consent({ ...registered, tokenUrl }) }),
  'the path of the server': (url: string) => ({ url: `${url}/other`, auth: consent(registered) }),
  'the secret of the client': (url: string) => ({
    url,
    auth: consent({ ...registered, clientSecret: 'another secret of the client' }),
  }),
}))
  t.test(`a change of ${part} ends the tokens and the open consent of a person`, async (t) => {
    const [issuer, elsewhere] = [await issuerOf(t), await issuerOf(t)];
    const seen: string[] = [];
    const url = await naming(t, { issuer: issuer.url }, (token, method) => {
      seen.push(token);
      return usual(method);
    });
    const changed = change(url, `${elsewhere.url}/token`);
    const move = (h: ReturnType<typeof harness>) => h.servers.put(httpSpec(changed.url, { ...changed, revision: 2n }));
    const open = harness(t);
    open.servers.put(httpSpec(url, { auth: consent(registered) }));
    const { searchParams } = await askedPage(open);
    move(open);
    await open.servers.connect('s1', never).catch(() => {});
    const late = open.servers.authorize('s1', `state=${searchParams.get('state')}&code=c1`);
    await t.rejects(late, { kind: 'not_found', message: /was not asked for/ });

    const h = harness(t);
    h.servers.put(httpSpec(url, { auth: consent(registered) }));
    const page = await askedPage(h);
    await h.servers.authorize('s1', `state=${page.searchParams.get('state')}&code=c2`);
    await h.servers.connect('s1', never);
    t.ok(seen.length > 0);
    seen.length = 0;
    pass(t, 60_000);
    move(h);
    await t.rejects(h.servers.connect('s1', never), { kind: 'upstream', message: /a person has to consent/ });
    t.same(seen, [], 'the token is not sent');
    t.same(elsewhere.asked, [], 'the other token URL hears nothing');
    t.equal(issuer.asked.length, 1, 'nothing is refreshed');
  });

t.test(
  'the page of another origin: its answer names the issuer, or the registration names the token URL',
  async (t) => {
    const honest = await issuerOf(t);
    const page = { authorization_endpoint: `${honest.url}/authorize` };
    const silent = await issuerOf(t, () => page);
    const h = harness(t);
    h.servers.put(httpSpec(await naming(t, { issuer: silent.url }, () => 401), { auth: consent(registered) }));
    await t.rejects(askedPage(h), { kind: 'upstream', message: /does not say that it is for this issuer/ });

    let promises = true;
    const promising = await issuerOf(t, () => ({
      ...page,
      authorization_response_iss_parameter_supported: promises,
    }));
    const second = harness(t);
    second.servers.put(httpSpec(await naming(t, { issuer: promising.url }, () => 401), { auth: consent(registered) }));
    const complete = async (rest: string, later = true) => {
      const { searchParams } = await askedPage(second);
      promises = later;
      return second.servers.authorize('s1', `state=${searchParams.get('state')}&code=c2${rest}`);
    };
    await t.rejects(complete(''), { kind: 'upstream', message: /"iss" \(issuer\) missing/ });
    await t.rejects(complete('', false), { kind: 'upstream', message: /does not say that it is for this issuer/ });
    promises = true;
    await t.rejects(complete(`&iss=${honest.url}`), { kind: 'upstream', message: /unexpected "iss"/ });
    t.same(promising.asked, [], 'no code and no verifier');
    await complete(`&iss=${promising.url}`);
    t.equal(promising.asked[0]?.body.get('code'), 'c2');

    const third = harness(t);
    const auth = consent({ ...registered, tokenUrl: `${honest.url}/token` });
    third.servers.put(httpSpec(await naming(t, { issuer: silent.url }, () => 401), { auth }));
    const { searchParams } = await askedPage(third);
    await third.servers.authorize('s1', `state=${searchParams.get('state')}&code=c3`);
    t.equal(honest.asked[0]?.body.get('code'), 'c3', 'the code goes to the token URL of the registration');
    t.same(silent.asked, [], 'and to no other');
  },
);

t.test('a server that repeats its token and its secret in any form: no text shows them', async (t) => {
  const issuer = await issuerOf(t);
  let token = '';
  const echo = () => {
    const { authorization = '' } = issuer.asked[0] ?? {};
    const encoded = [token, encodeURIComponent(token), Buffer.from(token).toString('base64')];
    return [...encoded, authorization, clientSecret, new URLSearchParams({ clientSecret }).toString()].join(' ');
  };
  let fails = 'error';
  const url = await naming(t, { issuer: issuer.url }, (sent, method) => {
    token = sent;
    if (method !== 'tools/call') return usual(method);
    if (fails === 'error') return { error: { code: -32000, message: echo(), data: { seen: echo() } } };
    return { log: echo(), result: { content: [{ type: 'text', text: echo() }], isError: true } };
  });
  const { call, logText, servers } = await connectedTo(t, httpSpec(url, { auth: oauth2('') }));
  const { authorization = '' } = issuer.asked[0] ?? {};
  const secrets = [
    token,
    encodeURIComponent(token),
    Buffer.from(token).toString('base64').replace(/=+$/, ''),
    authorization.replace(/^Basic /, ''),
  ];
  const clean = (text: string, where: string) => {
    for (const secret of secrets) t.notOk(text.includes(secret), `${where}: ${secret}`);
    t.match(text, /\[secret\]/, where);
  };
  const failure = await call().then(
    () => undefined,
    (error: Error & { details: object }) => error,
  );
  clean(failure?.message ?? '', 'the message of an error');
  clean(JSON.stringify(failure?.details), 'its details');
  fails = 'result';
  const { json, isError } = await call();
  t.equal(isError, true);
  clean(Buffer.from(json).toString(), 'the result of a failure');
  clean(await logText('s1'), 'the log');
  const told: string[] = [];
  const onLog = (params: Uint8Array) => void told.push(Buffer.from(params).toString());
  await servers.callTool('s1', 'x', Buffer.from('{}'), { signal: never, onLog });
  clean(told.join(''), 'the log messages of a call');
});

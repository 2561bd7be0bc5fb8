import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { ClientCredentials } from '../../../agent/drivers/mcp/authorization/client-credentials.js';
import { type OAuthFixture, oauthServer } from '../../fixtures/mcp/oauth-server.js';
import { websocketServer } from '../../fixtures/mcp/websocket-server.js';
import { freePort } from '../../free-port.mjs';
import { sendEndlessly } from '../../kit/endless.js';
import { harness, httpSpec, never, spec } from './harness.js';

const clientSecret = 'the secret: of/the+client';

const oauth2 = (tokenUrl: string, more = {}) => ({
  case: 'oauth2' as const,
  value: { clientId: 'roundhouse', clientSecret, tokenUrl, scopes: ['read', 'write'], ...more },
});

const tokenOf = (headers: IncomingHttpHeaders) => (headers.authorization ?? '').replace(/^Bearer /, '');

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
  const server = createServer(async (request, response) => {
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
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/mcp`, calls: () => calls, refused: () => refused };
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

t.test('the client may have to name itself in the body', async (t) => {
  const oauth = await oauthServer(t, { method: 'client_secret_post' });
  const server = await guarded(t, oauth);
  const { call } = await connectedTo(t, httpSpec(server.url, { auth: oauth2(oauth.tokenUrl) }));
  await call();
  t.equal(oauth.issued.length, 1);
});

t.test('a token that was taken back: 100 calls at once cause one refresh, and all of them succeed', async (t) => {
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
  t.notOk(credentials.headers() instanceof Promise, 'nobody waited');
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

t.test('errors of the token server are readable, and free of secrets', async (t) => {
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

t.test('a token server that says too much, or echoes the secret', async (t) => {
  const server = createServer((request, response) => {
    if (request.url === '/echo') {
      const answer = { error: 'invalid_request', error_description: `client ${clientSecret} unknown` };
      response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    sendEndlessly(response, Buffer.alloc(65_536, 'x'));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
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
  const server = createServer((_request, response) => {
    asked += 1;
    response.writeHead(503).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const credentials = new ClientCredentials(
    oauth2(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`).value,
  );
  freeze(t);
  for (let i = 0; i < 10; i++)
    await t.rejects(Promise.resolve(credentials.headers()), { name: 'AgentFailure', kind: 'upstream' });
  t.equal(asked, 1);
});

t.test('SSE and WebSocket get the token too, renewed where the handshake is refused', async (t) => {
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

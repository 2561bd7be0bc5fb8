import { type IncomingMessage, request } from 'node:http';
import t from 'tap';
import { Type } from 'typebox';
import { DomainError } from '../../../hub/domain/errors.js';
import { Json, RedirectReply, StreamReply, TextReply } from '../../../hub/http/endpoint.js';
import { api, call, keyOf, on, startHttp } from './fixture.js';

/** `seeds/004`, "Security Headers". */
const expected = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'x-xss-protection': '1; mode=block',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'content-security-policy': "default-src 'self'",
  'referrer-policy': 'strict-origin-when-cross-origin',
  'permissions-policy': 'geolocation=(), microphone=(), camera=()',
  'cache-control': 'no-store',
};
async function* chunks() {
  yield Buffer.from('one');
  yield Buffer.from('two');
}

const table = [
  on('GET', '/api/value', {}, () => ({ a: 1 })),
  on('GET', '/api/bytes', { bare: true }, () => new Json(Buffer.from('{"é":1}'))),
  on('GET', '/api/large', { bare: true }, () => new Json(JSON.stringify('x'.repeat(300_000)))),
  on('GET', '/api/text', { produces: ['text/csv'] }, () => new TextReply('text/csv', 'a,b')),
  on(
    'GET',
    '/api/stream',
    { produces: ['text/plain'] },
    () => new StreamReply('text/plain', chunks(), { 'X-Own': 'yes' }),
  ),
  on('GET', '/api/elsewhere', {}, () => new RedirectReply('https://example.com/a?b=c')),
  on('DELETE', '/api/value', { status: 204 }, () => undefined),
  on('POST', '/api/value', { status: 201, body: Type.Object({}) }, () => ({})),
  on('GET', '/api/limited', { limit: 'one' }, () => ({})),
  on('GET', '/api/busy', {}, () => {
    throw new DomainError('unavailable', 'x');
  }),
  on('GET', '/api/unsafe', {}, () => new StreamReply('text/plain', chunks(), { 'X-Bad': 'a\r\nb: c' })),
  on('GET', '/api/context', {}, (_, { ip, userAgent, trace }) => ({
    ip,
    userAgent,
    traceparent: trace?.traceparent ?? '',
  })),
];
const apis = [api('automation', table, { one: { requests: 1, windowSeconds: 60 } })];

t.test('every kind of response has all security headers and a request id', async (t) => {
  const { url } = await startHttp(t, apis);
  const kinds: [status: number, path: string, method?: string, options?: Parameters<typeof call>[2]][] = [
    [200, '/api/value'],
    [200, '/api/bytes'],
    [200, '/api/large'],
    [200, '/api/text'],
    [200, '/api/stream'],
    [302, '/api/elsewhere'],
    [204, '/api/value', 'DELETE'],
    [201, '/api/value', 'POST', { body: {} }],
    [200, '/api/value', 'HEAD'],
    [200, '/api/stream', 'HEAD'],
    [204, '/api/value', 'OPTIONS'],
    [404, '/nothing'],
    [400, '/api/%zz'],
    [401, '/api/value', 'GET', { headers: {} }],
    [405, '/api/value', 'PATCH'],
    [413, '/api/value', 'POST', { body: 'x'.repeat(2_000_000) }],
    [422, '/api/value', 'POST', { body: { x: 1 } }],
    [500, '/api/unsafe'],
    [503, '/api/busy'],
    [200, '/api/limited'],
    [429, '/api/limited'],
  ];
  for (const [status, path, method, options] of kinds) {
    const answer = await call(url + path, method, options);
    t.equal(answer.status, status, `${method ?? 'GET'} ${path}`);
    t.match(Object.fromEntries(answer.headers), {
      ...expected,
      'x-api-version': 'v1',
      'x-request-id': /^[0-9a-f-]{36}$/,
    });
    t.equal(answer.headers.get('uwebsockets'), null);
    if (status === 429 || status === 503) t.match(answer.headers.get('retry-after'), /^[1-9]\d*$/);
  }
});

t.test('bodies are the values that handlers return', async (t) => {
  const { url } = await startHttp(t, apis);
  t.match(await call(`${url}/api/value`), { json: { data: { a: 1 } } });
  t.match(await call(`${url}/api/bytes`), { text: '{"é":1}' });
  t.equal((await call(`${url}/api/large`)).json.length, 300_000);
  const stream = await call(`${url}/api/stream`);
  t.equal(stream.text, 'onetwo');
  t.match(Object.fromEntries(stream.headers), {
    'content-type': 'text/plain',
    'x-own': 'yes',
    'transfer-encoding': 'chunked',
  });
  const redirect = await call(`${url}/api/elsewhere`);
  t.equal(redirect.headers.get('location'), 'https://example.com/a?b=c');
  const empty = await call(`${url}/api/value`, 'DELETE');
  t.same([empty.text, empty.headers.get('content-length')], ['', null]);
});

t.test('HEAD has the head of GET and no body', async (t) => {
  const { url } = await startHttp(t, apis);
  for (const path of ['/api/value', '/api/large', '/api/text', '/api/bytes']) {
    const get = await call(url + path);
    const head = await call(url + path, 'HEAD');
    t.equal(head.text, '');
    t.equal(head.headers.get('content-length'), get.headers.get('content-length'), path);
    t.equal(head.headers.get('content-type'), get.headers.get('content-type'));
  }
});

t.test('a safe request id is kept, and so is the trace', async (t) => {
  const { url } = await startHttp(t, apis);
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  const headers = { 'x-api-key': keyOf('none'), 'x-request-id': 'mine.1', traceparent, 'user-agent': 'tests/1' };
  const answer = await call(`${url}/api/context`, 'GET', { headers });
  t.equal(answer.headers.get('x-request-id'), 'mine.1');
  t.same(answer.json.data, { ip: '127.0.0.1', userAgent: 'tests/1', traceparent });
  const bad = await call(`${url}/api/context`, 'GET', {
    headers: { ...headers, 'x-request-id': 'a b', traceparent: 'x' },
  });
  t.match(bad.headers.get('x-request-id'), /^[0-9a-f-]{36}$/);
  t.equal(bad.json.data.traceparent, '');
});

t.test('the hub takes the address of the client from a trusted proxy only', async (t) => {
  const headers = { 'x-api-key': keyOf('none'), 'x-forwarded-for': '203.0.113.9, 192.0.2.7' };
  const trusting = await startHttp(t, apis, { settings: { trustedProxies: ['127.0.0.0/8'] } });
  t.equal((await call(`${trusting.url}/api/context`, 'GET', { headers })).json.data.ip, '192.0.2.7');
  const ipOf = async (url: string, lines: readonly string[]) => {
    const own = { ...headers, 'x-forwarded-for': [...lines] };
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      request(`${url}/api/context`, { headers: own }, resolve).on('error', reject).end();
    });
    return JSON.parse(Buffer.concat(await answer.toArray()).toString()).data.ip;
  };
  t.equal(await ipOf(trusting.url, ['203.0.113.9', '192.0.2.7']), '192.0.2.7', 'several lines are one list');
  t.equal(await ipOf(trusting.url, ['203.0.113.9', '192.0.2.7', '127.0.0.2']), '192.0.2.7', 'a second proxy');
  const wary = await startHttp(t, apis);
  t.equal((await call(`${wary.url}/api/context`, 'GET', { headers })).json.data.ip, '127.0.0.1');
});

/** A request with a header that fetch does not let a caller set. */
function preflight(url: string, origin: string): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const headers = {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization, mcp-param-region, x-other',
    };
    const req = request(url, { method: 'OPTIONS', headers }, (res) => {
      res.resume();
      resolve({ status: res.statusCode, ...res.headers });
    });
    req.on('error', reject).end();
  });
}

t.test('configured origins may read answers, others may not', async (t) => {
  const { url } = await startHttp(t, apis, { settings: { corsOrigins: ['https://portal.example.com'] } });
  const key = { 'x-api-key': keyOf('none') };
  const good = await call(`${url}/api/value`, 'GET', { headers: { ...key, origin: 'https://portal.example.com' } });
  t.match(Object.fromEntries(good.headers), {
    'access-control-allow-origin': 'https://portal.example.com',
    'access-control-expose-headers': /WWW-Authenticate.*Mcp-Session-Id/,
    vary: 'Origin',
  });
  const bad = await call(`${url}/api/value`, 'GET', { headers: { ...key, origin: 'https://evil.example.com' } });
  t.match(Object.fromEntries(bad.headers), { 'access-control-allow-origin': undefined, vary: 'Origin' });
  const failed = await call(`${url}/nothing`, 'GET', { headers: { origin: 'https://portal.example.com' } });
  t.equal(failed.headers.get('access-control-allow-origin'), 'https://portal.example.com');
  t.match(await preflight(`${url}/api/value`, 'https://portal.example.com'), {
    status: 204,
    allow: 'GET, HEAD, DELETE, POST, OPTIONS',
    'access-control-allow-methods': 'GET, HEAD, DELETE, POST, OPTIONS',
    'access-control-allow-headers': /Authorization.*X-API-Key.*Last-Event-ID, mcp-param-region$/,
  });
  t.match(await preflight(`${url}/api/value`, 'https://evil.example.com'), {
    status: 204,
    'access-control-allow-methods': undefined,
  });
});

t.test('without configured origins the answer names none; with * it allows all', async (t) => {
  const headers = { 'x-api-key': keyOf('none'), origin: 'https://a.example.com' };
  const none = await startHttp(t, apis);
  t.equal((await call(`${none.url}/api/value`, 'GET', { headers })).headers.get('access-control-allow-origin'), null);
  const all = await startHttp(t, apis, { settings: { corsOrigins: ['*'] } });
  t.equal((await call(`${all.url}/api/value`, 'GET', { headers })).headers.get('access-control-allow-origin'), '*');
  await t.rejects(startHttp(t, apis, { settings: { corsOrigins: ['portal.example.com'] } }), /is not an origin/);
});

t.test('a deprecated endpoint names the days of its announcement and its removal', async (t) => {
  const dates = { since: '2026-02-15', sunset: '2026-08-15' };
  const tables = {
    automation: [on('GET', '/api/v1/old', { deprecated: dates }, () => ({})), on('GET', '/api/v1/new', {}, () => ({}))],
  };
  const { url } = await startHttp(t, tables);
  const headersOf = async (path: string) => (await call(url + path)).headers;
  const old = await headersOf('/api/v1/old');
  t.equal(old.get('x-api-version'), 'v1');
  t.equal(old.get('x-api-deprecation'), dates.since);
  t.equal(old.get('x-api-sunset'), dates.sunset);
  t.equal((await headersOf('/api/v1/new')).get('x-api-sunset'), null, 'the others do not');
  const hasty = { since: '2026-02-15', sunset: '2026-08-14' };
  const short = { automation: [on('GET', '/api/v1/old', { deprecated: hasty }, () => ({}))] };
  await t.rejects(startHttp(t, short), { name: 'Error', message: /six months/ });
});

import { gzipSync } from 'node:zlib';
import t from 'tap';
import { Type } from 'typebox';
import { apiNames } from '../../../hub/domain/access/caller.js';
import { DomainError } from '../../../hub/domain/errors.js';
import { wait } from '../../kit/wait.js';
import { call, dial, keyOf, on, readAll, startHttp, tokenOf } from './fixture.js';

const table = [
  on('GET', '/api/things', { permission: 'server.read', query: Type.Object({ n: Type.Integer({ default: 1 }) }) }),
  on('POST', '/api/things', {
    permission: 'server.write',
    body: Type.Object({ a: Type.Object({ b: Type.Integer() }) }),
  }),
  on('POST', '/api/loose', { body: Type.Object({ a: Type.Optional(Type.Integer()) }), bodyOptional: true }),
  on('GET', '/api/things/{id}', { params: Type.Object({ id: Type.Integer({ minimum: 1 }) }) }),
  on('POST', '/api/echo', { body: Type.Object({ any: Type.Unknown() }) }),
  on('GET', '/api/broken', {}, () => {
    throw new TypeError('secret inner workings');
  }),
  on('GET', '/api/late', {}, async () => {
    await new Promise((resolve) => setImmediate(resolve));
    throw new DomainError('conflict', 'told', { why: 'x' });
  }),
  on('GET', '/api/busy', {}, () => {
    throw new DomainError('unavailable', 'full', { retryAfter: 7 });
  }),
  on('GET', '/api/unsaid', {}, () => {
    throw new DomainError('unavailable', 'full');
  }),
];
const tables = Object.fromEntries(apiNames.map((name) => [name, table]));

t.test('in each API’s form: no credential, no permission, no such resource', async (t) => {
  const { url } = await startHttp(t, tables);
  for (const form of apiNames) {
    const base = `${url}/${form}/api`;
    const viewer = { headers: { 'x-api-key': keyOf('none', 'viewer') } };
    t.match(await call(`${base}/things`, 'GET', { headers: {} }), {
      status: 401,
      json: { form, code: 'unauthenticated' },
    });
    for (const credential of ['nobody', 'key.none.admin.expired']) {
      const answer = await call(`${base}/things`, 'GET', { headers: { authorization: `Bearer ${credential}` } });
      t.match(answer, { status: 401, json: { form } }, credential);
      t.equal(answer.headers.get('www-authenticate'), 'Bearer');
    }
    t.match(await call(`${base}/things`, 'POST', { ...viewer, body: { a: { b: 1 } } }), {
      status: 403,
      json: { form, code: 'forbidden' },
    });
    t.match(await call(`${base}/nothing`), { status: 404, json: { form, code: 'not_found' } });
    const wrong = await call(`${base}/things`, 'DELETE');
    t.match(wrong, {
      status: 405,
      json: { form, code: 'method_not_allowed', details: { allow: ['GET', 'HEAD', 'POST', 'OPTIONS'] } },
    });
    t.equal(wrong.headers.get('allow'), 'GET, HEAD, POST, OPTIONS');
    const invalid = await call(`${base}/things`, 'POST', { body: { a: { b: 'x' }, c: 1 } });
    t.match(invalid, { status: form === 'automation' ? 422 : 400, json: { form, code: 'invalid_input' } });
    t.same(invalid.json.details.problems.map(({ field }: { field: string }) => field).sort(), ['a.b', 'c']);
  }
});

t.test('the error for an unknown path has the form of the credential’s issuer, else of the path', async (t) => {
  const { url } = await startHttp(t, tables);
  for (const issuer of apiNames)
    for (const credential of [keyOf(issuer), tokenOf(issuer)])
      t.match(await call(`${url}/no`, 'GET', { headers: { 'x-api-key': credential } }), {
        status: 404,
        json: { form: issuer },
      });
  t.match(await call(`${url}/api/v1/no`, 'GET', { headers: {} }), { status: 404, json: { form: 'automation' } });
  t.match(await call(`${url}/no`, 'PUT', { headers: {} }), { status: 404, json: { form: 'connect' } });
  t.match(await call(`${url}/api/things/%zz`, 'GET', { headers: {} }), {
    status: 400,
    json: { form: 'connect', code: 'malformed' },
  });
  t.match(await call(`${url}/api/things`, 'DELETE', { headers: { 'x-api-key': keyOf('backend') } }), {
    status: 405,
    json: { form: 'backend' },
  });
  t.match(await call(`${url}/api/things`, 'DELETE', { headers: {} }), { status: 405, json: { form: 'automation' } });
});

t.test('two credentials that differ are refused', async (t) => {
  const { url } = await startHttp(t, tables);
  const headers = { authorization: `Bearer ${keyOf('portal')}`, 'x-api-key': keyOf('connect') };
  t.match(await call(`${url}/connect/api/things`, 'GET', { headers }), {
    status: 401,
    json: { code: 'invalid_credential' },
  });
});

t.test('a body that cannot be read is refused', async (t) => {
  const { url } = await startHttp(t, tables, { settings: { bodyLimitBytes: 1000, depthLimit: 8 } });
  const post = (body: unknown, headers: Record<string, string> = {}) =>
    call(`${url}/connect/api/echo`, 'POST', { body, headers: { 'x-api-key': keyOf('none'), ...headers } });
  const malformed = { status: 400, json: { code: 'malformed' } };
  t.match(await post('{"any":'), malformed);
  t.match(await post(Buffer.from([0x22, 0xff, 0x22])), malformed);
  t.match(await post(`{"any":${'['.repeat(8)}${']'.repeat(8)}}`), malformed);
  const unsupported = { status: 415, json: { code: 'unsupported_media_type' } };
  t.match(await post('{"any":1}', { 'content-type': 'text/plain' }), unsupported);
  t.match(await post('{"any":1}', { 'content-type': 'application/json; charset=latin1' }), unsupported);
  t.match(await post(gzipSync('{"any":1}'), { 'content-encoding': 'gzip' }), unsupported);
  t.match(await post('{"any":1}', { 'content-encoding': 'identity' }), { status: 200 });
  t.match(await post('{"any":1}', { 'content-type': 'Application/JSON; Charset="UTF-8"' }), { status: 200 });
  t.match(await post({ any: 'x'.repeat(1000) }), { status: 413, json: { code: 'payload_too_large' } });
  t.match(await post({ any: 'x'.repeat(900) }), { status: 200 });
  t.match(await post(undefined), { status: 400, json: { code: 'invalid_input', details: { field: 'body' } } });
  t.match(await post({ any: 'é \u0000 𝄞' }), { status: 200, json: { data: { body: { any: 'é \u0000 𝄞' } } } });
});

t.test('a body in chunks is refused as soon as it is beyond the limit, and its connection ends', async (t) => {
  const { port } = await startHttp(t, tables, { settings: { bodyLimitBytes: 1000 } });
  const socket = await dial(t, port);
  const head = `POST /connect/api/echo HTTP/1.1\r\nHost: x\r\nX-API-Key: ${keyOf('none')}\r\nTransfer-Encoding: chunked\r\n\r\n`;
  socket.write(`${head}${(2000).toString(16)}\r\n${'x'.repeat(2000)}\r\n`);
  const answer = await readAll(socket);
  t.match(answer, /^HTTP\/1.1 413 /);
  t.match(answer, 'payload_too_large');
});

t.test('an absent body may stand for an empty one', async (t) => {
  const { url } = await startHttp(t, tables);
  const { status, json } = await call(`${url}/connect/api/loose`, 'POST');
  t.equal(status, 200);
  t.same(json.data.body, {});
});

t.test('the hub reads and checks parameters in path and query', async (t) => {
  const { url } = await startHttp(t, tables);
  t.same((await call(`${url}/connect/api/things/7`)).json.data.params, { id: 7 });
  t.match(await call(`${url}/connect/api/things/0`), { status: 400, json: { details: { field: 'id' } } });
  t.match(await call(`${url}/connect/api/things?n=x`), { status: 400, json: { details: { field: 'n' } } });
  t.same((await call(`${url}/connect/api/things?n=3`)).json.data.query, { n: 3 });
  t.match(await call(`${url}/connect/api/things?n=3&x=1`), { status: 400, json: { details: { field: 'x' } } });
  t.match(await call(`${url}/connect/api/things?n=%`), { status: 400, json: { code: 'malformed' } });
});

t.test('members named after prototypes are harmless', async (t) => {
  const { url } = await startHttp(t, tables);
  const body = '{"any":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}}';
  t.match(await call(`${url}/connect/api/echo`, 'POST', { body }), { status: 200 });
  t.match(await call(`${url}/connect/api/things?__proto__=1&constructor=2`), {
    status: 400,
    json: { details: { problems: [{ field: '__proto__' }, { field: 'constructor' }] } },
  });
  t.equal(({} as Record<string, unknown>).polluted, undefined);
});

t.test('a path or query that is too long is refused', async (t) => {
  const { url } = await startHttp(t, tables);
  t.equal((await call(`${url}/connect/api/things?x=${'y'.repeat(20_000)}`)).status, 413);
});

t.test('an unexpected error is logged once under the id of the request, and the answer hides its text', async (t) => {
  const { url, logged } = await startHttp(t, tables);
  const answer = await call(`${url}/connect/api/broken`, 'GET', {
    headers: { 'x-api-key': keyOf('none'), 'x-request-id': 'trace-1' },
  });
  t.match(answer, { status: 500, json: { code: 'internal', requestId: 'trace-1' } });
  t.notMatch(answer.text, /secret/);
  t.match(logged, [{ requestId: 'trace-1', err: { message: 'secret inner workings' } }]);
  t.equal(logged.length, 1);
});

t.test('a late refusal of a handler reaches the client', async (t) => {
  const { url } = await startHttp(t, tables);
  t.match(await call(`${url}/connect/api/late`), { status: 409, json: { code: 'conflict', details: { why: 'x' } } });
});

t.test('every 503 has a Retry-After', async (t) => {
  const { url } = await startHttp(t, tables);
  t.equal((await call(`${url}/connect/api/busy`)).headers.get('retry-after'), '7');
  t.match((await call(`${url}/connect/api/unsaid`)).headers.get('retry-after'), /^\d+$/);
});

t.test('requests beyond the limit on simultaneous requests get 503', async (t) => {
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const held = on('GET', '/api/held', {}, () => gate);
  const { url } = await startHttp(t, { connect: [held, ...table] }, { settings: { maxRequests: 1 } });
  const first = call(`${url}/connect/api/held`);
  let second = await call(`${url}/connect/api/things`);
  while (second.status === 200) second = await call(`${url}/connect/api/things`);
  t.match(second, { status: 503, json: { code: 'unavailable' } });
  release();
  t.equal((await first).status, 200);
});

t.test('one caller gets only its share of simultaneous requests, and other callers get the rest', async (t) => {
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const begun: string[] = [];
  const held = on('GET', '/api/held', {}, (_, { caller }) => {
    begun.push(caller.id);
    return gate;
  });
  const open = on('GET', '/api/open', { permission: 'public' }, () => gate);
  const tables = { connect: [held, open, ...table] };
  const { url } = await startHttp(t, tables, { settings: { maxRequestsPerCaller: 2 } });
  const [one, other] = [keyOf('connect', 'admin'), keyOf('connect', 'viewer')];
  const get = (path: string, key?: string) =>
    call(`${url}/connect/api/${path}`, 'GET', { headers: key === undefined ? {} : { 'x-api-key': key } });
  const first = [get('held', one), get('held', one)];
  await wait('both requests are under way', () => begun.length === 2);
  const refused = { status: 503, json: { message: 'Too many requests of this caller are under way' } };
  t.match(await get('things', one), refused);
  t.equal((await get('things', other)).status, 200);
  const unknown = [get('open'), get('open')];
  await wait('the address has no place left', async () => (await get('open')).status === 503);
  t.equal((await get('things', other)).status, 200, 'a request with a credential does not count with its address');
  release();
  for (const { status } of await Promise.all([...first, ...unknown])) t.equal(status, 200);
  t.equal((await get('things', one)).status, 200, 'the places are free again');
});

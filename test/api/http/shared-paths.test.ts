import t from 'tap';
import { Type } from 'typebox';
import { type ApiName, apiNames } from '../../../hub/domain/access/caller.js';
import { Limits } from '../../../hub/http/access/limits.js';
import { api, call, keyOf, on, startHttp, tokenOf } from './fixture.js';

/** Every plain path that several documents have, with the APIs that do, in the order in which they win. */
const shared: readonly [method: 'GET' | 'POST' | 'DELETE', path: string, apis: readonly ApiName[]][] = [
  ['POST', '/api/v1/auth/logout', ['infrastructure', 'portal']],
  ['GET', '/api/v1/servers', ['automation', 'portal']],
  ['GET', '/api/v1/servers/x', ['automation', 'portal']],
  ['POST', '/api/v1/servers/x/restart', ['automation', 'portal']],
  ['GET', '/api/v1/status', ['automation', 'portal']],
  ['GET', '/api/v1/metrics', ['automation', 'backend']],
  ['GET', '/api/v1/api-keys', ['infrastructure', 'backend']],
  ['POST', '/api/v1/api-keys', ['infrastructure', 'backend']],
  ['DELETE', '/api/v1/api-keys/x', ['infrastructure', 'backend']],
];
/** Each API has its own name for the parameter. */
const pattern = (path: string, name: ApiName) => path.replace('/x', `/{${name}_id}`);

const tables = apiNames.map((name) =>
  api(
    name,
    shared
      .filter(([, , apis]) => apis.includes(name))
      .map(([method, path]) => on(method, pattern(path, name)))
      .concat([
        on('POST', '/api/v1/auth/refresh', {
          permission: 'public',
          body: Type.Object({ refresh_token: Type.String() }),
        }),
        ...(name === 'infrastructure'
          ? [on('POST', '/api/v1/auth/login', { permission: 'public', body: Type.Object({ username: Type.String() }) })]
          : []),
        ...(name === 'portal'
          ? [
              on('POST', '/api/v1/auth/login', {
                permission: 'public',
                body: Type.Object({ redirect_uri: Type.String() }),
              }),
            ]
          : []),
      ])
      .filter(
        ({ spec }) => !spec.path.endsWith('refresh') || ['automation', 'infrastructure', 'portal'].includes(name),
      ),
  ),
);

t.test('every shared path × every credential, in either header: its issuer answers, else the first', async (t) => {
  const { url } = await startHttp(t, tables);
  const credentials = [
    ...apiNames.flatMap((issuer) => [
      { issuer, credential: keyOf(issuer) },
      { issuer, credential: tokenOf(issuer) },
    ]),
    { issuer: 'none', credential: keyOf('none') },
  ];
  for (const [method, path, apis] of shared) {
    for (const { issuer, credential } of credentials) {
      const expected = apis.find((name) => name === issuer) ?? apis[0];
      const forms: Record<string, string>[] = [{ authorization: `Bearer ${credential}` }, { 'x-api-key': credential }];
      for (const headers of forms) {
        const answer = await call(url + path, method, { headers });
        t.match(answer, { status: 200, json: { form: expected } }, `${method} ${path} ${issuer}`);
        const params = path.includes('/x') ? { [`${expected}_id`]: 'x' } : {};
        t.same(answer.json.data.params, params);
      }
    }
    const anonymous = await call(url + path, method, { headers: {} });
    t.match(
      anonymous,
      { status: 401, json: { form: apis[0], code: 'unauthenticated' } },
      `${method} ${path} anonymous`,
    );
  }
});

t.test('the base of an API answers for this API only, with any credential', async (t) => {
  const { url } = await startHttp(t, tables);
  for (const [method, path, apis] of shared) {
    for (const name of apiNames) {
      const expected = apis.includes(name)
        ? { status: 200, json: { form: name } }
        : { json: { form: name, code: 'not_found' } };
      const headers = { 'x-api-key': keyOf('portal') };
      t.match(await call(`${url}/${name}${path}`, method, { headers }), expected, `/${name}${path}`);
    }
  }
});

t.test('the body of a sign-in decides its API', async (t) => {
  const { url } = await startHttp(t, tables);
  const signIn = (body: unknown) => call(`${url}/api/v1/auth/login`, 'POST', { headers: {}, body });
  t.match(await signIn({ username: 'a' }), {
    status: 200,
    json: { form: 'infrastructure', data: { body: { username: 'a' } } },
  });
  t.match(await signIn({ redirect_uri: 'https://x' }), { status: 200, json: { form: 'portal' } });
  t.match(await signIn({}), { status: 400, json: { form: 'infrastructure', code: 'invalid_input' } });
  t.match(await signIn('{'), { status: 400, json: { form: 'infrastructure', code: 'malformed' } });
});

t.test('bodies that decide their API are short, and count against the address before they are read', async (t) => {
  const limits = new Limits({ scale: 0.01 });
  const { url } = await startHttp(t, tables, { limits });
  const signIn = (body: unknown) => call(`${url}/api/v1/auth/login`, 'POST', { headers: {}, body });
  t.match(await signIn({ username: 'a'.repeat(17_000) }), { status: 413 });
  for (let n = 0; n < 5; n += 1) t.match(await signIn('{'), { status: 400, json: { code: 'malformed' } });
  t.match(await signIn('{'), { status: 429, json: { code: 'rate_limited' } });
});

t.test('the token of a refresh decides its API', async (t) => {
  const { url } = await startHttp(t, tables);
  const refresh = (token: string) =>
    call(`${url}/api/v1/auth/refresh`, 'POST', { headers: {}, body: { refresh_token: token } });
  for (const form of ['automation', 'infrastructure', 'portal'] as const)
    t.match(await refresh(tokenOf(form)), { status: 200, json: { form } });
  t.match(await refresh('opaque'), { status: 200, json: { form: 'automation' } });
});

t.test('health and metrics give one answer to all', async (t) => {
  let status: 'healthy' | 'unhealthy' = 'healthy';
  const { url } = await startHttp(
    t,
    apiNames.map((name) => api(name, [])),
    {
      health: () => ({ status, version: '1.2.3' }),
      metrics: {
        permission: 'server.read',
        read: async () => ({
          contentType: 'text/plain; version=0.0.4',
          pieces: (async function* () {
            yield 'up 1\n';
          })(),
        }),
        federate: async () => ({ problem: '' }),
        targets: () => [],
      },
    },
  );
  const healths = ['/health', '/api/v1/health', '/connect/health', '/portal/api/v1/health', '/backend/api/v1/health'];
  for (const path of healths) {
    status = 'healthy';
    t.match(await call(url + path, 'GET', { headers: {} }), { status: 200, json: { status, version: '1.2.3' } }, path);
    status = 'unhealthy';
    const answer = await call(url + path, 'GET', { headers: {} });
    t.match(answer, { status: 503, json: { status, version: '1.2.3' } });
    t.ok(answer.headers.get('retry-after'));
  }
  for (const path of ['/metrics', '/api/v1/metrics', '/backend/api/v1/metrics']) {
    t.match(await call(url + path), { status: 200, text: 'up 1\n' }, path);
    t.equal((await call(url + path, 'GET', { headers: {} })).status, 401);
  }
});

t.test('each API describes itself to a caller with a credential', async (t) => {
  const { url } = await startHttp(t, tables);
  for (const name of apiNames) {
    t.match(await call(`${url}/${name}/openapi.json`), {
      status: 200,
      json: { openapi: '3.1.0', info: { title: name } },
    });
    t.match(await call(`${url}/${name}/openapi.json`, 'GET', { headers: {} }), { status: 401, json: { form: name } });
  }
  t.equal((await call(`${url}/openapi.json`)).status, 404);
});

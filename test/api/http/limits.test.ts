import t from 'tap';
import { Limits } from '../../../hub/http/access/limits.js';
import type { LimitClass } from '../../../hub/http/api.js';
import { api, call, keyOf, on, startHttp, tokenOf } from './fixture.js';

const classes: Record<string, LimitClass> = {
  read: { requests: 4, windowSeconds: 60 },
  write: { requests: 2, windowSeconds: 60 },
  login: { requests: 2, windowSeconds: 60, per: 'address' },
};
const table = [
  on('GET', '/api/v1/things'),
  on('POST', '/api/v1/things', { permission: 'server.write' }),
  on('POST', '/api/v1/auth/token', { permission: 'public', limit: 'login' }),
  on('GET', '/api/v1/free', { permission: 'public', limit: 'none' }),
];
const apis = [
  api('automation', table, classes),
  api('connect', [on('GET', '/api/things')]),
  api('backend', [on('GET', '/api/v1/list')], { read: { requests: 2, windowSeconds: 60, per: 'address' } }),
];
const as = (credential: string) => ({ headers: { 'x-api-key': credential } });
const shown = ({ headers }: { headers: Headers }) =>
  ['limit', 'remaining'].map((name) => Number(headers.get(`x-ratelimit-${name}`)));

t.test('a class allows exactly its number of requests, and the headers show it', async (t) => {
  const { url } = await startHttp(t, apis);
  const key = as(keyOf('automation'));
  const asked = Date.now() / 1000;
  for (const remaining of [3, 2, 1, 0]) {
    const answer = await call(`${url}/api/v1/things`, 'GET', key);
    t.same([answer.status, ...shown(answer)], [200, 4, remaining]);
    const reset = Number(answer.headers.get('x-ratelimit-reset'));
    t.ok(reset >= asked + 60 && reset <= Date.now() / 1000 + 61, `${reset}`);
  }
  const refused = await call(`${url}/api/v1/things`, 'GET', key);
  t.match(refused, { status: 429, json: { form: 'automation', code: 'rate_limited' } });
  t.same(shown(refused), [4, 0]);
  const retryAfter = Number(refused.headers.get('retry-after'));
  t.ok(retryAfter > 50 && retryAfter <= 60);
  t.equal(refused.json.details.retryAfter, retryAfter);
  t.equal((await call(`${url}/api/v1/things`, 'POST', key)).status, 200, 'another class');
  t.equal((await call(`${url}/api/v1/things`, 'GET', as(keyOf('portal')))).status, 200, 'another caller');
});

t.test('a token’s user is counted like a key, and a forbidden request counts too', async (t) => {
  const { url } = await startHttp(t, apis);
  const token = as(tokenOf('automation', 'viewer'));
  t.same((await call(`${url}/api/v1/things`, 'POST', token)).status, 403);
  t.same(shown(await call(`${url}/api/v1/things`, 'POST', token)), [2, 0]);
  t.equal((await call(`${url}/api/v1/things`, 'POST', token)).status, 429);
});

t.test('the tier counts as well as the class, across APIs, and the headers show the tighter limit', async (t) => {
  const { url } = await startHttp(t, apis);
  const key = as(keyOf('none', 'admin', 'free'));
  t.same(shown(await call(`${url}/api/things`, 'GET', key)), [60, 59]);
  t.same(shown(await call(`${url}/api/v1/things`, 'GET', key)), [4, 3]);
  t.same(shown(await call(`${url}/api/things`, 'GET', key)), [60, 57]);
  for (let i = 0; i < 57; i += 1) await call(`${url}/api/things`, 'GET', key);
  t.match(await call(`${url}/api/things`, 'GET', key), { status: 429, json: { form: 'connect' } });
});

t.test('a person counts in one limit at all APIs, those without a class included', async (t) => {
  const { url } = await startHttp(t, apis, { limits: new Limits({ scale: 0.005 }) });
  const person = as(tokenOf('connect'));
  t.same(shown(await call(`${url}/api/things`, 'GET', person)), [3, 2]);
  t.equal((await call(`${url}/api/v1/things`, 'GET', person)).status, 200, 'this API has a class');
  t.same(shown(await call(`${url}/api/things`, 'GET', person)), [3, 0]);
  t.match(await call(`${url}/api/things`, 'GET', person), { status: 429, json: { code: 'rate_limited' } });
});

t.test('an endpoint without a limit has no headers about limits', async (t) => {
  const { url } = await startHttp(t, apis);
  t.equal((await call(`${url}/api/things`)).headers.get('x-ratelimit-limit'), null);
  for (let i = 0; i < 10; i += 1) t.equal((await call(`${url}/api/v1/free`, 'GET', { headers: {} })).status, 200);
});

t.test(
  'bad credentials count against their address, and do not use up the limit of valid ones from there',
  async (t) => {
    const { url } = await startHttp(t, apis);
    for (const status of [401, 401, 401, 401, 429])
      t.equal((await call(`${url}/api/v1/things`, 'GET', as('wrong'))).status, status);
    t.equal((await call(`${url}/api/v1/things`)).status, 200);
  },
);

t.test('sign-in is limited by address; a trusted proxy says which', async (t) => {
  const { url } = await startHttp(t, apis, { settings: { trustedProxies: ['127.0.0.1'] } });
  const signIn = (ip: string) => call(`${url}/api/v1/auth/token`, 'POST', { headers: { 'x-forwarded-for': ip } });
  t.same([(await signIn('192.0.2.1')).status, (await signIn('192.0.2.1')).status], [200, 200]);
  t.equal((await signIn('192.0.2.1')).status, 429);
  t.equal((await signIn('192.0.2.2')).status, 200);
});

t.test('backend counts addresses, and its reset is in seconds left', async (t) => {
  const { url } = await startHttp(t, apis);
  const asked = Date.now() / 1000;
  await call(`${url}/api/v1/list`, 'GET', as(keyOf('backend')));
  const second = await call(`${url}/api/v1/list`, 'GET', as(keyOf('portal')));
  t.same(shown(second), [2, 0]);
  const reset = Number(second.headers.get('x-ratelimit-reset'));
  t.ok(reset <= 60 && reset >= 60 - Math.ceil(Date.now() / 1000 - asked), `${reset}`);
});

t.test('the scale multiplies, and a key’s own limits replace its tier’s', async (t) => {
  const limits = new Limits({ scale: 10, custom: () => ({ perMinute: 1 }) });
  const { url } = await startHttp(t, apis, { limits });
  t.same(shown(await call(`${url}/api/v1/things`, 'GET', as(keyOf('none')))), [10, 9]);
});

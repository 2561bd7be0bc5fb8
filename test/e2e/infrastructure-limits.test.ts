import t from 'tap';
import { infrastructureEnvelope } from '../../hub/api/infrastructure/envelope.js';
import { limits } from '../../hub/api/infrastructure/index.js';
import { describedApis } from '../../hub/apis.js';
import { DomainError, errorCodes } from '../../hub/domain/errors.js';
import { api, call, keyOf, on, startHttp } from '../api/http/fixture.js';
import { base, infrastructureDocument, newUser } from '../infrastructure.js';
import { startHub } from '../roundhouse.js';
import { sameShape } from '../shape.js';

t.test('a hundred requests a minute for a user and all of its keys, to the last one', async (t) => {
  const hub = await startHub(t, { env: { ROUNDHOUSE_RATE_LIMIT_SCALE: '1' } });
  const { token } = await newUser(hub, 'alice', 'viewer');
  const asked = Date.now() / 1000;
  const made = await hub.call('POST', `${base}/api-keys`, { name: 'k' }, token);
  t.match([made.headers.get('x-ratelimit-limit'), made.headers.get('x-ratelimit-remaining')], ['100', '99']);
  const reset = Number(made.headers.get('x-ratelimit-reset'));
  t.ok(reset > asked && reset <= Date.now() / 1000 + 61, 'seconds since 1970');
  const statuses: number[] = [];
  for (let i = 1; i < 100; i += 1) {
    const { status } = await hub.call('GET', `${base}/users/me`, undefined, i % 2 ? token : made.body.data.key);
    statuses.push(status);
  }
  t.ok(statuses.every((status) => status === 200));
  for (const credential of [token, made.body.data.key]) {
    const refused = await hub.call('GET', `${base}/users/me`, undefined, credential);
    t.equal(refused.status, 429);
    sameShape(t, refused.body, infrastructureDocument.rateLimited);
    t.equal(refused.body.error.code, 'RATE_LIMIT_EXCEEDED');
    t.equal(refused.headers.get('retry-after'), String(refused.body.error.details.retry_after));
    t.equal(refused.headers.get('x-ratelimit-remaining'), '0');
  }
  t.equal((await hub.call('GET', `${base}/users`)).status, 200, 'others go on');
});

t.test('each documented class ends at its number', async (t) => {
  const paths = Object.keys(infrastructureDocument.rateLimits);
  const table = paths.map((limit) => on('GET', `/api/v1/${limit}`, { limit }));
  const { url } = await startHttp(t, [api('infrastructure', table, limits)]);
  const headers = { 'x-api-key': keyOf('none') };
  for (const [name, requests] of Object.entries(infrastructureDocument.rateLimits)) {
    for (let i = 0; i < requests; i += 1)
      t.equal((await call(`${url}/api/v1/${name}`, 'GET', { headers })).status, 200);
    t.equal((await call(`${url}/api/v1/${name}`, 'GET', { headers })).status, 429, `${name}: ${requests}`);
  }
});

t.test('every endpoint of the network module is of its class, and no other is', async (t) => {
  const [api] = describedApis().filter(({ name }) => name === 'infrastructure');
  const ofNetwork = api?.endpoints.filter(({ spec }) => spec.limit === 'network').map(({ spec }) => spec.path);
  const below = api?.endpoints.map(({ spec }) => spec.path).filter((path) => path.startsWith('/api/v1/network/'));
  t.ok(below && below.length >= 16);
  t.same(ofNetwork, below);
});

t.test('every documented code occurs', async (t) => {
  const told = errorCodes.map((code) => {
    const { status, body } = infrastructureEnvelope.failure(new DomainError(code, 'x'), {
      requestId: '',
      timestamp: '',
    });
    t.ok(status >= 400 && status < 600);
    return JSON.parse(body).error.code as string;
  });
  t.same(
    infrastructureDocument.codes.filter((code) => !told.includes(code)),
    [],
  );
});

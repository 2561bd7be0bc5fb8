import t from 'tap';
import { ADMIN_PASSWORD, startHub } from '../roundhouse.js';
import { tempFolder } from '../temp-folder.js';

const login = { username: 'admin', password: ADMIN_PASSWORD };

t.test('a token is obtained, used and refreshed as the document says', async (t) => {
  const hub = await startHub(t);
  const signIn = () => hub.call('POST', '/api/v1/auth/token', login, null);
  const refresh = (token: string) => hub.call('POST', '/api/v1/auth/refresh', { refresh_token: token }, null);

  const { status, body } = await signIn();
  t.equal(status, 200);
  t.match(body, { access_token: /^eyJ/, token_type: 'Bearer', expires_in: 3600, refresh_token: String });
  t.equal((await hub.call('GET', '/api/servers', undefined, body.access_token)).status, 200, 'good for any API');
  const asKey = await fetch(`${hub.url}/api/servers`, { headers: { 'X-API-Key': body.access_token } });
  t.equal(asKey.status, 200, 'in either header');

  const second = await refresh(body.refresh_token);
  t.equal(second.status, 200);
  t.match(second.body, {
    success: true,
    data: { access_token: /^eyJ/, refresh_token: String },
    metadata: { request_id: String },
  });
  t.not(second.body.data.refresh_token, body.refresh_token, 'it rotates');
  const replayed = await refresh(body.refresh_token);
  t.equal(replayed.status, 401, 'a spent one is refused');
  t.match(replayed.body, { success: false, error: { code: 'INVALID_TOKEN' } });
  const family = await refresh(second.body.data.refresh_token);
  t.equal(family.status, 401, 'and takes its family with it');

  const wrong = await hub.call('POST', '/api/v1/auth/token', { ...login, password: 'wrong' }, null);
  const nobody = await hub.call('POST', '/api/v1/auth/token', { username: 'nobody', password: 'wrong' }, null);
  t.equal(wrong.status, 401);
  t.same(wrong.body.error.message, nobody.body.error.message, 'one answer for a wrong password and an unknown user');
});

t.test('sign-in is limited to the documented five a minute', async (t) => {
  const hub = await startHub(t, { env: { ROUNDHOUSE_RATE_LIMIT_SCALE: '1' } });
  const statuses = [];
  for (let i = 0; i < 6; i += 1) {
    const { status, headers } = await hub.call('POST', '/api/v1/auth/token', { ...login, password: 'wrong' }, null);
    statuses.push(status);
    t.equal(headers.get('x-ratelimit-limit'), '5');
    t.equal(headers.get('x-ratelimit-remaining'), String(Math.max(0, 4 - i)));
  }
  t.same(statuses, [401, 401, 401, 401, 401, 429]);
});

t.test('a restart keeps users, keys and sign-ins', async (t) => {
  const data = tempFolder(t);
  const hub = await startHub(t, { data });
  const { body } = await hub.call('POST', '/api/v1/auth/token', login, null);
  const key = await hub.key('viewer');
  await hub.stop();
  const again = await startHub(t, { data, env: { ROUNDHOUSE_ADMIN_PASSWORD: 'another one entirely' } });
  t.equal((await again.call('GET', '/api/servers', undefined, body.access_token)).status, 200);
  t.equal((await again.call('GET', '/api/servers', undefined, key)).status, 200);
  t.equal((await again.call('POST', '/api/v1/auth/token', login, null)).status, 200, 'the first password stays');
});

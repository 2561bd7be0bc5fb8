import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import t from 'tap';
import { base, newUser, signIn } from '../infrastructure.js';
import { startHub } from '../roundhouse.js';
import { SseClient } from '../stream/sse-client.js';
import { WsClient } from '../stream/ws-client.js';

t.test('signing out ends open streams', async (t) => {
  const hub = await startHub(t);
  const { token } = await newUser(hub, 'alice', 'viewer');
  const [stream, socket] = await Promise.all([
    SseClient.open(t, hub, { key: token }),
    WsClient.open(t, hub, { headers: { Authorization: `Bearer ${token}` } }),
  ]);
  t.equal((await hub.call('POST', `${base}/auth/logout`, undefined, token)).status, 200);
  t.match(await socket.closed, { code: 4401 });
  await stream.ended;
  t.match(stream.events.at(-1), { event: 'close' });
});

t.test('the last admin is neither deleted nor demoted', async (t) => {
  const hub = await startHub(t);
  const { body } = await hub.call('GET', `${base}/users?username=admin`);
  const path = `${base}/users/${body.data[0].id}`;
  const refused = { status: 409, body: { error: { code: 'RESOURCE_CONFLICT', message: /last admin/ } } };
  t.match(await hub.call('DELETE', path), refused);
  t.match(await hub.call('PUT', path, { role: 'operator' }), refused);
  t.equal((await hub.call('PUT', path, { email: 'admin@example.org', role: 'admin' })).status, 200);
  const second = await newUser(hub, 'second', 'admin');
  t.equal((await hub.call('PUT', path, { role: 'viewer' }, second.token)).status, 200);
  t.match(await hub.call('DELETE', `${base}/users/me`, undefined, second.token), refused);
});

t.test('a user sees and changes the own account, and no other', async (t) => {
  const hub = await startHub(t);
  const [alice, bob] = await Promise.all([newUser(hub, 'alice', 'operator'), newUser(hub, 'bob', 'user')]);
  const own = `${base}/users/${alice.id}`;
  t.match((await hub.call('GET', own, undefined, alice.token)).body.data, { username: 'alice', email: alice.email });
  t.match((await hub.call('GET', `${base}/users/me`, undefined, alice.token)).body.data, { id: alice.id });
  for (const [method, path, body] of [
    ['GET', `${base}/users/${bob.id}`, undefined],
    ['PUT', `${base}/users/${bob.id}`, { email: 'x@example.org' }],
    ['PUT', own, { role: 'admin' }],
    ['DELETE', own, undefined],
  ] as const)
    t.equal((await hub.call(method, path, body, alice.token)).status, 403, `${method} ${path}`);
  const unconfirmed = await hub.call('PUT', own, { email: 'new@example.org' }, alice.token);
  t.match(unconfirmed, { status: 400, body: { error: { details: { field: 'current_password' } } } });
  const confirmed = { current_password: alice.password };
  const changed = await hub.call('PUT', own, { email: 'new@example.org', ...confirmed }, alice.token);
  t.match(changed.body.data, { email: 'new@example.org', role: 'operator' });
  t.equal((await hub.call('PUT', own, { password: 'another password', ...confirmed }, alice.token)).status, 200);
  t.equal((await hub.call('GET', own, undefined, alice.token)).status, 401, 'the sign-ins of before are over');
  t.ok(await signIn(hub, 'alice', 'another password'));
  t.match(
    (await hub.call('GET', `${base}/users/me`)).body.error,
    { code: 'RESOURCE_NOT_FOUND' },
    'a key without a user',
  );
});

t.test('keys go down with their user, and away with it', async (t) => {
  const hub = await startHub(t);
  const { id, token } = await newUser(hub, 'alice', 'operator');
  const { body } = await hub.call('POST', `${base}/api-keys`, { name: 'k' }, token);
  const { key } = body.data;
  const execute = () =>
    hub.call('POST', '/api/v1/alerts/0193a1b2-0000-7000-8000-000000000000/acknowledge', { message: 'x' }, key);
  t.equal((await execute()).status, 404, 'an operator may');
  await hub.call('PUT', `${base}/users/${id}`, { role: 'viewer' });
  t.equal((await execute()).status, 403, 'a viewer may not');
  t.equal((await hub.call('GET', '/api/v1/servers', undefined, key)).status, 200);
  await hub.call('DELETE', `${base}/users/${id}`);
  t.equal((await hub.call('GET', '/api/v1/servers', undefined, key)).status, 401);
});

t.test('a request whose body arrives after its key was revoked, or its user demoted, changes nothing', async (t) => {
  const hub = await startHub(t);
  const { host } = new URL(hub.url);
  /** Sends a request without the end of its body; gives a function that sends the end and reads the status. */
  const begin = async (credential: string, path: string, wanted: object) => {
    const body = JSON.stringify(wanted);
    const request = httpRequest(`${hub.url}${path}`, {
      method: 'POST',
      headers: {
        host,
        authorization: `Bearer ${credential}`,
        'content-type': 'application/json',
        'content-length': body.length,
      },
    });
    const answer = once(request, 'response');
    await new Promise((resolve) => request.write(body.slice(0, -1), resolve));
    return async () => {
      request.end(body.slice(-1));
      const [{ statusCode }] = await answer;
      return statusCode;
    };
  };
  const { body: key } = await hub.call('POST', '/api/keys', { name: 'leaked', role: 'admin' });
  const later = { name: 'survivor', role: 'admin' };
  const byKey = await begin(key.data.key, '/api/keys', later);
  t.equal((await hub.call('DELETE', `/api/keys/${key.data.id}`)).status, 200);
  t.equal(await byKey(), 401);
  const { body: keys } = await hub.call('GET', '/api/keys');
  t.notOk(JSON.stringify(keys).includes('survivor'));

  const eve = await newUser(hub, 'eve', 'admin');
  const person = { username: 'backdoor', email: 'b@example.org', password: 'A-long-password-1', role: 'admin' };
  const byUser = await begin(eve.token, `${base}/users`, person);
  t.equal((await hub.call('PUT', `${base}/users/${eve.id}`, { role: 'viewer' })).status, 200);
  t.equal(await byUser(), 401);
  t.same((await hub.call('GET', `${base}/users?username=backdoor`)).body.data, []);
});

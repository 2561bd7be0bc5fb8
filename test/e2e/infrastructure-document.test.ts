import t from 'tap';
import { base, example, infrastructureDocument, newUser, PASSWORD } from '../infrastructure.js';
import { ADMIN_PASSWORD, startHub } from '../roundhouse.js';
import { sameShape } from '../shape.js';

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

t.test('sign in, refresh, sign out as the document prints it, at the plain paths', async (t) => {
  const hub = await startHub(t);
  const login = { username: 'admin', password: ADMIN_PASSWORD };
  const signedIn = await hub.call('POST', '/api/v1/auth/login', login, null);
  t.equal(signedIn.status, 200);
  sameShape(t, signedIn.body, example('POST /api/v1/auth/login'));
  t.match(signedIn.body.data, { access_token: /^eyJ/, token_type: 'Bearer', expires_in: 3600 });
  const { access_token: token, refresh_token } = signedIn.body.data;
  t.equal((await hub.call('GET', '/api/v1/users', undefined, token)).body.status, 'success');
  t.equal((await hub.call('GET', '/api/v1/servers', undefined, token)).body.success, true, 'good for other APIs, too');

  const refreshed = await hub.call('POST', '/api/v1/auth/refresh', { refresh_token }, null);
  t.equal(refreshed.status, 200);
  sameShape(t, refreshed.body, example('POST /api/v1/auth/refresh'));
  t.not(refreshed.body.data.refresh_token, refresh_token, 'it rotates');
  const automation = await hub.call('POST', '/api/v1/auth/token', login, null);
  const theirs = { refresh_token: automation.body.refresh_token };
  t.match((await hub.call('POST', '/api/v1/auth/refresh', theirs, null)).body, { success: true }, 'the issuer answers');

  const out = await hub.call('POST', '/api/v1/auth/logout', undefined, refreshed.body.data.access_token);
  t.equal(out.status, 200);
  t.same(out.body, { status: 'success', data: { message: 'Successfully logged out' } });
  sameShape(t, out.body, example('POST /api/v1/auth/logout'));
  const after = await hub.call('GET', `${base}/users`, undefined, refreshed.body.data.access_token);
  t.match([after.status, after.body.error.code], [401, 'AUTH_INVALID_TOKEN'], 'dead at once');
  t.equal((await hub.call('GET', `${base}/users`, undefined, token)).status, 401, 'with the rest of its family');
  const spent = await hub.call('POST', `${base}/auth/refresh`, refreshed.body.data, null);
  t.equal(spent.status, 400, 'only the documented field');
  const { refresh_token: last } = refreshed.body.data;
  t.equal((await hub.call('POST', `${base}/auth/refresh`, { refresh_token: last }, null)).status, 401);
});

t.test('users, from first to last', async (t) => {
  const hub = await startHub(t);
  const wanted = { username: 'alice', email: 'alice@example.org', password: PASSWORD, role: 'operator' };
  const made = await hub.call('POST', '/api/v1/users', wanted);
  t.equal(made.status, 201);
  sameShape(t, made.body, example('POST /api/v1/users'));
  const { password: _, ...shown } = wanted;
  t.match(made.body.data, { ...shown, id: UUID, created_at: TIME });
  const path = `/api/v1/users/${made.body.data.id}`;
  t.match((await hub.call('GET', path)).body.data, { ...made.body.data, last_login: null });
  t.equal((await hub.call('POST', '/api/v1/auth/login', { username: 'Alice', password: PASSWORD }, null)).status, 200);

  const listed = await hub.call('GET', '/api/v1/users');
  sameShape(t, listed.body, example('GET /api/v1/users'));
  sameShape(t, listed.body.metadata, (infrastructureDocument.pagination as { metadata: unknown }).metadata);
  t.match(listed.body.data, [
    { username: 'admin', role: 'admin' },
    { ...shown, last_login: TIME },
  ]);
  t.match(listed.body.metadata, { page: 1, limit: 10, total: 2, pages: 1, complete: true });
  const got = await hub.call('GET', path);
  sameShape(t, got.body, example('GET /api/v1/users/{user_id}'));
  t.same(got.body.data, listed.body.data[1]);

  const changes = { email: 'a@example.org', password: `${PASSWORD} 2`, role: 'user' };
  const changed = await hub.call('PUT', path, changes);
  t.equal(changed.status, 200);
  sameShape(t, changed.body, example('PUT /api/v1/users/{user_id}'));
  t.match(changed.body.data, { email: 'a@example.org', role: 'user', updated_at: TIME });
  const old = await hub.call('POST', `${base}/auth/login`, { username: 'alice', password: PASSWORD }, null);
  t.match([old.status, old.body.error.code], [401, 'AUTH_INVALID_CREDENTIALS']);

  const deleted = await hub.call('DELETE', path);
  t.same([deleted.status, deleted.body], [200, example('DELETE /api/v1/users/{user_id}')]);
  t.match((await hub.call('GET', path)).body, { status: 'error', error: { code: 'RESOURCE_NOT_FOUND' } });
});

t.test('API keys, from first to last', async (t) => {
  const hub = await startHub(t);
  const { token } = await newUser(hub, 'alice', 'viewer');
  const made = await hub.call('POST', '/api/v1/api-keys', { name: 'ci', expires_in: 3600 }, token);
  t.equal(made.status, 201);
  sameShape(t, made.body, example('POST /api/v1/api-keys'));
  const { id, key, prefix, created_at, expires_at } = made.body.data;
  t.ok(key.startsWith(prefix) && key.length > prefix.length + 20);
  t.equal(Date.parse(expires_at) - Date.parse(created_at), 3_600_000);
  const never = await hub.call('POST', '/api/v1/api-keys', { name: 'never', expires_in: 0 }, token);
  t.equal(never.body.data.expires_at, null);

  const before = await hub.call('GET', '/api/v1/api-keys', undefined, token);
  t.match(before.body.data, [
    { name: 'ci', last_used: null },
    { name: 'never', expires_at: null },
  ]);
  t.notOk(JSON.stringify(before.body).includes(key), 'it is shown only once');
  const used = await fetch(`${hub.url}/api/v1/users/me`, { headers: { 'X-API-Key': key } });
  t.match(await used.json(), { status: 'success', data: { username: 'alice' } });
  const listed = await hub.call('GET', '/api/v1/api-keys', undefined, key);
  sameShape(t, listed.body, example('GET /api/v1/api-keys'));
  t.match(listed.body.data[0], { id, prefix, created_at, expires_at, last_used: TIME });

  const deleted = await hub.call('DELETE', `/api/v1/api-keys/${id}`, undefined, token);
  t.same([deleted.status, deleted.body], [200, example('DELETE /api/v1/api-keys/{key_id}')]);
  t.equal((await hub.call('GET', '/api/v1/api-keys', undefined, key)).status, 401);
  t.equal((await hub.call('DELETE', `/api/v1/api-keys/${id}`, undefined, token)).status, 404);
});

t.test('errors have the documented form and codes', async (t) => {
  const hub = await startHub(t);
  const { token } = await newUser(hub, 'alice', 'user');
  const user = { username: 'bob', email: 'bob@example.org', password: PASSWORD, role: 'user' };
  const expect = async (
    call: Promise<{ status: number; body: { error: { code: string; details: object } } }>,
    status: number,
    code: string,
    details: object = {},
  ) => {
    const answer = await call;
    t.equal(answer.status, status, code);
    sameShape(t, answer.body, infrastructureDocument.error);
    t.match(answer.body.error, { code, details });
  };
  const post = (path: string, body: unknown, key?: string | null) => hub.call('POST', base + path, body, key);
  const invalid = 'VALIDATION_ERROR';
  await expect(post('/auth/login', { username: 'alice', password: 'x' }, null), 401, 'AUTH_INVALID_CREDENTIALS');
  await expect(post('/auth/login', { username: 'nobody', password: 'x' }, null), 401, 'AUTH_INVALID_CREDENTIALS');
  await expect(post('/auth/login', { username: 'alice' }, null), 400, invalid, { field: 'password' });
  await expect(hub.call('GET', `${base}/users`, undefined, null), 401, 'AUTH_REQUIRED');
  await expect(hub.call('GET', `${base}/users`, undefined, token), 403, 'AUTH_INSUFFICIENT_PERMISSIONS');
  await expect(post('/users', { ...user, username: 'ALICE' }), 409, 'RESOURCE_ALREADY_EXISTS');
  await expect(post('/users', { ...user, email: 'Alice@Example.org' }), 409, 'RESOURCE_ALREADY_EXISTS');
  await expect(post('/users', { ...user, password: 'short' }), 400, invalid, { field: 'password', error: /8 to 256/ });
  await expect(post('/users', { ...user, email: 'bob' }), 400, invalid, { field: 'email' });
  await expect(post('/users', { ...user, role: 'king' }), 400, invalid, { field: 'role' });
  await expect(post('/users', '{"username":'), 400, invalid);
  await expect(hub.call('PUT', `${base}/users/me`, {}, token), 400, invalid);
  await expect(post('/api-keys', { name: 'k', expires_in: -1 }, token), 400, invalid, { field: 'expires_in' });
  await expect(hub.call('PATCH', `${base}/users`, undefined), 405, 'METHOD_NOT_ALLOWED');
  await expect(hub.call('GET', `${base}/nothing`), 404, 'RESOURCE_NOT_FOUND');
  const brief = await post('/api-keys', { name: 'brief', expires_in: 1 }, token);
  const { key, expires_at } = brief.body.data;
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, Date.parse(expires_at) - Date.now() + 5)));
  await expect(hub.call('GET', `${base}/api-keys`, undefined, key), 401, 'AUTH_TOKEN_EXPIRED');
});

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { redirectUri } from '../fixtures/oidc/people-provider.js';
import { account, callback, startPortal } from '../portal.js';
import { ADMIN_KEY, ADMIN_PASSWORD, type Answer, type Hub, startHub } from '../roundhouse.js';

let hub: Hub;
t.before(async () => {
  hub = await startHub(t);
  await hub.call('POST', '/api/users', { username: 'vera', password: ADMIN_PASSWORD, role: 'operator' });
});

const refusal = 'X-CSRF-Token';

/** The headers of a request of the hub's own page. */
const ownPage = (more: Readonly<Record<string, string>> = {}) => ({
  Origin: hub.url,
  'Sec-Fetch-Site': 'same-origin',
  'Content-Type': 'application/json',
  ...more,
});

const send = (method: string, path: string, headers: Readonly<Record<string, string>>, body?: unknown) =>
  hub.call(method, path, body, null, { headers });

/** The cookie of an answer, in the form in which a browser sends it. */
function cookieOf({ headers }: Answer): string {
  return headers.get('set-cookie')?.split(';')[0] ?? '';
}

/** A browser that is signed in. */
async function signIn(username = 'vera', more: Readonly<Record<string, string>> = {}) {
  const answer = await send('POST', '/api/session', ownPage(more), { username, password: ADMIN_PASSWORD });
  if (answer.status !== 200) throw new Error(`not signed in: ${JSON.stringify(answer.body)}`);
  const cookie = cookieOf(answer);
  const headers = ownPage({ Cookie: cookie });
  return { answer, cookie, headers, changing: { ...headers, 'X-CSRF-Token': answer.body.data.csrfToken as string } };
}

t.test('a browser that signs in gets a cookie which no script reads, and which no other site sends', async (t) => {
  const { answer, cookie, headers } = await signIn();
  t.match(
    answer.headers.get('set-cookie'),
    /^roundhouse-session=[\w.-]+; Path=\/; Max-Age=43\d+; HttpOnly; SameSite=Strict$/,
  );
  t.match(answer.body.data, { user: { name: 'vera', role: 'operator' }, csrfToken: /^[\w-]{43}$/ });
  t.ok(answer.body.data.user.permissions.includes('server.operate'));
  t.notOk(answer.body.data.user.permissions.includes('server.execute'));
  t.notOk(JSON.stringify(answer.body).includes(cookie.split('=')[1] ?? ''), 'the answer holds no credential');
  const shown = await send('GET', '/connect/api/session', headers);
  t.same(shown.body.data.session, answer.body.data, 'a page that the browser loads again gets the same token');
  t.equal((await send('GET', '/connect/api/servers', headers)).status, 200);
});

t.test('the cookie is the credential at all REST APIs', async (t) => {
  const { headers } = await signIn();
  for (const path of [
    '/automation/api/v1/alerts',
    '/infrastructure/api/v1/network/devices',
    '/portal/api/v1/auth/me',
    '/backend/api/v1/workflow-runs',
    '/connect/api/servers',
  ])
    t.equal((await send('GET', path, headers)).status, 200, path);
});

t.test('over TLS the cookie is bound to the host', async (t) => {
  const secure = hub.url.replace('http:', 'https:');
  const { answer, cookie } = await signIn('vera', { Origin: secure });
  t.match(answer.headers.get('set-cookie'), /^__Host-roundhouse-session=.*; HttpOnly; SameSite=Strict; Secure$/);
  t.equal((await send('GET', '/api/servers', ownPage({ Origin: secure, Cookie: cookie }))).status, 200);
});

t.test('a change needs the token of the session', async (t) => {
  const [one, other] = [await signIn(), await signIn('admin')];
  const make = (headers: Readonly<Record<string, string>>, name: string) =>
    send('POST', '/api/groups', headers, { name });
  t.match(await make(one.headers, 'without'), { status: 403, body: { error: new RegExp(refusal) } });
  const foreign = { ...one.headers, 'X-CSRF-Token': other.changing['X-CSRF-Token'] };
  t.match(
    await make(foreign, 'foreign'),
    { status: 403, body: { error: new RegExp(refusal) } },
    'not that of another session',
  );
  for (const [method, path] of [
    ['PUT', '/connect/api/servers/none'],
    ['DELETE', '/connect/api/servers/none'],
    ['POST', '/backend/api/v1/mcp-definitions'],
    ['POST', '/automation/api/v1/cleanup/run'],
    ['POST', '/infrastructure/api/v1/network/devices'],
    ['DELETE', '/connect/api/session'],
  ] as const) {
    const { status } = await send(method, path, one.headers, {});
    t.equal(status, 403, `${method} ${path}`);
  }
  t.equal((await make(one.changing, 'with')).status, 201);
  const { body } = await hub.call('GET', '/api/groups');
  t.same(
    body.data.map(({ name }: { name: string }) => name),
    ['with'],
  );
});

t.test('a page of another site or origin cannot use the cookie', async (t) => {
  const { headers, changing } = await signIn();
  for (const site of ['cross-site', 'same-site', 'none'])
    t.equal((await send('GET', '/api/servers', { ...headers, 'Sec-Fetch-Site': site })).status, 401, site);
  const { 'Sec-Fetch-Site': _, ...old } = changing;
  for (const origin of ['http://evil.example', 'null', hub.url.replace(/:\d+$/, ':1')]) {
    t.equal((await send('GET', '/api/servers', { ...old, Origin: origin })).status, 401, `reads from ${origin}`);
    t.equal(
      (await send('POST', '/api/groups', { ...old, Origin: origin }, { name: 'x' })).status,
      401,
      `changes from ${origin}`,
    );
    t.equal((await send('GET', '/api/sse/events', { ...old, Origin: origin })).status, 401, `streams from ${origin}`);
  }
});

t.test('MCP and WebSockets accept no cookie', async (t) => {
  const { changing, cookie } = await signIn();
  const initialize = {
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'a', version: '1' } },
  };
  const accept = { ...changing, Accept: 'application/json, text/event-stream' };
  for (const path of ['/mcp', '/mcp/servers/files'])
    t.equal((await send('POST', path, accept, initialize)).status, 401, path);
  t.equal((await send('GET', '/mcp', { ...accept, Accept: 'text/event-stream' })).status, 401);
  const { WebSocket } = await import('ws');
  const socket = new WebSocket(`${hub.url.replace('http', 'ws')}/ws`, { headers: { Cookie: cookie, Origin: hub.url } });
  t.teardown(() => socket.terminate());
  const first = new Promise<string>((resolve, reject) => {
    socket.once('message', (data) => resolve(String(data)));
    socket.once('error', reject);
  });
  await new Promise((resolve) => socket.once('open', resolve));
  socket.send(JSON.stringify({ type: 'subscribe', channels: ['servers'] }));
  t.match(await first, /Authentication required/);
});

t.test('only a page of the hub may sign a browser in', async (t) => {
  const by = { username: 'vera', password: ADMIN_PASSWORD };
  const { Origin: _, ...none } = ownPage();
  for (const headers of [
    none,
    ownPage({ Origin: 'http://evil.example' }),
    ownPage({ 'Sec-Fetch-Site': 'cross-site' }),
  ]) {
    const answer = await send('POST', '/api/session', headers, by);
    t.equal(answer.status, 403);
    t.equal(answer.headers.get('set-cookie'), null);
  }
});

t.test('another credential of the request wins over the cookie', async (t) => {
  const { headers } = await signIn();
  const viewer = await hub.key('viewer');
  const me = await send('GET', '/portal/api/v1/auth/me', { ...headers, Authorization: `Bearer ${viewer}` });
  t.equal(me.body.name, 'viewer');
  t.equal(
    (await send('POST', '/api/groups', { ...headers, Authorization: `Bearer ${ADMIN_KEY}` }, { name: 'by key' }))
      .status,
    201,
  );
  t.equal((await send('GET', '/api/servers', { ...headers, Authorization: 'Bearer wrong' })).status, 401);
});

t.test('a new sign-in makes a new session, and ends the earlier one of the browser', async (t) => {
  const first = await signIn();
  const second = await signIn('vera', { Cookie: first.cookie });
  t.not(second.cookie, first.cookie);
  t.equal((await send('GET', '/api/servers', first.headers)).status, 401);
  t.equal((await send('GET', '/api/servers', second.headers)).status, 200);
  const planted = 'roundhouse-session=0193a1b2-0000-7000-8000-000000000000.chosen';
  const third = await signIn('vera', { Cookie: planted });
  t.not(third.cookie, planted, 'a session that someone else has chosen is not taken over');
  t.equal((await send('GET', '/api/servers', ownPage({ Cookie: planted }))).status, 401);
  t.equal(
    (await send('GET', '/api/servers', ownPage({ Cookie: `${third.cookie}; roundhouse-session=x.y` }))).status,
    401,
    'of two cookies none counts',
  );
});

t.test('signing out ends the session at the hub, and its streams', async (t) => {
  const { headers, changing } = await signIn();
  const stream = await fetch(`${hub.url}/connect/api/sse/events`, { headers });
  t.equal(stream.status, 200);
  const answer = await send('DELETE', '/connect/api/session', changing);
  t.match(answer.headers.get('set-cookie'), /^roundhouse-session=; .*Max-Age=0/);
  t.match(await stream.text(), /event: close/);
  t.equal((await send('GET', '/api/servers', headers)).status, 401);
  t.same((await send('GET', '/api/session', headers)).body.data, { session: null, provider: false });
});

t.test('a new role or password ends the sessions of the user at once', async (t) => {
  const { body } = await hub.call('POST', '/api/users', { username: 'otto', password: ADMIN_PASSWORD, role: 'admin' });
  const before = await signIn('otto');
  const stream = await fetch(`${hub.url}/connect/api/sse/events`, { headers: before.headers });
  await hub.call('PUT', `/infrastructure/api/v1/users/${body.data.id}`, { role: 'viewer' });
  t.equal((await send('POST', '/api/groups', before.changing, { name: 'late' })).status, 401);
  t.match(await stream.text(), /event: close/);
  const demoted = await signIn('otto');
  t.equal((await send('POST', '/api/groups', demoted.changing, { name: 'late' })).status, 403);
  await hub.call('PUT', '/api/users/otto/password', { password: `${ADMIN_PASSWORD}!` });
  t.equal((await send('GET', '/api/servers', demoted.headers)).status, 401);
});

t.test('the cookie is no refresh token, and no bearer token', async (t) => {
  const { cookie } = await signIn();
  const value = cookie.slice(cookie.indexOf('=') + 1);
  for (const api of ['automation', 'infrastructure', 'portal'])
    t.equal((await hub.call('POST', `/${api}/api/v1/auth/refresh`, { refresh_token: value }, null)).status, 401, api);
  t.equal((await hub.call('GET', '/api/servers', undefined, value)).status, 401);
});

t.test('a sign-in at the identity provider belongs to the browser that began it', async (t) => {
  const publicUrl = new URL(redirectUri).origin;
  const { hub, provider } = await startPortal(t, { ROUNDHOUSE_PUBLIC_URL: publicUrl });
  const page = { Origin: publicUrl, 'Sec-Fetch-Site': 'same-origin', 'Content-Type': 'application/json' };
  const post = (path: string, body: unknown, cookie = '') =>
    hub.call('POST', `/connect/api/session/${path}`, body, null, { headers: { ...page, Cookie: cookie } });
  const begin = async () => {
    const begun = await post('provider', { redirectUri });
    t.match(begun.headers.get('set-cookie'), /^roundhouse-sign-in=[\w-]{43}; .*HttpOnly; SameSite=Strict$/);
    const back = await provider.signIn(begun.body.data.location, account('ann', 'operator'));
    const answer = { code: back.searchParams.get('code'), state: back.searchParams.get('state') };
    return { answer, cookie: cookieOf(begun) };
  };
  t.match(await post('provider', { redirectUri: 'https://evil.example/' }), {
    status: 400,
    body: { details: { field: 'redirectUri' } },
  });
  const [mine, victims] = [await begin(), await begin()];
  const lured = await post('provider/callback', mine.answer, victims.cookie);
  t.match(lured, { status: 400, body: { details: { field: 'state' } } }, 'the hub refuses the code of another person');
  t.equal(lured.headers.get('set-cookie'), null);
  t.equal((await post('provider/callback', victims.answer)).status, 400, 'nor without the cookie');
  const { answer, cookie } = await begin();
  const toPortal = await hub.call('POST', '/portal/api/v1/auth/callback', answer, null);
  t.equal(toPortal.status, 400, 'the portal gives no token for it');
  const again = await begin();
  const signedIn = await post('provider/callback', again.answer, again.cookie);
  t.match(signedIn, { status: 200, body: { data: { user: { role: 'operator' } } } });
  t.match(signedIn.headers.get('set-cookie'), /^roundhouse-session=/);
  t.equal((await post('provider/callback', again.answer, again.cookie)).status, 400, 'a code is good once');
  t.equal((await callback(hub, provider, account('ben', 'viewer'))).status, 200, 'the portal itself works as before');
  t.ok(cookie);
});

t.test('the store holds no cookie of a session', async (t) => {
  const { cookie } = await signIn();
  const [, secret = ''] = cookie.split('.');
  t.equal(secret.length, 43);
  const files = await readdir(hub.data, { recursive: true, withFileTypes: true });
  const found = await Promise.all(
    files
      .filter((file) => file.isFile())
      .map(async (file) => (await readFile(join(file.parentPath, file.name))).includes(secret)),
  );
  t.ok(found.length > 0);
  t.notOk(found.includes(true));
});

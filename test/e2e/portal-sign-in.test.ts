import { decodeJwt } from 'jose';
import t from 'tap';
import { parse } from 'yaml';
import { peopleProvider, redirectUri } from '../fixtures/oidc/people-provider.js';
import { blocks } from '../kit/markdown.js';
import {
  account,
  base,
  beginSignIn,
  callback,
  example,
  portalDocument,
  portalSettings,
  signIn,
  startPortal,
} from '../portal.js';
import { ADMIN_KEY, ADMIN_PASSWORD, startHub } from '../roundhouse.js';
import { sameShape } from '../shape.js';

t.test('a user signs in, is known, and signs out', async (t) => {
  const { hub, provider } = await startPortal(t);
  const begun = await beginSignIn(hub, redirectUri, '/api/v1/auth/login');
  t.equal(begun.status, 302, 'also at the plain path: the body tells whose it is');
  const location = new URL(begun.headers.get('location') ?? '');
  t.equal(location.origin, provider.issuer);
  t.match(Object.fromEntries(location.searchParams), { response_type: 'code', code_challenge_method: 'S256' });
  const answer = await callback(hub, provider, account('ada'));
  t.equal(answer.status, 200);
  sameShape(t, answer.body, example('POST /api/v1/auth/callback'));
  t.match(answer.body.user, { email: 'ada@example.org', name: 'ada Example', role: 'standard_user' });
  t.equal(answer.body.expires_in, 900);
  const claims = decodeJwt(answer.body.access_token);
  t.equal(claims.api, 'portal');
  t.equal((claims.exp ?? 0) - (claims.iat ?? 0), 900);

  const me = await hub.call('GET', '/api/v1/auth/me', undefined, answer.body.access_token);
  sameShape(t, me.body, example('GET /api/v1/auth/me'));
  t.match(me.body, answer.body.user);

  const refresh_token: string = answer.body.refresh_token;
  const refreshed = await hub.call('POST', '/api/v1/auth/refresh', { refresh_token }, null);
  t.equal(refreshed.status, 200);
  sameShape(t, refreshed.body, example('POST /api/v1/auth/refresh'));
  t.same(Object.keys(refreshed.body).sort(), ['access_token', 'expires_in']);
  const again = await hub.call('POST', `${base}/auth/refresh`, { refresh_token }, null);
  t.equal(again.status, 200, 'it does not rotate');

  const out = await hub.call('POST', '/api/v1/auth/logout', { refresh_token }, again.body.access_token);
  t.equal(out.status, 204);
  for (const token of [answer.body.access_token, refreshed.body.access_token, again.body.access_token])
    t.equal((await hub.call('GET', `${base}/auth/me`, undefined, token)).status, 401);
  const dead = await hub.call('POST', `${base}/auth/refresh`, { refresh_token }, null);
  t.equal(dead.status, 401);
  t.match(dead.body, { error: { code: 'UNAUTHORIZED' } });
});

t.test('the hub of the example of a team: the provider names the roles', async (t) => {
  const provider = await peopleProvider(t);
  const [settings = ''] = blocks('docs/examples/team.md', 'yaml');
  const told = Object.entries(parse(settings) as Record<string, string>);
  const env = Object.fromEntries(told.map(([name, value]) => [`ROUNDHOUSE_${name.toUpperCase()}`, value]));
  const hub = await startHub(t, {
    env: { ...env, ...portalSettings(provider), ROUNDHOUSE_OIDC_REDIRECT_URIS: redirectUri },
  });
  t.match((await signIn(hub, provider, account('ada', 'operator'))).user, { role: 'team_admin' });
  const { token } = await signIn(hub, provider, account('bob'));
  t.equal((await hub.call('GET', `${base}/servers`, undefined, token)).status, 200);
  const enabled = await hub.call('POST', `${base}/servers/sequential-thinking/enable`, {}, token);
  t.equal(enabled.status, 403, 'a person without a role looks only');
});

t.test('state and code are good once, and belong together', async (t) => {
  const { hub, provider } = await startPortal(t);
  const begun = await beginSignIn(hub);
  const back = await provider.signIn(begun.headers.get('location') ?? '', account('ada'));
  const [code, state] = [back.searchParams.get('code'), back.searchParams.get('state')];
  const call = (body: object) => hub.call('POST', `${base}/auth/callback`, body, null);
  const unknown = await call({ code, state: 'made-up' });
  t.same([unknown.status, unknown.body.error.details.field], [400, 'state']);
  t.equal((await call({ code, state })).status, 200);
  const used = await call({ code, state });
  t.same([used.status, used.body.error.code, used.body.error.details.field], [400, 'INVALID_REQUEST', 'state']);
  const other = new URL((await beginSignIn(hub)).headers.get('location') ?? '');
  const mixed = await call({ code: 'no-such-code', state: other.searchParams.get('state') });
  t.same([mixed.status, mixed.body.error.details.field], [400, 'code']);
  const stolen = new URL((await beginSignIn(hub)).headers.get('location') ?? '');
  const one = await provider.signIn((await beginSignIn(hub)).headers.get('location') ?? '', account('eve'));
  const swapped = await call({ code: one.searchParams.get('code'), state: stolen.searchParams.get('state') });
  t.equal(swapped.status, 400, 'the code of another sign-in does not fit: PKCE');
});

t.test('redirects: the allowed addresses', async (t) => {
  const { hub } = await startPortal(t);
  for (const uri of [
    'http://portal.example.org/cb',
    'javascript:alert(1)',
    'https://u:p@example.org/',
    'https://a/#x',
    'x',
  ]) {
    const { status, body } = await beginSignIn(hub, uri);
    t.same([status, body.error.code, body.error.details.field], [400, 'INVALID_REQUEST', 'redirect_uri'], uri);
  }
  const { hub: strict } = await startPortal(t, {
    ROUNDHOUSE_OIDC_REDIRECT_URIS: `https://example.org/cb,${redirectUri}`,
  });
  t.equal((await beginSignIn(strict)).status, 302);
  const refused = await beginSignIn(strict, 'http://127.0.0.1:9/other');
  t.match(refused.body.error, { code: 'INVALID_REQUEST', message: /ROUNDHOUSE_OIDC_REDIRECT_URIS/ });
});

t.test('no provider: 503 that names the setting; a provider that is away: 503', async (t) => {
  const hub = await startHub(t);
  const { status, body, headers } = await beginSignIn(hub);
  t.equal(status, 503);
  sameShape(t, body, portalDocument.errors['503']);
  t.match(body.error, { code: 'SERVICE_UNAVAILABLE', message: /ROUNDHOUSE_OIDC_ISSUER/, retry_after: 30 });
  t.equal(headers.get('retry-after'), '30');
  const { hub: other, provider } = await startPortal(t);
  provider.fail(500);
  t.equal((await beginSignIn(other)).status, 503);
});

t.test('the hub knows a user by issuer and subject, by a verified address, and by a named role', async (t) => {
  const { hub, provider } = await startPortal(t);
  const first = await signIn(hub, provider, account('ada'));
  const moved = await signIn(hub, provider, { ...account('ada'), email: 'other@example.org', name: 'Ada L.' });
  t.match(moved.user, { id: first.user.id, name: 'Ada L.', email: 'ada@example.org' });

  const made = { username: 'bob', email: 'bob@example.org', password: ADMIN_PASSWORD, role: 'user' };
  const bob = await hub.call('POST', '/infrastructure/api/v1/users', made);
  const unverified = await callback(hub, provider, { ...account('bob'), email_verified: false });
  t.same([unverified.status, unverified.body.error.code], [409, 'CONFLICT']);
  const linked = await signIn(hub, provider, account('bob'));
  t.equal(linked.user.id, bob.body.data.id, 'a verified address leads to the account that is here');

  const boss = await signIn(hub, provider, account('boss', 'team_admin', 'viewer'));
  t.equal(boss.user.role, 'team_admin', 'the highest counts');
  const down = await signIn(hub, provider, account('boss', 'user'));
  t.equal(down.user.role, 'standard_user', 'what the provider says counts at each sign-in');
  t.equal(
    (await hub.call('GET', `${base}/auth/me`, undefined, boss.token)).status,
    401,
    'tokens of the higher role are void',
  );

  const { body } = await hub.call('GET', '/infrastructure/api/v1/users?sort=username', undefined, ADMIN_KEY);
  t.match(
    body.data.map(({ username }: { username: string }) => username),
    ['ada@example.org', 'admin', 'bob', 'boss@example.org'],
  );
  const login = { username: 'ada@example.org', password: '' };
  t.not(
    (await hub.call('POST', '/api/v1/auth/login', login, null)).status,
    200,
    'no password is good for one who has none',
  );
});

t.test('a token without a role is refused if the setting says so', async (t) => {
  const { hub, provider } = await startPortal(t, { ROUNDHOUSE_PORTAL_DEFAULT_ROLE: 'none' });
  const refused = await callback(hub, provider, account('ada'));
  t.same([refused.status, refused.body.error.code], [403, 'FORBIDDEN']);
  t.equal((await signIn(hub, provider, account('ada', 'standard_user'))).user.role, 'standard_user');
});

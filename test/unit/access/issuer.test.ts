import t, { type Test } from 'tap';
import { IssuerCallers } from '../../../hub/domain/people/sign-in/issuer-callers.js';
import { OidcIssuer } from '../../../hub/outbound/issuer.js';
import { scriptedProvider } from './scripted-provider.js';

const AUDIENCE = 'https://hub.example.org/mcp';

/** Asks for the caller of a token with these claims. */
async function start(t: Test) {
  const { issuer: url, sign } = await scriptedProvider(t);
  const issuer = new OidcIssuer({ url, audience: () => AUDIENCE });
  const callers = new IssuerCallers(issuer, { roleClaim: 'roles', defaultRole: 'viewer', scopes: [] });
  return async (claims: object, header = {}) =>
    callers.verify(await sign({ aud: AUDIENCE, sub: 'ada', ...claims }, header), 'mcp');
}

t.test('a token opens the hub only if its subject is a text', async (t) => {
  const caller = await start(t);
  t.match(await caller({}), { id: 'oidc:ada', name: 'ada' });
  for (const sub of ['', 5, null, ['ada'], {}]) await t.rejects(caller({ sub }), { code: 'invalid_credential' });
});

t.test('a token opens the hub only if its type is that of an access token', async (t) => {
  const caller = await start(t);
  for (const typ of [undefined, 'JWT', 'jwt', 'at+jwt', 'application/at+jwt'])
    t.match(await caller({}, typ ? { typ } : {}), { id: 'oidc:ada' });
  for (const typ of ['logout+jwt', 'dpop+jwt', ''])
    await t.rejects(caller({}, { typ }), { code: 'invalid_credential' });
});

t.test('the name of a caller has no hidden characters', async (t) => {
  const caller = await start(t);
  t.match(await caller({ preferred_username: '\u{202e}eve\u{1b}[31m' }), { name: 'eve[31m' });
  t.match(await caller({ preferred_username: '\u{200b}', email: 'eve@example.org' }), { name: 'eve@example.org' });
  t.match(await caller({ sub: 'a\u{1b}' }), { id: /^oidc:[\w-]{43}$/, name: 'a' });
});

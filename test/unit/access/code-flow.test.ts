import t, { type Test } from 'tap';
import { CodeFlow } from '../../../hub/outbound/code-flow.js';
import { scriptedProvider } from './scripted-provider.js';

const pending = { state: 'state', nonce: 'nonce', verifier: 'v'.repeat(43), redirectUri: 'https://portal.example.org' };

/** Signs a person in of whom the provider says this. */
async function start(t: Test) {
  const { issuer, said } = await scriptedProvider(t);
  const flow = new CodeFlow({ url: issuer, clientId: 'client', roleClaim: 'roles' });
  return (idToken: object, userInfo: object = {}) => {
    said.idToken = { sub: 'ada', nonce: pending.nonce, ...idToken };
    said.userInfo = { sub: 'ada', ...userInfo };
    return flow.person('code', pending);
  };
}

t.test('an address is verified only if the document that has the address says so', async (t) => {
  const person = await start(t);
  const boss = 'boss@example.org';
  const own = 'ada@example.org';
  t.match(await person({ email: boss }, { email: own, email_verified: true }), { email: boss, emailVerified: false });
  t.match(await person({ email_verified: true }, { email: boss }), { email: boss, emailVerified: false });
  t.match(await person({}, { email: own, email_verified: true }), { email: own, emailVerified: true });
  t.match(await person({ email: own, email_verified: true }, { email: boss, email_verified: false }), {
    email: own,
    emailVerified: true,
  });
  t.match(await person({ preferred_username: boss }, { email_verified: true }), { email: boss, emailVerified: false });
});

t.test('an e-mail address with hidden characters is left out', async (t) => {
  const person = await start(t);
  const hidden = { email: 'ada\u{202e}@example.org', email_verified: true };
  t.match(await person(hidden), { email: null, emailVerified: false });
});

t.test('a sign-in without a subject is refused', async (t) => {
  const person = await start(t);
  for (const sub of ['', 5, null]) await t.rejects(person({ sub }, { sub }), { code: 'unavailable' });
});

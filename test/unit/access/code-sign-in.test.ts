import t, { type Test } from 'tap';
import { SYSTEM } from '../../../hub/domain/audit/audit.js';
import { CodeSignIn } from '../../../hub/domain/people/sign-in/code-sign-in.js';
import { Identities } from '../../../hub/domain/people/sign-in/identities.js';
import { type PendingSignIn, type Person, roleNamed } from '../../../hub/domain/people/sign-in/sign-in-provider.js';
import { from, openAccess } from './access.js';

const somebody: Person = {
  issuer: 'https://id.example.org',
  subject: 'ada',
  email: 'ada@example.org',
  emailVerified: true,
  name: 'Ada',
  username: null,
  role: null,
};

/** A provider at which the given person signs in. */
async function start(t: Test, { redirectUris = [] as readonly string[] } = {}) {
  const access = await openAccess(t);
  let now = 1_000_000;
  let person = somebody;
  const seen: PendingSignIn[] = [];
  const provider = {
    address: async (pending: PendingSignIn) => {
      seen.push(pending);
      return 'https://id.example.org/authorize';
    },
    person: async () => person,
  };
  const identities = new Identities(access.store, access.users, 'user');
  const signIn = new CodeSignIn({ provider, redirectUris, now: () => now }, identities, access.sessions);
  const begin = async (uri = 'https://portal.example.org/cb') => {
    await signIn.begin(from('192.0.2.1'), uri);
    return seen.at(-1)?.state ?? '';
  };
  return {
    ...access,
    signIn,
    seen,
    begin,
    finish: (state: string) => signIn.finish({ ...SYSTEM, api: 'portal' }, 'code', state),
    pass: (ms: number) => {
      now += ms;
    },
    as: (changes: Partial<Person>) => {
      person = { ...somebody, ...changes };
    },
  };
}

t.test('a state is valid once, and for ten minutes', async (t) => {
  const { begin, finish, pass, signIn, seen } = await start(t);
  const state = await begin();
  t.equal(new Set([seen[0]?.state, seen[0]?.nonce, seen[0]?.verifier]).size, 3);
  await finish(state);
  await t.rejects(finish(state), { code: 'invalid_input', details: { field: 'state' } });
  const late = await begin();
  pass(600_000);
  await t.rejects(finish(late), { code: 'invalid_input', details: { field: 'state' } });
  t.equal(signIn.size, 0);
});

t.test('the number of unfinished sign-ins is bounded', async (t) => {
  const { begin, signIn, pass } = await start(t);
  for (let n = 0; n < 1000; n += 1) await begin();
  await t.rejects(begin(), { code: 'rate_limited' });
  pass(600_001);
  await begin();
  t.equal(signIn.size, 1, 'what is over is forgotten');
});

t.test('one account for one person', async (t) => {
  const { begin, finish, as, users } = await start(t);
  const first = await finish(await begin());
  t.match(first.user, {
    username: 'ada@example.org',
    email: 'ada@example.org',
    name: 'Ada',
    role: 'user',
    passwordHash: '',
  });
  as({ email: 'new@example.org', name: 'Ada L.', role: 'operator' });
  const again = await finish(await begin());
  t.match(again.user, { id: first.user.id, email: 'ada@example.org', name: 'Ada L.', role: 'operator' });
  as({ role: null });
  t.equal((await finish(await begin())).user.role, 'operator', 'where none is named it stays');
  as({ subject: 'eve' });
  await t.rejects(
    finish(await begin()),
    { code: 'conflict' },
    'the address alone is not enough to become another user',
  );
  as({ subject: 'eve', email: 'eve@example.org', username: 'ada@example.org' });
  t.equal((await finish(await begin())).user.username, 'ada@example.org-2');
  await t.rejects(users.signIn(SYSTEM, 'ada@example.org', ''), { code: 'invalid_login' });
});

t.test('the last admin stays an admin', async (t) => {
  const { begin, finish, as } = await start(t);
  as({ role: 'admin' });
  t.equal((await finish(await begin())).user.role, 'admin');
  as({ role: 'viewer' });
  t.equal((await finish(await begin())).user.role, 'admin');
});

t.test('no setting, no provider', async (t) => {
  const { store, users, sessions } = await openAccess(t);
  const rules = { missing: 'ROUNDHOUSE_OIDC_ISSUER', redirectUris: [] };
  const signIn = new CodeSignIn(rules, new Identities(store, users, null), sessions);
  await t.rejects(signIn.begin(SYSTEM, 'https://example.org'), {
    code: 'unavailable',
    message: /ROUNDHOUSE_OIDC_ISSUER/,
  });
});

t.test('roles in claims', async (t) => {
  t.equal(roleNamed({ roles: ['team_admin', 'user'] }, 'roles'), 'operator');
  t.equal(roleNamed({ realm: { roles: 'super_admin other' } }, 'realm.roles'), 'admin');
  t.equal(roleNamed({ roles: ['king'] }, 'roles'), null);
  t.equal(roleNamed({ roles: { admin: true } }, 'roles'), null);
});

t.test('the name of a user has no hidden characters, at the first sign-in and later', async (t) => {
  const { begin, finish, as } = await start(t);
  as({ name: '\u{202e}Eve\u{1b}[31m' });
  t.match((await finish(await begin())).user, { name: 'Eve[31m' });
  as({ name: 'Ada\u{200b}' });
  t.match((await finish(await begin())).user, { name: 'Ada' });
  as({ name: '\u{200b}' });
  t.match((await finish(await begin())).user, { name: 'Ada' }, 'a name of hidden characters only changes nothing');
});

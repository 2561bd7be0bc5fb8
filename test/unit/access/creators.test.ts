import t from 'tap';
import { type Caller, keptCaller } from '../../../hub/domain/access/caller.js';
import { SYSTEM } from '../../../hub/domain/audit/audit.js';
import { Creators } from '../../../hub/domain/people/creators.js';
import { identityRecords, type UserRecord } from '../../../hub/domain/people/record.js';
import type { Users } from '../../../hub/domain/people/users/users.js';
import { put } from '../../../hub/domain/store.js';
import { openAccess, PASSWORD } from './access.js';

const person: Caller = {
  kind: 'user',
  id: 'oidc:someone',
  name: 'Someone',
  userId: null,
  role: 'operator',
  api: null,
  tier: null,
  grants: null,
};

t.test(
  'work of a person whom only the identity provider knows goes on with the role that its token named',
  async (t) => {
    const { keys, users } = await openAccess(t);
    t.match(new Creators(keys, users).now(person), { id: 'oidc:someone', userId: null, role: 'operator' });
  },
);

t.test('work of a user that was deleted does not go on', async (t) => {
  const { keys, users } = await openAccess(t);
  const gone = {
    ...person,
    id: '01a1fea5-5818-77c1-8437-1369c21462e7',
    userId: '01a1fea5-5818-77c1-8437-1369c21462e7',
  };
  t.throws(() => new Creators(keys, users).now(gone), { code: 'invalid_credential' });
});

/** The write that makes a person of an identity provider known as a user. */
const link = (userId: string) =>
  put(identityRecords, { id: userId, issuer: 'https://id.example.org', subject: 'ada', userId, createdAt: 0 }, 'any');

/** Hands an account over to a person of an identity provider. */
async function handOver(users: Users, id: string): Promise<UserRecord> {
  const joined = await users.join(SYSTEM, users.get(id), link(id), {});
  if (!joined) throw new Error('the account has changed meanwhile');
  return joined;
}

t.test(
  'work that the previous owner of an account asks for does not go on, also in the moment of the hand-over',
  async (t) => {
    const { keys, users, make, callerOf } = await openAccess(t);
    const { id } = await make('ada', 'operator');
    const creators = new Creators(keys, users);
    const ada = keptCaller(await callerOf('ada'));
    t.match(creators.now(ada), { role: 'operator' });
    const { credentialVersion } = await handOver(users, id);
    t.throws(
      () => creators.now(ada),
      { code: 'invalid_credential', message: /another owner/ },
      'whenever it was noted',
    );
    t.match(
      creators.now({ ...ada, credentialVersion }),
      { role: 'operator' },
      'the new owner asks for work of their own',
    );
  },
);

t.test('no key of the previous owner is valid after the hand-over, whenever it was made', async (t) => {
  const { keys, ownKeys, users, make, callerOf } = await openAccess(t);
  const { id } = await make('ada', 'admin');
  const ada = await callerOf('ada');
  const wanted = { api: 'backend', name: 'k', expiresIn: 0 } as const;
  const before = await ownKeys.create(SYSTEM, ada, wanted);
  const byKey = keys.verify(before.key);
  // Before, while and after the account is handed over, each by the user and by the user's key.
  const ask = () => [ada, byKey].map((caller) => ownKeys.create({ ...SYSTEM, caller }, caller, wanted));
  const asked = [...ask()];
  const joined = handOver(users, id);
  asked.push(...ask());
  const { credentialVersion } = await joined;
  asked.push(...ask());
  for (const made of await Promise.allSettled(asked))
    if (made.status === 'fulfilled') t.throws(() => keys.verify(made.value.key), { code: 'invalid_credential' });
    else t.match(made.reason, { code: /^(?:invalid_credential|conflict)$/ });
  t.throws(() => keys.verify(before.key), { code: 'invalid_credential' });
  const { key } = await ownKeys.create(SYSTEM, { ...ada, credentialVersion }, wanted);
  t.match(keys.verify(key), { userId: id, role: 'admin' }, 'the new owner makes keys');
  t.equal(keys.ofCaller({ ...ada, credentialVersion }).length, 1, 'and is shown no others');
  t.equal(keys.countOf(ada), 1);
});

t.test('the previous owner of an account gives it no password while it is handed over', async (t) => {
  const { users, make, callerOf, signIn } = await openAccess(t);
  const roles = ['user', 'admin'] as const;
  for (const role of roles) {
    const { id } = await make(role, role);
    const owner = await callerOf(role);
    const change = users.update({ ...SYSTEM, caller: owner }, owner, id, {
      password: 'mine again 1',
      currentPassword: PASSWORD,
    });
    const refused = t.rejects(change, { code: 'invalid_credential' }, role);
    await handOver(users, id);
    await refused;
    await t.rejects(signIn(role, 'mine again 1'), { code: 'invalid_login' });
  }
});

t.test('a sign-in of the previous owner during the hand-over is not valid after it', async (t) => {
  const { users, identity, make, signIn, sessions } = await openAccess(t);
  const { id } = await make('ada', 'user');
  const signedIn = signIn('ada');
  await handOver(users, id);
  const { accessToken, refreshToken } = await signedIn;
  await t.rejects(async () => identity.verify(accessToken), { code: 'invalid_credential' });
  await t.rejects(sessions.refresh(SYSTEM, refreshToken), { code: 'invalid_credential' });
});

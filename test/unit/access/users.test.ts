import t from 'tap';
import { auditLog, SYSTEM } from '../../../hub/domain/audit/audit.js';
import { apiKeys, guardAdmins, users as userRecords } from '../../../hub/domain/people/record.js';
import { openAccess, PASSWORD } from './access.js';

t.test('an unknown user costs as much as a wrong password, and gets the same answer', async (t) => {
  const { signIn, make, counts } = await openAccess(t);
  await make('alice', 'user');
  const failure = async (username: string) => {
    const before = { ...counts };
    const error = await signIn(username, 'wrong').catch((error: unknown) => error);
    t.match(error, { code: 'invalid_login' });
    return {
      message: (error as Error).message,
      verified: counts.verified - before.verified,
      hashed: counts.hashed - before.hashed,
    };
  };
  const wrong = await failure('alice');
  t.same(await failure('nobody'), wrong);
  t.match(wrong, { verified: 1, hashed: 0 });
});

t.test('the last admin stays, even when two admins are removed at the same time', async (t) => {
  const { users, make, callerOf, store } = await openAccess(t);
  const [a, b] = await Promise.all([make('a', 'admin'), make('b', 'admin')]);
  const caller = await callerOf('a');
  const both = await Promise.allSettled([
    users.update(SYSTEM, caller, a.id, { role: 'viewer' }),
    users.delete(SYSTEM, caller, b.id),
  ]);
  t.same(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  t.match(
    both.find(({ status }) => status === 'rejected'),
    { reason: { code: 'conflict', message: /last admin/ } },
  );
  t.equal(store.count(userRecords, { index: 'role', equals: 'admin' }), 1);
});

t.test('one of two concurrent writers fails', async (t) => {
  const { store, users, make, callerOf } = await openAccess(t);
  await make('keeper', 'admin');
  const [a, b] = await Promise.all([make('a', 'admin'), make('b', 'admin')]);
  const caller = await callerOf('keeper');
  await users.update(SYSTEM, caller, a.id, { role: 'user' });
  await users.update(SYSTEM, caller, a.id, { role: 'admin' });
  const stale = [guardAdmins(store), guardAdmins(store)];
  await store.apply({ writes: stale.slice(0, 1) });
  await t.rejects(store.apply({ writes: stale.slice(1) }), { code: 'conflict' });
  await users.delete(SYSTEM, caller, b.id);
});

t.test('a key is revoked once, also where its user is deleted at the same moment', async (t) => {
  const { store, users, keys, make, callerOf } = await openAccess(t);
  await make('keeper', 'admin');
  const [alice, caller] = [await make('alice', 'user'), await callerOf('keeper')];
  const wanted = { name: 'k', role: 'user', tier: 'enterprise', userId: alice.id } as const;
  const { record } = await keys.create(SYSTEM, wanted);
  await Promise.all([
    keys.revoke(SYSTEM, record.id),
    keys.revoke(SYSTEM, record.id),
    users.delete(SYSTEM, caller, alice.id),
  ]);
  const revoked = [...store.list(auditLog)].filter(({ action }) => action === 'api_key.revoke');
  t.equal(revoked.length, 1);
  t.match(store.get(apiKeys, record.id), { revokedAt: Number, revision: 1 });
  t.equal(store.get(userRecords, alice.id), undefined);
});

t.test('admins change users; users change their own fields only', async (t) => {
  const { users, make, callerOf, ownKeys, identity } = await openAccess(t);
  const [admin, alice, bob] = await Promise.all([
    make('admin', 'admin'),
    make('alice', 'user'),
    make('bob', 'operator'),
  ]);
  const asAlice = await callerOf('alice');
  const forbidden = { code: 'forbidden' };
  await t.rejects(users.update(SYSTEM, asAlice, bob.id, { email: 'x@example.org' }), forbidden);
  await t.rejects(users.update(SYSTEM, asAlice, alice.id, { role: 'admin' }), forbidden);
  await t.rejects(users.update(SYSTEM, asAlice, 'no-such-user', { email: 'x@example.org' }), forbidden);
  await t.rejects(users.delete(SYSTEM, asAlice, alice.id), forbidden);
  t.throws(() => users.view(asAlice, bob.id), forbidden);
  t.throws(() => users.source(asAlice), forbidden);
  t.match(users.view(asAlice, alice.id), { user: { username: 'alice' }, lastLogin: Number });
  const { key } = await ownKeys.create(SYSTEM, asAlice, { api: 'infrastructure', name: 'k', expiresIn: 0 });
  const byKey = await identity.verify(key);
  t.match(users.view(byKey, alice.id), { user: { username: 'alice' } }, 'a key sees its user');
  await t.rejects(
    users.update(SYSTEM, byKey, alice.id, { password: 'a new password' }),
    forbidden,
    'and cannot become it',
  );
  const changed = await users.update(SYSTEM, asAlice, alice.id, {
    email: 'alice@example.org',
    role: 'user',
    currentPassword: PASSWORD,
  });
  t.match(changed, { email: 'alice@example.org', role: 'user', credentialVersion: 1 });
  const asAdmin = await callerOf('admin');
  t.match(await users.update(SYSTEM, asAdmin, alice.id, { role: 'operator' }), {
    role: 'operator',
    credentialVersion: 2,
  });
  await t.rejects(users.update(SYSTEM, asAdmin, bob.id, { email: 'ALICE@example.org' }), { code: 'already_exists' });
  await t.rejects(users.update(SYSTEM, asAdmin, 'no-such-user', { role: 'user' }), { code: 'not_found' });
  const narrowed = { ...asAdmin, grants: { sites: ['berlin'] } };
  await t.rejects(users.update(SYSTEM, narrowed, admin.id, { role: 'user' }), forbidden);
  await t.rejects(
    users.create({ ...SYSTEM, caller: narrowed }, { username: 'x', password: PASSWORD, role: 'admin' }),
    forbidden,
  );
});

t.test('a change of password or role ends the sign-ins; an e-mail address does not', async (t) => {
  const { users, make, callerOf, identity, signIn, sessions } = await openAccess(t);
  await make('admin', 'admin');
  const alice = await make('alice', 'user');
  const asAdmin = await callerOf('admin');
  for (const changes of [{ role: 'viewer' as const }, { password: PASSWORD }]) {
    const { accessToken, refreshToken } = await signIn('alice');
    const caller = await identity.verify(accessToken);
    await users.update(SYSTEM, asAdmin, alice.id, { email: `${Object.keys(changes)}@example.org` });
    t.equal(identity.recheck(caller), caller);
    await users.update(SYSTEM, asAdmin, alice.id, changes);
    t.throws(() => identity.recheck(caller), { code: 'invalid_credential' });
    await t.rejects(sessions.refresh(SYSTEM, refreshToken), { code: 'invalid_credential' });
  }
});

t.test('the sign-ins and keys of a user are removed with the user', async (t) => {
  const { users, make, callerOf, identity, ownKeys, store, sessions, signIn, keys } = await openAccess(t);
  await make('admin', 'admin');
  const alice = await make('alice', 'user');
  const { refreshToken } = await signIn('alice');
  const asAlice = await callerOf('alice');
  const { key, record } = await ownKeys.create(SYSTEM, asAlice, { api: 'infrastructure', name: 'k', expiresIn: 0 });
  await identity.verify(key);
  await users.delete(SYSTEM, await callerOf('admin'), alice.id);
  t.throws(() => identity.recheck(asAlice), { code: 'invalid_credential' });
  t.throws(() => identity.verify(key), { code: 'invalid_credential' });
  await t.rejects(sessions.refresh(SYSTEM, refreshToken), { code: 'invalid_credential' });
  await t.rejects(signIn('alice'), { code: 'invalid_login' });
  t.same(keys.ofUser(alice.id), []);
  const [entry] = store.list(auditLog, { index: 'action', equals: ['user.delete'] });
  t.match(entry, { resource: { type: 'user', id: alice.id }, details: { username: 'alice', keys: [record.id] } });
  await t.rejects(users.delete(SYSTEM, await callerOf('admin'), alice.id), { code: 'not_found' });
  const late = await keys.create(SYSTEM, { name: 'late', role: 'user', tier: 'free', userId: alice.id });
  t.throws(() => identity.verify(late.key), { code: 'invalid_credential' }, 'a change that was on its way');
});

t.test('passwords: the rules are stated, and hold for changes too', async (t) => {
  const { users, make, callerOf } = await openAccess(t);
  const admin = await make('administrator-anna', 'admin');
  const asAdmin = await callerOf('administrator-anna');
  const stated = {
    code: 'invalid_input',
    details: { field: 'password', error: /8 to 256.*user name.*e-mail.*common/ },
  };
  for (const password of ['', 'short', 'x'.repeat(257), 'Password1', 'ADMINISTRATOR-ANNA', 'anna@example.org'])
    await t.rejects(
      users.update(SYSTEM, asAdmin, admin.id, { password, email: 'anna@example.org' }),
      stated,
      password.slice(0, 20),
    );
  await t.rejects(users.create(SYSTEM, { username: 'carl-the-user', password: 'carl-the-user', role: 'user' }), stated);
  const uuid = '0193a1b2-0000-7000-8000-000000000000';
  await t.rejects(users.create(SYSTEM, { username: uuid, password: PASSWORD, role: 'user' }), {
    code: 'invalid_input',
    details: { field: 'username' },
  });
});

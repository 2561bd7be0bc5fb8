import t, { type Test } from 'tap';
import { SYSTEM } from '../../../hub/domain/audit/audit.js';
import { identityRecords, users as userRecords } from '../../../hub/domain/people/record.js';
import { Identities } from '../../../hub/domain/people/sign-in/identities.js';
import type { Person } from '../../../hub/domain/people/sign-in/sign-in-provider.js';
import { put } from '../../../hub/domain/store.js';
import { openAccess, PASSWORD } from './access.js';

const chief: Person = {
  issuer: 'https://id.example.org',
  subject: 'chief',
  email: 'chief@example.org',
  emailVerified: true,
  name: null,
  username: null,
  role: 'admin',
};

async function start(t: Test) {
  const access = await openAccess(t);
  const identities = new Identities(access.store, access.users, 'user');
  return { ...access, arrive: (person: Partial<Person> = {}) => identities.userOf(SYSTEM, { ...chief, ...person }) };
}

t.test('a user who takes the address of an admin in advance does not become that admin', async (t) => {
  const { make, callerOf, users, signIn, arrive } = await start(t);
  const mallory = await make('mallory', 'user');
  const changes = { email: 'chief@example.org', currentPassword: PASSWORD };
  await users.update(SYSTEM, await callerOf('mallory'), mallory.id, changes);
  const arrived = await arrive();
  t.match(
    arrived,
    { email: 'chief@example.org', emailBy: 'provider', role: 'admin' },
    'the person who proves it has it',
  );
  t.not(arrived.id, mallory.id);
  t.match(users.get('mallory'), { role: 'user', email: null });
  await signIn('mallory');
});

t.test('an address that differs by a letter of Unicode is the address of another person', async (t) => {
  const { users, arrive } = await start(t);
  const made = { username: 'kim', password: PASSWORD, role: 'admin', email: 'kim@example.org' } as const;
  const { id } = await users.create(SYSTEM, made);
  const kelvin = await arrive({ subject: 'mallory', email: '\u212Aim@example.org', role: 'user' });
  t.not(kelvin.id, id);
  t.equal((await arrive({ subject: 'kim', email: 'KIM@example.org' })).id, id);
});

t.test('a user who chooses another address loses the confirmation by the admin', async (t) => {
  const { users, callerOf, arrive } = await start(t);
  await users.create(SYSTEM, { username: 'mallory', password: PASSWORD, role: 'user', email: 'm@example.org' });
  const { id } = users.get('mallory');
  const own = await callerOf('mallory');
  await users.update(SYSTEM, own, id, { email: 'chief@example.org', currentPassword: PASSWORD });
  t.not((await arrive()).id, id);
});

t.test('an admin confirms an address by setting it', async (t) => {
  const { users, make, callerOf, arrive } = await start(t);
  await make('admin', 'admin');
  const { id } = await make('mallory', 'user');
  const own = { email: 'chief@example.org', currentPassword: PASSWORD };
  await users.update(SYSTEM, await callerOf('mallory'), id, own);
  await users.update(SYSTEM, await callerOf('admin'), id, { email: 'chief@example.org' });
  t.equal((await arrive()).id, id);
});

t.test('joining an account ends password, keys and sign-ins, and takes over no role', async (t) => {
  const { users, identity, keys, sessions, signIn, arrive } = await start(t);
  const made = { username: 'chief', password: PASSWORD, role: 'user', email: 'Chief@example.org' } as const;
  const { id } = await users.create(SYSTEM, made);
  const { accessToken, refreshToken } = await signIn('chief');
  const token = await identity.verify(accessToken);
  const { key } = await keys.create(SYSTEM, { name: 'k', role: 'user', tier: 'free', userId: id });
  t.match(await arrive(), { id, role: 'user', passwordHash: '', emailBy: 'provider' });
  await t.rejects(signIn('chief'), { code: 'invalid_login' });
  t.throws(() => identity.recheck(token), { code: 'invalid_credential' });
  await t.rejects(sessions.refresh(SYSTEM, refreshToken), { code: 'invalid_credential' });
  t.throws(() => identity.verify(key), { code: 'invalid_credential' });
  t.equal((await arrive()).role, 'admin', 'from the next sign-in on the provider names the role');
});

t.test('an account that changes during a sign-in is judged again', async (t) => {
  const { make, callerOf, users, store, arrive } = await start(t);
  await make('admin', 'admin');
  const admin = await callerOf('admin');
  const account = (username: string) =>
    users.create(SYSTEM, { username, password: PASSWORD, role: 'admin', email: `${username}@example.org` });

  const leaver = await account('leaver');
  const moved = users.update(SYSTEM, admin, leaver.id, { email: 'successor@example.org' });
  const left = arrive({ subject: 'leaver', email: 'leaver@example.org', role: 'user' });
  await moved;
  t.not((await left).id, leaver.id, 'a person does not get an account that has moved to another address');
  t.match(users.get(leaver.id), { email: 'successor@example.org', emailBy: 'admin' });

  const shared = await account('shared');
  const persons = ['first', 'second'].map((subject) => arrive({ subject, email: 'shared@example.org' }));
  const outcomes = await Promise.allSettled(persons);
  t.match(outcomes, [
    { status: 'fulfilled', value: { id: shared.id } },
    { status: 'rejected', reason: { code: 'conflict', message: /belongs to another person/ } },
  ]);
  const linked = [...store.list(identityRecords, { index: 'user', equals: shared.id })];
  t.match(linked, [{ subject: 'first' }], 'of two persons with one address one gets the account');

  const { id } = await users.create(SYSTEM, {
    username: 'eve',
    password: PASSWORD,
    role: 'user',
    email: 'eve@example.org',
  });
  const own = { email: 'victim@example.org', currentPassword: PASSWORD };
  const changing = users.update(SYSTEM, await callerOf('eve'), id, own);
  const change = store.apply.bind(store);
  let signedIn: Promise<{ readonly id: string }> | undefined;
  // The sign-in judges the account while the change is on its way to the disk.
  store.apply = (...given) => {
    signedIn ??= arrive({ subject: 'eve', email: 'eve@example.org', role: 'user' });
    return change(...given);
  };
  await changing;
  t.not((await signedIn)?.id, id);
  t.match(users.get(id), { email: 'victim@example.org', emailBy: 'self' }, 'no provider vouches for the new address');
});

t.test('an address that the provider has not verified is not kept', async (t) => {
  const { arrive } = await start(t);
  const eve = await arrive({ subject: 'eve', emailVerified: false, role: null, username: 'eve' });
  t.equal(eve.email, null);
  t.match(await arrive(), { email: 'chief@example.org' }, 'its owner gets in');
});

t.test('a user who chooses the address of a person keeps no person out whose provider verifies none', async (t) => {
  const { make, callerOf, users, store, arrive } = await start(t);
  const mallory = await make('mallory', 'user');
  const changes = { email: 'chief@example.org', currentPassword: PASSWORD };
  await users.update(SYSTEM, await callerOf('mallory'), mallory.id, changes);
  const unverified = { emailVerified: false, role: 'user' } as const;
  const arrived = await arrive(unverified);
  t.match(arrived, { email: null, role: 'user' });
  t.not(arrived.id, mallory.id);
  t.match(users.get('mallory'), { email: 'chief@example.org' }, 'no party says whose the address is');
  t.equal((await arrive(unverified)).id, arrived.id, 'the person comes back as the same user');

  // In records of earlier versions only the user vouches.
  const { emailBy: _, ...earlier } = users.get('mallory');
  await store.apply({ writes: [put(userRecords, earlier, earlier.revision ?? 0)] });
  t.match(await arrive({ ...unverified, subject: 'other' }), { email: null });

  await make('admin', 'admin');
  await users.update(SYSTEM, await callerOf('admin'), mallory.id, { email: 'chief@example.org' });
  await t.rejects(arrive({ ...unverified, subject: 'third' }), {
    code: 'conflict',
    message: /not been verified there/,
  });
});

t.test('users give their password to change their own address or password', async (t) => {
  const { make, callerOf, users, signIn } = await start(t);
  const { id } = await make('alice', 'operator');
  const alice = await callerOf('alice');
  const field = (name: string) => ({ code: 'invalid_input', details: { field: name } });
  await t.rejects(users.update(SYSTEM, alice, id, { password: 'another password' }), field('current_password'));
  await t.rejects(users.update(SYSTEM, alice, id, { email: 'a@example.org' }), field('current_password'));
  const guess = { email: 'a@example.org', currentPassword: 'wrong' };
  for (let n = 0; n < 5; n += 1) await t.rejects(users.update(SYSTEM, alice, id, guess), field('current_password'));
  await t.rejects(users.update(SYSTEM, alice, id, guess), { code: 'rate_limited' }, 'guessing is slowed down');
  await signIn('alice', PASSWORD, '198.51.100.1');
});

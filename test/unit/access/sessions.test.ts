import t from 'tap';
import { SYSTEM } from '../../../hub/domain/audit/audit.js';
import { newId } from '../../../hub/domain/ids.js';
import { sessions as sessionRecords } from '../../../hub/domain/people/record.js';
import { AccessTokens } from '../../../hub/domain/people/sign-in/tokens.js';
import { put } from '../../../hub/domain/store.js';
import { openAccess, PASSWORD } from './access.js';

const dead = { code: 'invalid_credential' };

t.test('signing out ends the access token and the refresh token of this sign-in at once, and no others', async (t) => {
  const { make, signIn, identity, sessions } = await openAccess(t);
  await make('alice', 'user');
  const [one, other] = [await signIn('alice'), await signIn('alice')];
  const caller = await identity.verify(one.accessToken);
  await sessions.signOut(SYSTEM, caller);
  t.throws(() => identity.verify(one.accessToken), dead);
  t.throws(() => identity.recheck(caller), dead);
  await t.rejects(sessions.refresh(SYSTEM, one.refreshToken), dead);
  t.match(await identity.verify(other.accessToken), { name: 'alice' });
});

t.test('a refresh at the same moment does not outlive signing out', async (t) => {
  const { make, signIn, identity, sessions } = await openAccess(t);
  await make('alice', 'user');
  for (let i = 0; i < 20; i += 1) {
    const { accessToken, refreshToken } = await signIn('alice');
    const caller = await identity.verify(accessToken);
    const refreshed = i % 2 === 0 ? sessions.refresh(SYSTEM, refreshToken) : undefined;
    const out = sessions.signOut(SYSTEM, caller);
    const [late] = await Promise.allSettled([refreshed ?? sessions.refresh(SYSTEM, refreshToken), out]);
    if (late.status === 'fulfilled') {
      const { accessToken, refreshToken } = late.value;
      await t.rejects(async () => identity.verify(accessToken), dead);
      await t.rejects(sessions.refresh(SYSTEM, refreshToken), dead);
    } else t.match(late.reason, dead);
  }
});

t.test('a refresh token that is used again ends its family, access tokens included', async (t) => {
  const { make, signIn, identity, sessions } = await openAccess(t);
  await make('alice', 'user');
  const first = await signIn('alice');
  const second = await sessions.refresh(SYSTEM, first.refreshToken);
  await identity.verify(second.accessToken);
  await t.rejects(sessions.refresh(SYSTEM, first.refreshToken), dead);
  await t.rejects(sessions.refresh(SYSTEM, second.refreshToken), dead);
  t.throws(() => identity.verify(second.accessToken), dead);
});

t.test('a guess at a refresh token ends no sign-in, though its id stands in every access token', async (t) => {
  const { make, signIn, identity, sessions } = await openAccess(t);
  await make('alice', 'user');
  const first = await signIn('alice');
  const [id] = first.refreshToken.split('.');
  await t.rejects(sessions.refresh(SYSTEM, `${id}.guess`), dead);
  t.match(await identity.verify(first.accessToken), { name: 'alice' });
  let last = first;
  for (let i = 0; i < 3; i += 1) last = await sessions.refresh(SYSTEM, last.refreshToken);
  await t.rejects(sessions.refresh(SYSTEM, `${id}.guess`), dead);
  t.match(await identity.verify(last.accessToken), { name: 'alice' });
  await t.rejects(sessions.refresh(SYSTEM, first.refreshToken), dead);
  t.throws(() => identity.verify(last.accessToken), dead, 'a token that was given out long before ends it');
});

t.test('an access token ends with its time, even after it was used; a refresh token goes on', async (t) => {
  const { make, signIn, sessions, store, users } = await openAccess(t);
  const user = await make('alice', 'user');
  const tokens = await AccessTokens.open(store, users);
  const { refreshToken } = await signIn('alice');
  const issue = (seconds: number) => tokens.issue(user, 'infrastructure', refreshToken.split('.')[0] ?? '', seconds);
  const expired = { code: 'expired_credential' };
  await t.rejects(async () => tokens.verify(await issue(-1)), expired);
  const good = await issue(60);
  const caller = await tokens.verify(good);
  const now = Date.now();
  t.intercept(Date, 'now', { value: () => now + 60_000 });
  t.throws(() => tokens.verify(good), expired);
  t.throws(() => tokens.recheck(caller), expired);
  t.match(await sessions.refresh(SYSTEM, refreshToken), { expiresIn: 3600 });
});

t.test('a key is not signed in', async (t) => {
  const { sessions, keys, identity } = await openAccess(t);
  const { key } = await keys.create(SYSTEM, { name: 'k', role: 'user', tier: 'free' });
  await t.rejects(sessions.signOut(SYSTEM, await identity.verify(key)), { code: 'conflict' });
});

t.test('a refresh token and an access token say which API they are of', async (t) => {
  const { make, signIn, identity } = await openAccess(t);
  await make('alice', 'user');
  const { accessToken, refreshToken } = await signIn('alice');
  t.equal(identity.issuer(accessToken), 'infrastructure');
  t.equal(identity.issuer(refreshToken), 'infrastructure');
  for (const foreign of ['', '.', 'x.y', 'x'.repeat(5000), 'eyJ']) t.equal(identity.issuer(foreign), null);
});

t.test('ended sign-ins are removed', async (t) => {
  const { make, signIn, store, sessions, identity } = await openAccess(t);
  const alice = await make('alice', 'user');
  const { accessToken } = await signIn('alice');
  await sessions.signOut(SYSTEM, await identity.verify(accessToken));
  const over = { userId: alice.id, api: 'automation', credentialVersion: 1, current: '', revision: 1 } as const;
  const old = { ...over, id: newId(), createdAt: 0, expiresAt: 1, revokedAt: null };
  await store.apply({ writes: [put(sessionRecords, old, 'any')] });
  await signIn('alice');
  t.equal(store.count(sessionRecords, { index: 'user', equals: alice.id }), 1);
});

t.test('a user with too many sign-ins loses the oldest', async (t) => {
  const { make, signIn, store } = await openAccess(t);
  const alice = await make('alice', 'user');
  const many = Array.from({ length: 1000 }, (_, i) => ({
    id: newId(),
    userId: alice.id,
    api: 'automation' as const,
    credentialVersion: 1,
    current: String(i),
    revision: 1,
    createdAt: Date.now(),
    expiresAt: Date.now() + 60_000,
    revokedAt: null,
  }));
  await store.apply({ writes: many.map((session) => put(sessionRecords, session, 'any')) });
  await signIn('alice', PASSWORD);
  t.equal(store.count(sessionRecords, { index: 'user', equals: alice.id }), 1000);
  t.equal(store.get(sessionRecords, many[0]?.id ?? ''), undefined);
});

t.test('a refresh token in place of an access token is not taken for an API key', async (t) => {
  const { make, signIn, identity } = await openAccess(t);
  await make('alice', 'user');
  const { refreshToken } = await signIn('alice');
  t.throws(() => identity.verify(refreshToken), {
    ...dead,
    message: /^This is a refresh token: send the access token/,
  });
  t.throws(() => identity.verify('mcp_of_nobody'), { ...dead, message: 'Invalid API key' });
});

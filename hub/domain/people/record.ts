import { createHash } from 'node:crypto';
import type { ApiName, Caller, Grants, Role, Tier } from '../access/caller.js';
import { collection, type Guard, guard, put, remove, replace, type Store, type Write } from '../store.js';

export interface UserRecord {
  readonly id: string;
  readonly username: string;
  readonly email: string | null;
  /** The party that vouches for the address. Records of earlier versions do not have it: there only the user vouches. */
  readonly emailBy?: 'admin' | 'provider' | 'self';
  /** For people, if an identity provider gives it. */
  readonly name?: string;
  /** Argon2id, PHC string form; empty for a user without a password, who signs in at the identity provider. */
  readonly passwordHash: string;
  readonly role: Role;
  /** Grows with every password or role change; sign-ins with an older version are void. */
  readonly credentialVersion: number;
  /**
   * The `credentialVersion` with which a person of an identity provider took the account over. Keys and work of an earlier version are the
   * previous owner's.
   */
  readonly handedOver?: number;
  /** Grows by one with each change: the optimistic lock. Records that an early version made have none until they change. */
  readonly revision?: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** Whether a key or work is the previous owner's: it was made before the account was handed over. */
export function isOfPreviousOwner(
  { credentialVersion = 0 }: { readonly credentialVersion?: number | undefined },
  { handedOver = 0 }: Pick<UserRecord, 'handedOver'>,
): boolean {
  return credentialVersion < handedOver;
}

/** Kept apart from the user's record: a write at each sign-in must never undo a change of the password. */
interface UserActivity {
  readonly id: string;
  readonly lastLogin: number;
}

export const userActivity = collection<UserActivity>('user_activity', 'user activity');

/**
 * The same text for two spellings of one e-mail address. Only A to Z are folded: Unicode's rules also fold the Kelvin sign to `k`, and so
 * take the addresses of two people for one.
 */
export function addressKey(email: string): string {
  return email.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

export const users = collection<UserRecord>('users', 'user', {
  username: { of: (user) => user.username.toLowerCase(), unique: true },
  address: { of: ({ email }) => (email === null ? undefined : addressKey(email)), unique: true, field: 'email' },
  role: { of: (user) => user.role },
});

interface AdminGuard {
  readonly id: 'admins';
  readonly revision: number;
}

const adminGuard = collection<AdminGuard>('admin_guard', 'admin guard');

/** How many users have the role `admin`. */
export function countAdmins(store: Store): number {
  return store.count(users, { index: 'role', equals: 'admin' });
}

/**
 * The guard of a change that removes an admin. Of two such changes at the same time, each of which still sees the other admin, the second
 * fails (`conflict`, or `already_exists` the first time).
 */
export function guardAdmins(store: Store): Write {
  const guard = store.get(adminGuard, 'admins');
  return put(adminGuard, { id: 'admins', revision: (guard?.revision ?? 0) + 1 }, guard?.revision ?? 'absent');
}

/** The user that belongs to an identity at an identity provider. */
export interface IdentityRecord {
  /** Made of issuer and subject. */
  readonly id: string;
  readonly issuer: string;
  readonly subject: string;
  readonly userId: string;
  readonly createdAt: number;
}

export const identityRecords = collection<IdentityRecord>('identities', 'identity', {
  user: { of: (identity) => identity.userId },
});

/** Subjects may be long: an id is a hash of fixed length. */
export function identityId(issuer: string, subject: string): string {
  return createHash('sha256')
    .update(JSON.stringify([issuer, subject]))
    .digest('hex');
}

/** The writes that take a user's identities away with it. */
export function identitiesOfUser(store: Store, userId: string): Write[] {
  return Array.from(store.list(identityRecords, { index: 'user', equals: userId }), ({ id }) =>
    remove(identityRecords, id, 'any'),
  );
}

/** One sign-in: a family of refresh tokens, of which only the newest is valid. Its access tokens end with it. */
export interface SessionRecord {
  readonly id: string;
  readonly userId: string;
  readonly api: ApiName;
  readonly credentialVersion: number;
  /** Signed in by cookie: `current` is the hash of the cookie's secret, and there is no refresh token. */
  readonly browser?: true;
  /** SHA-256 of the refresh token that is valid now, hex. */
  readonly current: string;
  /** The hashes of the last tokens before it, newest last; absent before the first refresh. */
  readonly former?: readonly string[];
  /** Grows by one with each refresh, and with revocation: the optimistic lock. */
  readonly revision: number;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly revokedAt: number | null;
}

export const sessions = collection<SessionRecord>('sessions', 'session', { user: { of: (session) => session.userId } });

/** The most sign-ins of one user; a further one ends the oldest. */
const MOST_PER_USER = 1000;
/** The most ended sign-ins that one sign-in removes. */
const CLEARED_AT_ONCE = 50;

/** The writes that take all of a user's sign-ins away. */
export function sessionsOfUser(store: Store, userId: string): Write[] {
  return Array.from(store.list(sessions, { index: 'user', equals: userId }), ({ id }) => remove(sessions, id, 'any'));
}

/** The writes that make room for a further sign-in: they remove ended sign-ins, and the oldest if there are too many. */
export function roomForSession(store: Store, userId: string, now: number): Write[] {
  const range = { index: 'user', equals: userId };
  const excess = store.count(sessions, range) + 1 - MOST_PER_USER;
  const oldest = Array.from(store.list(sessions, { ...range, limit: CLEARED_AT_ONCE }));
  return oldest
    .filter(({ expiresAt, revokedAt }, i) => i < excess || expiresAt <= now || revokedAt !== null)
    .map(({ id }) => remove(sessions, id, 'any'));
}

/** The record of an API key: it has the SHA-256 of the key, and not the key. */
export interface ApiKeyRecord {
  readonly id: string;
  readonly name: string;
  /** SHA-256 of the whole key, hex. Keys carry 192 random bits, so a slow hash would protect nothing. */
  readonly hash: string;
  /** The first characters of the key, to recognise it by. */
  readonly prefix: string;
  /** The user who made it; `null` for the first key and for keys that such keys made. */
  readonly userId: string | null;
  /** The user's `credentialVersion` when the key was made; absent in keys of earlier versions of the hub. */
  readonly credentialVersion?: number;
  /** The key that made this key. */
  readonly madeBy?: string;
  /** The caller with whom it counts towards limits: its maker, or the caller with whom its maker counts; absent: by itself. */
  readonly countedAs?: string;
  /** The highest role of the key. It never has more rights than its user has at the time. */
  readonly role: Role;
  readonly tier: Tier;
  /** The API that issued it; `null` for keys of no API. */
  readonly api: ApiName | null;
  readonly grants: Grants | null;
  /** Own limits in place of the tier's. */
  readonly limits: { readonly perMinute?: number; readonly perDay?: number } | null;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
  /** 1 after the revocation. */
  readonly revision?: number;
}

export const apiKeys = collection<ApiKeyRecord>('api_keys', 'API key', {
  hash: { of: (key) => key.hash, unique: true },
  user: { of: (key) => key.userId ?? undefined },
  maker: { of: (key) => key.madeBy },
});

/** A user's keys that are not revoked, oldest first. */
export function keysOfUser(store: Store, userId: string): ApiKeyRecord[] {
  return [...store.list(apiKeys, { index: 'user', equals: userId })].filter((key) => key.revokedAt === null);
}

/** The key and the user of a caller: a change that has them as guards is refused if one of them is changed meanwhile. */
export function callerGuards(
  store: Pick<Store, 'get'>,
  { kind, id, userId }: Pick<Caller, 'id'> & Partial<Pick<Caller, 'kind' | 'userId'>>,
): Guard[] {
  const key = kind === 'user' ? undefined : store.get(apiKeys, id);
  const user = userId ? store.get(users, userId) : undefined;
  return [...(key ? [guard(apiKeys, key)] : []), ...(user ? [guard(users, user)] : [])];
}

/** The write that revokes a key, unless another change has revoked it since. */
export function revocation(key: ApiKeyRecord, now: number): Write {
  return replace(apiKeys, key, { ...key, revokedAt: now });
}

import { createHash } from 'node:crypto';
import type { Role } from '../access/caller.js';
import { collection, put, remove, type Store, type Write } from '../store.js';

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
  /** Grows with every password or role change; sign-ins of an older one are void. */
  readonly credentialVersion: number;
  /**
   * The time when a person of an identity provider took the account over, milliseconds since 1970. Work that was asked for earlier is the
   * previous owner's.
   */
  readonly handedOverAt?: number;
  /** Grows by one with each change: the optimistic lock. Records that an early version made have none until they change. */
  readonly revision?: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** Kept apart from the user: it is written at every sign-in, and must never carry an old password hash back over a new one. */
interface UserActivity {
  readonly id: string;
  readonly lastLogin: number;
}

export const userActivity = collection<UserActivity>('user_activity', 'user activity');

/**
 * The same text for two spellings of one e-mail address. Only A to Z are folded: Unicode's rules make one letter of two (the Kelvin sign
 * becomes `k`), and so one address of the addresses of two people.
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
 * Goes into each change that leaves one admin less: of two at the same time, each of which still sees the other one's admin, the second
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
    remove(identityRecords, id),
  );
}

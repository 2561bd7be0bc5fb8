import type { ApiName } from '../access/caller.js';
import { collection, remove, type Store, type Write } from '../store.js';

/** One sign-in: a family of refresh tokens, of which only the newest is good. Its access tokens end with it. */
export interface SessionRecord {
  readonly id: string;
  readonly userId: string;
  readonly api: ApiName;
  readonly credentialVersion: number;
  /** SHA-256 of the refresh token that is good now, hex. */
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

/** Sign-ins of one user that are kept; a further one ends the oldest. */
const MOST_PER_USER = 1000;
/** So many are cleared away at one sign-in. */
const CLEARED_AT_ONCE = 50;

/** The writes that take all of a user's sign-ins away. */
export function sessionsOfUser(store: Store, userId: string): Write[] {
  return Array.from(store.list(sessions, { index: 'user', equals: userId }), ({ id }) => remove(sessions, id));
}

/** The writes that make room for a further sign-in: they remove ended sign-ins, and the oldest if there are too many. */
export function roomForSession(store: Store, userId: string, now: number): Write[] {
  const range = { index: 'user', equals: userId };
  const excess = store.count(sessions, range) + 1 - MOST_PER_USER;
  const oldest = Array.from(store.list(sessions, { ...range, limit: CLEARED_AT_ONCE }));
  return oldest
    .filter(({ expiresAt, revokedAt }, i) => i < excess || expiresAt <= now || revokedAt !== null)
    .map(({ id }) => remove(sessions, id));
}

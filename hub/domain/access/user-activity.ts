import type { Store } from '../store.js';
import { type UserRecord, userActivity, users } from './user-record.js';

/** A user who has signed in within this time counts as active, milliseconds. */
const ACTIVE_MS = 30 * 86_400_000;

/** A user with the time of the last sign-in. */
export interface ActiveUser {
  readonly user: UserRecord;
  /** Milliseconds since 1970; `null` for never. */
  readonly lastLogin: number | null;
  /** Has signed in within 30 days. */
  readonly active: boolean;
}

/** All users, oldest first. */
export function activeUsers(store: Store, now = Date.now()): ActiveUser[] {
  return Array.from(store.list(users), (user) => {
    const lastLogin = store.get(userActivity, user.id)?.lastLogin ?? null;
    return { user, lastLogin, active: lastLogin !== null && lastLogin > now - ACTIVE_MS };
  });
}

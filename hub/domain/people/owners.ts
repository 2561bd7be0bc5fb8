import { type Caller, lesserRole } from '../access/caller.js';
import type { Store } from '../store.js';
import { apiKeys, isOfPreviousOwner, users } from './record.js';

/** The rights of an owner of personal things. */
export type OwnerRights = Pick<Caller, 'role' | 'grants'>;

/**
 * The rights that an owner has now. The owner is a user, or a key that owns its things itself. `undefined` if the user is deleted, or the
 * key may do nothing any more.
 */
export function rightsOfOwner(store: Pick<Store, 'get'>, ownerId: string): OwnerRights | undefined {
  const key = store.get(apiKeys, ownerId);
  if (!key) {
    const user = store.get(users, ownerId);
    return user && { role: user.role, grants: null };
  }
  if (key.revokedAt !== null || hasExpired(store, ownerId)) return undefined;
  const { role, grants } = key;
  if (key.userId === null) return { role, grants };
  const user = store.get(users, key.userId);
  return user && !isOfPreviousOwner(key, user) ? { role: lesserRole(role, user.role), grants } : undefined;
}

/** Whether the owner is a key, and has expired. */
export function hasExpired(store: Pick<Store, 'get'>, ownerId: string): boolean {
  const { expiresAt = null } = store.get(apiKeys, ownerId) ?? {};
  return expiresAt !== null && expiresAt <= Date.now();
}

/** The `credentialVersion` of an owner that is a user, to be kept with a new thing of the owner; nothing for a key, whose things end with it. */
export function versionOfOwner(store: Pick<Store, 'get'>, ownerId: string): { readonly credentialVersion?: number } {
  const { credentialVersion } = store.get(users, ownerId) ?? {};
  return credentialVersion === undefined ? {} : { credentialVersion };
}

/** Whether a thing is the previous owner's: the user's account was handed over after the thing was made. */
export function isLeftOver(
  store: Pick<Store, 'get'>,
  thing: { readonly ownerId: string; readonly credentialVersion?: number | undefined },
): boolean {
  const user = store.get(users, thing.ownerId);
  return user !== undefined && isOfPreviousOwner(thing, user);
}

import type { ApiName, Grants, Role, Tier } from '../access/caller.js';
import { collection, put, type Store, type Write } from '../store.js';

/** An API key as it is kept: the key itself is not, only its SHA-256. */
export interface ApiKeyRecord {
  readonly id: string;
  readonly name: string;
  /** SHA-256 of the whole key, hex. Keys carry 192 random bits, so a slow hash would protect nothing. */
  readonly hash: string;
  /** The first characters of the key, to recognise it by. */
  readonly prefix: string;
  /** The user who made it; `null` for the first key and for keys that such keys made. */
  readonly userId: string | null;
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

/** The write that revokes a key. */
export function revocation(key: ApiKeyRecord, now: number): Write {
  return put(apiKeys, { ...key, revokedAt: now, revision: 1 });
}

import { createHash } from 'node:crypto';
import { collection, remove, type Store, type Write } from '../store.js';

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

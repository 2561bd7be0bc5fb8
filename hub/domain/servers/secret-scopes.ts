import { personalScope, type SecretScope } from '../audit/known-secrets.js';
import type { Redactor } from '../audit/redactor.js';
import type { ServerRecord } from './record.js';

type Holder = Pick<ServerRecord, 'id' | 'ownerId' | 'databases'>;

/** The scope of a server's own secrets. */
export function secretScope({ id, ownerId }: Pick<Holder, 'id' | 'ownerId'>): SecretScope {
  return ownerId === undefined ? id : personalScope(ownerId);
}

/** The scopes of all secrets that a server has: its own, and those of the databases that its environment names. */
export function secretScopes(server: Holder): SecretScope[] {
  return [secretScope(server), ...(server.databases ?? [])];
}

/**
 * The redactor for texts of a server, its log included. It looks for the secrets that the server has, and for no others: a caller of the
 * server's tools can make it print guesses of other secrets, and a reader would see which guess is missing.
 */
export function redactorOf(redactor: Redactor, server: Holder): Redactor {
  return redactor.of(...secretScopes(server));
}

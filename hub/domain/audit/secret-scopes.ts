import { personalScope, type SecretScope } from './known-secrets.js';
import type { Redactor } from './redactor.js';

/** The parts of a server that say which secrets it has. */
export interface SecretHolder {
  readonly id: string;
  readonly ownerId?: string | undefined;
  /** Ids of the external databases that its environment names. */
  readonly databases?: readonly string[] | undefined;
}

/** The scope of a server's own secrets. */
export function secretScope({ id, ownerId }: Pick<SecretHolder, 'id' | 'ownerId'>): SecretScope {
  return ownerId === undefined ? id : personalScope(ownerId);
}

/** The scopes of all secrets that a server has: its own, and those of the databases that its environment names. */
export function secretScopes(server: SecretHolder): SecretScope[] {
  return [secretScope(server), ...(server.databases ?? [])];
}

/**
 * The redactor for texts of a server, its log included. It looks for the secrets that the server has, and for no others: a caller of the
 * server's tools can make it print guesses of other secrets, and a reader would see which guess is missing.
 */
export function redactorOf(redactor: Redactor, server: SecretHolder): Redactor {
  return redactor.of(...secretScopes(server));
}

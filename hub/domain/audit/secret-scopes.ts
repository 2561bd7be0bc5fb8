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

/** The redactor for texts of a server. It looks for the secrets that the server has, and for no others. */
export function redactorOf(redactor: Redactor, server: SecretHolder): Redactor {
  return redactor.of(...secretScopes(server));
}

/**
 * The redactor for a server's log. The agent takes out the server's own secrets. A shared server also prints its callers' values, which may
 * hold other shared secrets; who reads the log of a personal server learns nothing about these.
 */
export function logRedactor(redactor: Redactor, server: SecretHolder): Redactor {
  return server.ownerId === undefined ? redactor.with(...secretScopes(server)) : redactorOf(redactor, server);
}

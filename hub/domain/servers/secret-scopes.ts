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

/** The redactor for texts of a server. It looks for the secrets that the server has, and for no others. */
export function redactorOf(redactor: Redactor, server: Holder): Redactor {
  return redactor.of(...secretScopes(server));
}

/**
 * The redactor for a server's log. The agent takes out the server's own secrets. A shared server also prints its callers' values, which may
 * hold other shared secrets; who reads the log of a personal server learns nothing about these.
 */
export function logRedactor(redactor: Redactor, server: Holder): Redactor {
  return server.ownerId === undefined ? redactor.with(...secretScopes(server)) : redactorOf(redactor, server);
}

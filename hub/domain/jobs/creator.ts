import type { Caller } from '../access/caller.js';
import type { ApiKeys } from '../access/keys.js';
import type { Users } from '../access/users.js';
import { DomainError } from '../errors.js';

/** The caller who asked for a job, as of now: nobody's work goes on in a name that has lost its rights. */
export class Creators {
  readonly #keys: Pick<ApiKeys, 'recheck'>;
  readonly #users: Pick<Users, 'find'>;

  constructor(keys: Pick<ApiKeys, 'recheck'>, users: Pick<Users, 'find'>) {
    this.#keys = keys;
    this.#users = users;
  }

  /** @throws DomainError `invalid_credential`, `expired_credential`. */
  now(caller: Caller | null): Caller | null {
    if (caller === null) return null;
    if (caller.kind === 'api_key') return this.#keys.recheck(caller.id);
    const user = this.#users.find(caller.id);
    if (!user) throw new DomainError('invalid_credential', `user '${caller.name}' does not exist any more`);
    return { ...caller, role: user.role };
  }
}

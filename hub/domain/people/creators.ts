import { atLeast, type Caller } from '../access/caller.js';
import { DomainError } from '../errors.js';
import type { ApiKeys } from './keys/keys.js';
import { isOfPreviousOwner } from './record.js';
import type { Users } from './users/users.js';

/** A caller as it is kept with a job, a schedule or a webhook. Webhooks of earlier versions keep no `kind`. */
export type KeptCaller = Pick<Caller, 'id' | 'role' | 'grants'> & Partial<Caller>;

/**
 * A caller with its rights as of now. The domain asks again after each wait, before it sends a command: the caller may have been revoked or
 * demoted meanwhile. @throws DomainError `invalid_credential`, `expired_credential`.
 */
export type RightsNow = (caller: Caller) => Caller;

/** @throws DomainError `forbidden` if the caller's role is lower now than when its request came. */
export function checkRole({ name, role }: Caller, now: Caller): void {
  if (!atLeast(now.role, role))
    throw new DomainError('forbidden', `'${name}' has another role since the request came: send it again`);
}

/** The callers of work that is done later, with their rights now: no work goes on in the name of a caller that has lost its rights. */
export class Creators {
  readonly #keys: Pick<ApiKeys, 'recheck'>;
  readonly #users: Pick<Users, 'find'>;

  constructor(keys: Pick<ApiKeys, 'recheck'>, users: Pick<Users, 'find'>) {
    this.#keys = keys;
    this.#users = users;
  }

  /**
   * The caller with the role that it has now. The grants of a key never change: they stay as they were when the work was asked for.
   * @throws DomainError `invalid_credential` (also if the account has another owner since), `expired_credential`.
   */
  now(kept: KeptCaller): Caller {
    const { id, name = id, grants } = kept;
    // A person of the identity provider who is not a user of the hub. The hub cannot ask the provider again, and such a person can make no schedules.
    if (kept.kind === 'user' && kept.userId === null)
      return { ...kept, kind: 'user', name, userId: null, api: kept.api ?? null, tier: null };
    const user = kept.kind === 'api_key' ? undefined : this.#users.find(id);
    if (user && isOfPreviousOwner(kept, user))
      throw new DomainError('invalid_credential', `the account of '${name}' has another owner since`);
    if (user) return { ...kept, kind: 'user', name, userId: id, role: user.role, api: kept.api ?? null, tier: null };
    if (kept.kind === 'user') throw new DomainError('invalid_credential', `user '${name}' does not exist any more`);
    return { ...this.#keys.recheck(id), grants };
  }
}

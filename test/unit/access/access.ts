import type { Test } from 'tap';
import type { Caller, RequestOrigin, Role } from '../../../hub/domain/access/caller.js';
import { SYSTEM } from '../../../hub/domain/audit/audit.js';
import { Dependants } from '../../../hub/domain/dependants.js';
import { Identity } from '../../../hub/domain/people/identity.js';
import { ApiKeys } from '../../../hub/domain/people/keys/keys.js';
import { OwnKeys } from '../../../hub/domain/people/keys/own-keys.js';
import { Sessions } from '../../../hub/domain/people/sign-in/sessions.js';
import { AccessTokens } from '../../../hub/domain/people/sign-in/tokens.js';
import { SignInThrottle } from '../../../hub/domain/people/users/throttle.js';
import { Users } from '../../../hub/domain/people/users/users.js';
import type { StoreOptions } from '../../../hub/store/open.js';
import { openTestStore } from '../store/stores.js';

export const PASSWORD = 'correct horse battery';

/** The origin of a request from an address. */
export const from = (ip: string): RequestOrigin => ({ ...SYSTEM, ip });

/** The parts that identify callers, over a real store. Passwords are hashed by name only, and counted. */
export async function openAccess(t: Test, options: Partial<StoreOptions> = {}) {
  const { store, dir } = await openTestStore(t, options);
  const counts = { hashed: 0, verified: 0 };
  const users = new Users(
    store,
    {
      async hash(password) {
        counts.hashed += 1;
        return `hash of ${password}`;
      },
      async verify(hash, password) {
        counts.verified += 1;
        return hash === `hash of ${password}`;
      },
    },
    new Dependants(),
  );
  const keys = new ApiKeys(store, new Dependants());
  const tokens = await AccessTokens.open(store, users);
  const sessions = new Sessions(store, users, tokens, new SignInThrottle());
  const identity = new Identity(keys, tokens, sessions);
  const make = (username: string, role: Role) => users.create(SYSTEM, { username, password: PASSWORD, role });
  return {
    store,
    dir,
    counts,
    users,
    keys,
    ownKeys: new OwnKeys(keys),
    sessions,
    identity,
    make,
    signIn: (username: string, password = PASSWORD, ip = '192.0.2.1') =>
      sessions.signIn(from(ip), 'infrastructure', username, password),
    /** The caller behind a user's fresh sign-in. */
    async callerOf(username: string): Promise<Caller> {
      const { accessToken } = await sessions.signIn(from('192.0.2.1'), 'infrastructure', username, PASSWORD);
      return identity.verify(accessToken);
    },
  };
}

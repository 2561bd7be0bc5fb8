import { randomBytes } from 'node:crypto';
import { SYSTEM } from '../audit/audit.js';
import type { ApiKeys } from './keys/keys.js';
import type { Users } from './users/users.js';

/** The credentials that an operator chose; `undefined`: the hub makes them at random. */
export interface ChosenCredentials {
  readonly adminPassword: string | undefined;
  readonly apiKey: string | undefined;
}

/** The first credentials, as they are shown once. */
export interface FirstCredentials {
  readonly username: string;
  readonly password: string;
  /** Whether the hub made the password, and so has to print it. */
  readonly madePassword: boolean;
  readonly apiKey: string;
}

const ADMIN = 'admin';

/** On the first start makes the user `admin` and the first API key (admin, Enterprise, of no API). Later: `undefined`. */
export async function makeFirstCredentials(
  users: Users,
  keys: ApiKeys,
  chosen: ChosenCredentials,
): Promise<FirstCredentials | undefined> {
  if (!users.isEmpty()) return undefined;
  const password = chosen.adminPassword ?? randomBytes(15).toString('base64url');
  // The key first: a start that dies between the two writes is a first start again, and a spare key does no harm.
  const { key } = await keys.create(SYSTEM, {
    name: 'first-key',
    role: 'admin',
    tier: 'enterprise',
    ...(chosen.apiKey === undefined ? {} : { key: chosen.apiKey }),
  });
  await users.create(SYSTEM, { username: ADMIN, password, role: 'admin' });
  return { username: ADMIN, password, madePassword: chosen.adminPassword === undefined, apiKey: key };
}

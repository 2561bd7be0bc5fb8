import { randomBytes } from 'node:crypto';
import { SYSTEM } from './audit/audit.js';
import { DomainError } from './errors.js';
import type { ApiKeys } from './people/keys/keys.js';
import type { Users } from './people/users/users.js';
import type { Servers } from './servers/servers.js';
import { collection, put, type Store } from './store.js';
import { everythingVariables } from './templates/catalog.js';

/** The credentials that an operator chose; `undefined`: the hub makes them at random. */
interface ChosenCredentials {
  readonly adminPassword: string | undefined;
  readonly apiKey: string | undefined;
}

/** The first credentials, as they are shown once. */
interface FirstCredentials {
  readonly username: string;
  readonly password: string;
  /** Whether the hub made the password, and so has to print it. */
  readonly madePassword: boolean;
  readonly apiKey: string;
}

const ADMIN = 'admin';

/**
 * On the first start, makes the user `admin` and the first API key (role admin, tier Enterprise, for all APIs). Gives `undefined` on later
 * starts.
 */
export async function makeFirstCredentials(
  users: Users,
  keys: ApiKeys,
  chosen: ChosenCredentials,
): Promise<FirstCredentials | undefined> {
  if (!users.isEmpty()) return undefined;
  const password = chosen.adminPassword ?? randomBytes(15).toString('base64url');
  // The key comes first: if the hub stops between the two writes, the next start is a first start again, and a spare key does no harm.
  const { key } = await keys.create(SYSTEM, {
    name: 'first-key',
    role: 'admin',
    tier: 'enterprise',
    ...(chosen.apiKey === undefined ? {} : { key: chosen.apiKey }),
  });
  await users.create(SYSTEM, { username: ADMIN, password, role: 'admin' });
  return { username: ADMIN, password, madePassword: chosen.adminPassword === undefined, apiKey: key };
}

/** Records that the demo server was registered, so that it does not come back after a user deletes it. */
const milestones = collection<{ readonly id: string; readonly at: number }>('milestones', 'milestone');
const DEMO_MILESTONE = 'demo-server';

/** The reference server of the MCP project: small, harmless, and with a tool of every kind. */
const DEMO_SERVER = {
  name: 'demo',
  description: 'The MCP reference server, for trying Roundhouse out',
  transport: {
    type: 'stdio',
    command: 'npx',
    args: ['-y', '@modelcontextprotocol/server-everything@2026.8.31'],
    env: everythingVariables,
  },
  metadata: { category: 'demo', tags: ['demo'] },
} as const;

/** Registers the demo server at a site and wants it connected; only the first time. */
export async function registerDemoServer(store: Store, servers: Servers, site: string): Promise<void> {
  if (store.get(milestones, DEMO_MILESTONE)) return;
  try {
    // If two hubs start, the store refuses the second: a user may already have deleted the server of the first.
    await store.apply({ by: null, writes: [put(milestones, { id: DEMO_MILESTONE, at: Date.now() }, 'absent')] });
    await servers.create(SYSTEM, { ...DEMO_SERVER, site });
    await servers.setWanted(SYSTEM, DEMO_SERVER.name, true);
  } catch (error) {
    // With `already_exists` the user has a server of this name, and needs no demo.
    if (!(error instanceof DomainError && error.code === 'already_exists')) throw error;
  }
}

import type { RequestOrigin } from '../access/caller.js';
import { databasesNamed, mayRefer } from '../databases/connections.js';
import type { DatabaseClients } from '../databases/databases.js';
import { checkMayName, covers, type DatabaseRecord, databaseRecords, mayName } from '../databases/record.js';
import { DomainError, invalid } from '../errors.js';
import { rightsOfOwner } from '../people/owners.js';
import { put, type Store, type Write } from '../store.js';
import { type ServerRecord, serverRecords } from './record.js';
import type { ServerRegistry } from './registry.js';
import type { Transport } from './transport.js';

/** The databases that a server has named so far, and the fields of its variables that an update keeps. */
interface Kept {
  readonly databases: readonly string[];
  readonly fields: readonly string[];
}

/**
 * Ids of the external databases that a server's environment names. The hub fills in a reference only for programs at its own sites: a
 * header would carry a database's password to any program at an address, and registering by address needs fewer rights than by command.
 * @param kept these databases stay in these variables, even if a caller with fewer rights changes the rest. A caller who gives a variable
 * next to a reference needs the right to name databases, because the variable may send the password elsewhere.
 * @throws DomainError `invalid_input` naming the variable or header, also for a database that the caller's grants leave out; `forbidden`.
 */
export function databasesOf(
  store: Store,
  origin: RequestOrigin,
  transport: Transport,
  values: Readonly<Record<string, string>>,
  kept: Kept = { databases: [], fields: [] },
): readonly string[] {
  const ids = new Set<string>();
  for (const [name, value] of Object.entries(values)) {
    if (!mayRefer(value)) continue;
    if (transport.type !== 'stdio')
      throw invalid(
        `transport.headers.${name}`,
        'external databases can be named in the environment of a command only',
      );
    const field = `transport.env.${name}`;
    const isKept = ({ id }: DatabaseRecord) => kept.databases.includes(id);
    const named = databasesNamed(store, value, field, (found) => isKept(found) || covers(origin, found));
    if (!(kept.fields.includes(field) && named.every(isKept))) checkMayName(origin, field);
    for (const { id } of named) ids.add(id);
  }
  const given = Object.keys(values).find((name) => !kept.fields.includes(`transport.env.${name}`));
  if (ids.size > 0 && given !== undefined) checkMayName(origin, `transport.env.${given}`);
  return [...ids];
}

/**
 * Whether the hub fills in the databases that a server names. In a personal server they are a right of its owner, and end with the role that
 * may name databases.
 */
export function mayHaveDatabases(store: Pick<Store, 'get'>, { ownerId, databases = [] }: ServerRecord): boolean {
  return databases.length === 0 || ownerId === undefined || mayName(rightsOfOwner(store, ownerId)?.role);
}

/** Guards for a change that makes a server name databases: the change fails (`conflict`) if a database was changed or deleted meanwhile. */
export function databaseGuards(store: Store, { databases = [] }: ServerRecord): Write[] {
  return databases.flatMap((id) => {
    const record = store.get(databaseRecords, id);
    return record ? [put(databaseRecords, record, record.revision)] : [];
  });
}

/** Hands a server's agent the wanted state, as the lifecycle of servers does. */
interface WantedStates {
  hand(server: ServerRecord): Promise<void>;
}

/** Finds the servers that name a database, and reconnects them when it changes. */
export class ServersWithDatabases implements DatabaseClients {
  readonly #registry: Pick<ServerRegistry, 'all'>;
  readonly #lifecycle: WantedStates;

  constructor(registry: Pick<ServerRegistry, 'all'>, lifecycle: WantedStates) {
    this.#registry = registry;
    this.#lifecycle = lifecycle;
  }

  of(databaseId: string): ServerRecord[] {
    return [...this.#registry.all()].filter(({ databases = [] }) => databases.includes(databaseId));
  }

  reconnecting(databaseId: string): ReturnType<DatabaseClients['reconnecting']> {
    const servers = this.of(databaseId);
    const next = servers.map((server) => ({ ...server, revision: server.revision + 1 }));
    return {
      writes: next.map((server) => put(serverRecords, server, server.revision - 1)),
      tell: async () => void (await Promise.all(next.map((server) => this.#tell(server)))),
    };
  }

  /** An agent that is away gets the change when it is back. */
  async #tell(server: ServerRecord): Promise<void> {
    try {
      await this.#lifecycle.hand(server);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
    }
  }
}

import type { Redactor } from '../audit/redactor.js';
import { notFound } from '../errors.js';
import { type Committed, collection, put, type Store, type Write } from '../store.js';
import { Trimmer } from '../trimmer.js';
import { type ServerRecord, serverRecords } from './record.js';

/** All registrations, in memory and always as the store has them: requests never wait for the disk to find a server. */
export class ServerRegistry {
  readonly #byId = new Map<string, ServerRecord>();
  readonly #byName = new Map<string, ServerRecord>();
  readonly #store: Pick<Store, 'get'>;
  #version = 0;
  #owners: { readonly version: number; readonly ids: ReadonlySet<string> } = { version: -1, ids: new Set() };

  constructor(store: Store) {
    this.#store = store;
    for (const record of store.list(serverRecords)) this.#know(record);
    store.subscribe((committed) => this.#follow(committed));
  }

  /** Grows with every change: results computed from the registry stay valid until then. */
  get version(): number {
    return this.#version;
  }

  /** The users and keys with private servers. */
  get owners(): ReadonlySet<string> {
    if (this.#owners.version !== this.#version) {
      const ids = Array.from(this.#byId.values(), ({ ownerId }) => ownerId).filter((id) => id !== undefined);
      this.#owners = { version: this.#version, ids: new Set(ids) };
    }
    return this.#owners.ids;
  }

  find(idOrName: string): ServerRecord | undefined {
    return this.#byId.get(idOrName) ?? this.#byName.get(idOrName.toLowerCase());
  }

  byId(id: string): ServerRecord | undefined {
    return this.#byId.get(id);
  }

  /** The owner of a private server, also after its deletion; `undefined` for a shared server. */
  ownerOf(id: string): string | undefined {
    return (this.#byId.get(id) ?? this.#store.get(goneServers, id))?.ownerId;
  }

  /** @throws DomainError `not_found`. */
  get(idOrName: string): ServerRecord {
    const record = this.find(idOrName);
    if (!record) throw notFound('server', idOrName);
    return record;
  }

  all(): Iterable<ServerRecord> {
    return this.#byId.values();
  }

  ofAgent(agentId: string): ServerRecord[] {
    return [...this.#byId.values()].filter((server) => server.agentId === agentId);
  }

  #follow(committed: Committed): void {
    for (const { collection, id, value } of committed.writes) {
      if (collection !== serverRecords.name) continue;
      this.#forget(id);
      if (value) this.#know(value as ServerRecord);
    }
  }

  #know(record: ServerRecord): void {
    this.#byId.set(record.id, record);
    this.#byName.set(record.name.toLowerCase(), record);
    this.#version += 1;
  }

  #forget(id: string): void {
    const known = this.#byId.get(id);
    if (!known) return;
    this.#byId.delete(id);
    this.#byName.delete(known.name.toLowerCase());
    this.#version += 1;
  }
}

/** Teaches the redactor the secrets of all registered servers; at the start, before anything of them can be echoed. */
export async function learnServerSecrets(store: Store, registry: ServerRegistry, redactor: Redactor): Promise<void> {
  for (const { sealedSecrets } of registry.all()) {
    if (sealedSecrets === null) continue;
    try {
      redactor.learn(await store.unseal(sealedSecrets));
    } catch {
      // Sealed under a key that is lost: no agent gets the secret either, so no agent can echo it.
    }
  }
}

/** The owner of a deleted private server: its events, jobs and calls outlive it, and only this owner and admins may see them. */
interface GoneServerRecord {
  /** The server's. */
  readonly id: string;
  readonly ownerId: string;
  /** Milliseconds since 1970. */
  readonly deletedAt: number;
}

export const goneServers = collection<GoneServerRecord>('gone_servers', 'deleted server', {
  deleted: { of: ({ deletedAt }) => deletedAt },
});

/** More deletions than any kept event, job or call can refer to. */
const MOST = 100_000;

/** The writes that keep a server's owner when the server is deleted. */
export function goneOf({ id, ownerId }: Pick<ServerRecord, 'id' | 'ownerId'>): Write[] {
  return ownerId === undefined ? [] : [put(goneServers, { id, ownerId, deletedAt: Date.now() })];
}

/** Forgets the oldest deletions where there are too many. */
export function goneTrimmer(store: Store, onError?: (error: unknown) => void, most = MOST): Trimmer {
  const trimming = {
    old: () => [],
    surplus: () => store.count(goneServers) - most,
    oldest: (limit: number) => Array.from(store.list(goneServers, { index: 'deleted', limit }), ({ id }) => id),
  };
  return new Trimmer(store, goneServers, trimming, onError);
}

import { notFound } from '../errors.js';
import type { Committed, Store } from '../store.js';
import { goneServers } from './gone.js';
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

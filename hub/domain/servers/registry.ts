import { type Owning, ownerOf } from '../access/grants.js';
import { notFound } from '../errors.js';
import { SortedList } from '../lists/sorted-list.js';
import { Mirror } from '../mirror.js';
import { compareNames } from '../names.js';
import { collection, put, type Store, type Write } from '../store.js';
import { Trimmer } from '../trimmer.js';
import { type ServerRecord, serverRecords } from './record.js';

/** Stands for an owner in the names of shared servers. */
const SHARED_NAME = '';

/** All registrations, in memory. */
export class ServerRegistry extends Mirror<ServerRecord> {
  /** By name, then by owner. */
  readonly #byName = new Map<string, Map<string, ServerRecord>>();
  readonly #byAgent = new Map<string, Map<string, ServerRecord>>();
  /** Made when it is first asked for, so that the hub starts without it. */
  #inOrder: SortedList<ServerRecord> | undefined;
  readonly #listeners = new Set<(id: string) => void>();
  readonly #store: Pick<Store, 'get'>;
  #version = 0;
  #owners: { readonly version: number; readonly ids: ReadonlySet<string> } = { version: -1, ids: new Set() };

  constructor(store: Store) {
    super(store, serverRecords);
    this.#store = store;
    for (const record of this.all()) this.changed(undefined, record);
  }

  /** Grows with every change: results computed from the registry stay valid until then. */
  get version(): number {
    return this.#version;
  }

  /** The users and keys with private servers. */
  get owners(): ReadonlySet<string> {
    if (this.#owners.version !== this.#version) {
      const ids = Array.from(this.all(), ({ ownerId }) => ownerId).filter((id) => id !== undefined);
      this.#owners = { version: this.#version, ids: new Set(ids) };
    }
    return this.#owners.ids;
  }

  /**
   * The server that a caller means by an id or a name. A name means the caller's own server first, and then the shared server. It never means
   * another person's server, which an admin names by its id: otherwise persons could give their servers the names that an admin's workflows and
   * jobs use.
   */
  find(idOrName: string, caller: Owning | null): ServerRecord | undefined {
    const known = this.byId(idOrName);
    if (known) return known;
    const named = this.#byName.get(idOrName.toLowerCase());
    return (caller && named?.get(ownerOf(caller))) ?? named?.get(SHARED_NAME);
  }

  /** All servers with this id or name, of all owners. */
  named(idOrName: string): ServerRecord[] {
    const known = this.byId(idOrName);
    return [...(known ? [known] : []), ...(this.#byName.get(idOrName.toLowerCase())?.values() ?? [])];
  }

  /** The owner of a private server, also after its deletion; `undefined` for a shared server. */
  ownerOf(id: string): string | undefined {
    return (this.byId(id) ?? this.#store.get(goneServers, id))?.ownerId;
  }

  /** @throws DomainError `not_found`. */
  get(id: string): ServerRecord {
    const record = this.byId(id);
    if (!record) throw notFound('server', id);
    return record;
  }

  ofAgent(agentId: string): ServerRecord[] {
    return [...(this.#byAgent.get(agentId)?.values() ?? [])];
  }

  /** All servers by name. */
  inOrder(): Iterable<ServerRecord> {
    if (!this.#inOrder) {
      this.#inOrder = new SortedList(byName);
      for (const record of this.all()) this.#inOrder.add(record);
    }
    return this.#inOrder.from();
  }

  /** Calls back with the id of each server whose registration was made, changed or removed. */
  onChange(listener: (id: string) => void): void {
    this.#listeners.add(listener);
  }

  protected override changed(before: ServerRecord | undefined, now: ServerRecord | undefined): void {
    if (before) {
      this.#forgetName(before);
      this.#forgetAgent(before);
      this.#inOrder?.remove(before);
    }
    if (now) {
      const ofAgent = this.#byAgent.get(now.agentId) ?? new Map<string, ServerRecord>();
      this.#byAgent.set(now.agentId, ofAgent.set(now.id, now));
      this.#inOrder?.add(now);
      const name = now.name.toLowerCase();
      const named = this.#byName.get(name) ?? new Map<string, ServerRecord>();
      this.#byName.set(name, named.set(now.ownerId ?? SHARED_NAME, now));
    }
    this.#version += 1;
    const id = (now ?? before)?.id;
    if (id !== undefined) for (const listener of this.#listeners) listener(id);
  }

  #forgetAgent({ id, agentId }: ServerRecord): void {
    const ofAgent = this.#byAgent.get(agentId);
    ofAgent?.delete(id);
    if (ofAgent?.size === 0) this.#byAgent.delete(agentId);
  }

  #forgetName({ name, ownerId }: ServerRecord): void {
    const named = this.#byName.get(name.toLowerCase());
    named?.delete(ownerId ?? SHARED_NAME);
    if (named?.size === 0) this.#byName.delete(name.toLowerCase());
  }
}

function byName(a: ServerRecord, b: ServerRecord): number {
  return compareNames(a.name, b.name) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
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
  return ownerId === undefined ? [] : [put(goneServers, { id, ownerId, deletedAt: Date.now() }, 'absent')];
}

/** Removes the oldest deletions if there are too many. */
export function goneTrimmer(store: Store, onError?: (error: unknown) => void, most = MOST): Trimmer {
  const trimming = {
    old: () => [],
    surplus: () => store.count(goneServers) - most,
    oldest: (limit: number) => Array.from(store.list(goneServers, { index: 'deleted', limit }), ({ id }) => id),
  };
  return new Trimmer(store, goneServers, trimming, onError);
}

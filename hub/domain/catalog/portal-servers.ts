import { isAllowed } from '../access/authorize.js';
import type { Caller } from '../access/caller.js';
import { maySee, ownerOf } from '../access/grants.js';
import { ask } from '../agents/answer.js';
import type { Fleet } from '../agents/fleet.js';
import { optional, type Shape } from '../agents/shape.js';
import { DomainError, notFound } from '../errors.js';
import { newEvent } from '../events/types.js';
import { compareNames } from '../names.js';
import { apiKeys, users } from '../people/record.js';
import type { Observation, ObservedServers } from '../servers/observed.js';
import type { ServerRecord } from '../servers/record.js';
import type { ServerRegistry } from '../servers/registry.js';
import { sourceLine } from '../servers/transport.js';
import { collection, put, remove, type Store } from '../store.js';
import type { Catalog } from './catalog.js';
import {
  type CatalogEntry,
  defaultConfig,
  type EnablementRecord,
  enablements,
  givenNames,
  sourceText,
} from './entry.js';

/**
 * A server as the portal lists it to a user: an entry of the catalog with the user's own configuration, or a shared server, which stands
 * under its own id.
 */
export interface PortalServer {
  readonly id: string;
  readonly name: string;
  readonly displayName: string;
  readonly description: string;
  /** Its source. */
  readonly image: string;
  readonly catalogType: 'predefined' | 'custom';
  readonly category: string;
  readonly tags: readonly string[];
  readonly version: string;
  readonly author: string;
  readonly documentation: string;
  readonly entry: CatalogEntry | null;
  /** An entry of another user that is not shared: team admins see it, and mean it by its id alone. */
  readonly isPrivate: boolean;
  /** The name of the user or key that added the entry, for callers who may read users; otherwise `null`. */
  readonly owner: string | null;
  /** The user's own server, or the shared server. */
  readonly server: ServerRecord | null;
  readonly observed: Observation | null;
  readonly enabled: boolean;
  readonly config: Pick<EnablementRecord, 'autoStart' | 'restartPolicy'>;
  /** Names of the values that the user gave. */
  readonly env: readonly string[];
  readonly state: ContainerState;
  readonly containerId: string | null;
  /** Milliseconds since 1970; `undefined` for never. */
  readonly lastStateChange: number | undefined;
}

export interface PortalServerFilter {
  readonly catalogType?: 'predefined' | 'custom' | 'all' | undefined;
  readonly category?: string | undefined;
  /** Only servers that are registered for all, or only entries of the catalog. */
  readonly shared?: boolean | undefined;
  /** In name, display name or description, without regard to case. */
  readonly search?: string | undefined;
}

export interface PortalServerParts {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly registry: ServerRegistry;
  readonly observed: ObservedServers;
  readonly states: ServerStates;
  readonly fleet: () => Pick<Fleet, 'agent'>;
}

/** The texts of a server that filters look at. */
type ShownTexts = Pick<PortalServer, 'displayName' | 'description' | 'category' | 'name'>;

function shownTexts({ name, description, metadata }: ServerRecord): ShownTexts {
  return { name, displayName: name, description, category: metadata.category ?? 'other' };
}

function matches(shown: ShownTexts, { category, search }: PortalServerFilter): boolean {
  if (category !== undefined && shown.category.toLowerCase() !== category.toLowerCase()) return false;
  const text = search?.toLowerCase();
  if (text === undefined) return true;
  const { name, displayName, description } = shown;
  return [name, displayName, description].some((field) => field.toLowerCase().includes(text));
}

/** The catalog as each person sees it. */
export class PortalServers {
  readonly #parts: PortalServerParts;

  constructor(parts: PortalServerParts) {
    this.#parts = parts;
  }

  /** By name. A server is put together when it is shown: a page shows few of many. */
  list(
    caller: Caller,
    filter: PortalServerFilter = {},
  ): { readonly total: number; part(from: number, to: number): PortalServer[] } {
    const { shared, catalogType = 'all' } = filter;
    const found: { readonly name: string; readonly show: () => PortalServer }[] = [];
    if (shared !== true) {
      const own = new Map(this.enabledBy(ownerOf(caller)).map((one) => [one.entryId, one]));
      for (const entry of this.#parts.catalog.list(caller)) {
        const enablement = own.get(entry.id);
        const isMeant = (catalogType === 'all' || entry.type === catalogType) && matches(entry, filter);
        if (isMeant && this.#covers(caller, enablement))
          found.push({ name: entry.name, show: () => this.#ofEntry(caller, entry, enablement) });
      }
    }
    const entries = found.length;
    if (shared !== false && catalogType !== 'predefined')
      for (const server of this.#parts.registry.inOrder())
        if (server.ownerId === undefined && matches(shownTexts(server), filter) && maySee(caller, server))
          found.push({ name: server.name, show: () => this.#ofServer(server) });
    // The servers are in order.
    if (entries > 0) found.sort((a, b) => compareNames(a.name, b.name));
    return { total: found.length, part: (from, to) => found.slice(from, to).map(({ show }) => show()) };
  }

  /**
   * A server by id or name; the caller's own server also by its server id.
   * @throws DomainError `not_found`, also if a key's grants leave out the server that its user made from the entry.
   */
  get(caller: Caller, idOrName: string): PortalServer {
    const { catalog, registry, store } = this.#parts;
    const entry = catalog.find(caller, idOrName);
    if (entry) {
      const enablement = this.enablement(ownerOf(caller), entry.id);
      if (!this.#covers(caller, enablement)) throw notFound('server', idOrName);
      return this.#ofEntry(caller, entry, enablement);
    }
    const server = registry.find(idOrName, caller);
    if (!server || !maySee(caller, server)) throw notFound('server', idOrName);
    if (server.ownerId === undefined) return this.#ofServer(server);
    const enablement = store.find(enablements, 'server', server.id);
    const made =
      enablement && server.ownerId === ownerOf(caller) ? catalog.find(caller, enablement.entryId) : undefined;
    if (!made) throw notFound('server', idOrName);
    return this.#ofEntry(caller, made, enablement);
  }

  enablement(ownerId: string, entryId: string): EnablementRecord | undefined {
    return this.#parts.store.find(enablements, 'owner', [ownerId, entryId]);
  }

  enabledBy(ownerId: string): EnablementRecord[] {
    return [...this.#parts.store.list(enablements, { index: 'owner', equals: [ownerId] })];
  }

  /** How many servers an owner has enabled, and how many of them run. */
  counts(ownerId: string): { readonly enabled: number; readonly running: number } {
    const own = this.enabledBy(ownerId).filter((one) => this.#isEnabled(one));
    const running = own.filter(({ serverId }) => this.#parts.observed.get(serverId).state === 'connected');
    return { enabled: own.length, running: running.length };
  }

  /** The same for all owners, shared servers included. */
  totals(): { readonly enabled: number; readonly running: number } {
    const { registry, observed, store } = this.#parts;
    let [enabled, running] = [0, 0];
    for (const one of store.list(enablements)) if (this.#isEnabled(one)) enabled += 1;
    for (const server of registry.all()) {
      if (server.ownerId === undefined && server.enabled && server.wanted) enabled += 1;
      if (observed.get(server.id).state === 'connected') running += 1;
    }
    return { enabled, running };
  }

  /** An admin may have deleted its server: then it is no longer enabled. */
  #isEnabled({ enabled, serverId }: EnablementRecord): boolean {
    return enabled && this.#parts.registry.byId(serverId) !== undefined;
  }

  /** Whether a caller's grants cover the server of an enablement, if there is one. */
  #covers(caller: Caller, enablement: EnablementRecord | undefined): boolean {
    const server = enablement && this.#parts.registry.byId(enablement.serverId);
    return !server || maySee(caller, server);
  }

  /** The name of an entry's owner. Operators know no users: it is for callers who may read them. */
  #ownerName(caller: Caller, { ownerId }: CatalogEntry): string | null {
    const { store } = this.#parts;
    if (ownerId === null || !isAllowed(caller, 'user.manage')) return null;
    return store.get(users, ownerId)?.username ?? store.get(apiKeys, ownerId)?.name ?? null;
  }

  #ofEntry(caller: Caller, entry: CatalogEntry, enablement: EnablementRecord | undefined): PortalServer {
    const server = enablement && this.#parts.registry.byId(enablement.serverId);
    const { id, name, displayName, description, category, tags, author, documentation } = entry;
    const config = enablement ?? defaultConfig;
    const seen = this.#seen(server);
    return {
      ...{ id, name, displayName, description, category, tags, author, documentation, entry },
      isPrivate: entry.ownerId !== null && !entry.shared && entry.ownerId !== ownerOf(caller),
      owner: this.#ownerName(caller, entry),
      image: sourceText(entry),
      catalogType: entry.type,
      ...seen,
      env: givenNames(entry, seen.env),
      enabled: server !== undefined && (enablement?.enabled ?? false),
      config: { autoStart: config.autoStart, restartPolicy: config.restartPolicy },
    };
  }

  #ofServer(server: ServerRecord): PortalServer {
    const { id, metadata, transport, restartPolicy = 'always' } = server;
    return {
      ...{ id, ...shownTexts(server), author: '', documentation: '', entry: null },
      ...{ isPrivate: false, owner: null },
      image: sourceLine(transport),
      catalogType: 'custom',
      tags: metadata.tags,
      ...this.#seen(server),
      enabled: server.enabled && server.wanted,
      config: { autoStart: true, restartPolicy },
    };
  }

  #seen(server: ServerRecord | undefined) {
    const { observed, states, fleet } = this.#parts;
    if (!server)
      return {
        server: null,
        observed: null,
        version: '',
        env: [],
        state: 'stopped',
        containerId: null,
        lastStateChange: undefined,
      } as const;
    const now = observed.get(server.id);
    const last = states.last(server.id);
    const waits = server.wanted && now.state === 'disconnected' && now.error === '';
    // A server that ran when its agent was last seen may still run there.
    const away = !fleet().agent(server.agentId) && (server.wanted || (last !== undefined && last.state !== 'stopped'));
    return {
      server,
      observed: now,
      version: now.version || server.version || server.metadata.version || '',
      env: server.transport.type === 'stdio' ? server.transport.env : [],
      state: away ? ('unreachable' as const) : waits ? ('starting' as const) : containerState(now),
      containerId: now.containerId || null,
      lastStateChange: last?.at,
    };
  }
}

/** A server's state, in the portal's words: `unreachable` if its agent is not connected. */
type ContainerState = 'running' | 'starting' | 'stopped' | 'error' | 'unreachable';

/** The last change of a server's state. */
export interface StateRecord {
  /** The server's id. */
  readonly id: string;
  readonly state: ContainerState;
  /** Milliseconds since 1970. */
  readonly at: number;
}

const states = collection<StateRecord>('server_states', 'server state');

function containerState({ state, error }: Pick<Observation, 'state' | 'error'>): ContainerState {
  if (state === 'connected') return 'running';
  if (state === 'connecting') return 'starting';
  if (state === 'error') return 'error';
  return error === '' ? 'stopped' : 'unreachable';
}

/** Keeps when each server's state last changed, over restarts of the hub, and reports the changes of private servers. */
export class ServerStates {
  readonly #store: Store;
  /** States that may not be on the disk yet: changes come faster than they are written. */
  readonly #recent = new Map<string, StateRecord>();

  constructor(store: Store, registry: ServerRegistry, observed: ObservedServers) {
    this.#store = store;
    observed.onChange((id, now) => {
      const record = registry.byId(id);
      if (record) this.#note(record, containerState(now));
      else this.#forget(id);
    });
  }

  /** The last change; `undefined` for a server that never ran. */
  last(serverId: string): StateRecord | undefined {
    return this.#recent.get(serverId) ?? this.#store.get(states, serverId);
  }

  #forget(id: string): void {
    if (this.last(id)) this.#store.record({ writes: [remove(states, id, 'any')] });
    this.#recent.delete(id);
  }

  #note({ id, ownerId }: ServerRecord, state: ContainerState): void {
    const before = this.last(id)?.state ?? 'stopped';
    if (before === state) return;
    const changed = { id, state, at: Date.now() };
    this.#recent.set(id, changed);
    const entryId = ownerId === undefined ? undefined : this.#store.find(enablements, 'server', id)?.entryId;
    const data = { ownerId, entryId, oldState: before, newState: state };
    const events = entryId === undefined ? [] : [newEvent('server.state', data, id)];
    // An observation: the newest counts.
    this.#store.record({ writes: [put(states, changed, 'any')], events });
  }
}

/** A running server's current use; `null` for figures that its site cannot measure. */
export interface ServerUsage {
  /** 100 is one processor. */
  readonly cpuPercent: number | null;
  readonly memoryBytes: number | null;
  /** Seconds since it was connected. */
  readonly uptimeSeconds: number;
}

/**
 * How long an agent may take, milliseconds. The whole answer may take 3 s (`seeds/002`), and the fleet waits half a second longer than
 * this.
 */
const TIMEOUT_MS = 2400;

/** Asks a server's agent how much the server uses: a container's figures, or the figures of its processes. `null` if it does not run. */
export async function measureServer(
  fleet: Fleet,
  { id, agentId }: ServerRecord,
  { state, containerId, connectedSinceMs }: Observation,
): Promise<ServerUsage | null> {
  if (state !== 'connected') return null;
  const uptimeSeconds = connectedSinceMs === 0 ? 0 : Math.max(0, Math.floor((Date.now() - connectedSinceMs) / 1000));
  const options = { kind: 'read', timeoutMs: TIMEOUT_MS } as const;
  try {
    if (containerId !== '') {
      const operation = { case: 'containerStats', value: { container: containerId } } as const;
      const [told] = (await ask<{ stats: Told[] }>(fleet, agentId, operation, { stats: [figures] }, options)).stats;
      return { ...numbers(told), uptimeSeconds };
    }
    const shape = { servers: [{ ...figures, serverId: 'text' }] } as const;
    const operation = { case: 'measureUsage', value: {} } as const;
    const { servers } = await ask<{ servers: (Told & { serverId: string })[] }>(
      fleet,
      agentId,
      operation,
      shape,
      options,
    );
    return { ...numbers(servers.find((server) => server.serverId === id)), uptimeSeconds };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return { ...numbers(undefined), uptimeSeconds };
  }
}

/** An agent's figures; figures that the site cannot measure are absent. */
interface Told {
  readonly cpuPercent?: number;
  readonly memoryBytes?: number;
}

const figures: Shape<Told> = { cpuPercent: optional('number'), memoryBytes: optional('number') };

function numbers({
  cpuPercent = null,
  memoryBytes = null,
}: Partial<Pick<ServerUsage, 'cpuPercent' | 'memoryBytes'>> = {}) {
  return { cpuPercent, memoryBytes };
}

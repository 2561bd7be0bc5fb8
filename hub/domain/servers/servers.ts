import { authorize } from '../access/authorize.js';
import type { Caller, RequestOrigin } from '../access/caller.js';
import { mayKnowGroup, maySee, type Owning, ownerOf } from '../access/grants.js';
import { allows } from '../access/permissions.js';
import type { Agents } from '../agents/agents.js';
import { changeAudit } from '../audit/audit.js';
import type { Dependants } from '../dependants.js';
import { DomainError, invalid } from '../errors.js';
import { newId } from '../ids.js';
import { checkName } from '../names.js';
import { checkSiteUrl } from '../net/url-guard.js';
import { retrying } from '../retrying.js';
import { type Placement, place } from '../sited/placement.js';
import type { SpecRoom } from '../sited/spec-room.js';
import { put, remove, type Store, type Write } from '../store.js';
import { endOfConsent, endOfMovedConsent } from './consent-record.js';
import { databaseGuards, databasesOf } from './databases.js';
import { checkSecretsStay, valuesStay } from './destination.js';
import { type GroupRegistry, groupGuard, unknownGroup } from './groups.js';
import type { Observation, ObservedServers } from './observed.js';
import {
  type CachePolicy,
  type CallLimits,
  type DefinitionOrigin,
  type HealthCheck,
  isPinned,
  type Metadata,
  type RateLimits,
  type RestartPolicy,
  type ServerRecord,
  serverRecords,
} from './record.js';
import { goneOf, type ServerRegistry } from './registry.js';
import { sealSecrets, serverSpecBytes, unsealSecrets } from './spec.js';
import {
  type AuthInput,
  checkAuth,
  maskedAuth,
  maskedFields,
  maskedTransport,
  splitAuth,
  splitTransport,
  type Transport,
  type TransportInput,
} from './transport.js';

/** A client's input to register a server. */
export interface ServerInput {
  readonly name: string;
  readonly description?: string;
  readonly transport: TransportInput;
  readonly auth?: AuthInput;
  readonly healthCheck?: Partial<HealthCheck>;
  readonly rateLimits?: Partial<RateLimits> | null;
  readonly limits?: Partial<CallLimits> | null;
  readonly cache?: CachePolicy | null;
  readonly metadata?: Partial<Metadata>;
  readonly groupId?: string | null;
  readonly enabled?: boolean;
  readonly site?: string;
  /** The definition that it comes from; a client cannot set it. */
  readonly definition?: DefinitionOrigin;
}

/** The fields of a registration that only the domain sets. */
export interface Belonging {
  /** The only user or key that has the server. */
  readonly ownerId?: string;
  readonly restartPolicy?: RestartPolicy;
  /** Its command comes from the catalog: a caller who may enable entries needs no permission for commands. */
  readonly curated?: boolean;
}

/** A registration with the state of the running server. */
export interface ServerView {
  readonly record: ServerRecord;
  readonly observed: Observation;
}

export interface ServerFilter {
  readonly state?: 'connected' | 'disconnected' | 'error';
  /** The id or name of a group. */
  readonly group?: string;
  /** The servers with any of these tags. */
  readonly tags?: readonly string[];
  readonly enabled?: boolean;
}

const DEFAULT_HEALTH_CHECK: HealthCheck = { enabled: true, intervalMs: 30_000, timeoutMs: 5_000 };
const NO_RATE_LIMITS: RateLimits = { requestsPerMinute: null, requestsPerDay: null };
const NO_METADATA: Metadata = { category: null, tags: [], version: null };

/** Registrations of MCP servers: made, shown, changed, deleted. */
export class Servers {
  readonly #store: Store;
  readonly #agents: Agents;
  readonly #registry: ServerRegistry;
  readonly #observed: ObservedServers;
  readonly #groups: GroupRegistry;
  readonly #dependants: Dependants;
  readonly #room: SpecRoom;

  constructor(
    store: Store,
    agents: Agents,
    registry: ServerRegistry,
    observed: ObservedServers,
    groups: GroupRegistry,
    dependants: Dependants,
    room: SpecRoom,
  ) {
    this.#room = room;
    this.#store = store;
    this.#agents = agents;
    this.#registry = registry;
    this.#observed = observed;
    this.#groups = groups;
    this.#dependants = dependants;
  }

  /** The servers that the caller's grants cover, by name. */
  list(origin: RequestOrigin, filter: ServerFilter = {}): ServerView[] {
    const { group } = filter;
    // No server has an unknown group's name as the id of its group: the list is empty.
    const groupId = group === undefined ? undefined : (this.#groups.find(group)?.id ?? group);
    const views: ServerView[] = [];
    for (const record of this.#registry.inOrder()) {
      const view = { record, observed: this.#observed.get(record.id) };
      if (matches(view, filter, groupId) && visible(origin, record)) views.push(view);
    }
    return views;
  }

  /** A server by id or name. A server outside the caller's grants does not exist for the caller. @throws DomainError `not_found`. */
  get(origin: RequestOrigin, idOrName: string): ServerView {
    const record = this.#registry.find(idOrName, origin.caller);
    if (!record || !visible(origin, record))
      throw new DomainError('not_found', `server '${idOrName}' not found`, { resource: 'server', id: idOrName });
    return { record, observed: this.#observed.get(record.id) };
  }

  /** The server that a caller means by an id or a name, without a check that the caller may see it. */
  named(caller: Owning | null, idOrName: string): ServerRecord | undefined {
    return this.#registry.find(idOrName, caller);
  }

  /** Registers a server, without connecting it. @throws DomainError `invalid_input`, `already_exists`, `forbidden`, `unavailable`. */
  async create(
    origin: RequestOrigin,
    input: ServerInput,
    details: Record<string, unknown> = {},
    { ownerId, restartPolicy, curated }: Belonging = {},
  ): Promise<ServerView> {
    if (!curated) authorize(origin.caller, 'server.write');
    checkName(input.name);
    checkTransport(origin, input.transport, curated);
    if (input.auth) checkAuth(input.auth, input.transport.type);
    this.#checkGroup(origin, input.groupId);
    const { transport, values } = splitTransport(input.transport);
    const { auth, authSecret } = splitAuth(input.auth ?? { type: 'none' });
    const databases = databasesOf(this.#store, origin, transport, values);
    const { site, agentId } = placeServer(origin, this.#agents, this.#registry, input.site, ownerId !== undefined);
    const now = Date.now();
    const id = newId();
    const record: ServerRecord = {
      id,
      name: input.name,
      description: input.description ?? '',
      transport,
      auth,
      sealedSecrets: await sealSecrets(this.#store, { id, ownerId }, { values, authSecret }),
      healthCheck: { ...DEFAULT_HEALTH_CHECK, ...input.healthCheck },
      rateLimits: { ...NO_RATE_LIMITS, ...input.rateLimits },
      limits: { ...input.limits },
      cache: input.cache ?? null,
      metadata: { ...NO_METADATA, ...input.metadata },
      groupId: input.groupId ?? null,
      ...(ownerId === undefined ? {} : { ownerId }),
      ...(restartPolicy === undefined ? {} : { restartPolicy }),
      enabled: input.enabled ?? true,
      wanted: false,
      site,
      agentId,
      ...(input.definition ? { definition: input.definition } : {}),
      ...(databases.length > 0 ? { databases } : {}),
      revision: 1,
      createdAt: now,
      updatedAt: now,
    };
    checkCovered(origin, record);
    return this.#write(origin, record, (charged) => [
      put(serverRecords, charged, 'absent'),
      ...this.#guards(charged),
      ...databaseGuards(this.#store, charged),
      audit(origin, 'server.create', charged, details),
    ]);
  }

  /** Changes a registration; absent fields stay. @throws as {@link Servers.create}, and `not_found`, `conflict`. */
  async update(
    origin: RequestOrigin,
    idOrName: string,
    input: Partial<ServerInput>,
    { restartPolicy, curated }: Omit<Belonging, 'ownerId'> = {},
  ): Promise<ServerView> {
    if (!curated) authorize(origin.caller, 'server.write');
    const { record: before } = this.get(origin, idOrName);
    if (input.name !== undefined) checkName(input.name);
    if (input.transport) checkTransport(origin, input.transport, curated);
    if (input.auth || input.transport)
      checkAuth(input.auth ?? maskedAuth(before.auth), (input.transport ?? before.transport).type);
    this.#checkGroup(origin, input.groupId);
    if (input.site !== undefined && input.site !== before.site)
      throw invalid('site', `a server stays at its site ('${before.site}'); register it again at the other site`);
    const secrets = await this.#changedSecrets(origin, before, input);
    const record: ServerRecord = {
      ...withoutStaleVersion(before, secrets.transport),
      ...secrets,
      name: input.name ?? before.name,
      description: input.description ?? before.description,
      healthCheck: { ...before.healthCheck, ...input.healthCheck },
      rateLimits: input.rateLimits === null ? NO_RATE_LIMITS : { ...before.rateLimits, ...input.rateLimits },
      limits: input.limits === null ? {} : { ...before.limits, ...input.limits },
      cache: input.cache === undefined ? before.cache : input.cache,
      metadata: { ...before.metadata, ...input.metadata },
      groupId: input.groupId === undefined ? before.groupId : input.groupId,
      ...(restartPolicy === undefined ? {} : { restartPolicy }),
      enabled: input.enabled ?? before.enabled,
      wanted: input.enabled === false ? false : before.wanted,
      ...(input.definition ? { definition: input.definition } : {}),
      revision: before.revision + 1,
      updatedAt: Date.now(),
    };
    checkCovered(origin, record);
    const changed = Object.keys(input);
    const movedConsent = await endOfMovedConsent(this.#store, origin, before, record);
    return this.#write(origin, record, (charged) => [
      put(serverRecords, charged, before.revision),
      ...(charged.groupId === before.groupId ? [] : this.#guards(charged)),
      ...(input.transport ? databaseGuards(this.#store, charged) : []),
      ...movedConsent,
      audit(origin, 'server.update', charged, { changed }),
    ]);
  }

  /**
   * Notes whether a server should be connected. The caller of this method audits the outcome.
   * @throws DomainError `forbidden`, `not_found`, `conflict` (disabled server).
   */
  async setWanted(
    origin: RequestOrigin,
    idOrName: string,
    wanted: boolean,
    { curated = false }: Pick<Belonging, 'curated'> = {},
  ): Promise<ServerRecord> {
    authorize(origin.caller, curated ? 'catalog.enable' : 'server.operate');
    const { record: before } = this.get(origin, idOrName);
    if (wanted && !before.enabled) throw new DomainError('conflict', `server '${before.name}' is disabled`);
    if (before.wanted === wanted) return before;
    const record: ServerRecord = { ...before, wanted, revision: before.revision + 1, updatedAt: Date.now() };
    await this.#store.apply({ by: origin.caller, writes: [put(serverRecords, record, before.revision)] });
    return record;
  }

  async delete(origin: RequestOrigin, idOrName: string): Promise<ServerRecord> {
    authorize(origin.caller, 'server.write');
    const { id } = this.get(origin, idOrName).record;
    return retrying(this.#store, Number.POSITIVE_INFINITY, async () => {
      const { record } = this.get(origin, id);
      const writes = [
        remove(serverRecords, id, record.revision),
        ...this.#dependants.of(serverRecords, id),
        ...goneOf(record),
        ...endOfConsent(this.#store, origin, record, 'server_deleted'),
        audit(origin, 'server.delete', record),
      ];
      await this.#store.apply({ by: origin.caller, writes });
      return record;
    });
  }

  /** Stores a registration if its agent has room for it. @throws DomainError as {@link SpecRoom.within}. */
  #write(origin: RequestOrigin, record: ServerRecord, writes: (charged: ServerRecord) => Write[]): Promise<ServerView> {
    return this.#room.within(origin, 'transport', record, serverSpecBytes(record), async (charged) => {
      await this.#store.apply({ by: origin.caller, writes: writes(charged) });
      return { record: charged, observed: this.#observed.get(charged.id) };
    });
  }

  /** @throws DomainError `invalid_input` if there is no such group, or the caller may not know it. */
  #checkGroup(origin: RequestOrigin, groupId: string | null | undefined): void {
    if (!groupId) return;
    const { caller } = origin;
    const isKnown = !caller || mayKnowGroup(caller, groupId, () => this.list(origin, { group: groupId }).length > 0);
    if (!this.#groups.byId(groupId) || !isKnown) throw unknownGroup(groupId);
  }

  #guards({ groupId }: ServerRecord): Write[] {
    return groupId === null ? [] : [groupGuard(this.#groups, groupId)];
  }

  async #changedSecrets(
    origin: RequestOrigin,
    before: ServerRecord,
    input: Partial<ServerInput>,
  ): Promise<Partial<Pick<ServerRecord, 'transport' | 'auth' | 'sealedSecrets' | 'databases'>>> {
    if (!input.transport && !input.auth) return {};
    const kept = await unsealSecrets(this.#store, before);
    const given = {
      transport: input.transport ?? maskedTransport(before.transport),
      auth: input.auth ?? maskedAuth(before.auth),
    };
    checkSecretsStay(before, given);
    const { transport, values } = splitTransport(given.transport, kept);
    const { auth, authSecret } = splitAuth(given.auth, kept);
    // A database that the server has named so far is bound to its command line, as its secrets are.
    const named = valuesStay(before.transport, transport) ? before.databases : [];
    const keptNames = { databases: named ?? [], fields: maskedFields(given.transport, 'transport') };
    const databases = databasesOf(this.#store, origin, transport, values, keptNames);
    return {
      transport,
      auth,
      databases,
      sealedSecrets: await sealSecrets(this.#store, before, { values, authSecret }),
    };
  }
}

/** Removes a chosen version if the command line now names another source, or another version. */
function withoutStaleVersion(before: ServerRecord, transport: Transport = before.transport): ServerRecord {
  const { version, versionOf, switching, ...rest } = before;
  const pinned = isPinned(transport, switching?.of ?? versionOf ?? '');
  return pinned ? before : rest;
}

function visible(origin: RequestOrigin, record: ServerRecord): boolean {
  return origin.caller === null || maySee(origin.caller, record);
}

function matches({ record, observed }: ServerView, filter: ServerFilter, groupId: string | undefined): boolean {
  if (filter.state !== undefined && shownState(observed) !== filter.state) return false;
  if (groupId !== undefined && record.groupId !== groupId) return false;
  if (filter.enabled !== undefined && record.enabled !== filter.enabled) return false;
  return !filter.tags || filter.tags.some((tag) => record.metadata.tags.includes(tag));
}

/**
 * The states of the documents: a connecting server is not connected yet, and a server that tries again after a failure has still failed.
 */
export function shownState({ state, error }: Observation): 'connected' | 'disconnected' | 'error' {
  if (state !== 'connecting') return state;
  return error === '' ? 'disconnected' : 'error';
}

/**
 * A caller may put a server only where the caller's grants cover it: not at another site, and not into or out of a group that the grants
 * leave out.
 */
function checkCovered(origin: RequestOrigin, record: ServerRecord): void {
  if (visible(origin, record)) return;
  const where =
    record.groupId === null ? `site '${record.site}' without a group` : `site '${record.site}' in that group`;
  throw new DomainError('forbidden', `this key's grants do not cover a server at ${where}`);
}

/** Registering by command is code execution at the site: it needs more than registering by URL. */
function checkTransport(origin: RequestOrigin, transport: TransportInput, curated = false): void {
  if (transport.type === 'stdio') {
    if (origin.caller && !curated && !allows(origin.caller.role, 'server.execute'))
      throw new DomainError('forbidden', 'registering a server by command needs role admin');
    return;
  }
  const { username, password } = new URL(transport.url);
  if (username || password) throw invalid('transport.url', 'must hold no user name or password: use headers or auth');
  checkSiteUrl(transport.url, 'transport.url');
}

function audit(origin: RequestOrigin, action: string, record: ServerRecord, details: Record<string, unknown> = {}) {
  const resource = { type: 'server', id: record.id, serverId: record.id };
  return changeAudit(origin, action, resource, { name: record.name, ...details });
}

/**
 * The agent that a new server is pinned to. A private server (`anywhere`) without a site goes to the agent with the most room if there are
 * several sites. @throws DomainError as {@link place}.
 */
function placeServer(
  origin: RequestOrigin,
  agents: Agents,
  registry: ServerRegistry,
  site: string | undefined,
  anywhere: boolean,
): Placement {
  const words = {
    none: 'no agent is enrolled yet: make a join token and start one',
    several: 'several sites could run it',
    elsewhere: (named: string) => `unknown site '${named}'; known`,
  };
  // The error names no sites to a key for servers or groups. Such a key may place a server at the site of its group.
  const allowed = origin.caller?.grants?.sites;
  const possible = agents.list().filter(({ record }) => allowed?.includes(record.site) ?? true);
  const listed = agents.sites(origin).map(({ name }) => name);
  return place(possible, { site, anywhere, listed, words, load: (id) => registry.ofAgent(id).length });
}

/** The shared servers that a caller sees: work without named servers uses only these, because every caller may read about it. */
export function sharedServers(servers: Servers, origin: RequestOrigin): ServerRecord[] {
  return servers.list(origin).flatMap(({ record }) => (record.ownerId === undefined ? [record] : []));
}

/** The owner of work on named servers: if one of them is private, only the caller and admins may read about the work. */
export function ownerOfWork(
  { caller }: { readonly caller: (Owning & Pick<Caller, 'role'>) | null },
  servers: Pick<Servers, 'named'>,
  names: readonly string[],
): { readonly ownerId?: string } {
  const isPersonal = names.some((name) => servers.named(caller, name)?.ownerId !== undefined);
  return caller && isPersonal ? { ownerId: ownerOf(caller) } : {};
}

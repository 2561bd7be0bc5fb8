import { withoutUndefined } from '@roundhouse/proto/json';
import { isAllowed } from '../access/authorize.js';
import type { Caller, RequestOrigin, Role } from '../access/caller.js';
import { ownerOf } from '../access/grants.js';
import { allows } from '../access/permissions.js';
import { SYSTEM } from '../audit/audit.js';
import { DomainError, invalid } from '../errors.js';
import { newEvent } from '../events/types.js';
import { newId } from '../ids.js';
import { distinctName } from '../names.js';
import { hasExpired, isLeftOver, type OwnerRights, rightsOfOwner, versionOfOwner } from '../people/owners.js';
import { type ApiKeyRecord, apiKeys, keysOfUser, users } from '../people/record.js';
import { Periodic } from '../periodic.js';
import { InTurn, retrying } from '../retrying.js';
import { mayHaveDatabases } from '../servers/databases.js';
import { valuesStay } from '../servers/destination.js';
import type { ServerLifecycle } from '../servers/lifecycle.js';
import type { ServerRecord } from '../servers/record.js';
import type { ServerRegistry } from '../servers/registry.js';
import { unsealSecrets } from '../servers/spec.js';
import { MASK } from '../servers/transport.js';
import { type NewEvent, put, remove, type Store } from '../store.js';
import { type Catalog, seenBy } from './catalog.js';
import {
  type CatalogEntry,
  defaultConfig,
  type EnablementConfig,
  type EnablementRecord,
  enablements,
  givenNames,
} from './entry.js';
import type { PortalServer, PortalServers } from './portal-servers.js';
import { predefinedEntries } from './predefined.js';
import { isSame, keptValues, ofEntry, transportOf, type Values } from './transport.js';

/** The most servers that one user may have enabled, or configured. */
const MOST = 100;
const MAX_NAME = 64;
/** How often the hub looks for keys that have expired, milliseconds. */
const EXPIRY_LOOK_MS = 60_000;

export interface EnablementParts {
  readonly store: Store;
  readonly servers: PortalServers;
  readonly catalog: Catalog;
  readonly registry: ServerRegistry;
  readonly lifecycle: ServerLifecycle;
  readonly onError: (error: unknown) => void;
}

/** A server whose wanted state is on the disk; a job brings the server to that state. */
export interface Prepared {
  readonly item: PortalServer;
  /** `null` if there is nothing to do. */
  readonly server: ServerRecord | null;
}

/** The users' own servers. They are made from entries of the catalog, and changed and deleted with the entries. */
export class Enablements {
  readonly #parts: EnablementParts;
  /** The changes of each owner run one after the other. */
  readonly #inTurn = new InTurn();
  /** No write tells that a key has expired. */
  readonly #expiries: Periodic;

  constructor(parts: EnablementParts) {
    this.#parts = parts;
    this.#expiries = new Periodic(() => this.look(), parts.onError);
    parts.store.act(
      ({ writes }) => {
        for (const { collection, id, value } of writes)
          if (isGone(collection, value)) void this.#forgetOwner(id).catch(parts.onError);
          else if (collection === users.name)
            for (const ownerId of [id, ...keysOfUser(parts.store, id).map((key) => key.id)])
              void this.#followRole(ownerId).catch(parts.onError);
      },
      users,
      apiKeys,
    );
  }

  /**
   * Cleans up after a hub that stopped halfway: removes things of deleted users, previous owners and entries, servers that their owners' roles do
   * not allow any more, and servers without an enablement. Brings the servers of confined packages up to date, and the servers that their
   * owners may not register as they are. From now on it removes the things of keys that expire.
   */
  async start(): Promise<void> {
    const { registry, store, lifecycle, onError } = this.#parts;
    for (const ownerId of this.#owners())
      if (!rightsOfOwner(store, ownerId)) await this.#forgetOwner(ownerId).catch(onError);
      else await this.#forgetLeftOver(ownerId).catch(onError);
    this.#expiries.start(EXPIRY_LOOK_MS);
    await this.#forget(store.list(enablements), this.#isRefused).catch(onError);
    for (const made of [...store.list(enablements)]) {
      const look = async () => {
        const now = store.get(enablements, made.id);
        if (now && (isJudged(now) || !this.#mayRegister(now))) await this.#bringUpToDate(now);
      };
      await this.#inTurn.run(made.ownerId, look).catch(onError);
    }
    for (const { id, ownerId } of [...registry.all()]) {
      if (ownerId === undefined) continue;
      // In turn, because the owner may be enabling it at this moment.
      const look = async () => {
        if (!store.find(enablements, 'server', id)) await lifecycle.delete(SYSTEM, id);
      };
      await this.#inTurn.run(ownerId, look).catch(onError);
    }
  }

  /** Resolves once nothing of it runs any more. */
  stop(): Promise<void> {
    return this.#expiries.stop();
  }

  /**
   * Stores that the caller wants a server, and registers the server if it is new. A shared server stays as it is.
   * @throws DomainError `not_found`, `forbidden`, `invalid_input`, `conflict` (above the limit), `unavailable` (no agent).
   */
  enable(origin: RequestOrigin, caller: Caller, idOrName: string, config: EnablementConfig): Promise<Prepared> {
    return this.#inTurn.run(ownerOf(caller), async () => {
      const item = this.#parts.servers.get(caller, idOrName);
      if (!item.entry) return this.#shared(caller, item, config);
      this.#checkConfined(caller, item.entry);
      const { source, shared } = item.entry;
      // Shared entries pass: team admins have chosen their images.
      if (source.type === 'image' && !shared) this.#parts.catalog.checkRegistry(caller, source.image);
      const before = await this.#atEntry(caller, item.entry);
      const server = before && this.#parts.registry.byId(before.serverId);
      const enabled =
        before && server
          ? await this.#again(origin, item.entry, before, server, config)
          : await this.#first(origin, caller, item.entry, config, before);
      return { item, server: enabled };
    });
  }

  /** Stores that the caller no longer wants a server. Its configuration stays. @throws DomainError `not_found`, `forbidden`. */
  disable(origin: RequestOrigin, caller: Caller, idOrName: string): Promise<Prepared> {
    return this.#inTurn.run(ownerOf(caller), async () => {
      const item = this.#parts.servers.get(caller, idOrName);
      if (!item.entry) return this.#shared(caller, item, {});
      const before = this.#parts.servers.enablement(ownerOf(caller), item.entry.id);
      if (before?.enabled) await this.#write(origin, { ...before, enabled: false }, before.revision);
      return { item, server: item.server };
    });
  }

  /** Gives the server to restart. @throws DomainError `not_found`, `forbidden`, `conflict` (it is not enabled). */
  restart(_origin: RequestOrigin, caller: Caller, idOrName: string): Promise<Prepared> {
    return this.#inTurn.run(ownerOf(caller), async () => {
      const { servers } = this.#parts;
      const { entry } = servers.get(caller, idOrName);
      if (entry) await this.#atEntry(caller, entry);
      const item = servers.get(caller, entry?.id ?? idOrName);
      if (!item.entry) return this.#shared(caller, item, {});
      if (!item.enabled || !item.server) {
        const details = { resource: 'server', id: item.id };
        throw new DomainError('conflict', `'${item.name}' is not enabled`, details);
      }
      this.#checkConfined(caller, item.entry);
      this.checkAllowed(item.server.id);
      return { item, server: item.server };
    });
  }

  /** Ends and deletes all servers that were made from an entry; gives how many there were. */
  async forgetEntry(entryId: string): Promise<number> {
    const made = [...this.#parts.store.list(enablements, { index: 'entry', equals: entryId })];
    await this.#forget(made);
    return made.length;
  }

  /** Ends the servers of users who no longer see an entry, because it is no longer shared. */
  async withdraw(entry: CatalogEntry): Promise<void> {
    const made = [...this.#parts.store.list(enablements, { index: 'entry', equals: entry.id })];
    await this.#forget(made, this.#isRefused);
  }

  /** Checks before a personal server starts: its owner may have another role by now. @throws DomainError `forbidden`. */
  checkAllowed(serverId: string): void {
    const made = this.#parts.store.find<EnablementRecord>(enablements, 'server', serverId);
    if (made && !(this.#isAllowed(made) && this.#isAsRegistered(made)))
      throw new DomainError('forbidden', 'the role of its owner does not allow this server any more');
  }

  /**
   * Updates the servers that were made from an entry. A different image does not get their values: the owners enter them again. Another version
   * of the image gets no database from a caller who may not name databases.
   */
  async follow(origin: RequestOrigin, entry: CatalogEntry): Promise<void> {
    const { store, registry, lifecycle, onError } = this.#parts;
    const made = [...store.list(enablements, { index: 'entry', equals: entry.id })];
    const work = made.map(async ({ serverId }) => {
      const { transport, databases = [] } = registry.byId(serverId) ?? {};
      if (transport?.type !== 'stdio') return;
      const system = { ...origin, caller: null };
      const same = transportOf(entry, keptValues(transport.env));
      const stays = valuesStay(transport, same) && (databases.length === 0 || isAllowed(origin.caller, UNCONFINED));
      const changed = { transport: stays ? same : transportOf(entry, {}) };
      await lifecycle.update(system, serverId, changed, { curated: true }).catch(onError);
    });
    await Promise.all(work);
  }

  /** The caller's enablement of an entry, up to date if the owner may not register its server as it is. */
  async #atEntry(caller: Caller, { id }: CatalogEntry): Promise<EnablementRecord | undefined> {
    const { servers, store } = this.#parts;
    const made = servers.enablement(ownerOf(caller), id);
    if (!made || this.#mayRegister(made)) return made;
    await this.#bringUpToDate(made);
    return store.get(enablements, made.id);
  }

  /**
   * Gives a server the command line and the variables that its entry has in this version of the hub. Its values stay if they have the same
   * destination. The server is removed if the entry needs other values.
   */
  async #bringUpToDate({ id, entryId, serverId }: EnablementRecord): Promise<void> {
    const { store, registry, lifecycle, catalog } = this.#parts;
    const [entry, server] = [catalog.find(null, entryId), registry.byId(serverId)];
    if (!entry || !server) return;
    const { transport: before } = server;
    const transport = ofEntry(entry, before);
    if (!transport) {
      const made = store.get(enablements, id);
      await this.#forget(made ? [made] : []);
      return;
    }
    const { values } = await unsealSecrets(store, server);
    const hasValues = Object.entries(transport.env ?? {}).every(([name, value]) =>
      [MASK, values[name]].includes(value),
    );
    if (hasValues && isSame(before, transport)) return;
    const auth = before.type === 'stdio' ? {} : { auth: { type: 'none' } as const };
    await lifecycle.update(SYSTEM, serverId, { transport, ...auth }, { curated: true });
  }

  async #first(
    origin: RequestOrigin,
    caller: Caller,
    entry: CatalogEntry,
    config: EnablementConfig,
    before: EnablementRecord | undefined,
  ): Promise<ServerRecord> {
    const ownerId = ownerOf(caller);
    if (this.#parts.servers.enabledBy(ownerId).length >= MOST)
      throw new DomainError('conflict', `you have ${MOST} servers already`, { limit: MOST });
    const { autoStart, restartPolicy } = {
      ...defaultConfig,
      ...withoutUndefined({ autoStart: config.autoStart, restartPolicy: config.restartPolicy }),
    };
    const transport = transportOf(entry, config.env ?? {});
    const { name, description, category, tags } = entry;
    const input = { description, transport, metadata: { category, tags } };
    const belonging = { ownerId, restartPolicy, curated: true };
    const create = (as: string) =>
      this.#parts.lifecycle.create(origin, { ...input, name: as }, { catalog: name }, belonging);
    const plain = nameFor(name, caller);
    // The caller may already see a server of this name.
    const isTaken = this.#parts.registry.find(plain, caller) !== undefined;
    const { record } = await create(isTaken ? nameFor(name, caller, entry.id) : plain);
    const now = Date.now();
    const made: EnablementRecord = {
      id: before?.id ?? newId(),
      ...{ ownerId, entryId: entry.id, serverId: record.id, enabled: true, autoStart, restartPolicy },
      ...versionOfOwner(this.#parts.store, ownerId),
      revision: before?.revision ?? 0,
      createdAt: now,
      updatedAt: now,
    };
    await this.#write(origin, made, before?.revision ?? 'absent');
    return record;
  }

  async #again(
    origin: RequestOrigin,
    entry: CatalogEntry,
    before: EnablementRecord,
    server: ServerRecord,
    config: EnablementConfig,
  ): Promise<ServerRecord> {
    const { autoStart, restartPolicy } = {
      ...before,
      ...withoutUndefined({ autoStart: config.autoStart, restartPolicy: config.restartPolicy }),
    };
    const names = server.transport.type === 'stdio' ? givenNames(entry, server.transport.env) : [];
    const isChanged = config.env !== undefined || restartPolicy !== before.restartPolicy;
    let record = server;
    if (isChanged) {
      checkNames(names, config.env);
      const transport =
        config.env === undefined ? {} : { transport: transportOf(entry, { ...keptValues(names), ...config.env }) };
      const belonging = { restartPolicy, curated: true };
      ({ record } = await this.#parts.lifecycle.update(origin, server.id, transport, belonging));
    }
    await this.#write(origin, { ...before, enabled: true, autoStart, restartPolicy }, before.revision);
    return record;
  }

  /** Only callers who may operate servers start and stop a shared server. */
  #shared(caller: Caller, item: PortalServer, config: EnablementConfig): Prepared {
    const permission = 'server.operate';
    if (!isAllowed(caller, permission))
      throw new DomainError('forbidden', `'${item.name}' is shared by all: team admins start and stop it`, {
        permission,
      });
    if (Object.values(config).some((value) => value !== undefined))
      throw new DomainError('conflict', `'${item.name}' is shared by all, and configured where it is registered`);
    return { item, server: item.server };
  }

  async #write({ caller: by }: RequestOrigin, record: EnablementRecord, expect: number | 'absent'): Promise<void> {
    const changed = { ...record, revision: record.revision + 1, updatedAt: Date.now() };
    const events = [configUpdated(record.ownerId, ['servers'])];
    await this.#parts.store.apply({ by, writes: [put(enablements, changed, expect)], events });
  }

  /**
   * Whether the owner still sees the entry, may run it, and may take its image; and whether the owner may still name the databases that the server
   * names.
   */
  #isAllowed(made: EnablementRecord): boolean {
    const { store, catalog, registry } = this.#parts;
    const { entryId, ownerId, serverId } = made;
    const entry = catalog.find(null, entryId);
    const rights = rightsOfOwner(store, ownerId);
    if (entry === undefined || rights === undefined || !allows(rights.role, 'catalog.enable')) return false;
    if (isLeftOver(store, made) || !seenBy(entry, ownerId, rights.role) || !mayRun(rights.role, entry)) return false;
    const { source, shared } = entry;
    if (source.type === 'image' && !shared && !catalog.mayTake(rights, source.image)) return false;
    const server = registry.byId(serverId);
    return !server || mayHaveDatabases(store, server);
  }

  /** Whether the owner may register a server as this one is now, without the entry. */
  #mayRegister({ ownerId, serverId }: EnablementRecord): boolean {
    const { store, registry } = this.#parts;
    const server = registry.byId(serverId);
    return !server || mayRegister(rightsOfOwner(store, ownerId), server);
  }

  /** Whether a server is as its entry has it, or as its owner may register it. */
  #isAsRegistered(made: EnablementRecord): boolean {
    const entry = this.#parts.catalog.find(null, made.entryId);
    const server = this.#parts.registry.byId(made.serverId);
    if (!entry || !server || this.#mayRegister(made)) return true;
    const transport = ofEntry(entry, server.transport);
    return transport !== undefined && isSame(server.transport, transport);
  }

  readonly #isRefused = (made: EnablementRecord) => !this.#isAllowed(made);

  /** The role of a key may be lower than the role of its user, and a caller may have waited while the user's role changed. */
  #checkConfined(caller: Caller, entry: CatalogEntry): void {
    if (mayRun(caller.role, entry) && mayRun(rightsOfOwner(this.#parts.store, ownerOf(caller))?.role, entry)) return;
    const message = `'${entry.name}' runs with the rights of the site's agent: only super admins may enable it`;
    throw new DomainError('forbidden', message, { permission: UNCONFINED });
  }

  /**
   * Ends the servers that a user's role does not allow any more, and the servers of a previous owner. Brings the servers up to date that the user may
   * not register as they are.
   */
  #followRole(ownerId: string): Promise<void> {
    const { servers } = this.#parts;
    return this.#inTurn.run(ownerId, async () => {
      await this.#forgetLeftOver(ownerId);
      await this.#forget(servers.enabledBy(ownerId), this.#isRefused);
      for (const made of servers.enabledBy(ownerId)) if (!this.#mayRegister(made)) await this.#bringUpToDate(made);
    });
  }

  /** Removes the things of keys that have expired. */
  async look(): Promise<void> {
    const { store, onError } = this.#parts;
    for (const ownerId of this.#owners())
      if (hasExpired(store, ownerId)) await this.#forgetOwner(ownerId).catch(onError);
  }

  #owners(): ReadonlySet<string> {
    const { store, catalog } = this.#parts;
    return new Set([...catalog.owners(), ...Array.from(store.list(enablements), ({ ownerId }) => ownerId)]);
  }

  async #forgetOwner(ownerId: string): Promise<void> {
    const { servers, catalog } = this.#parts;
    await this.#forget(servers.enabledBy(ownerId));
    for (const entryId of await catalog.forgetOwner(ownerId)) await this.forgetEntry(entryId);
  }

  /** Removes the private entries of the user who had the account before it was handed over. */
  async #forgetLeftOver(ownerId: string): Promise<void> {
    const { store, catalog } = this.#parts;
    const left = await catalog.forgetOwner(ownerId, (entry) => isLeftOver(store, entry));
    for (const entryId of left) await this.forgetEntry(entryId);
  }

  /** Removes enablements and their servers. @param goes decides about the current enablement: another writer may have changed it */
  async #forget(made: Iterable<EnablementRecord>, goes = (_now: EnablementRecord) => true): Promise<void> {
    const { store, lifecycle } = this.#parts;
    const work = Array.from(made, async ({ id }) => {
      const serverId = await retrying(store, Number.POSITIVE_INFINITY, async () => {
        const now = store.get(enablements, id);
        if (!now || !goes(now)) return undefined;
        const events = [configUpdated(now.ownerId, ['servers'])];
        await store.apply({ by: null, writes: [remove(enablements, id, now.revision)], events });
        return now.serverId;
      });
      if (serverId === undefined) return;
      await lifecycle.delete(SYSTEM, serverId).catch((error: unknown) => {
        if (!(error instanceof DomainError && error.code === 'not_found')) throw error;
      });
    });
    await Promise.all(work);
  }
}

/** Whether a write deletes a user, or revokes a key: the things of this owner go with them. */
function isGone(collection: string, value: unknown): boolean {
  if (collection === users.name) return value === undefined;
  const { revokedAt } = (value ?? {}) as Partial<ApiKeyRecord>;
  return collection === apiKeys.name && typeof revokedAt === 'number';
}

/** A package that is not confined has the access of the agent, so it needs the permission to register commands. */
const UNCONFINED = 'server.execute';

function mayRun(role: Role | undefined, { confined }: CatalogEntry): boolean {
  return confined || (role !== undefined && allows(role, UNCONFINED));
}

/** Whether an owner may register a server of this transport without the catalog. */
function mayRegister(rights: OwnerRights | undefined, { transport }: Pick<ServerRecord, 'transport'>): boolean {
  if (!rights || !isAllowed(rights, 'server.write')) return false;
  return transport.type !== 'stdio' || isAllowed(rights, 'server.execute');
}

/** Whether an enablement is of a package that all users may enable, in the version that was judged with this version of the hub. */
function isJudged({ entryId }: EnablementRecord): boolean {
  const entry = predefinedEntries.find(({ id }) => id === entryId);
  return entry?.confined === true && entry.source.type === 'package';
}

/** The event for a change of an owner's configuration. */
export function configUpdated(ownerId: string, changes: readonly string[]): NewEvent {
  return newEvent('config.updated', { ownerId, changes });
}

/** `github-ada`; with a few digits of its owner and its entry if another server has that name. */
function nameFor(name: string, { name: who, ...caller }: Caller, entryId?: string): string {
  const slug =
    who
      .replace(/@.*/s, '')
      .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
      .slice(0, 24) || 'key';
  const plain = `${name}-${slug}`.slice(0, MAX_NAME);
  return entryId === undefined ? plain : distinctName(plain, `${ownerOf(caller)}/${entryId}`);
}

/**
 * A new variable may send the others elsewhere, such as the address of a proxy: stored values stay only beside variables that were there.
 * @throws DomainError `invalid_input` naming the first variable that the caller has to give again
 */
function checkNames(stored: readonly string[], given: Values = {}): void {
  const added = Object.keys(given).find((name) => !stored.includes(name));
  const kept = stored.find((name) => !Object.hasOwn(given, name));
  if (added !== undefined && kept !== undefined)
    throw invalid(`config.env.${kept}`, `has to be given again, because '${added}' is new`);
}

import type { Caller } from '../access/caller.js';
import { isSharedOrOwn, maySee, mayUseTool } from '../access/grants.js';
import { DomainError, notFound } from '../errors.js';
import { Turns } from '../event-loop.js';
import { compareTexts, placeOf, SortedList } from '../lists/sorted-list.js';
import type { Observation, ObservedServers, ObservedTool } from '../servers/observed.js';
import type { ServerRecord } from '../servers/record.js';
import type { ServerRegistry } from '../servers/registry.js';

/** A tool with the server that offers it. */
export interface CatalogTool {
  readonly tool: ObservedTool;
  readonly server: ServerRecord;
  /** Whether the server is connected now; the tools of other servers are known, but not listed. */
  readonly connected: boolean;
}

/** The changes that are remembered. A reader that is further behind reads everything again. */
const MOST_CHANGES = 32_768;

/**
 * Every tool that any server has reported, found by name. After a change only the tools of the changed server are taken in again: with many
 * servers there is always one that changes. The catalog takes servers in by itself, in turns with other work; a caller that names a server, or a
 * tool, does not wait for the others.
 */
export class ToolCatalog {
  readonly #registry: ServerRegistry;
  readonly #observed: ObservedServers;
  /** The tools of each server, in the server's order. */
  readonly #byServer = new Map<string, readonly CatalogTool[]>();
  /** The tools of a server by name, for servers that were asked for a tool. */
  readonly #indexes = new Map<string, ReadonlyMap<string, CatalogTool>>();
  /** The tools of each name, by server name. */
  readonly #byName = new Map<string, CatalogTool[]>();
  readonly #names = new SortedList<string>(compareTexts);
  /** Servers whose tools have to be taken in again. */
  readonly #stale = new Set<string>();
  /** The servers of the last changes, the newest last. */
  readonly #changes: string[] = [];
  #listedCount = 0;
  #isCatchingUp = false;
  #version = 0;

  constructor(registry: ServerRegistry, observed: ObservedServers) {
    this.#registry = registry;
    this.#observed = observed;
    for (const { id } of registry.all()) this.#stale.add(id);
    void this.#catchUp();
    registry.onChange((id) => this.#changed(id));
    observed.onChange((serverId, now, before) => {
      // Health checks come often and change nothing here.
      if (now.tools !== before.tools || now.state !== before.state) this.#changed(serverId);
    });
  }

  /** Grows with each change of the catalog. */
  get version(): number {
    return this.#version;
  }

  /** The servers that have changed since a version; `undefined` if that was too long ago. */
  changedSince(version: number): ReadonlySet<string> | undefined {
    const count = this.#version - version;
    return count > this.#changes.length ? undefined : new Set(count === 0 ? [] : this.#changes.slice(-count));
  }

  /** The users and keys with private servers. */
  get owners(): ReadonlySet<string> {
    return this.#registry.owners;
  }

  /** The last known tools of all servers, connected or not; by name and then by server name. */
  *known(): Generator<CatalogTool> {
    for (const group of this.groups()) for (const entry of group) yield entry;
  }

  /** Takes in all servers that have changed, in turns with other work: {@link groups} and {@link listedCount} take long otherwise. @throws as {@link Turns.next} */
  async takeInAll(turns: Turns): Promise<void> {
    for (const id of this.#stale) {
      if (turns.due) await turns.next();
      this.#takeIn(id);
    }
  }

  /**
   * All known tools, those of one name together: by name and then by server name. The catalog must not change meanwhile.
   * @param behind only tools with names behind this one
   */
  *groups(behind?: string): Generator<readonly CatalogTool[]> {
    this.#takeInRest();
    const isBehind = behind === undefined ? undefined : (name: string) => name > behind;
    for (const name of this.#names.from(isBehind)) yield this.#byName.get(name) ?? [];
  }

  /** The number of a server's tools that a caller's grants cover; 0 while the server is not connected. */
  usableCount(caller: Pick<Caller, 'grants'>, serverId: string): number {
    const entries = this.toolsOf(serverId);
    if (!entries[0]?.connected) return 0;
    return caller.grants?.tools ? entries.filter(({ tool }) => mayUseTool(caller, tool.name)).length : entries.length;
  }

  /** Whether a server is registered now. */
  isRegistered(serverId: string): boolean {
    return this.#registry.byId(serverId) !== undefined;
  }

  /** The number of tools of connected servers. */
  get listedCount(): number {
    this.#takeInRest();
    return this.#listedCount;
  }

  /** The tools with a name, connected or not, by server name. */
  named(name: string): readonly CatalogTool[] {
    const known = this.#byName.get(name) ?? [];
    if (this.#stale.size === 0) return known;
    const isCurrent = ({ server }: CatalogTool) => !this.#stale.has(server.id);
    const changed = Array.from(this.#stale, (id) => this.#read(id, (tool) => tool.name === name));
    return [...known.filter(isCurrent), ...changed.flat()].sort(byServerName);
  }

  /** A tool of a server, connected or not; `undefined` if the server has not reported it. */
  at(serverId: string, name: string): CatalogTool | undefined {
    const tools = this.toolsOf(serverId);
    let index = this.#indexes.get(serverId);
    if (!index) {
      // Of tools with one name the first counts.
      index = new Map(tools.toReversed().map((entry) => [entry.tool.name, entry]));
      if (index.size > 0) this.#indexes.set(serverId, index);
    }
    return index.get(name);
  }

  /** The tools of one server as entries of this catalog, connected or not, in the server's order. */
  toolsOf(serverId: string): readonly CatalogTool[] {
    this.#takeIn(serverId);
    return this.#byServer.get(serverId) ?? [];
  }

  /** The tools of each server with an id or a name. */
  ofNamed(idOrName: string): (readonly CatalogTool[])[] {
    const ids = new Set(this.#registry.named(idOrName).map(({ id }) => id));
    return Array.from(ids, (id) => this.toolsOf(id));
  }

  /** All servers with tools, by id. Servers that have changed may have none. */
  servers(): Iterable<string> {
    return new Set([...this.#byServer.keys(), ...this.#stale]);
  }

  /**
   * The one tool that a caller means by a name and, where several servers have it, a server.
   * @throws DomainError `not_found`, `invalid_input` (ambiguous: `details.servers` lists the choices), `server_disconnected`, `forbidden`.
   */
  resolve(caller: Caller, name: string, serverIdOrName: string | undefined): CatalogTool {
    if (serverIdOrName !== undefined && mayUseTool(caller, name)) this.#checkConnected(caller, serverIdOrName);
    const found = this.find(caller, name, serverIdOrName);
    if (!found.connected) throw this.disconnected(found.server);
    return found;
  }

  /**
   * As {@link resolve}, but the server need not be connected. Of several servers with the tool, only those count that should run, even if
   * they are away: otherwise calls for a server that is away would go to another server.
   * @throws DomainError `not_found`, `invalid_input`, `forbidden`.
   */
  find(caller: Caller, name: string, serverIdOrName: string | undefined): CatalogTool {
    if (!mayUseTool(caller, name)) throw notGranted(name);
    if (serverIdOrName !== undefined) return this.#ofNamedServer(caller, name, serverIdOrName);
    const seen = this.named(name).filter(({ server }) => maySee(caller, server));
    // An admin sees personal servers of others, but has to name them.
    const meant = seen.filter(({ server }) => isSharedOrOwn(caller, server));
    const running = meant.filter(({ connected, server }) => connected || (server.wanted && server.enabled));
    const candidates = running.length > 0 ? running : meant;
    const [only] = candidates;
    if (!only) throw notFound('tool', name);
    if (candidates.length > 1) throw ambiguous(name, candidates);
    return only;
  }

  /**
   * A tool that was found for a caller before, with its server as it is registered now, if the caller may still use it.
   * @throws DomainError `not_found`, `forbidden`.
   */
  checked(caller: Caller, { tool, server: { id }, connected }: CatalogTool): CatalogTool {
    if (!mayUseTool(caller, tool.name)) throw notGranted(tool.name);
    const server = this.#registry.byId(id);
    if (!server || !maySee(caller, server)) throw notFound('tool', tool.name);
    return { tool, server, connected };
  }

  /**
   * Checks whether a caller may have the answer of a tool that it has called. A server that is deleted meanwhile counts as it was.
   * @throws DomainError `not_found`, `forbidden`.
   */
  checkAnswer(caller: Caller, { tool, server }: CatalogTool): void {
    if (!mayUseTool(caller, tool.name)) throw notGranted(tool.name);
    if (!maySee(caller, this.#registry.byId(server.id) ?? server)) throw notFound('tool', tool.name);
  }

  /** The error of a call while the server is not connected: the server's state, and that nothing ran. */
  disconnected(server: ServerRecord): DomainError {
    return disconnected(server, this.#observed.get(server.id));
  }

  #ofNamedServer(caller: Caller, name: string, idOrName: string): CatalogTool {
    const server = this.#registry.find(idOrName, caller);
    if (!server || !maySee(caller, server)) throw notFound('server', idOrName);
    const entry = this.at(server.id, name);
    if (!entry) throw notFound('tool', name);
    return entry;
  }

  /** The tools of a server that is down are unknown: this error comes before an error about the tool. */
  #checkConnected(caller: Caller, idOrName: string): void {
    const server = this.#registry.find(idOrName, caller);
    if (!server || !maySee(caller, server)) return;
    if (this.#observed.get(server.id).state !== 'connected') throw this.disconnected(server);
  }

  #changed(serverId: string): void {
    this.#version += 1;
    this.#stale.add(serverId);
    this.#changes.push(serverId);
    if (this.#changes.length >= 2 * MOST_CHANGES) this.#changes.splice(0, MOST_CHANGES);
    void this.#catchUp();
  }

  /** Takes in all servers that have changed, from the next turn on. */
  async #catchUp(): Promise<void> {
    if (this.#isCatchingUp || this.#stale.size === 0) return;
    this.#isCatchingUp = true;
    const turns = new Turns();
    await turns.next();
    while (this.#stale.size > 0) await this.takeInAll(turns);
    this.#isCatchingUp = false;
  }

  #takeInRest(): void {
    for (const id of this.#stale) this.#takeIn(id);
  }

  /** Takes in the tools of a server if it has changed. */
  #takeIn(serverId: string): void {
    if (!this.#stale.delete(serverId)) return;
    const before = this.#byServer.get(serverId) ?? [];
    const entries = this.#read(serverId);
    this.#indexes.delete(serverId);
    if (hasSamePlaces(before, entries)) for (const [i, entry] of entries.entries()) this.#replace(before[i], entry);
    else {
      for (const entry of before) this.#remove(entry);
      for (const entry of entries) this.#add(entry);
    }
    if (entries.length > 0) this.#byServer.set(serverId, entries);
    else this.#byServer.delete(serverId);
  }

  /** The tools of a server as of now. */
  #read(serverId: string, isMeant?: (tool: ObservedTool) => boolean): CatalogTool[] {
    const server = this.#registry.byId(serverId);
    if (!server) return [];
    const { state, tools } = this.#observed.get(serverId);
    const meant = isMeant ? tools.filter(isMeant) : tools;
    return meant.map((tool) => ({ tool, server, connected: state === 'connected' }));
  }

  #add(entry: CatalogTool): void {
    const { name } = entry.tool;
    const same = this.#byName.get(name);
    if (same) same.splice(placeOf(same, entry, byServerName), 0, entry);
    else {
      this.#byName.set(name, [entry]);
      this.#names.add(name);
    }
    if (entry.connected) this.#listedCount += 1;
  }

  /** Puts an entry in the place of another one, of the same name and server. It takes much less time than to remove and to add. */
  #replace(before: CatalogTool | undefined, entry: CatalogTool): void {
    const same = this.#byName.get(entry.tool.name);
    if (!before || !same) return;
    same[same.indexOf(before, placeOf(same, before, byServerName))] = entry;
    this.#listedCount += Number(entry.connected) - Number(before.connected);
  }

  #remove(entry: CatalogTool): void {
    const { name } = entry.tool;
    const same = this.#byName.get(name) ?? [];
    same.splice(same.indexOf(entry, placeOf(same, entry, byServerName)), 1);
    if (same.length === 0) {
      this.#byName.delete(name);
      this.#names.remove(name);
    }
    if (entry.connected) this.#listedCount -= 1;
  }
}

/** The order of the catalog: by name and then by server name. */
export function inCatalogOrder(a: CatalogTool, b: CatalogTool): number {
  return compareTexts(a.tool.name, b.tool.name) || byServerName(a, b);
}

/** Whether the tools of a server have the same names in the same order as before: then they keep their places in the catalog. */
function hasSamePlaces(before: readonly CatalogTool[], now: readonly CatalogTool[]): boolean {
  if (before.length !== now.length || before[0]?.server.name !== now[0]?.server.name) return false;
  return before.every(({ tool }, i) => tool.name === now[i]?.tool.name);
}

function byServerName({ server: a }: CatalogTool, { server: b }: CatalogTool): number {
  return compareTexts(a.name, b.name) || compareTexts(a.id, b.id);
}

function notGranted(tool: string): DomainError {
  return new DomainError('forbidden', `this key's grants do not cover tool '${tool}'`);
}

/**
 * The error for a server that is not connected: `details.state` is `starting`, `stopped`, `failed` or `unreachable` (its agent is away);
 * nothing ran. A stopped server stays stopped until a person starts it, so `details.retryable` is `false`.
 */
export function disconnected(
  { id: serverId, name: serverName, enabled, wanted }: ServerRecord,
  { state: observed, error }: Pick<Observation, 'state' | 'error'>,
): DomainError {
  const isStopped = observed === 'disconnected' && !(enabled && wanted);
  const state =
    observed === 'connecting' ? 'starting' : observed === 'error' ? 'failed' : isStopped ? 'stopped' : 'unreachable';
  const why = error === '' ? `it is ${state}` : error;
  const details = { serverId, serverName, state, outcome: 'not_run', ...(isStopped ? { retryable: false } : {}) };
  return new DomainError('server_disconnected', `server '${serverName}' is not connected: ${why}`, details);
}

/** The error if several servers have a tool and the caller names none; `details.servers` lists the choices. */
export function ambiguous(name: string, candidates: readonly { readonly server: ServerRecord }[]): DomainError {
  const error = `several servers have tool '${name}': say which`;
  const servers = candidates.map(({ server }) => ({ serverId: server.id, serverName: server.name, site: server.site }));
  return new DomainError('invalid_input', error, {
    field: 'serverId',
    error,
    problems: [{ field: 'serverId', error }],
    servers,
  });
}

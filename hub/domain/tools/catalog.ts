import type { Caller } from '../access/caller.js';
import { isSharedOrOwn, maySee, mayUseTool, ownershipKey } from '../access/grants.js';
import { DomainError, notFound } from '../errors.js';
import { placeOf, SortedList } from '../lists/sorted-list.js';
import { isoTimeOrNull } from '../moments.js';
import type { Observation, ObservedServers, ObservedTool } from '../servers/observed.js';
import type { ServerRecord } from '../servers/record.js';
import type { ServerRegistry } from '../servers/registry.js';
import type { ToolUsage } from './usage.js';

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
 * servers there is always one that changes.
 */
export class ToolCatalog {
  readonly #registry: ServerRegistry;
  readonly #observed: ObservedServers;
  /** The tools of each server, in the server's order. */
  readonly #byServer = new Map<string, readonly CatalogTool[]>();
  /** The tools of each name, by server name. */
  readonly #byName = new Map<string, CatalogTool[]>();
  readonly #names = new SortedList<string>(compare);
  /** Servers whose tools have to be taken in again. */
  readonly #stale = new Set<string>();
  /** The servers of the last changes, the newest last. */
  readonly #changes: string[] = [];
  #listedCount = 0;
  #version = 0;

  constructor(registry: ServerRegistry, observed: ObservedServers) {
    this.#registry = registry;
    this.#observed = observed;
    for (const { id } of registry.all()) this.#stale.add(id);
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

  /** All known tools, those of one name together: by name and then by server name. */
  *groups(): Generator<readonly CatalogTool[]> {
    this.#build();
    for (const name of this.#names.from()) yield this.#byName.get(name) ?? [];
  }

  /** The tools of connected servers, by name and then by server name. */
  *listed(): Generator<CatalogTool> {
    for (const entry of this.known()) if (entry.connected) yield entry;
  }

  /** The number of tools of connected servers. */
  get listedCount(): number {
    this.#build();
    return this.#listedCount;
  }

  /** The tools with a name, connected or not, by server name. */
  named(name: string): readonly CatalogTool[] {
    this.#build();
    return this.#byName.get(name) ?? [];
  }

  /** A tool of a server, connected or not; `undefined` if the server has not reported it. */
  at(serverId: string, name: string): CatalogTool | undefined {
    return this.toolsOf(serverId).find(({ tool }) => tool.name === name);
  }

  /** The tools of one server as entries of this catalog, connected or not, in the server's order. */
  toolsOf(serverId: string): readonly CatalogTool[] {
    this.#build();
    return this.#byServer.get(serverId) ?? [];
  }

  /** The tools of the servers with an id or a name, by name and then by server name. */
  ofNamed(idOrName: string): CatalogTool[] {
    const ids = this.#registry.named(idOrName).map(({ id }) => id);
    const found = [...new Set(ids)].flatMap((id) => this.toolsOf(id));
    return found.sort((a, b) => compare(a.tool.name, b.tool.name) || byServerName(a, b));
  }

  /** All servers with tools, by id. */
  servers(): Iterable<string> {
    this.#build();
    return this.#byServer.keys();
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
  }

  #build(): void {
    for (const id of this.#stale) this.#takeIn(id);
    this.#stale.clear();
  }

  #takeIn(serverId: string): void {
    for (const entry of this.#byServer.get(serverId) ?? []) this.#remove(entry);
    const server = this.#registry.byId(serverId);
    const { state, tools } = this.#observed.get(serverId);
    const entries = server ? tools.map((tool) => ({ tool, server, connected: state === 'connected' })) : [];
    for (const entry of entries) this.#add(entry);
    if (entries.length > 0) this.#byServer.set(serverId, entries);
    else this.#byServer.delete(serverId);
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

function byServerName({ server: a }: CatalogTool, { server: b }: CatalogTool): number {
  return compare(a.name, b.name) || compare(a.id, b.id);
}

function notGranted(tool: string): DomainError {
  return new DomainError('forbidden', `this key's grants do not cover tool '${tool}'`);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
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

export interface ToolQuery {
  /** In the name or the description, without regard to case. */
  readonly query?: string;
  readonly category?: string;
  /** Comma-separated; any of these. */
  readonly tags?: string;
  /** Id or name. */
  readonly server?: string;
  readonly sortBy: 'name' | 'usage' | 'recent';
  readonly limit: number;
  readonly offset: number;
}

/** The function, without a second call for the same argument in a row. */
function remembered<A extends object>(test: (argument: A) => boolean): (argument: A) => boolean {
  let last: A | undefined;
  let result = false;
  return (argument) => {
    if (argument !== last) {
      last = argument;
      result = test(argument);
    }
    return result;
  };
}

/** The most pages that are kept. Callers without narrowed grants share pages. */
const KEPT_PAGES = 512;

/** Pages of the tool list as finished JSON: `{tools, total, limit, offset}`. */
export class ToolList {
  readonly #catalog: ToolCatalog;
  readonly #usage: ToolUsage;
  readonly #pages = new Map<string, string>();
  readonly #beginnings = new WeakMap<CatalogTool, string>();
  #keptFor = '';

  constructor(catalog: ToolCatalog, usage: ToolUsage) {
    this.#catalog = catalog;
    this.#usage = usage;
  }

  page(caller: Caller, query: ToolQuery): string {
    const version = `${this.#catalog.version}.${this.#usage.version}`;
    if (version !== this.#keptFor || this.#pages.size >= KEPT_PAGES) {
      this.#pages.clear();
      this.#keptFor = version;
    }
    const own = ownershipKey(caller, this.#catalog.owners);
    const key = `${caller.grants ? caller.id : ''} ${own} ${JSON.stringify(query)}`;
    const kept = this.#pages.get(key);
    if (kept !== undefined) return kept;
    const page = this.#render(caller, query);
    this.#pages.set(key, page);
    return page;
  }

  /**
   * One tool as the list shows it (JSON text).
   * @param lastUsedAt the caller's last use, in place of the last use by any caller, milliseconds since 1970
   */
  entry(entry: CatalogTool, lastUsedAt: number): string {
    return this.#json(entry, lastUsedAt);
  }

  #render(caller: Caller, query: ToolQuery): string {
    const { limit, offset } = query;
    const matches = this.#matcher(caller, query);
    const isWhole = this.#isWhole(caller, query);
    const shown: CatalogTool[] = [];
    let total = 0;
    for (const group of this.#inOrder(query)) {
      for (const entry of group) {
        if (!entry.connected || !matches(entry)) continue;
        if (total >= offset && shown.length < limit) shown.push(entry);
        total += 1;
      }
      if (shown.length >= limit && isWhole) break;
    }
    if (isWhole && shown.length >= limit) total = this.#catalog.listedCount;
    const tools = shown.map((entry) => this.#json(entry));
    return `{"tools":[${tools.join(',')}],"total":${total},"limit":${limit},"offset":${offset}}`;
  }

  /** Whether every listed tool is in the list, so that they need not be counted. */
  #isWhole({ grants }: Caller, { query, category, tags, server }: ToolQuery): boolean {
    const isFiltered = [query, category, tags, server].some((filter) => filter !== undefined);
    return !isFiltered && !grants && this.#catalog.owners.size === 0;
  }

  /** The tools among which a query looks, in its order, in groups. */
  #inOrder(query: ToolQuery): Iterable<readonly CatalogTool[]> {
    const byName = this.#candidates(query);
    return query.sortBy === 'name'
      ? byName
      : this.#usedFirst(byName, query.sortBy === 'usage' ? 'count' : 'lastUsedAt');
  }

  /** The same by name and then by server name. */
  #candidates({ server }: ToolQuery): Iterable<readonly CatalogTool[]> {
    return server === undefined ? this.#catalog.groups() : [this.#catalog.ofNamed(server)];
  }

  /** A test of the query. It remembers the last server and the last tool: copies of a tool come one after the other. */
  #matcher(caller: Caller, wanted: ToolQuery): (entry: CatalogTool) => boolean {
    const tags = wanted.tags?.split(',').map((tag) => tag.trim());
    const text = wanted.query?.toLowerCase();
    const hasText = remembered(
      ({ name, description }: ObservedTool) =>
        text === undefined || name.toLowerCase().includes(text) || description.toLowerCase().includes(text),
    );
    return ({ tool, server }) => {
      if (!hasText(tool)) return false;
      if (wanted.category !== undefined && wanted.category !== server.metadata.category) return false;
      if (tags && !tags.some((tag) => server.metadata.tags.includes(tag))) return false;
      return maySee(caller, server) && mayUseTool(caller, tool.name);
    };
  }

  /** The tools that were used, the most or the last ones first, and behind them the others in their order. */
  *#usedFirst(
    byName: Iterable<readonly CatalogTool[]>,
    field: 'count' | 'lastUsedAt',
  ): Generator<readonly CatalogTool[]> {
    const of = ({ tool, server }: CatalogTool) => this.#usage.of(server.id, tool.name)[field];
    const used = new Set<CatalogTool>();
    for (const { serverId, tool } of this.#usage.all()) {
      const entry = this.#catalog.at(serverId, tool);
      if (entry) used.add(entry);
    }
    const only = Array.isArray(byName) ? new Set<CatalogTool>(byName.flat()) : undefined;
    yield [...used]
      .filter((entry) => only?.has(entry) ?? true)
      .sort((a, b) => of(b) - of(a) || compare(a.tool.name, b.tool.name) || byServerName(a, b));
    for (const group of byName)
      yield group.some((entry) => used.has(entry)) ? group.filter((entry) => !used.has(entry)) : group;
  }

  #json(entry: CatalogTool, usedAt?: number): string {
    const { count, lastUsedAt } = this.#usage.of(entry.server.id, entry.tool.name);
    const time = JSON.stringify(isoTimeOrNull(usedAt ?? lastUsedAt));
    return `${this.#beginning(entry)},"usageCount":${count},"lastUsedAt":${time}}`;
  }

  /** The part of a tool's JSON that calls do not change. */
  #beginning(entry: CatalogTool): string {
    const kept = this.#beginnings.get(entry);
    if (kept !== undefined) return kept;
    const { tool, server } = entry;
    const { category, tags } = server.metadata;
    const head = JSON.stringify({
      name: tool.name,
      serverId: server.id,
      serverName: server.name,
      description: tool.description,
    });
    const tail = JSON.stringify({ category, tags });
    const beginning = `${head.slice(0, -1)},"inputSchema":${tool.inputSchema},${tail.slice(1, -1)}`;
    this.#beginnings.set(entry, beginning);
    return beginning;
  }
}

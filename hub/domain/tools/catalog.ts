import type { Caller } from '../access/caller.js';
import { isSharedOrOwn, maySee, mayUseTool, ownershipKey } from '../access/grants.js';
import { DomainError, notFound } from '../errors.js';
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

/** Every tool that any server has reported, found by name. */
export class ToolCatalog {
  readonly #registry: ServerRegistry;
  readonly #observed: ObservedServers;
  #byName = new Map<string, CatalogTool[]>();
  #known: CatalogTool[] = [];
  #listed: CatalogTool[] = [];
  #builtFor = -1;
  #observations = 0;

  constructor(registry: ServerRegistry, observed: ObservedServers) {
    this.#registry = registry;
    this.#observed = observed;
    observed.onChange((_serverId, now, before) => {
      // Health checks come often and change nothing here.
      if (now.tools !== before.tools || now.state !== before.state) this.#observations += 1;
    });
  }

  /** Grows whenever the catalog may have changed. */
  get version(): number {
    return this.#registry.version + this.#observations;
  }

  /** The users and keys with private servers. */
  get owners(): ReadonlySet<string> {
    return this.#registry.owners;
  }

  /** The last known tools of all servers, connected or not; by name and then by server name. */
  known(): readonly CatalogTool[] {
    this.#build();
    return this.#known;
  }

  /** The tools of connected servers, by name and then by server name. */
  listed(): readonly CatalogTool[] {
    this.#build();
    return this.#listed;
  }

  /** A tool of a server, connected or not; `undefined` if the server has not reported it. */
  at(serverId: string, name: string): CatalogTool | undefined {
    this.#build();
    return this.#byName.get(name)?.find(({ server }) => server.id === serverId);
  }

  /** The tools of one server, connected or not. */
  ofServer(serverId: string): readonly ObservedTool[] {
    return this.#observed.get(serverId).tools;
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
    this.#build();
    if (!mayUseTool(caller, name)) throw notGranted(name);
    const all = this.#byName.get(name) ?? [];
    const [first] = all;
    // Nearly every name is that of one tool.
    if (first && all.length === 1 && serverIdOrName === undefined) {
      if (!maySee(caller, first.server) || !isSharedOrOwn(caller, first.server)) throw notFound('tool', name);
      return first;
    }
    const seen = all.filter(({ server }) => maySee(caller, server));
    if (serverIdOrName !== undefined) return this.#ofNamedServer(caller, seen, name, serverIdOrName);
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

  #ofNamedServer(caller: Caller, seen: readonly CatalogTool[], name: string, idOrName: string): CatalogTool {
    const server = this.#registry.find(idOrName, caller);
    if (!server || !maySee(caller, server)) throw notFound('server', idOrName);
    const entry = seen.find((candidate) => candidate.server.id === server.id);
    if (!entry) throw notFound('tool', name);
    return entry;
  }

  /** The tools of a server that is down are unknown: this error comes before an error about the tool. */
  #checkConnected(caller: Caller, idOrName: string): void {
    const server = this.#registry.find(idOrName, caller);
    if (!server || !maySee(caller, server)) return;
    if (this.#observed.get(server.id).state !== 'connected') throw this.disconnected(server);
  }

  #build(): void {
    if (this.#builtFor === this.version) return;
    const byName = new Map<string, CatalogTool[]>();
    const known: CatalogTool[] = [];
    for (const server of this.#registry.all()) {
      const { state, tools } = this.#observed.get(server.id);
      const connected = state === 'connected';
      for (const tool of tools) {
        const entry = { tool, server, connected };
        const same = byName.get(tool.name);
        if (same) same.push(entry);
        else byName.set(tool.name, [entry]);
        known.push(entry);
      }
    }
    known.sort((a, b) => compare(a.tool.name, b.tool.name) || compare(a.server.name, b.server.name));
    this.#byName = byName;
    this.#known = known;
    this.#listed = known.filter(({ connected }) => connected);
    this.#builtFor = this.version;
  }
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
    const found = this.#catalog.listed().filter((entry) => this.#matches(caller, entry, query));
    const sorted = this.#sort(found, query.sortBy);
    const { limit, offset } = query;
    const tools = sorted.slice(offset, offset + limit).map((entry) => this.#json(entry));
    return `{"tools":[${tools.join(',')}],"total":${found.length},"limit":${limit},"offset":${offset}}`;
  }

  #matches(caller: Caller, { tool, server }: CatalogTool, wanted: ToolQuery): boolean {
    if (!maySee(caller, server) || !mayUseTool(caller, tool.name)) return false;
    if (
      wanted.server !== undefined &&
      wanted.server !== server.id &&
      wanted.server.toLowerCase() !== server.name.toLowerCase()
    )
      return false;
    if (wanted.category !== undefined && wanted.category !== server.metadata.category) return false;
    if (wanted.tags !== undefined && !wanted.tags.split(',').some((tag) => server.metadata.tags.includes(tag.trim())))
      return false;
    if (wanted.query === undefined) return true;
    const text = wanted.query.toLowerCase();
    return tool.name.toLowerCase().includes(text) || tool.description.toLowerCase().includes(text);
  }

  #sort(found: CatalogTool[], by: ToolQuery['sortBy']): CatalogTool[] {
    if (by === 'name') return found;
    const field = by === 'usage' ? 'count' : 'lastUsedAt';
    const of = ({ tool, server }: CatalogTool) => this.#usage.of(server.id, tool.name)[field];
    return found.sort((a, b) => of(b) - of(a));
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

import { LRUCache } from 'lru-cache';
import { type Caller, payerOf } from '../access/caller.js';
import { maySee, mayUseTool, ownershipKey } from '../access/grants.js';
import type { Cancellation } from '../cancellation.js';
import { sortInTurns, Turns } from '../event-loop.js';
import { isoTimeOrNull } from '../moments.js';
import type { ObservedTool } from '../servers/observed.js';
import { type CatalogTool, inCatalogOrder, type ToolCatalog } from './catalog.js';
import type { ToolUsage } from './usage.js';

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

type Test = (entry: CatalogTool) => boolean;

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

/** The pages that are kept: their number, and the characters of all. Callers without narrowed grants share pages. */
const KEPT_PAGES = { max: 512, maxSize: 32 * 1024 * 1024, sizeCalculation: (page: string) => page.length };

/** The characters of tools whose JSON is kept. */
const KEPT_TOOLS = 32 * 1024 * 1024;

/** Pages of the tool list as finished JSON: `{tools, total, limit, offset}`. */
export class ToolList {
  readonly #catalog: ToolCatalog;
  readonly #usage: ToolUsage;
  readonly #pages = new LRUCache<string, string>(KEPT_PAGES);
  readonly #beginnings = new LRUCache<CatalogTool, string>({
    maxSize: KEPT_TOOLS,
    sizeCalculation: (beginning) => beginning.length,
  });
  #keptFor = '';

  constructor(catalog: ToolCatalog, usage: ToolUsage) {
    this.#catalog = catalog;
    this.#usage = usage;
  }

  /**
   * A page of the list. Other work runs in between, because the list may be long.
   * @throws the reason of the signal if it is aborted
   */
  async page(caller: Caller, query: ToolQuery, signal?: Cancellation): Promise<string> {
    const version = this.#version;
    if (version !== this.#keptFor) {
      this.#pages.clear();
      this.#keptFor = version;
    }
    const own = ownershipKey(caller, this.#catalog.owners);
    const key = `${caller.grants ? caller.id : ''} ${own} ${JSON.stringify(query)}`;
    const kept = this.#pages.get(key);
    if (kept !== undefined) return kept;
    const page = await this.#render(caller, query, new Turns(undefined, { signal, payer: payerOf(caller) }));
    // A page that was made during a change may show a part of it.
    if (version === this.#version && version === this.#keptFor) this.#pages.set(key, page);
    return page;
  }

  /** Changes with the tools and their use. */
  get #version(): string {
    return `${this.#catalog.version}.${this.#usage.version}`;
  }

  /**
   * One tool as the list shows it (JSON text).
   * @param lastUsedAt the caller's last use, in place of the last use by any caller, milliseconds since 1970
   */
  entry(entry: CatalogTool, lastUsedAt: number): string {
    return this.#json(entry, lastUsedAt);
  }

  async #render(caller: Caller, query: ToolQuery, turns: Turns): Promise<string> {
    const { limit, offset } = query;
    const isWhole = this.#isWhole(caller, query);
    const shown: CatalogTool[] = [];
    let total = 0;
    for await (const group of this.#inOrder(query, this.#matcher(caller, query), turns)) {
      for (const entry of group) {
        if (total >= offset && shown.length < limit) shown.push(entry);
        total += 1;
      }
      if (shown.length >= limit && isWhole) break;
    }
    if (isWhole && shown.length >= limit) {
      await this.#catalog.takeInAll(turns);
      total = this.#catalog.listedCount;
    }
    const tools = shown.map((entry) => this.#json(entry));
    return `{"tools":[${tools.join(',')}],"total":${total},"limit":${limit},"offset":${offset}}`;
  }

  /** Whether every listed tool is in the list, so that they need not be counted. */
  #isWhole({ grants }: Caller, { query, category, tags, server }: ToolQuery): boolean {
    const isFiltered = [query, category, tags, server].some((filter) => filter !== undefined);
    return !isFiltered && !grants && this.#catalog.owners.size === 0;
  }

  /** The listed tools that match a query, in its order, in groups. */
  async *#inOrder({ server, sortBy }: ToolQuery, matches: Test, turns: Turns): AsyncGenerator<readonly CatalogTool[]> {
    if (sortBy === 'name') {
      yield* this.#byName(server, matches, turns);
      return;
    }
    const field = sortBy === 'usage' ? 'count' : 'lastUsedAt';
    const used = ({ tool, server: { id } }: CatalogTool) => this.#usage.of(id, tool.name)[field];
    const found = [];
    for (const entry of this.#used(server)) {
      if (turns.due) await turns.next();
      if (matches(entry)) found.push({ entry, used: used(entry) });
    }
    const sorted = await sortInTurns(found, (a, b) => b.used - a.used || inCatalogOrder(a.entry, b.entry), turns);
    yield sorted.map(({ entry }) => entry);
    const isFound = (entry: CatalogTool) =>
      used(entry) > 0 && this.#catalog.at(entry.server.id, entry.tool.name) === entry;
    yield* this.#byName(server, (entry) => matches(entry) && !isFound(entry), turns);
  }

  /** The tools that were called, of all servers or those with an id or a name. */
  *#used(server: string | undefined): Generator<CatalogTool> {
    const of =
      server === undefined
        ? this.#usage.servers()
        : this.#catalog.ofNamed(server).flatMap(([tool]) => tool?.server.id ?? []);
    for (const id of of)
      for (const { tool } of this.#usage.ofServer(id)) {
        const entry = this.#catalog.at(id, tool);
        if (entry) yield entry;
      }
  }

  /** Tools of all servers, or of those with an id or a name, by name and then by server name. */
  async *#byName(server: string | undefined, matches: Test, turns: Turns): AsyncGenerator<readonly CatalogTool[]> {
    if (server !== undefined) {
      const found: CatalogTool[] = [];
      for (const tools of this.#catalog.ofNamed(server)) {
        if (turns.due) await turns.next();
        found.push(...tools.filter(matches));
      }
      yield await sortInTurns(found, inCatalogOrder, turns);
      return;
    }
    await this.#catalog.takeInAll(turns);
    for (let groups = this.#catalog.groups(); ; ) {
      const { value: group } = groups.next();
      if (!group) return;
      const name = group[0]?.tool.name;
      yield group.filter(matches);
      if (!turns.due) continue;
      await turns.next();
      // The catalog may have changed meanwhile.
      await this.#catalog.takeInAll(turns);
      groups = this.#catalog.groups(name);
    }
  }

  /** Whether a listed tool matches the query. It remembers the last tool: copies of a tool come one after the other. */
  #matcher(caller: Caller, wanted: ToolQuery): Test {
    const tags = wanted.tags?.split(',').map((tag) => tag.trim());
    const text = wanted.query?.toLowerCase();
    const hasText = remembered(
      ({ name, description }: ObservedTool) =>
        text === undefined || name.toLowerCase().includes(text) || description.toLowerCase().includes(text),
    );
    return ({ tool, server, connected }) => {
      if (!connected || !hasText(tool)) return false;
      if (wanted.category !== undefined && wanted.category !== server.metadata.category) return false;
      if (tags && !tags.some((tag) => server.metadata.tags.includes(tag))) return false;
      return maySee(caller, server) && mayUseTool(caller, tool.name);
    };
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

import type { Caller } from '../access/caller.js';
import { maySee, mayUseTool, ownershipKey } from '../access/grants.js';
import { isoTimeOrNull } from '../moments.js';
import type { CatalogTool, ToolCatalog } from './catalog.js';
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

/** Pages kept ready; a page is the same for all callers whose grants narrow nothing. */
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

  /** One tool as the list shows it (JSON text). `lastUsedAt`, milliseconds since 1970: the caller's last use, in place of all callers'. */
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

  /** All of a tool's JSON that calls do not change. */
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

import { createHash } from 'node:crypto';
import { withMember } from '@roundhouse/proto/json';
import { LRUCache } from 'lru-cache';
import { SortedList } from '../../lists/sorted-list.js';
import type { ObservedTool } from '../../servers/observed.js';
import type { ServerRecord } from '../../servers/record.js';
import type { CatalogTool, ToolCatalog } from '../../tools/catalog.js';
import type { McpView } from '../view.js';
import { exposedName } from './names.js';

/** A tool as clients see it. */
export interface OfferedTool {
  /** The name for clients. */
  readonly name: string;
  /** Its definition under that name, JSON text. */
  readonly json: string;
  readonly entry: CatalogTool;
}

/** The tools that a view shows, as they are now. */
export interface ToolOffer {
  /** Changes whenever the content of the offer changes. */
  readonly tag: string;
  /** How many tools are listed: those of servers that are connected or reconnecting. */
  readonly size: number;
  /** The listed tools by name, from the one behind this name on. */
  listed(behind?: string): Iterable<OfferedTool>;
  /** Any known tool by its name: a call of a tool whose server is stopped gets an error that says so. */
  find(name: string): OfferedTool | undefined;
  /** The listed tool of a server with this name of the server's own. */
  ofServer(serverId: string, tool: string): OfferedTool | undefined;
  /** The known tools of a server, in the server's order. */
  allOf(serverId: string): readonly OfferedTool[];
}

/** The tools of a client's private instance, in place of the tools of the shared instance. */
export type OwnTools = ReadonlyMap<string, { readonly server: ServerRecord; readonly tools: readonly ObservedTool[] }>;

/** Views kept ready, and their tools altogether. */
const KEPT = { views: 256, tools: 4_000_000 };

/** The tools that each view offers. A view that was asked for before takes in only the servers that have changed since. */
export class ToolOffers {
  readonly #catalog: ToolCatalog;
  readonly #kept = new LRUCache<string, { readonly offer: ViewOffer; version: number }>({
    max: KEPT.views,
    maxSize: KEPT.tools,
    sizeCalculation: ({ offer }) => 1 + offer.known,
  });

  constructor(catalog: ToolCatalog) {
    this.#catalog = catalog;
  }

  /** Grows whenever offers may have changed. */
  get version(): number {
    return this.#catalog.version;
  }

  of(view: McpView, own?: OwnTools): ToolOffer {
    const shared = this.#shared(view);
    return own && own.size > 0 ? new ClientOffer(shared, ownOffer(view, own), own) : shared;
  }

  #shared(view: McpView): ToolOffer {
    const { version } = this.#catalog;
    const kept = this.#kept.get(view.key);
    if (kept?.version === version) return kept.offer;
    const changed = kept && this.#catalog.changedSince(kept.version);
    const offer = changed ? kept.offer : new ViewOffer(view.serverId !== undefined);
    if (view.invokes)
      for (const id of changed ?? this.#catalog.servers()) offer.put(id, allowed(view, this.#catalog.toolsOf(id)));
    this.#kept.set(view.key, { offer, version });
    return offer;
  }

  /** The tool with a name at an address, also for clients whose view does not let them use it. */
  hidden(view: McpView, name: string): CatalogTool | undefined {
    const isPlain = view.serverId !== undefined;
    const end = name.indexOf(SEPARATOR);
    const plainName = isPlain ? name : end < 0 ? undefined : name.slice(end + SEPARATOR.length);
    const entries = plainName === undefined ? this.#catalog.known() : this.#catalog.named(plainName);
    for (const entry of entries) if (view.shows(entry.server) && offered(entry, isPlain).name === name) return entry;
    return undefined;
  }
}

/** Between a server's name and its tool's, in names that tell both. */
const SEPARATOR = '__';

/** The tools of one server in an offer. */
interface Part {
  readonly tools: readonly OfferedTool[];
  /** Tells this part from every other. */
  readonly mark: Buffer;
}

const MARK_BYTES = 32;

/** The offer of a view, server by server. */
class ViewOffer implements ToolOffer {
  readonly #isPlain: boolean;
  readonly #parts = new Map<string, Part>();
  /** All known tools of the view. Of several tools with one name only the first is offered. */
  readonly #tools = new SortedList<OfferedTool>(inOrder);
  /** The marks of all parts, joined by XOR: a changed part is taken out and put in without the others. */
  readonly #mark = Buffer.alloc(MARK_BYTES);
  /** The tools of a server by their own names, for servers that were asked for. */
  readonly #byOwnName = new WeakMap<Part, ReadonlyMap<string, OfferedTool>>();
  size = 0;
  /** The tools, listed or not. */
  known = 0;

  constructor(isPlain: boolean) {
    this.#isPlain = isPlain;
  }

  get tag(): string {
    return this.#mark.toString('base64url');
  }

  /** Takes in the tools of a server, in place of those that it had. */
  put(serverId: string, entries: readonly CatalogTool[]): void {
    const before = this.#parts.get(serverId);
    if (!before && entries.length === 0) return;
    const tools = entries.map((entry) => offered(entry, this.#isPlain));
    for (const tool of before?.tools ?? []) this.#change(tool, () => this.#tools.remove(tool));
    for (const tool of tools) this.#change(tool, () => this.#tools.add(tool));
    this.known += tools.length - (before?.tools.length ?? 0);
    if (before) this.#toggle(before.mark);
    this.#parts.delete(serverId);
    if (tools.length === 0) return;
    const part = { tools, mark: markOf(serverId, tools) };
    this.#parts.set(serverId, part);
    this.#toggle(part.mark);
  }

  *listed(behind = ''): Generator<OfferedTool> {
    let last = behind;
    for (const tool of this.#tools.from(({ name }) => name > behind)) {
      if (tool.name !== last && isListed(tool.entry)) yield tool;
      last = tool.name;
    }
  }

  find(name: string): OfferedTool | undefined {
    const found = this.#tools.first((tool) => tool.name >= name);
    return found?.name === name ? found : undefined;
  }

  ofServer(serverId: string, tool: string): OfferedTool | undefined {
    const part = this.#parts.get(serverId);
    if (!part) return undefined;
    let byOwnName = this.#byOwnName.get(part);
    if (!byOwnName) {
      byOwnName = new Map(part.tools.map((one) => [one.entry.tool.name, one]));
      this.#byOwnName.set(part, byOwnName);
    }
    const found = byOwnName.get(tool);
    return found && isListed(found.entry) && this.find(found.name) === found ? found : undefined;
  }

  allOf(serverId: string): readonly OfferedTool[] {
    return this.#parts.get(serverId)?.tools ?? [];
  }

  /** Keeps the number of listed tools through a change of the tools with a name. */
  #change({ name }: OfferedTool, change: () => void): void {
    this.size -= this.#isListed(name);
    change();
    this.size += this.#isListed(name);
  }

  #isListed(name: string): number {
    const found = this.find(name);
    return found && isListed(found.entry) ? 1 : 0;
  }

  #toggle(mark: Buffer): void {
    for (let i = 0; i < MARK_BYTES; i += 1) this.#mark[i] = (this.#mark[i] as number) ^ (mark[i] as number);
  }
}

/** The offer of a view, with the tools of a client's own instances in place of those of the shared instances. */
class ClientOffer implements ToolOffer {
  readonly #shared: ToolOffer;
  readonly #own: ViewOffer;
  readonly #servers: OwnTools;
  readonly tag: string;
  readonly size: number;

  constructor(shared: ToolOffer, own: ViewOffer, servers: OwnTools) {
    this.#shared = shared;
    this.#own = own;
    this.#servers = servers;
    const hidden = [...servers.keys()].sort();
    this.tag = createHash('sha256').update(shared.tag).update(own.tag).update(hidden.join()).digest('base64url');
    const covered = hidden.flatMap((id) => shared.allOf(id).filter(({ entry }) => isListed(entry)));
    this.size = shared.size - covered.length + own.size;
  }

  *listed(behind?: string): Generator<OfferedTool> {
    const own = [...this.#own.listed(behind)];
    let next = own.shift();
    for (const tool of this.#shared.listed(behind)) {
      if (this.#servers.has(tool.entry.server.id)) continue;
      for (; next && next.name <= tool.name; next = own.shift()) yield next;
      if (this.#own.find(tool.name) === undefined) yield tool;
    }
    if (next) yield next;
    yield* own;
  }

  find(name: string): OfferedTool | undefined {
    const shared = this.#shared.find(name);
    return this.#own.find(name) ?? (shared && this.#servers.has(shared.entry.server.id) ? undefined : shared);
  }

  ofServer(serverId: string, tool: string): OfferedTool | undefined {
    return this.#of(serverId).ofServer(serverId, tool);
  }

  allOf(serverId: string): readonly OfferedTool[] {
    return this.#of(serverId).allOf(serverId);
  }

  #of(serverId: string): ToolOffer {
    return this.#servers.has(serverId) ? this.#own : this.#shared;
  }
}

function ownOffer(view: McpView, own: OwnTools): ViewOffer {
  const offer = new ViewOffer(view.serverId !== undefined);
  if (view.invokes)
    for (const [id, { server, tools }] of own)
      offer.put(
        id,
        allowed(
          view,
          tools.map((tool) => ({ tool, server, connected: true })),
        ),
      );
  return offer;
}

/** The tools of one server that a view covers. */
function allowed(view: McpView, entries: readonly CatalogTool[]): readonly CatalogTool[] {
  const [first] = entries;
  if (!first || !view.covers(first.server)) return [];
  return entries.filter(({ tool }) => view.mayUse(tool.name));
}

/** By name. A caller's own server comes before a shared server of the same name. */
function inOrder(a: OfferedTool, b: OfferedTool): number {
  const [first, second] = [a.entry.server, b.entry.server];
  const isOwn = ({ ownerId }: ServerRecord) => (ownerId === undefined ? 1 : 0);
  return compare(a.name, b.name) || isOwn(first) - isOwn(second) || compare(first.id, second.id);
}

/** All listed tools of a small offer by server, and those of a server in the server's own order; `undefined` if there are more than `most`. */
export function byServer(offer: ToolOffer, most: number): OfferedTool[] | undefined {
  const tools: OfferedTool[] = [];
  for (const tool of offer.listed()) if (tools.push(tool) > most) return undefined;
  const places = new Map<OfferedTool, number>();
  for (const id of new Set(tools.map(({ entry }) => entry.server.id)))
    for (const [place, tool] of offer.allOf(id).entries()) places.set(tool, place);
  const place = (tool: OfferedTool) => places.get(tool) ?? 0;
  return tools.sort((a, b) => compare(a.entry.server.name, b.entry.server.name) || place(a) - place(b));
}

function markOf(serverId: string, tools: readonly OfferedTool[]): Buffer {
  const hash = createHash('sha256').update(serverId);
  for (const { name, entry } of tools) if (isListed(entry)) hash.update(name).update(entry.tool.digest);
  return hash.digest();
}

const plain = new WeakMap<CatalogTool, OfferedTool>();
const prefixed = new WeakMap<CatalogTool, OfferedTool>();

/** The tool under its name for clients: all views share it. */
function offered(entry: CatalogTool, isPlain: boolean): OfferedTool {
  const kept = isPlain ? plain : prefixed;
  let tool = kept.get(entry);
  if (!tool) {
    tool = isPlain
      ? { name: entry.tool.name, json: entry.tool.definition, entry }
      : new PrefixedTool(exposedName(entry.server, entry.tool.name), entry);
    kept.set(entry, tool);
  }
  return tool;
}

/** A tool with its server in its name. Its definition is written when a client reads it: most tools of a large fleet are never read. */
class PrefixedTool implements OfferedTool {
  constructor(
    readonly name: string,
    readonly entry: CatalogTool,
  ) {}

  get json(): string {
    return withMember(this.entry.tool.definition, 'name', JSON.stringify(this.name));
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A server that starts, restarts or is out of reach for a while keeps its tools; the tools of a stopped server are not offered. */
export function isListed({ connected, server: { enabled, wanted } }: CatalogTool): boolean {
  return connected || (enabled && wanted);
}

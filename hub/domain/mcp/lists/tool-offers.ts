import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { payerOf } from '../../access/caller.js';
import type { Cancellation } from '../../cancellation.js';
import { Turns } from '../../event-loop.js';
import { compareTexts, firstIn, SortedList } from '../../lists/sorted-list.js';
import type { ObservedTool } from '../../servers/observed.js';
import type { ServerRecord } from '../../servers/record.js';
import type { CatalogTool, ToolCatalog } from '../../tools/catalog.js';
import type { McpView } from '../view.js';
import { inOrder, isListed, MARK_BYTES, nameTools, type OfferedTool, ownFirst, type Part, partOf } from './parts.js';

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

/** Views kept ready: of all payers (`payerOf`), of one payer, and their servers altogether. */
const KEPT = { views: 512, ofPayer: 64, servers: 500_000 };

/** The tools that each view offers. A view that was asked for before takes in only the servers that have changed since. */
export class ToolOffers {
  readonly #catalog: ToolCatalog;
  readonly #order = new ToolOrder();
  readonly #kept = new LRUCache<string, { readonly offer: ViewOffer; readonly payer: string }>({
    max: KEPT.views,
    maxSize: KEPT.servers,
    sizeCalculation: ({ offer }) => 1 + offer.parts.size,
  });

  constructor(catalog: ToolCatalog) {
    this.#catalog = catalog;
  }

  /** Grows whenever offers may have changed. */
  get version(): number {
    return this.#catalog.version;
  }

  of(view: McpView, own?: OwnTools): ToolOffer {
    const shared = this.#offerOf(view);
    for (const _ of this.#steps(view, shared));
    return own && own.size > 0 ? new ClientOffer(shared, ownOffer(view, own), own) : shared;
  }

  /** As {@link of}, made in turns with other work. @throws the reason of the signal */
  async prepare(view: McpView, signal: Cancellation | undefined, own: OwnTools = new Map()): Promise<ToolOffer> {
    const turns = new Turns(undefined, { signal, payer: payerOf(view.caller) });
    for (const _ of this.#steps(view, this.#offerOf(view))) if (turns.due) await turns.next();
    for (const { server, tools } of own.values())
      for (const _ of nameTools(ownEntries(server, tools), view.serverId !== undefined))
        if (turns.due) await turns.next();
    return this.of(view, own);
  }

  /** The tool with a name at an address, also for clients whose view does not let them use it. */
  hidden(view: McpView, name: string): CatalogTool | undefined {
    if (view.serverId !== undefined) return this.#catalog.named(name).find(({ server }) => view.shows(server));
    for (const _ of catchUp(this.#catalog, this.#order, (entries) => entries));
    for (const { entry } of this.#order.named(name)) if (view.shows(entry.server)) return entry;
    return undefined;
  }

  /** The offer of a view, which may not be up to date. */
  #offerOf(view: McpView): ViewOffer {
    const kept = this.#kept.get(view.key)?.offer;
    if (kept) return kept;
    const payer = payerOf(view.caller);
    const ofPayer = [...this.#kept.rkeys()].filter((key) => this.#kept.peek(key)?.payer === payer);
    const [oldest] = ofPayer;
    if (oldest !== undefined && ofPayer.length >= KEPT.ofPayer) this.#kept.delete(oldest);
    const offer = new ViewOffer(view.serverId === undefined ? this.#order : undefined);
    this.#kept.set(view.key, { offer, payer });
    return offer;
  }

  /** Brings an offer up to date, step by step. Several works may do it at the same time. */
  *#steps(view: McpView, offer: ViewOffer): Generator<void> {
    if (view.serverId === undefined) yield* catchUp(this.#catalog, this.#order, (entries) => entries);
    if (offer.version === this.#catalog.version) return;
    const { key } = view;
    // Once the caller has its first own server, its view has another key: the offer belongs to other callers.
    yield* catchUp(this.#catalog, offer, (entries) => (view.key === key ? allowed(view, entries) : undefined));
    // The number of its servers may have changed.
    const kept = this.#kept.peek(key);
    if (kept?.offer === offer) this.#kept.set(key, { ...kept });
  }
}

/** Takes in the tools of servers from the catalog. */
interface Follower {
  readonly isPlain: boolean;
  /** The version of the catalog that it has. */
  version: number;
  readonly parts: ReadonlyMap<string, Part>;
  /** Takes in the tools of a server, in place of those that it had. */
  put(serverId: string, part: Part | undefined): void;
}

/**
 * Brings a follower up to date, step by step: the servers that have changed since, or all servers.
 * @param shown the tools of a server that the follower has; `undefined` ends the work
 */
function* catchUp(
  catalog: ToolCatalog,
  follower: Follower,
  shown: (entries: readonly CatalogTool[]) => readonly CatalogTool[] | undefined,
): Generator<void> {
  const { version } = catalog;
  if (follower.version === version) return;
  const changed = catalog.changedSince(follower.version) ?? new Set([...follower.parts.keys(), ...catalog.servers()]);
  for (const id of changed) {
    yield* nameTools(shown(catalog.toolsOf(id)) ?? [], follower.isPlain);
    // The server may have changed again meanwhile.
    const entries = shown(catalog.toolsOf(id));
    if (!entries) return;
    follower.put(id, partOf(entries, follower.isPlain));
    yield;
  }
  follower.version = Math.max(follower.version, version);
}

/** All known tools under names that tell their servers, in order. All views share it. */
class ToolOrder implements Follower {
  readonly isPlain = false;
  readonly parts = new Map<string, Part>();
  readonly #tools = new SortedList<OfferedTool>(inOrder);
  version = -1;
  size = 0;

  put(serverId: string, part: Part | undefined): void {
    const before = this.parts.get(serverId);
    if (before === part) return;
    for (const tool of before?.tools ?? []) this.#tools.remove(tool);
    for (const tool of part?.tools ?? []) this.#tools.add(tool);
    this.size += (part?.tools.length ?? 0) - (before?.tools.length ?? 0);
    if (part) this.parts.set(serverId, part);
    else this.parts.delete(serverId);
  }

  /** The tools behind a name. */
  behind(name: string): Iterable<OfferedTool> {
    return this.#tools.from((tool) => tool.name > name);
  }

  /** The tools with a name. */
  *named(name: string): Generator<OfferedTool> {
    for (const tool of this.#tools.from((tool) => tool.name >= name)) {
      if (tool.name !== name) return;
      yield tool;
    }
  }
}

/** A view with less than this share of all tools keeps an order of its own: it would pass over the others again and again. */
const NARROW = 1 / 8;

/** The offer of a view, server by server. Of several tools with one name only the first is offered. */
class ViewOffer implements ToolOffer, Follower {
  readonly isPlain: boolean;
  readonly parts = new Map<string, Part>();
  version = -1;
  readonly #order: ToolOrder | undefined;
  /** The marks of all parts, joined by XOR: a changed part is taken out and put in without the others. */
  readonly #mark = Buffer.alloc(MARK_BYTES);
  /** The tools, listed or not. */
  #known = 0;
  /** Values that are worked out of the parts when they are first read. */
  #made: { tools?: readonly OfferedTool[]; namesakes?: ReadonlyMap<string, readonly Part[]>; size?: number } = {};

  /** @param order holds the tools of the view among others; absent: the offer makes an order of its own */
  constructor(order: ToolOrder | undefined, isPlain = order === undefined) {
    this.#order = order;
    this.isPlain = isPlain;
  }

  get tag(): string {
    return this.#mark.toString('base64url');
  }

  get size(): number {
    this.#made.size ??= this.#count();
    return this.#made.size;
  }

  put(serverId: string, part: Part | undefined): void {
    const before = this.parts.get(serverId);
    if (before === part) return;
    this.#made = {};
    this.#known += (part?.tools.length ?? 0) - (before?.tools.length ?? 0);
    if (before) this.#toggle(before.mark);
    if (part) this.#toggle(part.mark);
    if (part) this.parts.set(serverId, part);
    else this.parts.delete(serverId);
  }

  *listed(behind = ''): Generator<OfferedTool> {
    let last = behind;
    for (const tool of this.#behind(behind)) {
      if (!this.#has(tool)) continue;
      if (tool.name !== last && isListed(tool.entry)) yield tool;
      last = tool.name;
    }
  }

  find(name: string): OfferedTool | undefined {
    if (this.#order) {
      for (const tool of this.#order.named(name)) if (this.#has(tool)) return tool;
      return undefined;
    }
    const tools = this.#tools();
    const found = tools[firstIn(tools, (tool) => tool.name >= name)];
    return found?.name === name ? found : undefined;
  }

  ofServer(serverId: string, tool: string): OfferedTool | undefined {
    const part = this.parts.get(serverId);
    const found = part?.ownNamed(tool);
    return part?.isListed && found && !this.#isBehindOther(part, found) ? found : undefined;
  }

  allOf(serverId: string): readonly OfferedTool[] {
    return this.parts.get(serverId)?.tools ?? [];
  }

  #behind(name: string): Iterable<OfferedTool> {
    if (this.#order && this.#known >= this.#order.size * NARROW) return this.#order.behind(name);
    const tools = this.#tools();
    return tools.slice(firstIn(tools, (tool) => tool.name > name));
  }

  /** The tools of the view in order. */
  #tools(): readonly OfferedTool[] {
    this.#made.tools ??= [...this.parts.values()].flatMap(({ tools }) => tools).sort(inOrder);
    return this.#made.tools;
  }

  #has(tool: OfferedTool): boolean {
    const { id } = tool.entry.server;
    const part = this.parts.get(id);
    if (!part) return false;
    return part === this.#order?.parts.get(id) || part.ownNamed(tool.entry.tool.name) === tool;
  }

  #count(): number {
    let size = 0;
    for (const { isListed, tools } of this.parts.values()) if (isListed) size += tools.length;
    for (const namesakes of this.#namesakes().values())
      for (const part of namesakes)
        if (part.isListed) size -= part.tools.filter((tool) => this.#isBehindOther(part, tool)).length;
    return size;
  }

  /** Whether a server of the same name comes first and has a tool with this name. */
  #isBehindOther(part: Part, { name, entry }: OfferedTool): boolean {
    for (const other of this.#namesakes().get(entry.server.name) ?? []) {
      if (other === part) return false;
      if (other.ownNamed(entry.tool.name)?.name === name) return true;
    }
    return false;
  }

  /** The parts of servers that share a name, in their order. Tools of other servers never share a name. */
  #namesakes(): ReadonlyMap<string, readonly Part[]> {
    if (this.#made.namesakes) return this.#made.namesakes;
    const byName = new Map<string, Part[]>();
    for (const part of this.parts.values()) {
      const same = byName.get(part.server.name);
      if (same) same.push(part);
      else byName.set(part.server.name, [part]);
    }
    for (const [name, same] of byName)
      if (same.length === 1) byName.delete(name);
      else same.sort((a, b) => ownFirst(a.server, b.server));
    this.#made.namesakes = byName;
    return byName;
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
  readonly #hidden: readonly string[];
  readonly tag: string;

  constructor(shared: ToolOffer, own: ViewOffer, servers: OwnTools) {
    this.#shared = shared;
    this.#own = own;
    this.#servers = servers;
    this.#hidden = [...servers.keys()].sort();
    const hidden = this.#hidden.join();
    this.tag = createHash('sha256').update(shared.tag).update(own.tag).update(hidden).digest('base64url');
  }

  get size(): number {
    const covered = this.#hidden.flatMap((id) => this.#shared.allOf(id).filter(({ entry }) => isListed(entry)));
    return this.#shared.size - covered.length + this.#own.size;
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
  const isPlain = view.serverId !== undefined;
  const offer = new ViewOffer(undefined, isPlain);
  for (const [id, { server, tools }] of own) offer.put(id, partOf(allowed(view, ownEntries(server, tools)), isPlain));
  return offer;
}

const entriesOf = new WeakMap<readonly ObservedTool[], readonly CatalogTool[]>();

/** The tools of a client's own instance as entries. They stay the same as long as the instance has these tools. */
function ownEntries(server: ServerRecord, tools: readonly ObservedTool[]): readonly CatalogTool[] {
  const kept = entriesOf.get(tools);
  if (kept?.[0]?.server === server) return kept;
  const entries = tools.map((tool) => ({ tool, server, connected: true }));
  entriesOf.set(tools, entries);
  return entries;
}

/** The tools of one server that a view covers. */
function allowed(view: McpView, entries: readonly CatalogTool[]): readonly CatalogTool[] {
  const [first] = entries;
  if (!first || !view.invokes || !view.covers(first.server)) return [];
  return view.mayUseAll ? entries : entries.filter(({ tool }) => view.mayUse(tool.name));
}

/** All listed tools of a small offer by server, and those of a server in the server's own order; `undefined` if there are more than `most`. */
export function byServer(offer: ToolOffer, most: number): OfferedTool[] | undefined {
  const tools: OfferedTool[] = [];
  for (const tool of offer.listed()) if (tools.push(tool) > most) return undefined;
  const places = new Map<OfferedTool, number>();
  for (const id of new Set(tools.map(({ entry }) => entry.server.id)))
    for (const [place, tool] of offer.allOf(id).entries()) places.set(tool, place);
  const place = (tool: OfferedTool) => places.get(tool) ?? 0;
  return tools.sort((a, b) => compareTexts(a.entry.server.name, b.entry.server.name) || place(a) - place(b));
}

import { createHash } from 'node:crypto';
import { serverRecords } from '../servers/record.js';
import { add, collection, onRemoved, remove, type Store } from '../store.js';
import type { ToolCatalog } from './catalog.js';
import { type CountedServers, countedAs, isGone, OTHER_TOOLS } from './counted.js';
import { DailyUsage } from './daily-usage.js';

/** The number of calls of one tool of one server, and the time of the last. */
interface ToolUsageRecord {
  /** See {@link usageId}. */
  readonly id: string;
  readonly serverId: string;
  readonly tool: string;
  readonly count: number;
  /** Milliseconds since 1970. */
  readonly lastUsedAt: number;
}

const toolUsage = collection<ToolUsageRecord>('tool_usage', 'tool usage');

/** The number of calls of one tool of one server so far. */
export interface ToolCount {
  readonly serverId: string;
  readonly tool: string;
  readonly count: number;
}

/** Counts are written together this often: a busy tool costs one write per window, not one per call. */
const WRITE_WINDOW_MS = 50;

/** The tools of one server that are counted apart, with {@link OTHER_TOOLS}. */
export const MOST_TOOLS = 1000;

/** The tools that make room for others together: they hold the event loop, and are looked for, only now and then. */
const ROOM_AT_ONCE = 100;

interface Counter {
  readonly id: string;
  readonly serverId: string;
  readonly tool: string;
  count: number;
  /** The part of the count that the store does not have yet. */
  unsaved: number;
  lastUsedAt: number;
}

/** The pause before the next try when the store refuses a write. */
const RETRY_MS = 1000;

const UNUSED: Pick<Counter, 'count' | 'lastUsedAt'> = { count: 0, lastUsedAt: 0 };

const NO_COUNTERS: ReadonlyMap<string, Counter> = new Map();

/**
 * Usage counters of all tools, in memory and, within 50 ms, on disk. Each server has room for {@link MOST_TOOLS}: when it is full, tools that the
 * server does not offer any more make room. Further tools count together, and so do the calls of deleted servers.
 */
export class ToolUsage {
  readonly #store: Store;
  readonly #servers: CountedServers;
  readonly #catalog: Pick<ToolCatalog, 'at' | 'toolsOf'>;
  readonly #counters = new Map<string, Map<string, Counter>>();
  readonly #dirty = new Set<Counter>();
  /** Records of counters that have joined another counter. */
  readonly #joined = new Set<string>();
  /** Lists of tools that fill the room of their server. */
  readonly #full = new WeakSet<object>();
  /** Calls per day of the last month. */
  readonly days: DailyUsage;
  #timer: NodeJS.Timeout | undefined;
  #version = 0;

  constructor(store: Store, servers: CountedServers, catalog: Pick<ToolCatalog, 'at' | 'toolsOf'>) {
    this.#store = store;
    this.#servers = servers;
    this.#catalog = catalog;
    this.days = new DailyUsage(store);
    for (const { serverId, tool, count, lastUsedAt } of store.list(toolUsage)) {
      const ofServer = this.#ofServer(serverId);
      Object.assign(this.#add(ofServer, serverId, tool), { count, lastUsedAt });
    }
    // A server may have been deleted in the last moment before the hub ended.
    const known = new Set([...this.#counters.keys(), ...this.days.servers()]);
    for (const serverId of known) this.#keepRoom(serverId);
    onRemoved(store, serverRecords, (id) => this.#keepRoom(id));
    this.flush();
  }

  /** Grows with every call counted. */
  get version(): number {
    return this.#version;
  }

  of(serverId: string, tool: string): Readonly<Pick<Counter, 'count' | 'lastUsedAt'>> {
    return this.#counters.get(serverId)?.get(tool) ?? UNUSED;
  }

  /** The servers with calls, also those that stand for deleted servers. */
  servers(): Iterable<string> {
    return this.#counters.keys();
  }

  /** The counted tools of a server. */
  ofServer(serverId: string): Iterable<ToolCount> {
    return (this.#counters.get(serverId) ?? NO_COUNTERS).values();
  }

  count(serverId: string, tool: string): void {
    const counter = this.#counter(countedAs(this.#servers, serverId), tool);
    counter.count += 1;
    counter.unsaved += 1;
    counter.lastUsedAt = Date.now();
    this.days.count(counter.serverId, counter.tool, counter.lastUsedAt);
    this.#version += 1;
    this.#changed(counter);
  }

  /** Hands the counts to the store; for shutting down. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const sums = Array.from(this.#dirty, ({ id, serverId, tool, unsaved, lastUsedAt }) =>
      add(toolUsage, { id, serverId, tool, count: unsaved }, { lastUsedAt }),
    );
    // A counter may have been made again since it joined another one.
    const writes = [...Array.from(this.#joined, (id) => remove(toolUsage, id)), ...sums, ...this.days.writes()];
    if (writes.length === 0) return;
    try {
      this.#store.record({ writes });
    } catch {
      // A store that cannot keep up refuses for a while. The counts stay here until the next try, and no request waits for it.
      this.#timer = setTimeout(() => this.flush(), RETRY_MS).unref();
      return;
    }
    for (const counter of this.#dirty) counter.unsaved = 0;
    this.#dirty.clear();
    this.#joined.clear();
    this.days.written();
  }

  #changed(counter: Counter): void {
    this.#dirty.add(counter);
    this.#timer ??= setTimeout(() => this.flush(), WRITE_WINDOW_MS);
  }

  /** The counter of a tool, or the one that it shares with others. */
  #counter(serverId: string, tool: string): Counter {
    const ofServer = this.#ofServer(serverId);
    const known = ofServer.get(tool);
    if (known) return known;
    const isApart = !isGone(serverId) && this.#hasRoom(ofServer, serverId);
    return this.#add(ofServer, serverId, isApart ? tool : OTHER_TOOLS);
  }

  #ofServer(serverId: string): Map<string, Counter> {
    const known = this.#counters.get(serverId);
    if (known) return known;
    const made = new Map<string, Counter>();
    this.#counters.set(serverId, made);
    return made;
  }

  #add(ofServer: Map<string, Counter>, serverId: string, tool: string): Counter {
    const known = ofServer.get(tool);
    if (known) return known;
    const made = { id: usageId(serverId, tool), serverId, tool, count: 0, unsaved: 0, lastUsedAt: 0 };
    ofServer.set(tool, made);
    return made;
  }

  /** Whether one more tool of a server has room. Tools that the server does not offer any more make room, the longest unused first. */
  #hasRoom(ofServer: Map<string, Counter>, serverId: string): boolean {
    const most = MOST_TOOLS - 1;
    const offered = this.#catalog.toolsOf(serverId);
    if (ofServer.size < most || this.#full.has(offered)) return ofServer.size < most;
    const others = this.#add(ofServer, serverId, OTHER_TOOLS);
    const old = [...ofServer.values()]
      .filter((counter) => counter !== others && this.#catalog.at(serverId, counter.tool) === undefined)
      .sort((a, b) => a.lastUsedAt - b.lastUsedAt);
    if (old.length === 0) this.#full.add(offered);
    this.#join(old.slice(0, ROOM_AT_ONCE), others);
    return ofServer.size < most;
  }

  /** Joins the calls of a deleted server with those of the others, and the least used tools of a server that has too many. */
  #keepRoom(serverId: string): void {
    const as = countedAs(this.#servers, serverId);
    const ofServer = this.#counters.get(serverId) ?? NO_COUNTERS;
    const surplus = as === serverId ? leastUsed(ofServer) : [...ofServer.values()];
    if (surplus.length > 0) this.#join(surplus, this.#add(this.#ofServer(as), as, OTHER_TOOLS));
    if (as === serverId) return;
    this.#counters.delete(serverId);
    this.days.join(serverId, as);
  }

  /** Adds counters to another one, and removes them. */
  #join(counters: readonly Counter[], into: Counter): void {
    for (const counter of counters) {
      into.count += counter.count;
      into.unsaved += counter.count;
      into.lastUsedAt = Math.max(into.lastUsedAt, counter.lastUsedAt);
      if (counter.count > counter.unsaved) this.#joined.add(counter.id);
      this.#dirty.delete(counter);
      this.#counters.get(counter.serverId)?.delete(counter.tool);
    }
    this.#version += 1;
    this.#changed(into);
  }
}

/** The counters beyond the room of a server, with the fewest calls. */
function leastUsed(ofServer: ReadonlyMap<string, Counter>): Counter[] {
  if (ofServer.size <= MOST_TOOLS) return [];
  const apart = [...ofServer.values()].filter(({ tool }) => tool !== OTHER_TOOLS);
  return apart.sort((a, b) => b.count - a.count).slice(MOST_TOOLS - 1);
}

/** The longest id, bytes. Names of tools may be longer. */
const MAX_ID_BYTES = 255;

/** `<server id>/<tool>`; for an overlong name its SHA-256 in place of the name. */
function usageId(serverId: string, tool: string): string {
  const id = `${serverId}/${tool}`;
  if (Buffer.byteLength(id) <= MAX_ID_BYTES) return id;
  return `${serverId}/sha256:${createHash('sha256').update(tool).digest('hex')}`;
}

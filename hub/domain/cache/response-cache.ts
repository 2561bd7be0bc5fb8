import { canonicalJson } from '@roundhouse/proto/json';
import { LRUCache } from 'lru-cache';
import { authorize } from '../access/authorize.js';
import type { Caller, RequestOrigin } from '../access/caller.js';
import { maySee } from '../access/grants.js';
import { auditWrite } from '../audit/audit.js';
import { notFound } from '../errors.js';
import type { ObservedServers } from '../servers/observed.js';
import { type ServerRecord, serverRecords } from '../servers/record.js';
import type { ServerRegistry } from '../servers/registry.js';
import type { Store } from '../store.js';

export interface CacheLimits {
  /** Bytes of all entries together; 0 turns the cache off. */
  readonly maxBytes: number;
  readonly maxEntries: number;
}

export const defaultCacheLimits: CacheLimits = { maxBytes: 64 * 1024 * 1024, maxEntries: 10_000 };

/** A larger answer is not kept, bytes. */
const LARGEST_ENTRY = 1024 * 1024;
/** The memory of an entry besides its answer and its key, bytes. */
const OVERHEAD = 256;

interface Entry {
  readonly key: string;
  readonly serverId: string;
  readonly tool: string;
  readonly result: Uint8Array;
  /** Milliseconds since 1970. */
  readonly storedAt: number;
}

/** The place for the answer of one call. It is valid until something may have changed at the server. */
export interface Slot {
  readonly key: string;
  readonly ttlMs: number;
  readonly generation: number;
}

/** `seeds/003`, `GET /api/cache/stats`. */
export interface CacheStats {
  readonly enabled: boolean;
  readonly entries: number;
  readonly hits: number;
  readonly misses: number;
  /** 0 before the first look-up. */
  readonly hitRate: number;
  readonly bytes: number;
  /** Milliseconds since 1970; `null` when it is empty. */
  readonly oldest: number | null;
}

/** The cache's data about one server. */
interface ServerEntries {
  /** Grows whenever its entries are cleared: the cache does not keep the answer of a call that began before. */
  generation: number;
  readonly keys: Set<string>;
}

/**
 * Answers of tools for which the server's registration allows it (`cache.tools`). An entry is found by server, tool, arguments and the caller's
 * grants. The entries of a server are cleared by each call that may change something there, when its tools change, when it reconnects and when
 * its registration changes. Errors are never kept. Bounded in number and bytes: the least recently used goes first.
 */
export class ResponseCache {
  readonly #entries: LRUCache<string, Entry> | undefined;
  readonly #servers = new Map<string, ServerEntries>();
  readonly #grants = new WeakMap<Caller, string>();
  #hits = 0;
  #misses = 0;

  constructor(store: Store, observed: ObservedServers, limits: CacheLimits = defaultCacheLimits) {
    if (limits.maxBytes > 0)
      this.#entries = new LRUCache<string, Entry>({
        max: limits.maxEntries,
        maxSize: limits.maxBytes,
        maxEntrySize: Math.min(limits.maxBytes, LARGEST_ENTRY),
        sizeCalculation: ({ key, result }) => key.length * 2 + result.length + OVERHEAD,
        dispose: ({ serverId, key }) => this.#servers.get(serverId)?.keys.delete(key),
      });
    observed.onChange((serverId, now, before) => {
      const same = now.state === before.state && now.pid === before.pid && now.tools === before.tools;
      if (!same) this.clearServer(serverId);
    });
    store.observe(({ writes }) => {
      for (const { collection, id, value } of writes) {
        if (collection !== serverRecords.name) continue;
        this.clearServer(id);
        if (value === undefined) this.#servers.delete(id);
      }
    }, serverRecords);
  }

  /** The place for the answer of a call, taken before the call; `undefined` for a tool whose answers are not cached. */
  slot(caller: Caller, server: ServerRecord, tool: string, args: unknown): Slot | undefined {
    const tools = server.cache?.tools;
    if (!tools || !this.#entries || !Object.hasOwn(tools, tool)) return undefined;
    const ttlSeconds = tools[tool]?.ttlSeconds ?? 0;
    const key = `${server.id} ${JSON.stringify(tool)} ${canonicalJson(args)} ${this.#grantsOf(caller)}`;
    return { key, ttlMs: ttlSeconds * 1000, generation: this.#of(server.id).generation };
  }

  get({ key }: Slot): Uint8Array | undefined {
    const entry = this.#entries?.get(key);
    if (entry) this.#hits += 1;
    else this.#misses += 1;
    return entry?.result;
  }

  /** Keeps the answer of a call that succeeded, unless the server's entries were cleared since the slot was taken. */
  set({ key, ttlMs, generation }: Slot, serverId: string, tool: string, result: Uint8Array): void {
    const of = this.#of(serverId);
    if (of.generation !== generation) return;
    // A copy: the answer is a view of a whole frame, which would otherwise stay in memory.
    const entry = { key, serverId, tool, result: Uint8Array.from(result), storedAt: Date.now() };
    this.#entries?.set(key, entry, { ttl: ttlMs });
    // This comes after `set`: an entry that is replaced removes the key.
    if (this.#entries?.has(key)) of.keys.add(key);
  }

  /** Clears a server's entries; gives how many there were. */
  clearServer(serverId: string): number {
    const of = this.#servers.get(serverId);
    if (!of) return 0;
    of.generation += 1;
    return of.keys.size === 0 ? 0 : this.#remove([...of.keys]);
  }

  /** Clears the entries that match all given filters; gives how many were cleared. `pattern`: a glob over tool names. */
  clear(filter: {
    readonly pattern?: string | undefined;
    readonly covers?: ((serverId: string) => boolean) | undefined;
  }): number {
    const { pattern, covers } = filter;
    const keys: string[] = [];
    this.#entries?.purgeStale();
    for (const [key, { serverId, tool }] of this.#entries?.entries() ?? []) {
      if (covers && !covers(serverId)) continue;
      if (pattern === undefined || matchesGlob(pattern, tool)) keys.push(key);
    }
    // Running calls must not bring the cleared entries back.
    for (const [serverId, of] of this.#servers) if (!covers || covers(serverId)) of.generation += 1;
    return this.#remove(keys);
  }

  stats(): CacheStats {
    this.#entries?.purgeStale();
    let oldest: number | null = null;
    for (const { storedAt } of this.#entries?.values() ?? []) oldest = Math.min(oldest ?? storedAt, storedAt);
    const lookups = this.#hits + this.#misses;
    return {
      enabled: this.#entries !== undefined,
      entries: this.#entries?.size ?? 0,
      hits: this.#hits,
      misses: this.#misses,
      hitRate: lookups === 0 ? 0 : Math.round((this.#hits / lookups) * 1000) / 1000,
      bytes: this.#entries?.calculatedSize ?? 0,
      oldest,
    };
  }

  #remove(keys: readonly string[]): number {
    let removed = 0;
    for (const key of keys) if (this.#entries?.delete(key)) removed += 1;
    return removed;
  }

  #of(serverId: string): ServerEntries {
    let of = this.#servers.get(serverId);
    if (!of) {
      of = { generation: 0, keys: new Set() };
      this.#servers.set(serverId, of);
    }
    return of;
  }

  #grantsOf(caller: Caller): string {
    if (!caller.grants) return '';
    let text = this.#grants.get(caller);
    if (text === undefined) {
      text = canonicalJson(caller.grants);
      this.#grants.set(caller, text);
    }
    return text;
  }
}

/**
 * Whether a text matches a pattern of letters, `*` (any number of characters) and `?` (one). Case matters.
 * Its work is at most the product of both lengths, which are short.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    if (p < pattern.length && pattern[p] === '*') {
      star = p;
      resume = t;
      p += 1;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
      p += 1;
      t += 1;
    } else if (star >= 0) {
      // The last star takes one more character; the earlier stars need no other try.
      p = star + 1;
      resume += 1;
      t = resume;
    } else return false;
  }
  while (pattern[p] === '*') p += 1;
  return p === pattern.length;
}

/** Clears the cache for a caller: within the caller's grants, and audited. */
export class CacheControl {
  readonly #store: Store;
  readonly #cache: ResponseCache;
  readonly #registry: ServerRegistry;

  constructor(store: Store, cache: ResponseCache, registry: ServerRegistry) {
    this.#store = store;
    this.#cache = cache;
    this.#registry = registry;
  }

  /**
   * Clears the entries whose tool matches a glob, and that belong to a server (id or name); both are optional. Gives how many entries were cleared.
   * @throws DomainError `not_found`.
   */
  clear(
    origin: RequestOrigin,
    { pattern, serverId }: { readonly pattern?: string | undefined; readonly serverId?: string | undefined },
  ): number {
    const { caller } = origin;
    authorize(caller, 'cache.clear');
    const sees = (id: string) => {
      const server = this.#registry.byId(id);
      return server ? !caller || maySee(caller, server) : !caller?.grants;
    };
    const only = serverId === undefined ? undefined : this.#registry.find(serverId, caller);
    if (serverId !== undefined && !(only && sees(only.id))) throw notFound('server', serverId);
    const cleared = this.#cache.clear({ pattern, covers: (id) => (only ? id === only.id : sees(id)) });
    const resource = { type: 'cache', id: only?.id ?? '*', ...(only ? { serverId: only.id } : {}) };
    const details = { cleared, ...(pattern === undefined ? {} : { pattern }) };
    const entry = auditWrite(origin, { action: 'cache.clear', resource, details, success: true, durationMs: 0 });
    this.#store.record({ writes: [entry] });
    return cleared;
  }
}

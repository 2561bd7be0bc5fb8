import { createHash } from 'node:crypto';
import { collection, put, type Store } from '../store.js';
import { DailyUsage } from './daily.js';

/** How often one tool of one server was called, and when last. */
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

/** How often one tool of one server was called so far. */
export interface ToolCount {
  readonly serverId: string;
  readonly tool: string;
  readonly count: number;
}

/** Counts are written together this often: a busy tool costs one write per window, not one per call. */
const WRITE_WINDOW_MS = 50;

interface Counter {
  readonly id: string;
  readonly serverId: string;
  readonly tool: string;
  count: number;
  lastUsedAt: number;
}

/** How long it waits before it tries again where the store takes nothing now. */
const RETRY_MS = 1000;

const UNUSED: Pick<Counter, 'count' | 'lastUsedAt'> = { count: 0, lastUsedAt: 0 };

/** Usage counters of all tools, in memory and, within 50 ms, on disk. */
export class ToolUsage {
  readonly #store: Store;
  readonly #counters = new Map<string, Map<string, Counter>>();
  readonly #dirty = new Set<Counter>();
  /** Calls per day of the last month. */
  readonly days: DailyUsage;
  #timer: NodeJS.Timeout | undefined;
  #version = 0;

  constructor(store: Store) {
    this.#store = store;
    this.days = new DailyUsage(store);
    for (const { serverId, tool, count, lastUsedAt } of store.list(toolUsage)) {
      Object.assign(this.#counter(serverId, tool), { count, lastUsedAt });
    }
  }

  /** Grows with every call counted. */
  get version(): number {
    return this.#version;
  }

  of(serverId: string, tool: string): Readonly<Pick<Counter, 'count' | 'lastUsedAt'>> {
    return this.#counters.get(serverId)?.get(tool) ?? UNUSED;
  }

  /** Every tool that was ever called, also tools of deleted servers. */
  *all(): Generator<ToolCount> {
    for (const ofServer of this.#counters.values()) yield* ofServer.values();
  }

  count(serverId: string, tool: string): void {
    const counter = this.#counter(serverId, tool);
    counter.count += 1;
    counter.lastUsedAt = Date.now();
    this.days.count(serverId, tool, counter.lastUsedAt);
    this.#version += 1;
    this.#dirty.add(counter);
    this.#timer ??= setTimeout(() => this.flush(), WRITE_WINDOW_MS);
  }

  /** Hands the counts to the store; for shutting down. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#dirty.size === 0) return;
    const writes = [...this.#dirty].map((counter) => put(toolUsage, { ...counter }));
    try {
      this.#store.record({ writes: [...writes, ...this.days.writes()] });
    } catch {
      // A store that cannot keep up refuses for a while. The counts stay here until the next try, and no request waits for it.
      this.#timer = setTimeout(() => this.flush(), RETRY_MS).unref();
      return;
    }
    this.#dirty.clear();
    this.days.written();
  }

  #counter(serverId: string, tool: string): Counter {
    let ofServer = this.#counters.get(serverId);
    if (!ofServer) {
      ofServer = new Map();
      this.#counters.set(serverId, ofServer);
    }
    let counter = ofServer.get(tool);
    if (!counter) {
      counter = { id: usageId(serverId, tool), serverId, tool, count: 0, lastUsedAt: 0 };
      ofServer.set(tool, counter);
    }
    return counter;
  }
}

/** Ids have up to 255 bytes, and servers name their tools as they like. */
const MAX_ID_BYTES = 255;

/** `<server id>/<tool>`; for an overlong name its SHA-256 in place of the name. */
function usageId(serverId: string, tool: string): string {
  const id = `${serverId}/${tool}`;
  if (Buffer.byteLength(id) <= MAX_ID_BYTES) return id;
  return `${serverId}/sha256:${createHash('sha256').update(tool).digest('hex')}`;
}

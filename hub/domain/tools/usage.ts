import { collection, put, type Store } from '../store.js';

/** How often one tool of one server was called, and when last. */
interface ToolUsageRecord {
  /** `<server id>/<tool>` */
  readonly id: string;
  readonly serverId: string;
  readonly tool: string;
  readonly count: number;
  /** Milliseconds since 1970. */
  readonly lastUsedAt: number;
}

const toolUsage = collection<ToolUsageRecord>('tool_usage', 'tool usage');

/** Counts are written together this often: a busy tool costs one write per window, not one per call. */
const WRITE_WINDOW_MS = 50;

interface Counter {
  readonly id: string;
  readonly serverId: string;
  readonly tool: string;
  count: number;
  lastUsedAt: number;
}

const UNUSED: Pick<Counter, 'count' | 'lastUsedAt'> = { count: 0, lastUsedAt: 0 };

/** Usage counters of all tools, in memory and, within 50 ms, on disk. */
export class ToolUsage {
  readonly #store: Store;
  readonly #counters = new Map<string, Map<string, Counter>>();
  readonly #dirty = new Set<Counter>();
  #timer: NodeJS.Timeout | undefined;
  #version = 0;

  constructor(store: Store) {
    this.#store = store;
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

  count(serverId: string, tool: string): void {
    const counter = this.#counter(serverId, tool);
    counter.count += 1;
    counter.lastUsedAt = Date.now();
    this.#version += 1;
    this.#dirty.add(counter);
    this.#timer ??= setTimeout(() => this.flush(), WRITE_WINDOW_MS);
  }

  /** Hands what was counted to the store; for shutting down. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#dirty.size === 0) return;
    const writes = [...this.#dirty].map((counter) => put(toolUsage, { ...counter }));
    this.#dirty.clear();
    this.#store.record({ writes });
  }

  #counter(serverId: string, tool: string): Counter {
    let ofServer = this.#counters.get(serverId);
    if (!ofServer) {
      ofServer = new Map();
      this.#counters.set(serverId, ofServer);
    }
    let counter = ofServer.get(tool);
    if (!counter) {
      counter = { id: `${serverId}/${tool}`, serverId, tool, count: 0, lastUsedAt: 0 };
      ofServer.set(tool, counter);
    }
    return counter;
  }
}

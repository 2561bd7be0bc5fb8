import { createHash } from 'node:crypto';
import { serverRecords } from '../servers/record.js';
import { add, collection, onRemoved, remove, type Store, type Write } from '../store.js';

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
    counter.unsaved += 1;
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
    const writes = Array.from(this.#dirty, ({ id, serverId, tool, unsaved, lastUsedAt }) =>
      add(toolUsage, { id, serverId, tool, count: unsaved }, { lastUsedAt }),
    );
    try {
      this.#store.record({ writes: [...writes, ...this.days.writes()] });
    } catch {
      // A store that cannot keep up refuses for a while. The counts stay here until the next try, and no request waits for it.
      this.#timer = setTimeout(() => this.flush(), RETRY_MS).unref();
      return;
    }
    for (const counter of this.#dirty) counter.unsaved = 0;
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
      counter = { id: usageId(serverId, tool), serverId, tool, count: 0, unsaved: 0, lastUsedAt: 0 };
      ofServer.set(tool, counter);
    }
    return counter;
  }
}

/** The longest id, bytes. Names of tools may be longer. */
const MAX_ID_BYTES = 255;

/** `<server id>/<tool>`; for an overlong name its SHA-256 in place of the name. */
function usageId(serverId: string, tool: string): string {
  const id = `${serverId}/${tool}`;
  if (Buffer.byteLength(id) <= MAX_ID_BYTES) return id;
  return `${serverId}/sha256:${createHash('sha256').update(tool).digest('hex')}`;
}

/** The calls of one server's tools on one day. */
interface DayRecord {
  /** `<day>/<server id>`, so the records are in order of days. */
  readonly id: string;
  readonly counts: readonly (readonly [tool: string, count: number])[];
}

const dailyUsage = collection<DayRecord>('tool_usage_daily', 'daily tool usage');

/** The number of days that are kept, with the current day. */
const KEPT_DAYS = 30;
const DAY_MS = 86_400_000;

interface ServerDay {
  readonly id: string;
  readonly counts: Map<string, number>;
  /** The part of the counts that the store does not have yet. */
  readonly unsaved: Map<string, number>;
}

/** The calls of each tool on each of the last days (UTC); in memory, and on disk with the usage counters. */
export class DailyUsage {
  readonly #days = new Map<string, Map<string, ServerDay>>();
  readonly #dirty = new Set<ServerDay>();
  readonly #expired: string[] = [];
  #today = 0;
  #todayCounts = new Map<string, ServerDay>();

  constructor(store: Store, now = Date.now()) {
    for (const { id, counts } of store.list(dailyUsage)) {
      const [day = '', serverId = ''] = id.split('/');
      this.#ofDay(day).set(serverId, { id, counts: new Map(counts), unsaved: new Map() });
    }
    this.#begin(now);
  }

  /** Counts a call. @param now milliseconds since 1970 */
  count(serverId: string, tool: string, now: number): void {
    if (Math.floor(now / DAY_MS) !== this.#today) this.#begin(now);
    let ofServer = this.#todayCounts.get(serverId);
    if (!ofServer) {
      ofServer = { id: `${dayOf(now)}/${serverId}`, counts: new Map(), unsaved: new Map() };
      this.#todayCounts.set(serverId, ofServer);
    }
    for (const counts of [ofServer.counts, ofServer.unsaved]) counts.set(tool, (counts.get(tool) ?? 0) + 1);
    this.#dirty.add(ofServer);
  }

  /**
   * The last {@link KEPT_DAYS} days, newest first, with the calls of the tools that `counts` accepts.
   * @param now milliseconds since 1970
   */
  recent(counts: (serverId: string, tool: string) => boolean, now: number): { date: string; count: number }[] {
    return Array.from({ length: KEPT_DAYS }, (_, ago) => {
      const date = dayOf(now - ago * DAY_MS);
      let count = 0;
      for (const [serverId, day] of this.#days.get(date) ?? [])
        for (const [tool, calls] of day.counts) if (counts(serverId, tool)) count += calls;
      return { date, count };
    });
  }

  /** The writes since the last {@link written}. */
  writes(): Write[] {
    return [
      ...Array.from(this.#dirty, ({ id, unsaved }) => add(dailyUsage, { id, counts: [...unsaved] })),
      ...this.#expired.map((id) => remove(dailyUsage, id)),
    ];
  }

  /** The store has taken the {@link writes}. */
  written(): void {
    for (const { unsaved } of this.#dirty) unsaved.clear();
    this.#dirty.clear();
    this.#expired.length = 0;
  }

  #begin(now: number): void {
    const oldest = dayOf(now - (KEPT_DAYS - 1) * DAY_MS);
    for (const [day, servers] of this.#days) {
      if (day >= oldest) continue;
      for (const gone of servers.values()) {
        this.#expired.push(gone.id);
        this.#dirty.delete(gone);
      }
      this.#days.delete(day);
    }
    this.#today = Math.floor(now / DAY_MS);
    this.#todayCounts = this.#ofDay(dayOf(now));
  }

  #ofDay(day: string): Map<string, ServerDay> {
    let servers = this.#days.get(day);
    if (!servers) {
      servers = new Map();
      this.#days.set(day, servers);
    }
    return servers;
  }
}

/** `YYYY-MM-DD`, UTC. */
function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** The outcomes of the calls of one tool of one server since the hub started. */
export interface ToolOutcomes {
  readonly serverId: string;
  readonly tool: string;
  success: number;
  error: number;
}

/** The tools that are counted apart. Further tools count together, under {@link OTHER_TOOLS}. */
const MAX_TOOLS = 10_000;
/** The name under which further tools count. No tool can have it. */
export const OTHER_TOOLS = '(other)';

/** Counts the calls of tools by outcome, in memory, for metrics. Only tools that a server has reported come here. */
export class InvocationOutcomes {
  readonly #byServer = new Map<string, Map<string, ToolOutcomes>>();
  #size = 0;

  constructor(store: Store) {
    onRemoved(store, serverRecords, (id) => this.#forget(id));
  }

  count(serverId: string, tool: string, success: boolean): void {
    const outcomes = this.#byServer.get(serverId)?.get(tool) ?? this.#add(serverId, tool);
    if (success) outcomes.success += 1;
    else outcomes.error += 1;
  }

  *all(): Generator<Readonly<ToolOutcomes>> {
    for (const tools of this.#byServer.values()) yield* tools.values();
  }

  #add(serverId: string, named: string): ToolOutcomes {
    const tools = this.#byServer.get(serverId) ?? new Map<string, ToolOutcomes>();
    this.#byServer.set(serverId, tools);
    const tool = this.#size < MAX_TOOLS ? named : OTHER_TOOLS;
    const known = tools.get(tool);
    if (known) return known;
    const added = { serverId, tool, success: 0, error: 0 };
    tools.set(tool, added);
    this.#size += 1;
    return added;
  }

  #forget(serverId: string): void {
    this.#size -= this.#byServer.get(serverId)?.size ?? 0;
    this.#byServer.delete(serverId);
  }
}

import { Turns } from '../event-loop.js';
import { add, collection, remove, type Store, type Write } from '../store.js';
import { OTHER_TOOLS, type SeenCalls } from './counted.js';

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

/** The tools of one server that are counted apart on one day, with {@link OTHER_TOOLS}. */
export const MOST_TOOLS_A_DAY = 100;

interface ServerDay {
  readonly id: string;
  total: number;
  readonly counts: Map<string, number>;
  /** The part of the counts that the store does not have yet. */
  readonly unsaved: Map<string, number>;
}

/**
 * The calls of each tool on each of the last days (UTC); in memory, and on disk with the usage counters. Each server has room for
 * {@link MOST_TOOLS_A_DAY} on each day: further tools count together.
 */
export class DailyUsage {
  readonly #days = new Map<string, Map<string, ServerDay>>();
  readonly #dirty = new Set<ServerDay>();
  /** Records of days that are over, and of servers whose calls have joined those of another. */
  readonly #gone = new Set<string>();
  #today = 0;
  #date = '';

  constructor(store: Store, now = Date.now()) {
    for (const { id, counts } of store.list(dailyUsage)) {
      const [day = '', serverId = ''] = id.split('/');
      const total = counts.reduce((sum, [, count]) => sum + count, 0);
      this.#ofDay(day).set(serverId, { id, total, counts: new Map(counts), unsaved: new Map() });
    }
    this.#begin(now);
  }

  /** The servers with calls. */
  *servers(): Generator<string> {
    for (const servers of this.#days.values()) yield* servers.keys();
  }

  /** Counts a call. @param now milliseconds since 1970 */
  count(serverId: string, tool: string, now: number): void {
    if (Math.floor(now / DAY_MS) !== this.#today) this.#begin(now);
    this.#add(this.#date, serverId, tool, 1);
  }

  /**
   * The last {@link KEPT_DAYS} days, newest first, with the calls that a caller sees. Other work runs in between.
   * @param now milliseconds since 1970
   */
  async recent(seen: SeenCalls, now: number, turns = new Turns()): Promise<{ date: string; count: number }[]> {
    const days = [];
    for (let ago = 0; ago < KEPT_DAYS; ago += 1) {
      const date = dayOf(now - ago * DAY_MS);
      let count = 0;
      for (const [serverId, { counts, total }] of this.#days.get(date) ?? []) {
        if (turns.due) await turns.next();
        if (seen.ofServer(serverId)) count += seen.tools ? sumOf(counts, seen.tools) : total;
      }
      days.push({ date, count });
    }
    return days;
  }

  /** Counts the calls of a server as those of another, on each day. */
  join(serverId: string, as: string): void {
    for (const [day, servers] of this.#days) {
      const joined = servers.get(serverId);
      if (!joined) continue;
      servers.delete(serverId);
      this.#dirty.delete(joined);
      this.#gone.add(joined.id);
      this.#add(day, as, OTHER_TOOLS, joined.total);
    }
  }

  /** The writes since the last {@link written}. */
  writes(): Write[] {
    return [
      ...Array.from(this.#gone, (id) => remove(dailyUsage, id)),
      ...Array.from(this.#dirty, ({ id, unsaved }) => add(dailyUsage, { id, counts: [...unsaved] })),
    ];
  }

  /** The store has taken the {@link writes}. */
  written(): void {
    for (const { unsaved } of this.#dirty) unsaved.clear();
    this.#dirty.clear();
    this.#gone.clear();
  }

  #add(day: string, serverId: string, tool: string, calls: number): void {
    const servers = this.#ofDay(day);
    const ofServer = servers.get(serverId) ?? {
      id: `${day}/${serverId}`,
      total: 0,
      counts: new Map(),
      unsaved: new Map(),
    };
    servers.set(serverId, ofServer);
    ofServer.total += calls;
    const isApart = ofServer.counts.has(tool) || ofServer.counts.size < MOST_TOOLS_A_DAY - 1;
    const name = isApart ? tool : OTHER_TOOLS;
    for (const counts of [ofServer.counts, ofServer.unsaved]) counts.set(name, (counts.get(name) ?? 0) + calls);
    this.#dirty.add(ofServer);
  }

  #begin(now: number): void {
    const oldest = dayOf(now - (KEPT_DAYS - 1) * DAY_MS);
    for (const [day, servers] of this.#days) {
      if (day >= oldest) continue;
      for (const gone of servers.values()) {
        this.#gone.add(gone.id);
        this.#dirty.delete(gone);
      }
      this.#days.delete(day);
    }
    this.#today = Math.floor(now / DAY_MS);
    this.#date = dayOf(now);
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

function sumOf(counts: ReadonlyMap<string, number>, tools: ReadonlySet<string>): number {
  let sum = 0;
  for (const tool of tools) sum += counts.get(tool) ?? 0;
  return sum;
}

import { collection, put, remove, type Store, type Write } from '../store.js';

/** The calls of one server's tools on one day. */
interface DayRecord {
  /** `<day>/<server id>`, so the records are in order of days. */
  readonly id: string;
  readonly counts: readonly (readonly [tool: string, count: number])[];
}

const dailyUsage = collection<DayRecord>('tool_usage_daily', 'daily tool usage');

/** So many days are kept, the current one included. */
export const KEPT_DAYS = 30;
const DAY_MS = 86_400_000;

interface ServerDay {
  readonly id: string;
  readonly counts: Map<string, number>;
}

/** How often each tool was called on each of the last days (UTC); in memory, and on disk with the usage counters. */
export class DailyUsage {
  readonly #days = new Map<string, Map<string, ServerDay>>();
  readonly #dirty = new Set<ServerDay>();
  readonly #expired: string[] = [];
  #today = 0;
  #todayCounts = new Map<string, ServerDay>();

  constructor(store: Store, now = Date.now()) {
    for (const { id, counts } of store.list(dailyUsage)) {
      const [day = '', serverId = ''] = id.split('/');
      this.#ofDay(day).set(serverId, { id, counts: new Map(counts) });
    }
    this.#begin(now);
  }

  /** Counts a call. @param now milliseconds since 1970 */
  count(serverId: string, tool: string, now: number): void {
    if (Math.floor(now / DAY_MS) !== this.#today) this.#begin(now);
    let ofServer = this.#todayCounts.get(serverId);
    if (!ofServer) {
      ofServer = { id: `${dayOf(now)}/${serverId}`, counts: new Map() };
      this.#todayCounts.set(serverId, ofServer);
    }
    ofServer.counts.set(tool, (ofServer.counts.get(tool) ?? 0) + 1);
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
      ...Array.from(this.#dirty, ({ id, counts }) => put(dailyUsage, { id, counts: [...counts] })),
      ...this.#expired.map((id) => remove(dailyUsage, id)),
    ];
  }

  /** The store has taken the {@link writes}. */
  written(): void {
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

import type { Caller } from '../access/caller.js';
import { isOwnOrAdmin, maySee, mayUseTool } from '../access/grants.js';
import type { ServerRegistry } from '../servers/registry.js';
import type { ToolCatalog } from './catalog.js';
import { OTHER_TOOLS, type ToolUsage } from './usage.js';
/** How far back the activity of tools is shown. */
export type ActivityPeriod = 'hour' | 'day';

/** The calls within one step of time. */
export interface ActivityPoint {
  /** The beginning of the step, milliseconds since 1970. */
  readonly start: number;
  readonly calls: number;
  readonly errors: number;
  /** Milliseconds, over all calls; `null` without calls. */
  readonly averageMs: number | null;
  /** The slowest call, milliseconds; `null` without calls. */
  readonly slowestMs: number | null;
}

const HOUR_MS = 3_600_000;
/** Milliseconds. */
export const activitySteps: Readonly<Record<ActivityPeriod, number>> = { hour: 60_000, day: 1_800_000 };
const lengths: Readonly<Record<ActivityPeriod, number>> = { hour: HOUR_MS, day: 24 * HOUR_MS };
const periods = ['hour', 'day'] as const;

interface Counts {
  calls: number;
  errors: number;
  durationMs: number;
  slowestMs: number;
}

/** The calls of one tool of one server, by the beginning of the step. */
type Series = Readonly<Record<ActivityPeriod, Map<number, Counts>>>;

/** The tools of one server that are counted apart. Further tools count together, under {@link OTHER_TOOLS}. */
const MAX_TOOLS = 1000;
/** The calls of further servers are not counted. */
const MAX_SERVERS = 10_000;

/** Calls, errors and durations of tools over the last hour and day, in memory, since the hub started. */
export class CallActivity {
  readonly #servers = new Map<string, Map<string, Series>>();
  #size = 0;
  /** The step of the period `day` in which old steps were last removed. */
  #swept = 0;

  /** Counts a call that has ended. @param now milliseconds since 1970 */
  count(serverId: string, tool: string, durationMs: number, success: boolean, now = Date.now()): void {
    this.#sweep(now);
    const series = this.#servers.get(serverId)?.get(tool) ?? this.#add(serverId, tool);
    for (const period of periods) {
      const start = startOf(period, now);
      const counts = series[period].get(start) ?? { calls: 0, errors: 0, durationMs: 0, slowestMs: 0 };
      series[period].set(start, counts);
      counts.calls += 1;
      if (!success) counts.errors += 1;
      counts.durationMs += durationMs;
      counts.slowestMs = Math.max(counts.slowestMs, durationMs);
    }
  }

  /**
   * Every step of the period, oldest first, the current step included, with the calls of the tools that `counts` accepts.
   * @param now milliseconds since 1970
   */
  recent(
    period: ActivityPeriod,
    counts: (serverId: string, tool: string) => boolean,
    now = Date.now(),
  ): ActivityPoint[] {
    const shown = [...this.#all()].flatMap(([serverId, tool, series]) =>
      counts(serverId, tool) ? [series[period]] : [],
    );
    const step = activitySteps[period];
    const length = lengths[period] / step;
    const first = startOf(period, now) - (length - 1) * step;
    return Array.from({ length }, (_, i) => {
      const start = first + i * step;
      let [calls, errors, durationMs, slowestMs] = [0, 0, 0, 0];
      for (const steps of shown) {
        const found = steps.get(start);
        if (!found) continue;
        calls += found.calls;
        errors += found.errors;
        durationMs += found.durationMs;
        slowestMs = Math.max(slowestMs, found.slowestMs);
      }
      const averageMs = calls === 0 ? null : Math.round((durationMs / calls) * 1000) / 1000;
      return { start, calls, errors, averageMs, slowestMs: calls === 0 ? null : slowestMs };
    });
  }

  *#all(): Generator<[serverId: string, tool: string, series: Series]> {
    for (const [serverId, tools] of this.#servers) for (const [tool, series] of tools) yield [serverId, tool, series];
  }

  #add(serverId: string, named: string): Series {
    const series: Series = { hour: new Map(), day: new Map() };
    const tools = this.#servers.get(serverId) ?? new Map<string, Series>();
    if (this.#servers.size >= MAX_SERVERS && tools.size === 0) return series;
    this.#servers.set(serverId, tools);
    const tool = this.#size < MAX_TOOLS ? named : OTHER_TOOLS;
    const known = tools.get(tool);
    if (known) return known;
    tools.set(tool, series);
    this.#size += 1;
    return series;
  }

  /** Removes the steps before the periods, and the tools without calls in them. */
  #sweep(now: number): void {
    const current = startOf('day', now);
    if (this.#swept === current) return;
    this.#swept = current;
    for (const [serverId, tool, series] of [...this.#all()]) {
      for (const period of periods)
        for (const start of series[period].keys()) if (start <= now - lengths[period]) series[period].delete(start);
      if (series.day.size > 0) continue;
      const tools = this.#servers.get(serverId);
      tools?.delete(tool);
      if (tools?.size === 0) this.#servers.delete(serverId);
      this.#size -= 1;
    }
  }
}

function startOf(period: ActivityPeriod, now: number): number {
  return now - (now % activitySteps[period]);
}

/** `seeds/003`, `GET /api/tools/stats`. */
export interface ToolStatistics {
  /** Tools of connected servers. */
  readonly totalTools: number;
  readonly totalInvocations: number;
  /** By name: tools with the same name count together, even if their servers differ. */
  readonly topTools: { name: string; invocations: number }[];
  /** The last 30 days (UTC), newest first; days without a call have 0. */
  readonly invocationsByDay: { date: string; count: number }[];
}

const TOP_TOOLS = 10;
const UNCATEGORIZED = 'uncategorized';

/** Counts over the tools that a caller may see. Calls of deleted servers count for callers who see every server. */
export class Statistics {
  readonly #catalog: ToolCatalog;
  readonly #usage: ToolUsage;
  readonly #activity: CallActivity;
  readonly #servers: ServerRegistry;

  constructor(catalog: ToolCatalog, usage: ToolUsage, activity: CallActivity, servers: ServerRegistry) {
    this.#catalog = catalog;
    this.#usage = usage;
    this.#activity = activity;
    this.#servers = servers;
  }

  /** The number of tools of connected servers in each category, by the name of the category. */
  categories(caller: Caller): { name: string; count: number }[] {
    const counts = new Map<string, number>();
    for (const { tool, server } of this.#catalog.listed()) {
      if (!maySee(caller, server) || !mayUseTool(caller, tool.name)) continue;
      const category = server.metadata.category ?? UNCATEGORIZED;
      counts.set(category, (counts.get(category) ?? 0) + 1);
    }
    return Array.from(counts, ([name, count]) => ({ name, count })).sort((a, b) => compare(a.name, b.name));
  }

  of(caller: Caller, now = Date.now()): ToolStatistics {
    const counts = this.#filter(caller);
    const byName = new Map<string, number>();
    let totalInvocations = 0;
    for (const { serverId, tool, count } of this.#usage.all()) {
      if (!counts(serverId, tool)) continue;
      totalInvocations += count;
      byName.set(tool, (byName.get(tool) ?? 0) + count);
    }
    const topTools = Array.from(byName, ([name, invocations]) => ({ name, invocations }))
      .sort((a, b) => b.invocations - a.invocations || compare(a.name, b.name))
      .slice(0, TOP_TOOLS);
    let totalTools = 0;
    for (const { tool, server } of this.#catalog.listed()) if (counts(server.id, tool.name)) totalTools += 1;
    return { totalTools, totalInvocations, topTools, invocationsByDay: this.#usage.days.recent(counts, now) };
  }

  /** Calls, errors and durations in steps of time, oldest first. */
  activity(caller: Caller, period: ActivityPeriod, now = Date.now()): ActivityPoint[] {
    return this.#activity.recent(period, this.#filter(caller), now);
  }

  #filter(caller: Caller): (serverId: string, tool: string) => boolean {
    const { grants } = caller;
    const narrowsServers = Boolean(grants?.servers || grants?.groups || grants?.sites);
    return (serverId, tool) => {
      const server = this.#servers.byId(serverId);
      if (!isOwnOrAdmin(caller, this.#servers.ownerOf(serverId)) || !mayUseTool(caller, tool)) return false;
      if (!narrowsServers) return true;
      return server !== undefined && maySee(caller, server);
    };
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

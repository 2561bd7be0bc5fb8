import type { Caller } from '../access/caller.js';
import { isOwnOrAdmin, maySee, mayUseTool } from '../access/grants.js';
import type { ServerRegistry } from '../servers/registry.js';
import type { ActivityPeriod, ActivityPoint, CallActivity } from './activity.js';
import type { ToolCatalog } from './catalog.js';
import type { ToolUsage } from './usage.js';

/** `seeds/003`, `GET /api/tools/stats`. */
export interface ToolStatistics {
  /** Tools of connected servers. */
  readonly totalTools: number;
  readonly totalInvocations: number;
  /** By name: tools of one name count together, whatever their servers. */
  readonly topTools: { name: string; invocations: number }[];
  /** The last 30 days (UTC), newest first; days without a call are there with 0. */
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

  /** How many tools of connected servers each category has, by name. */
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
    const totalTools = this.#catalog.listed().filter(({ tool, server }) => counts(server.id, tool.name)).length;
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

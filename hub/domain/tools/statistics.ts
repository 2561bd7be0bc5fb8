import { type Caller, payerOf } from '../access/caller.js';
import { maySee } from '../access/grants.js';
import type { Cancellation } from '../cancellation.js';
import { Turns } from '../event-loop.js';
import { compareTexts } from '../lists/sorted-list.js';
import type { ServerRegistry } from '../servers/registry.js';
import type { ActivityPeriod, ActivityPoint, CallActivity } from './activity.js';
import type { ToolCatalog } from './catalog.js';
import { callsSeenBy, isGone, OTHER_TOOLS, type SeenCalls } from './counted.js';
import type { ToolUsage } from './usage.js';

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

interface Use {
  readonly name: string;
  readonly invocations: number;
}

/**
 * Counts over the tools that a caller may see. Calls of deleted servers count for callers without narrowed grants, and those of deleted private
 * servers only for admins. The counts are made in turns with other work: there may be many tools.
 */
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
  async categories(caller: Caller, signal?: Cancellation): Promise<{ name: string; count: number }[]> {
    const counts = new Map<string, number>();
    for (const [category, count] of await this.#toolCounts(caller, turnsOf(caller, signal)))
      if (count > 0) counts.set(category, (counts.get(category) ?? 0) + count);
    return Array.from(counts, ([name, count]) => ({ name, count })).sort((a, b) => compareTexts(a.name, b.name));
  }

  async of(caller: Caller, now = Date.now(), signal?: Cancellation): Promise<ToolStatistics> {
    const turns = turnsOf(caller, signal);
    const seen = callsSeenBy(caller, this.#servers);
    const { totalInvocations, byName } = await this.#calls(seen, turns);
    const topTools = await mostUsed(byName, turns);
    const tools = await this.#toolCounts(caller, turns);
    return {
      totalTools: tools.reduce((sum, [, count]) => sum + count, 0),
      totalInvocations,
      topTools,
      invocationsByDay: await this.#usage.days.recent(seen, now, turns),
    };
  }

  /** Calls, errors and durations in steps of time, oldest first. */
  activity(caller: Caller, period: ActivityPeriod, now = Date.now(), signal?: Cancellation): Promise<ActivityPoint[]> {
    return this.#activity.recent(period, callsSeenBy(caller, this.#servers), now, turnsOf(caller, signal));
  }

  /** The calls that a caller sees: of all tools, and by the name of the tool. */
  async #calls(seen: SeenCalls, turns: Turns): Promise<{ totalInvocations: number; byName: Map<string, number> }> {
    const byName = new Map<string, number>();
    let totalInvocations = 0;
    for (const serverId of this.#usage.servers()) {
      if (turns.due) await turns.next();
      if (!seen.ofServer(serverId)) continue;
      for (const { tool, count } of this.#usage.ofServer(serverId)) {
        if (seen.tools && !seen.tools.has(tool)) continue;
        totalInvocations += count;
        if (tool !== OTHER_TOOLS && !isGone(serverId)) byName.set(tool, (byName.get(tool) ?? 0) + count);
      }
    }
    return { totalInvocations, byName };
  }

  /** The number of tools of each connected server that a caller may use, with the server's category. */
  async #toolCounts(caller: Caller, turns: Turns): Promise<(readonly [category: string, count: number])[]> {
    const counts: (readonly [string, number])[] = [];
    for (const server of this.#servers.all()) {
      if (turns.due) await turns.next();
      if (!maySee(caller, server)) continue;
      counts.push([server.metadata.category ?? UNCATEGORIZED, this.#catalog.usableCount(caller, server.id)]);
    }
    return counts;
  }
}

/** The tools with the most calls, most first. */
async function mostUsed(byName: ReadonlyMap<string, number>, turns: Turns): Promise<Use[]> {
  const top: Use[] = [];
  for (const [name, invocations] of byName) {
    if (turns.due) await turns.next();
    const place = top.findIndex((other) => isBefore({ name, invocations }, other));
    if (place >= 0) top.splice(place, 0, { name, invocations });
    else top.push({ name, invocations });
    top.splice(TOP_TOOLS);
  }
  return top;
}

function isBefore(a: Use, b: Use): boolean {
  return a.invocations === b.invocations ? a.name < b.name : a.invocations > b.invocations;
}

function turnsOf(caller: Caller, signal: Cancellation | undefined): Turns {
  return new Turns(undefined, { signal, payer: payerOf(caller) });
}

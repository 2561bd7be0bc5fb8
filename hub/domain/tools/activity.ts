import { Turns } from '../event-loop.js';
import { serverRecords } from '../servers/record.js';
import { onRemoved, type Store } from '../store.js';
import { type CountedServers, countedAs, isGone, type SeenCalls } from './counted.js';

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

/** The tools of one server that are counted apart. All its calls count in the sum of the server. */
const MOST_TOOLS = 100;

interface Step {
  start: number;
  calls: number;
  errors: number;
  durationMs: number;
  slowestMs: number;
}

/** Calls of a tool or a server. A step takes the place of the step that is one period older. */
class Series {
  /** Of the last call, milliseconds since 1970. */
  lastAt = 0;
  readonly #steps: Readonly<Record<ActivityPeriod, Map<number, Step>>> = { hour: new Map(), day: new Map() };

  count(durationMs: number, success: boolean, now: number): void {
    this.lastAt = Math.max(this.lastAt, now);
    for (const period of periods) {
      const start = startOf(period, now);
      this.#add(period, { start, calls: 1, errors: success ? 0 : 1, durationMs, slowestMs: durationMs });
    }
  }

  /** Adds the calls of another series. */
  join(other: Series): void {
    this.lastAt = Math.max(this.lastAt, other.lastAt);
    for (const period of periods) for (const step of other.#steps[period].values()) this.#add(period, step);
  }

  /** The step of a period that begins then, if there were calls. */
  at(period: ActivityPeriod, start: number): Readonly<Step> | undefined {
    const step = this.#steps[period].get(placeOf(period, start));
    return step?.start === start ? step : undefined;
  }

  #add(period: ActivityPeriod, added: Readonly<Step>): void {
    const place = placeOf(period, added.start);
    const step = this.#steps[period].get(place);
    if (step?.start === added.start) addTo(step, added);
    else if (!step || step.start < added.start) this.#steps[period].set(place, { ...added });
  }
}

/** The calls of one server. */
interface ServerActivity {
  readonly all: Series;
  readonly tools: Map<string, Series>;
}

/**
 * Calls, errors and durations of tools over the last hour and day, in memory, since the hub started. Each server has room for {@link MOST_TOOLS}, and
 * the calls of deleted servers count together.
 */
export class CallActivity {
  readonly #servers: CountedServers;
  readonly #activities = new Map<string, ServerActivity>();

  constructor(store: Pick<Store, 'observe'>, servers: CountedServers) {
    this.#servers = servers;
    onRemoved(store, serverRecords, (id) => this.#join(id));
  }

  /** Counts a call that has ended. @param now milliseconds since 1970 */
  count(serverId: string, tool: string, durationMs: number, success: boolean, now = Date.now()): void {
    const as = countedAs(this.#servers, serverId);
    const { all, tools } = this.#of(as);
    all.count(durationMs, success, now);
    if (!isGone(as)) seriesOf(tools, tool, now)?.count(durationMs, success, now);
  }

  /**
   * Every step of the period, oldest first, the current step included, with the calls that a caller sees. Other work runs in between.
   * @param now milliseconds since 1970
   */
  async recent(
    period: ActivityPeriod,
    seen: SeenCalls,
    now = Date.now(),
    turns = new Turns(),
  ): Promise<ActivityPoint[]> {
    const step = activitySteps[period];
    const length = lengths[period] / step;
    const first = startOf(period, now) - (length - 1) * step;
    const sums = Array.from({ length }, (_, i) => noCalls(first + i * step));
    for (const [serverId, activity] of this.#activities) {
      if (turns.due) await turns.next();
      if (!seen.ofServer(serverId)) continue;
      for (const series of seenOf(activity, seen))
        for (const sum of sums) {
          const found = series.at(period, sum.start);
          if (found) addTo(sum, found);
        }
    }
    return sums.map(({ start, calls, errors, durationMs, slowestMs }) => {
      const averageMs = calls === 0 ? null : Math.round((durationMs / calls) * 1000) / 1000;
      return { start, calls, errors, averageMs, slowestMs: calls === 0 ? null : slowestMs };
    });
  }

  #of(serverId: string): ServerActivity {
    const known = this.#activities.get(serverId);
    if (known) return known;
    const made = { all: new Series(), tools: new Map<string, Series>() };
    this.#activities.set(serverId, made);
    return made;
  }

  /** Counts the calls of a deleted server with those of the others. */
  #join(serverId: string): void {
    const activity = this.#activities.get(serverId);
    if (!activity) return;
    this.#of(countedAs(this.#servers, serverId)).all.join(activity.all);
    this.#activities.delete(serverId);
  }
}

/** The series of a tool; `undefined` if the server has no room for it. Tools without calls in the last day make room. */
function seriesOf(tools: Map<string, Series>, tool: string, now: number): Series | undefined {
  const known = tools.get(tool);
  if (known) return known;
  if (tools.size >= MOST_TOOLS)
    for (const [name, { lastAt }] of tools) if (lastAt <= now - lengths.day) tools.delete(name);
  if (tools.size >= MOST_TOOLS) return undefined;
  const made = new Series();
  tools.set(tool, made);
  return made;
}

function seenOf({ all, tools }: ServerActivity, seen: SeenCalls): Series[] {
  return seen.tools
    ? Array.from(seen.tools, (tool) => tools.get(tool)).filter((series) => series !== undefined)
    : [all];
}

const noCalls = (start: number): Step => ({ start, calls: 0, errors: 0, durationMs: 0, slowestMs: 0 });

function addTo(sum: Step, { calls, errors, durationMs, slowestMs }: Readonly<Step>): void {
  sum.calls += calls;
  sum.errors += errors;
  sum.durationMs += durationMs;
  sum.slowestMs = Math.max(sum.slowestMs, slowestMs);
}

function startOf(period: ActivityPeriod, now: number): number {
  return now - (now % activitySteps[period]);
}

/** The place of a step among those of its period. */
function placeOf(period: ActivityPeriod, start: number): number {
  return (start % lengths[period]) / activitySteps[period];
}

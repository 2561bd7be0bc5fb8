import type { JobStep } from '../jobs/record.js';
import { dayEnd } from '../limits/day-counts.js';
import { add, collection, remove, type Store } from '../store.js';

/** Counts operations, their successes and their durations since the hub started. */
export class Tally {
  total = 0;
  failed = 0;
  #timed = 0;
  #seconds = 0;

  /** @param seconds `null` where its duration says nothing */
  add(ok: boolean, seconds: number | null): void {
    this.total += 1;
    if (!ok) this.failed += 1;
    if (seconds === null) return;
    this.#timed += 1;
    this.#seconds += seconds;
  }

  /** 0 to 1; 0 before the first operation. */
  get successRate(): number {
    return this.total === 0 ? 0 : (this.total - this.failed) / this.total;
  }

  /** Seconds; 0 before the first operation with a duration. */
  get average(): number {
    return this.#timed === 0 ? 0 : this.#seconds / this.#timed;
  }
}

/** The figures of `seeds/004`, "Get Metrics Summary", except requests, which `RequestWindow` counts. */
export class PerformanceTally {
  /** Changes of the store and look-ups in it. */
  readonly operations = new Tally();
  /** Steps of workflow runs. */
  readonly steps = new Tally();

  /** Counts a step that ended. Only completed steps have a duration: a failed step may have failed with the hub, hours ago. */
  step({ status, startedAt, completedAt }: Pick<JobStep, 'status' | 'startedAt' | 'completedAt'>): void {
    if (status !== 'completed' && status !== 'failed') return;
    const isTimed = status === 'completed' && startedAt !== null && completedAt !== null;
    this.steps.add(status === 'completed', isTimed ? (completedAt - startedAt) / 1000 : null);
  }
}

/** The requests answered in one stretch of time. */
interface RequestStretch {
  /** Its beginning, milliseconds since 1970, with leading zeros: ids sort by time. */
  readonly id: string;
  readonly requests: number;
  /** Answered with 500 and above. */
  readonly errors: number;
  /** Requests without streams: their number, and milliseconds over all of them. */
  readonly timed: number;
  readonly durationMs: number;
}

const stretches = collection<RequestStretch>('request_stretches', 'request stretch');

const STRETCH_MS = 600_000;
const DAY_MS = 86_400_000;
/** A crash can lose the counts of this time. */
const WRITE_MS = 5000;

/** The last day's requests. */
export interface RequestFigures {
  readonly requests: number;
  /** Share of requests that failed with 500 and above, 0 to 1. */
  readonly errorRate: number;
  /** Milliseconds. */
  readonly averageMs: number;
}

type Counts = { -readonly [K in Exclude<keyof RequestStretch, 'id'>]: number };

/** Requests that every API answered: of the last 24 hours in stretches of ten minutes that outlive the hub, and since it started. */
export class RequestWindow {
  /** A request that the hub refuses counts as a success: only an error of the hub is a failure. Streams have no duration. */
  readonly sinceStart = new Tally();
  readonly #store: Store;
  /** By beginning. */
  readonly #counts = new Map<number, Counts>();
  /** The part of the counts that the store does not have yet, by beginning. */
  readonly #unsaved = new Map<number, Counts>();
  #timer: NodeJS.Timeout | undefined;

  constructor(store: Store) {
    this.#store = store;
    for (const { id, ...counts } of store.list(stretches)) this.#counts.set(Number(id), counts);
  }

  /** Counts a request. @param durationMs `null` for a stream */
  add(status: number, durationMs: number | null, now = Date.now()): void {
    this.sinceStart.add(status < 500, durationMs === null ? null : durationMs / 1000);
    const start = now - (now % STRETCH_MS);
    for (const all of [this.#counts, this.#unsaved]) {
      const counts = all.get(start) ?? { requests: 0, errors: 0, timed: 0, durationMs: 0 };
      all.set(start, counts);
      counts.requests += 1;
      if (status >= 500) counts.errors += 1;
      if (durationMs === null) continue;
      counts.timed += 1;
      counts.durationMs += durationMs;
    }
    this.#timer ??= setTimeout(() => this.flush(now), WRITE_MS).unref();
  }

  figures(now = Date.now()): RequestFigures {
    const sum = { requests: 0, errors: 0, timed: 0, durationMs: 0 };
    for (const [start, counts] of this.#counts)
      if (start > now - DAY_MS) for (const key of Object.keys(sum) as (keyof Counts)[]) sum[key] += counts[key];
    const { requests, errors, timed, durationMs } = sum;
    const round = (value: number, digits: number) => Math.round(value * 10 ** digits) / 10 ** digits;
    return {
      requests,
      errorRate: requests === 0 ? 0 : round(errors / requests, 6),
      averageMs: timed === 0 ? 0 : round(durationMs / timed, 3),
    };
  }

  /** The requests since UTC midnight: a stretch begins there. */
  today(now = Date.now()): number {
    const midnight = dayEnd(now) - DAY_MS;
    let requests = 0;
    for (const [start, counts] of this.#counts) if (start >= midnight) requests += counts.requests;
    return requests;
  }

  /** Hands the counts to the store, and forgets counts older than a day; also for shutting down. */
  flush(now = Date.now()): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const old = [...this.#counts.keys()].filter((start) => start <= now - DAY_MS - STRETCH_MS);
    for (const start of old) {
      this.#counts.delete(start);
      this.#unsaved.delete(start);
    }
    const writes = Array.from(this.#unsaved, ([start, counts]) => add(stretches, { id: idOf(start), ...counts }));
    if (writes.length === 0 && old.length === 0) return;
    try {
      this.#store.record({ writes: [...writes, ...old.map((start) => remove(stretches, idOf(start)))] });
      this.#unsaved.clear();
    } catch {
      // A store that cannot keep up refuses for a while. The counts stay here, and are written the next time.
    }
  }
}

function idOf(start: number): string {
  return String(start).padStart(15, '0');
}

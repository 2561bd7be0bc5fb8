import type { Cancellation } from '../cancellation.js';
import type { JobRecord } from './record.js';

/** The longest time between two looks: a clock may be put forward, and timers have a longest time. */
const LOOK_MS = 60_000;

/** The system's clock and the monotonic clock drift apart: a clock that is set back by less than this changes nothing. */
const SET_BACK_MS = 60_000;

interface Waiting {
  readonly record: JobRecord;
  /** Milliseconds since 1970. */
  dueAt: number;
}

/** Jobs that wait for their time. */
export class Timetable {
  readonly #waiting = new Map<string, Waiting>();
  readonly #due: (record: JobRecord) => void;
  readonly #again: (record: JobRecord) => number | undefined;
  /** The difference of the system's clock and the clock that is never set back. */
  #ahead = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param due takes a job whose time has come
   * @param again computes a job's time again if the time follows from a rule; called at the first look, and when the clock is set back
   */
  constructor(due: (record: JobRecord) => void, again: (record: JobRecord) => number | undefined = () => undefined) {
    this.#due = due;
    this.#again = again;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** The jobs that wait. */
  records(): JobRecord[] {
    return Array.from(this.#waiting.values(), ({ record }) => record);
  }

  add(record: JobRecord): void {
    this.#waiting.set(record.id, { record, dueAt: record.dueAt });
    this.#arm();
  }

  /** Removes a job; `undefined` if it does not wait. */
  remove(id: string): JobRecord | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting?.record;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting.clear();
  }

  /** Begins the jobs whose time has come. */
  look(): void {
    const now = Date.now();
    this.#compareClocks(now);
    const due = [...this.#waiting.values()].filter(({ dueAt }) => dueAt <= now).sort((a, b) => a.dueAt - b.dueAt);
    for (const { record } of due) this.#waiting.delete(record.id);
    this.#arm();
    for (const { record } of due) this.#due(record);
  }

  /** After the clock is set back, times that were computed before are too late: a job must not wait for them. */
  #compareClocks(now: number): void {
    const ahead = now - performance.now();
    if (ahead < this.#ahead - SET_BACK_MS)
      for (const waiting of this.#waiting.values())
        waiting.dueAt = Math.min(waiting.dueAt, this.#again(waiting.record) ?? waiting.dueAt);
    this.#ahead = ahead;
  }

  #arm(): void {
    clearTimeout(this.#timer);
    let next = Number.POSITIVE_INFINITY;
    for (const { dueAt } of this.#waiting.values()) next = Math.min(next, dueAt);
    if (next === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(() => this.look(), Math.min(LOOK_MS, Math.max(0, next - Date.now()))).unref();
  }
}

/** How long a pause sleeps before it looks at the clock again, milliseconds. Clocks may be put forward. */
const LONGEST_SLEEP_MS = 60_000;

/** The pauses of jobs that run: each ends at a time of the clock. */
export class Pauses {
  readonly #looks = new Set<() => void>();

  /** Ends the pauses whose time has come, as their timers do. */
  look(): void {
    for (const look of this.#looks) look();
  }

  /** Resolves at `time`, milliseconds since 1970. It rejects with the reason of `signal` if that is aborted before. */
  until(time: number, signal: Cancellation): Promise<void> {
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const end = (settle: () => void) => {
        clearTimeout(timer);
        this.#looks.delete(look);
        signal.removeEventListener('abort', abort);
        settle();
      };
      const abort = () => end(() => reject(signal.reason));
      const look = () => {
        clearTimeout(timer);
        const left = time - Date.now();
        if (left <= 0) end(resolve);
        else timer = setTimeout(look, Math.min(left, LONGEST_SLEEP_MS));
      };
      signal.addEventListener('abort', abort);
      this.#looks.add(look);
      if (signal.aborted) abort();
      else look();
    });
  }
}

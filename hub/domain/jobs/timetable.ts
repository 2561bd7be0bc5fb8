import type { JobRecord } from './record.js';

/** Looked at this often at least: a clock may be put forward, and timers have a longest time. */
const LOOK_MS = 60_000;

/** Jobs that wait for their time. */
export class Timetable {
  readonly #waiting = new Map<string, JobRecord>();
  readonly #due: (record: JobRecord) => void;
  #timer: NodeJS.Timeout | undefined;

  /** @param due takes a job whose time has come */
  constructor(due: (record: JobRecord) => void) {
    this.#due = due;
  }

  get size(): number {
    return this.#waiting.size;
  }

  add(record: JobRecord): void {
    this.#waiting.set(record.id, record);
    this.#arm();
  }

  /** Takes a job off; `undefined` where it does not wait. */
  remove(id: string): JobRecord | undefined {
    const record = this.#waiting.get(id);
    this.#waiting.delete(id);
    return record;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting.clear();
  }

  /** Begins the jobs whose time has come. */
  look(): void {
    const now = Date.now();
    const due = [...this.#waiting.values()].filter(({ dueAt }) => dueAt <= now).sort((a, b) => a.dueAt - b.dueAt);
    for (const record of due) this.#waiting.delete(record.id);
    this.#arm();
    for (const record of due) this.#due(record);
  }

  #arm(): void {
    clearTimeout(this.#timer);
    let next = Number.POSITIVE_INFINITY;
    for (const { dueAt } of this.#waiting.values()) next = Math.min(next, dueAt);
    if (next === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(() => this.look(), Math.min(LOOK_MS, Math.max(0, next - Date.now()))).unref();
  }
}

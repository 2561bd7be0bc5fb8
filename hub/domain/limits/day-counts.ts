import { add, collection, remove, type Store } from '../store.js';

/** The count of a subject in one UTC day. */
interface DayCountRecord {
  /** `<end of the day, milliseconds since 1970>/<subject>`: the ids of one day lie together, and days in order. */
  readonly id: string;
  readonly count: number;
}

const dayCounts = collection<DayCountRecord>('day_counts', 'day count');

/** How often the counts are written: a crash can lose the counts of this time. */
const WRITE_WINDOW_MS = 50;
/** How long it waits before the next try if the store accepts no writes, milliseconds. */
const RETRY_MS = 1000;
const DAY_MS = 86_400_000;

interface Day {
  readonly id: string;
  readonly endsAt: number;
  count: number;
  /** The part of the count that the store does not have yet. */
  unsaved: number;
}

/** When the UTC day of a moment ends, milliseconds since 1970. */
export function dayEnd(now: number): number {
  return (Math.floor(now / DAY_MS) + 1) * DAY_MS;
}

/** Counts per subject and UTC day that survive a restart: in memory and, within 50 ms, on disk. */
export class DayCounts {
  readonly #store: Store;
  readonly #today = new Map<string, Day>();
  readonly #dirty = new Set<Day>();
  #timer: NodeJS.Timeout | undefined;
  #expired: string[] = [];
  #sweptFor = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  /** The count so far of the day that ends then. */
  count(subject: string, dayEndsAt: number): number {
    return this.#day(subject, dayEndsAt).count;
  }

  add(subject: string, dayEndsAt: number): void {
    const day = this.#day(subject, dayEndsAt);
    day.count += 1;
    day.unsaved += 1;
    this.#dirty.add(day);
    this.#timer ??= setTimeout(() => this.flush(), WRITE_WINDOW_MS);
  }

  /** Writes the counts to the store; for the stop of the hub. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#dirty.size === 0) return;
    const writes = Array.from(this.#dirty, ({ id, unsaved }) => add(dayCounts, { id, count: unsaved }));
    try {
      this.#store.record({ writes: [...writes, ...this.#expired.map((id) => remove(dayCounts, id))] });
    } catch {
      // A store that cannot keep up refuses for a while. The counts stay here until the next try, and no request waits for it.
      this.#timer = setTimeout(() => this.flush(), RETRY_MS).unref();
      return;
    }
    for (const day of this.#dirty) day.unsaved = 0;
    this.#dirty.clear();
    this.#expired = [];
  }

  #day(subject: string, endsAt: number): Day {
    const known = this.#today.get(subject);
    if (known && known.endsAt === endsAt) return known;
    this.#sweep(endsAt);
    const id = `${endsAt}/${subject}`;
    const day = { id, endsAt, count: this.#store.get(dayCounts, id)?.count ?? 0, unsaved: 0 };
    this.#today.set(subject, day);
    return day;
  }

  /** Once a day: forgets the days before, here and on disk. */
  #sweep(endsAt: number): void {
    if (endsAt <= this.#sweptFor) return;
    this.#sweptFor = endsAt;
    for (const [subject, day] of this.#today) if (day.endsAt < endsAt) this.#today.delete(subject);
    for (const day of this.#dirty) if (day.endsAt < endsAt) this.#dirty.delete(day);
    this.#expired = Array.from(this.#store.list(dayCounts, { to: `${endsAt}/` }), ({ id }) => id);
  }
}

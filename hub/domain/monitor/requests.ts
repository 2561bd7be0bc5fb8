import { type DayCounts, dayEnd } from '../limits/day-counts.js';

const SUBJECT = 'requests';

/** Requests answered in the current UTC day, by every API; counted on over a restart. */
export class RequestCount {
  readonly #days: DayCounts;
  #endsAt = 0;

  constructor(days: DayCounts) {
    this.#days = days;
  }

  /** Counts one. @param now milliseconds since 1970 */
  add(now = Date.now()): void {
    if (now >= this.#endsAt) this.#endsAt = dayEnd(now);
    this.#days.add(SUBJECT, this.#endsAt);
  }

  today(now = Date.now()): number {
    return this.#days.count(SUBJECT, dayEnd(now));
  }
}

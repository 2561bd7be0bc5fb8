/** Failures are forgotten after this time without another, milliseconds: longer than any wait. */
const FORGET_MS = 3_600_000;

/** The failures of one user name, address or pair of them. Times are milliseconds of a clock that is never set back, 0 for never. */
export class Tally {
  failures = 0;
  lastAt = 0;
  /** Attempts under way. */
  pending = 0;
  /** Until then every attempt is refused. */
  notBefore = 0;
  /** When it has its turn, if it has to wait for one. */
  turnAt = 0;

  fail(now: number, waitMs: number): void {
    this.failures += 1;
    this.lastAt = now;
    this.notBefore = Math.max(this.notBefore, now + waitMs);
  }
}

/** Tallies by key, of a bounded number: the tallies that were used longest ago go first. */
export class TallyBook {
  readonly #most: number;
  readonly #now: () => number;
  readonly #tallies = new Map<string, Tally>();

  constructor(most: number, now: () => number) {
    this.#most = most;
    this.#now = now;
  }

  get size(): number {
    return this.#tallies.size;
  }

  /** The tally of a key; a new tally if the key has none, or its failures are long ago. */
  of(key: string): Tally {
    const before = this.#tallies.get(key);
    const isOver = before && before.pending === 0 && this.#now() - Math.max(before.lastAt, before.turnAt) > FORGET_MS;
    const tally = before && !isOver ? before : new Tally();
    this.#tallies.delete(key);
    this.#tallies.set(key, tally);
    if (this.#tallies.size > this.#most) dropOldest(this.#tallies, this.#most);
    return tally;
  }

  forget(key: string): void {
    this.#tallies.delete(key);
  }
}

/** Drops the entries of a full map that came first, a twentieth of them at once: finding the first one takes the longer the more went before it. */
export function dropOldest(map: Map<string, unknown>, most: number): void {
  const left = Math.floor(most * 0.95);
  for (const oldest of map.keys()) {
    if (map.size <= left) return;
    map.delete(oldest);
  }
}

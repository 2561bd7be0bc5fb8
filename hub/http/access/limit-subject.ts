/** One window of one limit. */
export interface Bucket {
  limit: number;
  count: number;
  /** Milliseconds since 1970. */
  endsAt: number;
}

/** Keeps day counts where they outlive the hub; days are named by their end (UTC midnight, milliseconds since 1970). */
export interface DayCounts {
  /** How many requests the subject has made so far in the day that ends then. Asked for once per day and subject. */
  count(subject: string, dayEndsAt: number): number;
  add(subject: string, dayEndsAt: number): void;
}

/** Day counts that end with the process: the subject's own bucket is all there is. */
export function memoryDayCounts(): DayCounts {
  return { count: () => 0, add: () => {} };
}

const DAY_MS = 86_400_000;

/** A caller or an address, with its windows. */
export class Subject {
  readonly #buckets = new Map<string, Bucket>();
  /** A sweep has removed the subject; code that still holds it must look it up again. */
  dropped = false;
  /** A key's limits, scaled; 0 for none. Good until `limitsUntil`. */
  perMinute = 0;
  perDay = 0;
  limitsUntil = 0;

  constructor(readonly id: string) {}

  /** The running window of a limit; a new one where the last has ended, or begins in the future: the clock was set back. */
  window(key: string, limit: number, windowMs: number, now: number): Bucket {
    let bucket = this.#buckets.get(key);
    if (!bucket) {
      bucket = { limit, count: 0, endsAt: now + windowMs };
      this.#buckets.set(key, bucket);
    } else if (bucket.endsAt <= now || bucket.endsAt > now + windowMs) {
      bucket.count = 0;
      bucket.endsAt = now + windowMs;
    }
    bucket.limit = limit;
    return bucket;
  }

  /** The window of this UTC day. */
  day(limit: number, now: number, counts: DayCounts): Bucket {
    let bucket = this.#buckets.get('tier:day');
    const endsAt = (Math.floor(now / DAY_MS) + 1) * DAY_MS;
    if (bucket?.endsAt !== endsAt) {
      bucket = { limit, count: counts.count(this.id, endsAt), endsAt };
      this.#buckets.set('tier:day', bucket);
    }
    bucket.limit = limit;
    return bucket;
  }

  /** Whether nothing here counts any more. */
  expired(now: number): boolean {
    for (const bucket of this.#buckets.values()) if (bucket.endsAt > now) return false;
    return true;
  }
}

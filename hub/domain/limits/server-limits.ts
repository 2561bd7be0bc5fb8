import { DomainError } from '../errors.js';
import type { ServerRecord } from '../servers/record.js';
import { type DayCounts, dayEnd } from './day-counts.js';

const MINUTE_MS = 60_000;
/** From this number of windows on, ended windows are removed before another is added. */
const SWEEP_FROM = 1000;

interface Minute {
  count: number;
  /** Milliseconds since 1970. */
  endsAt: number;
}

/**
 * The limits that a server's registration sets on its calls (`seeds/003`, `rateLimits`), for all callers together: per minute, in windows
 * that start with their first call, and per UTC day, which a restart does not reset. An answer from the cache does not count.
 */
export class ServerLimits {
  readonly #days: DayCounts;
  readonly #scale: number;
  readonly #now: () => number;
  readonly #minutes = new Map<string, Minute>();

  /** `scale` multiplies every limit. */
  constructor(days: DayCounts, scale: number, now: () => number = Date.now) {
    this.#days = days;
    this.#scale = scale;
    this.#now = now;
  }

  /** Counts a call. @throws DomainError `rate_limited`; a refused call is not counted. */
  count(server: ServerRecord): void {
    const { requestsPerMinute, requestsPerDay } = server.rateLimits;
    if (requestsPerMinute === null && requestsPerDay === null) return;
    const now = this.#now();
    const subject = `server:${server.id}`;
    const endsAt = dayEnd(now);
    if (requestsPerDay !== null && this.#days.count(subject, endsAt) >= this.#scaled(requestsPerDay))
      throw exceeded(server, 'day', requestsPerDay, endsAt - now);
    if (requestsPerMinute !== null) {
      const minute = this.#minute(server.id, now);
      if (minute.count >= this.#scaled(requestsPerMinute))
        throw exceeded(server, 'minute', requestsPerMinute, minute.endsAt - now);
      minute.count += 1;
    }
    if (requestsPerDay !== null) this.#days.add(subject, endsAt);
  }

  #minute(serverId: string, now: number): Minute {
    let minute = this.#minutes.get(serverId);
    // A window that ends too far in the future is void: the clock was set back.
    if (!minute || minute.endsAt <= now || minute.endsAt > now + MINUTE_MS) {
      if (this.#minutes.size >= SWEEP_FROM) this.#sweep(now);
      minute = { count: 0, endsAt: now + MINUTE_MS };
      this.#minutes.set(serverId, minute);
    }
    return minute;
  }

  /** Removes ended windows: servers come and go. */
  #sweep(now: number): void {
    for (const [id, { endsAt }] of this.#minutes) if (endsAt <= now) this.#minutes.delete(id);
  }

  #scaled(requests: number): number {
    return Math.max(1, Math.round(requests * this.#scale));
  }
}

function exceeded({ id, name }: ServerRecord, window: 'minute' | 'day', limit: number, leftMs: number): DomainError {
  const retryAfter = Math.max(1, Math.ceil(leftMs / 1000));
  const message = `Rate limit of server '${name}' exceeded: ${limit} calls per ${window}. Please retry after ${retryAfter} seconds`;
  return new DomainError('rate_limited', message, { retryAfter, serverId: id, serverName: name, window });
}

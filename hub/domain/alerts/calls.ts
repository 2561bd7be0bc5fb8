import type { JournalEvent } from '../store.js';

/** How many calls of each server are kept. */
const KEPT = 512;

interface Call {
  readonly time: number;
  readonly durationMs: number;
  readonly success: boolean;
}

/** The figures of a server's last calls. */
export interface CallFigures {
  readonly count: number;
  /** Share of calls that failed, 0 to 1; 0 without calls. */
  readonly errorRate: number;
  /** Nineteen in twenty took less, milliseconds; 0 without calls. */
  readonly p95Ms: number;
}

const NONE: CallFigures = { count: 0, errorRate: 0, p95Ms: 0 };

/** The last calls of each server, from the journal's events: taking one in costs no more than a place in a ring. */
export class RecentCalls {
  readonly #byServer = new Map<string, { readonly ring: Call[]; next: number }>();

  take({ type, serverId, time, data }: JournalEvent): void {
    if (serverId === undefined || (type !== 'tool.invoked' && type !== 'tool.error')) return;
    let calls = this.#byServer.get(serverId);
    if (!calls) {
      calls = { ring: [], next: 0 };
      this.#byServer.set(serverId, calls);
    }
    calls.ring[calls.next] = { time, durationMs: Number(data.durationMs), success: type === 'tool.invoked' };
    calls.next = (calls.next + 1) % KEPT;
  }

  /** The figures of calls since a time, milliseconds since 1970. */
  figures(serverId: string, since: number): CallFigures {
    const calls = this.#byServer.get(serverId)?.ring.filter(({ time }) => time >= since) ?? [];
    if (calls.length === 0) return NONE;
    const durations = calls.map(({ durationMs }) => durationMs).sort((a, b) => a - b);
    return {
      count: calls.length,
      errorRate: calls.filter(({ success }) => !success).length / calls.length,
      p95Ms: durations[Math.ceil(durations.length * 0.95) - 1] ?? 0,
    };
  }

  /** Forgets all servers but these. */
  keep(serverIds: ReadonlySet<string>): void {
    for (const id of this.#byServer.keys()) if (!serverIds.has(id)) this.#byServer.delete(id);
  }
}

import { authorize } from '../access/authorize.js';
import { ownerOf } from '../access/grants.js';
import type { ByteStream, Fleet } from '../agents/fleet.js';
import type { RequestOrigin } from '../audit/audit.js';
import type { Redactor } from '../audit/redactor.js';
import { redactedStream } from '../audit/stream.js';
import type { Cancellation } from '../cancellation.js';
import type { Servers } from './servers.js';

/** A log read to its end may take this long, milliseconds; a followed log ends with its reader. */
const READ_TIMEOUT_MS = 600_000;
/** The contract's longest time-out: 49 days. */
const ENDLESS_MS = 2 ** 32 - 1;

export interface LogRange {
  /** The last so many entries; 0 for all. */
  readonly lines: number;
  /** Milliseconds since 1970; 0 for all. */
  readonly sinceMs: number;
  readonly follow: boolean;
}

/** The logs that the agents keep of their servers: read where they lie, never copied to the hub. */
export class ServerLogs {
  readonly #servers: Servers;
  readonly #fleet: () => Fleet;
  readonly #redactor: Redactor;

  constructor(servers: Servers, fleet: () => Fleet, redactor: Redactor) {
    this.#servers = servers;
    this.#fleet = fleet;
    this.#redactor = redactor;
  }

  /**
   * One JSON object per line: `{timestamp, level, source, message}`. The owner of a personal server reads its log; logs of shared servers are for operators.
   * @throws DomainError `forbidden`, `not_found`, `agent_unreachable`.
   */
  async open(origin: RequestOrigin, idOrName: string, range: LogRange, signal: Cancellation): Promise<ByteStream> {
    const { record } = this.#servers.get(origin, idOrName);
    const { caller } = origin;
    const isOwn = caller !== null && record.ownerId === ownerOf(caller);
    authorize(caller, isOwn ? 'catalog.enable' : 'server.logs');
    const operation = { case: 'readLog', value: { serverId: record.id, ...range } } as const;
    const timeoutMs = range.follow ? ENDLESS_MS : READ_TIMEOUT_MS;
    const stream = await this.#fleet().open(record.agentId, operation, { kind: 'read', timeoutMs, signal });
    // The agent takes out the server's own secrets. Servers also print their callers' values, which may hold secrets of other servers.
    return redactedStream(stream, this.#redactor);
  }
}

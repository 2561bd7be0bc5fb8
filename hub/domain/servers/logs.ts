import { jsonCost } from '@roundhouse/proto/json-cost';
import { authorize } from '../access/authorize.js';
import type { Caller, RequestOrigin } from '../access/caller.js';
import { ownerOf } from '../access/grants.js';
import { unreadable } from '../agents/answer.js';
import type { ByteStream, Fleet } from '../agents/fleet.js';
import type { GuardedStreams } from '../agents/guarded-streams.js';
import { redactedStream } from '../agents/redacting-fleet.js';
import { type Redactor, redactorOf } from '../audit/redactor.js';
import type { Cancellation } from '../cancellation.js';
import { DomainError } from '../errors.js';
import type { ServerRecord } from './record.js';
import type { Servers } from './servers.js';

/** A log read to its end may take this long, milliseconds; a followed log ends with its reader. */
const READ_TIMEOUT_MS = 600_000;
/** The contract's longest time-out: 49 days. */
const ENDLESS_MS = 2 ** 32 - 1;

/** The longest entry, and the longest log that is read whole, characters. */
const longestEntry = 1024 * 1024;
const longestWhole = 16 * 1024 * 1024;

/** The operation, for the errors of the agent. */
const readLog = { operation: 'readLog', kind: 'read' } as const;

export interface LogRange {
  /** The number of last entries; 0 for all. */
  readonly lines: number;
  /** Milliseconds since 1970; 0 for all. */
  readonly sinceMs: number;
  readonly follow: boolean;
}

export interface ServerLogParts {
  readonly servers: Servers;
  readonly fleet: () => Fleet;
  readonly redactor: Redactor;
  readonly streams: GuardedStreams;
}

/** The logs that agents keep of their servers. The hub reads them at the agents, and keeps no copy. */
export class ServerLogs {
  readonly #parts: ServerLogParts;

  constructor(parts: ServerLogParts) {
    this.#parts = parts;
  }

  /**
   * One JSON object per line: `{timestamp, level, source, message}`. The owner of a private server reads its log; only operators read the
   * logs of shared servers. The stream ends when its caller may not read the log any more.
   * @throws DomainError `forbidden`, `not_found`, `agent_unreachable`.
   */
  async open(origin: RequestOrigin, idOrName: string, range: LogRange, signal: Cancellation): Promise<ByteStream> {
    const { fleet, redactor, streams } = this.#parts;
    const record = this.#readable(origin, idOrName);
    const operation = { case: 'readLog', value: { serverId: record.id, ...range } } as const;
    const timeoutMs = range.follow ? ENDLESS_MS : READ_TIMEOUT_MS;
    const stream = await fleet().open(record.agentId, operation, { kind: 'read', timeoutMs, signal });
    const check = (caller: Caller) => this.#readable({ ...origin, caller }, record.id);
    return streams.guard(redactedStream(stream, redactorOf(redactor, record)), origin.caller, check);
  }

  /**
   * The last entries of a log: texts of JSON objects.
   * @throws DomainError as {@link open}; `upstream_failed` if the log is longer than 16 MiB, or the agent sends other lines.
   */
  async read(
    origin: RequestOrigin,
    idOrName: string,
    range: Omit<LogRange, 'follow'>,
    signal: Cancellation,
  ): Promise<readonly string[]> {
    const stream = await this.open(origin, idOrName, { ...range, follow: false }, signal);
    const read: string[] = [];
    let length = 0;
    for await (const entries of logEntries(stream)) {
      for (const entry of entries) {
        length += entry.length;
        read.push(entry);
        if (length > longestWhole || (range.lines > 0 && read.length > range.lines))
          throw new DomainError(
            'upstream_failed',
            'the log is longer than 16 MiB or than the lines asked for: ask for fewer',
          );
      }
    }
    return read;
  }

  /** A server whose log the caller may read. @throws DomainError `forbidden`, `not_found`. */
  #readable(origin: RequestOrigin, idOrName: string): ServerRecord {
    const { record } = this.#parts.servers.get(origin, idOrName);
    const { caller } = origin;
    const isOwn = caller !== null && record.ownerId === ownerOf(caller);
    authorize(caller, isOwn ? 'catalog.enable' : 'server.logs');
    return record;
  }
}

/**
 * The entries of a log as they arrive: texts of JSON objects. @throws DomainError `upstream_failed` if the agent sends other lines, or an
 * entry longer than 1 MiB.
 */
export async function* logEntries(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly string[]> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > longestEntry) throw unreadable(readLog);
    yield checked(lines);
  }
  yield checked([rest]);
}

function checked(lines: readonly string[]): readonly string[] {
  const entries = lines.filter((line) => line !== '');
  for (const entry of entries) if (!entry.startsWith('{') || jsonCost(entry) === undefined) throw unreadable(readLog);
  return entries;
}

import type { Caller, RequestOrigin } from '../access/caller.js';
import type { ByteStream } from '../agents/fleet.js';
import type { GuardedStreams } from '../agents/guarded-streams.js';
import type { Cancellation } from '../cancellation.js';
import { DomainError } from '../errors.js';
import type { Containers } from './containers.js';
import type { DockerHosts, HostChoice } from './hosts.js';
import type { DockerPort } from './port.js';

/** Which part of a container's log. */
export interface LogRange {
  /** How many of the last lines, and how many more while the log is followed. */
  readonly lines: number;
  /** Milliseconds since 1970; 0 for all. */
  readonly sinceMs: number;
  readonly untilMs: number;
  /** How long to wait for new lines, milliseconds; 0: no wait. */
  readonly followMs: number;
}

/** One line of a container's log. */
export interface LogLine {
  /** ISO 8601, to the nanosecond. */
  readonly time: string;
  readonly stream: 'stdout' | 'stderr';
  readonly message: string;
}

/** A part of a log that was read. */
export interface ReadLog {
  readonly site: string;
  /** Oldest first. */
  readonly lines: readonly LogLine[];
  /** The log had more than fits: the rest of a followed log was not waited for. */
  readonly truncated: boolean;
}

const READ_MS = 60_000;
/** How much of a log is kept in all, characters. */
const MOST_TEXT = 1024 * 1024;

/** An agent cuts lines far below this, bytes. */
const MOST_LINE = 4 * 1024 * 1024;

/** The logs of containers, as their engines keep them. */
export class ContainerLogs {
  readonly #hosts: DockerHosts;
  readonly #port: DockerPort;
  readonly #containers: Containers;
  readonly #streams: GuardedStreams;

  constructor(hosts: DockerHosts, port: DockerPort, containers: Containers, streams: GuardedStreams) {
    this.#hosts = hosts;
    this.#port = port;
    this.#containers = containers;
    this.#streams = streams;
  }

  /**
   * Reads the end of a log, and follows it for a while if the caller asks for that.
   * @param onLine called with each line of a followed log, as it comes
   * @throws DomainError as `DockerHosts.find`, `not_found`, `upstream_failed`, `agent_unreachable`, `cancelled`.
   */
  async read(
    origin: RequestOrigin,
    choice: HostChoice,
    container: string,
    { lines: wanted, sinceMs, untilMs, followMs }: LogRange,
    {
      signal,
      onLine,
    }: { readonly signal?: Cancellation | undefined; readonly onLine?: ((line: LogLine) => void) | undefined } = {},
  ): Promise<ReadLog> {
    const agent = await this.#hosts.find(origin, choice, 'docker.logs');
    const { serverId } = await this.#containers.inspect(origin, agent, container, signal);
    const value = { container, tail: wanted, sinceMs, untilMs, follow: followMs > 0 };
    const options = { kind: 'read', timeoutMs: READ_MS + followMs, signal } as const;
    const opened = await this.#port.openLog(agent, value, options, serverId);
    const check = (caller: Caller) => this.#hosts.check({ ...origin, caller }, agent, 'docker.logs');
    const stream = this.#streams.guard(opened, origin.caller, check);
    const most = followMs > 0 ? 2 * wanted : wanted;
    const lines: LogLine[] = [];
    let left = MOST_TEXT;
    let truncated = false;
    for await (const line of linesUntil(stream, followMs)) {
      left -= line.message.length;
      if (lines.length >= most || left < 0) {
        truncated = true;
        break;
      }
      lines.push(line);
      if (followMs > 0) onLine?.(line);
    }
    return { site: agent.site, lines, truncated };
  }
}

/** The lines of a stream; with `followMs`, for that time. */
async function* linesUntil(stream: ByteStream, followMs: number): AsyncGenerator<LogLine> {
  let over = false;
  const end = () => {
    over = true;
    stream.cancel('read for as long as was asked');
  };
  const timer = followMs > 0 ? setTimeout(end, followMs) : undefined;
  let rest: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of stream) {
      rest = Buffer.concat([rest, chunk]);
      for (let feed = rest.indexOf(10); feed >= 0; feed = rest.indexOf(10)) {
        yield JSON.parse(rest.toString('utf8', 0, feed)) as LogLine;
        rest = rest.subarray(feed + 1);
      }
      if (rest.length > MOST_LINE) throw new DomainError('internal', 'the agent sent a line that is too long');
    }
  } catch (error) {
    // The time that the client asked for is over: that is no failure.
    if (!(over && error instanceof DomainError && error.code === 'cancelled')) throw error;
  } finally {
    clearTimeout(timer);
    stream.cancel('the reader left');
  }
}

import type { Caller, RequestOrigin } from '../access/caller.js';
import { type Asked, jsonLines, unreadable } from '../agents/answer.js';
import type { ByteStream, ConnectedAgent } from '../agents/fleet.js';
import type { GuardedStreams } from '../agents/guarded-streams.js';
import { oneOf, type Shape } from '../agents/shape.js';
import type { Cancellation } from '../cancellation.js';
import { DomainError, notFound } from '../errors.js';
import type { Containers } from './containers.js';
import type { DockerHosts, HostChoice } from './hosts.js';
import type { DockerPort } from './port.js';

/** The part of a container's log to read. */
export interface LogRange {
  /** How many of the last lines, and at most how many further lines of a followed log. */
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
  /** The log was longer than the limit. A followed log then ends early. */
  readonly truncated: boolean;
}

const READ_MS = 60_000;
/** A limit that is never reached: 49 days, the contract's longest. */
const ENDLESS_MS = 2 ** 32 - 1;
/** How much of a log is kept in all, characters. */
const MOST_TEXT = 1024 * 1024;

const logLine: Shape<LogLine> = { time: 'text', stream: oneOf('stdout', 'stderr'), message: 'document' };
/** The form of a line's time; some engines give no time. */
const timeForm = /^(?:\d{4}-\d\d-\d\dT[\d:.]{8,18}(?:Z|[+-]\d\d:\d\d))?$/;

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
    const follow = followMs > 0;
    const range = { tail: wanted, sinceMs, untilMs, follow };
    const { agent, stream } = await this.#open(origin, choice, container, range, READ_MS + followMs, signal);
    const most = followMs > 0 ? 2 * wanted : wanted;
    const lines: LogLine[] = [];
    let left = MOST_TEXT;
    let truncated = false;
    for await (const line of linesUntil(stream, followMs, askedOf(agent))) {
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

  /**
   * Follows a log until its reader leaves or the container ends, as text: a line of the log is a line of the text.
   * @param timestamps each line begins with its time
   * @throws DomainError as {@link ContainerLogs.read}
   */
  async follow(
    origin: RequestOrigin,
    choice: HostChoice,
    container: string,
    { lines, sinceMs, timestamps }: Pick<LogRange, 'lines' | 'sinceMs'> & { readonly timestamps: boolean },
    signal?: Cancellation,
  ): Promise<AsyncIterable<Uint8Array>> {
    const range = { tail: lines, sinceMs, untilMs: 0, follow: true };
    const { agent, stream } = await this.#open(origin, choice, container, range, ENDLESS_MS, signal);
    return textOf(stream, askedOf(agent), timestamps);
  }

  async #open(
    origin: RequestOrigin,
    choice: HostChoice,
    container: string,
    range: Omit<Parameters<DockerPort['openLog']>[1], 'container'>,
    timeoutMs: number,
    signal: Cancellation | undefined,
  ) {
    const agent = await this.#hosts.find(origin, choice, 'docker.logs');
    const { id, serverId } = await this.#containers.inspect(origin, agent, container, signal);
    const options = { kind: 'read', timeoutMs, signal } as const;
    const opened = await this.#port.openLog(agent, { container: id, ...range }, options, serverId);
    const check = (caller: Caller) => {
      const now = { ...origin, caller };
      this.#hosts.check(now, agent, 'docker.logs');
      if (!this.#containers.sees(now, { serverId })) throw notFound('container', container);
    };
    return { agent, stream: this.#streams.guard(opened, origin.caller, check) };
  }
}

const askedOf = ({ name }: ConnectedAgent) => ({ agent: name, operation: 'readContainerLog', kind: 'read' }) as const;

async function* textOf(stream: ByteStream, asked: Asked, timestamps: boolean): AsyncGenerator<Uint8Array> {
  for await (const { time, message } of linesUntil(stream, 0, asked))
    yield Buffer.from(`${timestamps && time !== '' ? `${time} ` : ''}${message}\n`);
}

/** The lines of a stream; with `followMs`, for that time. @throws DomainError `upstream_failed` if the agent sends other lines */
async function* linesUntil(stream: ByteStream, followMs: number, asked: Asked): AsyncGenerator<LogLine> {
  let over = false;
  const end = () => {
    over = true;
    stream.cancel('read for as long as was asked');
  };
  const timer = followMs > 0 ? setTimeout(end, followMs) : undefined;
  try {
    for await (const line of jsonLines<LogLine>(stream, logLine, asked)) {
      if (!timeForm.test(line.time)) throw unreadable(asked);
      yield line;
    }
  } catch (error) {
    // The time that the client asked for is over: that is no failure.
    if (!(over && error instanceof DomainError && error.code === 'cancelled')) throw error;
  } finally {
    clearTimeout(timer);
    stream.cancel('the reader left');
  }
}

import type { Readable } from 'node:stream';
import { Parts } from '@roundhouse/proto/parts';
import { AgentFailure } from '../../../failure.js';
import type { Docker } from '../docker.js';
import { dial } from '../engine/engine.js';
import type { HostContainers } from './containers.js';
import { hostFailure } from './failure.js';

/** Which part of a log; see `ReadContainerLog` in `docker.proto`. */
export interface LogRange {
  readonly tail: number;
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly follow: boolean;
}

/** A container's log, one JSON object per line, read from the engine no faster than it is taken. @throws AgentFailure */
export async function* readLog(
  { engine }: Docker,
  containers: HostContainers,
  container: string,
  { tail, sinceMs, untilMs, follow }: LogRange,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const { id, info } = await containers.find(container, signal);
  const range = {
    tail: tail === 0 ? 'all' : tail,
    ...(sinceMs > 0 && { since: secondsOf(sinceMs) }),
    ...(untilMs > 0 && { until: secondsOf(untilMs) }),
  };
  const request = {
    path: `/containers/${id}/logs?`,
    method: 'GET',
    options: { stdout: true, stderr: true, timestamps: true, follow, ...range },
  };
  const statusCodes = { 200: true, 404: 'no such container', 500: 'server error' } as const;
  const source = await dial<Readable>(engine, { what: "read the container's log", request, statusCodes }, signal).catch(
    (error) => {
      throw hostFailure(error, 'container');
    },
  );
  const stop = () => void source.destroy();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    for await (const line of info.Config.Tty ? plainLines(source) : framedLines(source))
      yield Buffer.from(`${JSON.stringify(line)}\n`);
  } catch (error) {
    signal.throwIfAborted();
    throw hostFailure(engine.failure("read the container's log", error), 'container');
  } finally {
    signal.removeEventListener('abort', stop);
    source.destroy();
  }
  signal.throwIfAborted();
}

/** The engine counts in seconds, with a fraction. */
function secondsOf(ms: number): string {
  return (ms / 1000).toFixed(3);
}

/** One line of a container's log. */
export interface LogLine {
  /** ISO 8601, to the nanosecond; empty if the engine gives none. */
  readonly time: string;
  readonly stream: 'stdout' | 'stderr';
  readonly message: string;
}

const headerBytes = 8;
/** The longest frame of an engine, bytes. */
const longestFrame = 4 * 1024 * 1024;
const stderrChannel = 2;
/** Longer lines come in pieces, bytes. */
const longestLine = 256 * 1024;
const lineFeed = 10;

/** The part of a line that has come so far. */
class Half {
  time = '';
  readonly #parts = new Parts();

  add(part: Buffer): void {
    this.#parts.add(part);
  }

  get isLong(): boolean {
    return this.#parts.length >= longestLine;
  }

  get isEmpty(): boolean {
    return this.#parts.length === 0 && this.time === '';
  }

  take(stream: LogLine['stream']): LogLine {
    const message = this.#parts.take().toString().replace(/\r$/, '');
    const line = { time: this.time, stream, message };
    this.time = '';
    return line;
  }
}

/**
 * Reads a log with timestamps in the engine's form (Docker Engine API, "Stream format"). A frame has a channel, three zeros, a length and
 * the bytes, which begin with a time. A line without its end continues in the channel's next frame.
 */
export async function* framedLines(source: AsyncIterable<Buffer>): AsyncGenerator<LogLine> {
  const halves = { stdout: new Half(), stderr: new Half() };
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of source) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= headerBytes) {
      if (rest.readUIntBE(1, 3) !== 0 || rest.readUInt32BE(4) > longestFrame)
        throw new AgentFailure('upstream', 'the answer of the Docker Engine is no log');
      const end = headerBytes + rest.readUInt32BE(4);
      if (rest.length < end) break;
      const stream = rest.readUInt8(0) === stderrChannel ? 'stderr' : 'stdout';
      yield* linesOf(rest.subarray(headerBytes, end), halves[stream], stream);
      rest = rest.subarray(end);
    }
  }
  for (const stream of ['stdout', 'stderr'] as const) if (!halves[stream].isEmpty) yield halves[stream].take(stream);
}

/** Reads the log of a container with a terminal: it has no frames, and only standard output. */
export async function* plainLines(source: AsyncIterable<Buffer>): AsyncGenerator<LogLine> {
  const half = new Half();
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; ) {
      const feed = chunk.indexOf(lineFeed, at);
      const end = feed < 0 ? chunk.length : feed;
      half.add(chunk.subarray(at, end));
      at = end + 1;
      if (feed >= 0 || half.isLong) yield timed(half.take('stdout'));
    }
  }
  if (!half.isEmpty) yield timed(half.take('stdout'));
}

function* linesOf(frame: Buffer, half: Half, stream: LogLine['stream']): Generator<LogLine> {
  const blank = frame.indexOf(' ');
  const time = frame.toString('latin1', 0, Math.max(0, blank));
  if (half.time === '') half.time = time;
  const isOver = frame[frame.length - 1] === lineFeed;
  half.add(frame.subarray(blank + 1, isOver ? -1 : undefined));
  if (isOver || half.isLong) yield half.take(stream);
}

function timed({ stream, message }: LogLine): LogLine {
  const [, time = '', text = message] = /^(\d{4}-\d\d-\d\dT\S+Z) (.*)$/s.exec(message) ?? [];
  return { time, stream, message: text };
}

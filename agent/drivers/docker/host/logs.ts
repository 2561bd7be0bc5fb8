import type { Readable } from 'node:stream';
import type { Docker } from '../docker.js';
import { dial } from '../engine/dial.js';
import type { HostContainers } from './containers.js';
import { hostFailure } from './failure.js';
import { framedLines, plainLines } from './log-lines.js';

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

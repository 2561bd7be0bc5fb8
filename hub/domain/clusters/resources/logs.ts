import { Parts } from '@roundhouse/proto/parts';
import type { Caller, RequestOrigin } from '../../access/caller.js';
import type { ByteStream } from '../../agents/fleet.js';
import type { Cancellation } from '../../cancellation.js';
import { DomainError } from '../../errors.js';
import { checkLabelName, checkObjectName } from '../names.js';
import type { Place, ReadingParts } from './content.js';
import { type OpenLog, SharedLogs } from './shared-logs.js';

/** The part of a container's log to read. */
export interface PodLogQuery {
  /** Absent: the only one, or the pod's default. */
  readonly container?: string | undefined;
  /** How many of the last lines; absent: all. */
  readonly tailLines?: number | undefined;
  readonly sinceSeconds?: number | undefined;
  readonly timestamps?: boolean | undefined;
  /** The log of the container before its last restart. */
  readonly previous?: boolean | undefined;
}

/** A log read to its end may take this long, milliseconds; a followed log ends with its reader. */
const READ_MS = 600_000;
/** The contract's longest time-out: 49 days. */
const ENDLESS_MS = 2 ** 32 - 1;
/** The longest log that is one answer, bytes: the hub holds the whole of it. */
const MOST_BYTES = 8 * 1024 * 1024;

/** A log that was read to its end. */
export interface PodLog {
  readonly logs: string;
  /** The log was longer, and its last part is missing. */
  readonly truncated: boolean;
}

interface ReadOptions {
  readonly signal?: Cancellation | undefined;
  /** How much of the log is kept, bytes. */
  readonly mostBytes?: number;
  /** How long the log is followed, milliseconds. */
  readonly followMs?: number;
  /** Called with the text as it comes. */
  readonly onText?: ((text: string) => void) | undefined;
}

/** The logs of pods, as their clusters keep them. */
export class PodLogs {
  readonly #parts: ReadingParts;
  readonly #shared = new SharedLogs();

  constructor(parts: ReadingParts) {
    this.#parts = parts;
  }

  /**
   * Reads a log, and follows it for a while if the caller asks for that.
   * @throws DomainError `not_found`, `invalid_input` (a container is needed), `conflict` (there is no log yet), `refused`, `cluster_unreachable`,
   * `cluster_operation_failed`.
   */
  async read(
    origin: RequestOrigin,
    place: Place,
    pod: string,
    query: PodLogQuery,
    { signal, mostBytes = MOST_BYTES, followMs = 0, onText }: ReadOptions = {},
  ): Promise<PodLog> {
    const follow = followMs > 0;
    // One byte more shows whether there is more.
    const range = { ...query, limitBytes: mostBytes + 1, follow };
    const stream = await this.#open(origin, place, pod, range, READ_MS + followMs, signal);
    const bytes = await readAll(stream, mostBytes, followMs, (chunk) => onText?.(Buffer.from(chunk).toString()));
    return { logs: bytes.toString('utf8', 0, mostBytes), truncated: bytes.length > mostBytes };
  }

  /**
   * Follows a log until its reader leaves or the container ends. Readers of one log share a stream from the agent. @throws as {@link
   * PodLogs.read}.
   */
  follow(
    origin: RequestOrigin,
    place: Place,
    pod: string,
    query: PodLogQuery,
    signal?: Cancellation,
  ): Promise<ByteStream> {
    return this.#open(origin, place, pod, { ...query, limitBytes: 0, follow: true }, ENDLESS_MS, signal);
  }

  async #open(
    origin: RequestOrigin,
    { cluster, namespace }: Place,
    pod: string,
    query: PodLogQuery & { readonly limitBytes: number; readonly follow: boolean },
    timeoutMs: number,
    signal: Cancellation | undefined,
  ): Promise<ByteStream> {
    const { clusters, port, streams } = this.#parts;
    const { record } = clusters.get(origin, cluster, 'cluster.logs');
    const { container = '', previous = false, limitBytes, follow } = query;
    checkLabelName('namespace', namespace);
    checkObjectName('pod_name', pod);
    if (container !== '') checkLabelName('container', container);
    const fields = { pod: 'pod_name', '': 'container' };
    const open: OpenLog = ({ tailLines, sinceSeconds = 0, timestamps = false }, signal) => {
      const lines = { tailLines: tailLines ?? 0, noTail: tailLines === 0, sinceSeconds };
      const value = { namespace, pod, container, previous, follow, ...lines, timestamps, limitBytes };
      return port.open(record, { case: 'readPodLog', value }, { kind: 'read', timeoutMs, signal }, fields);
    };
    const key = JSON.stringify([record.id, record.connectionRevision, namespace, pod, container]);
    const isEndless = follow && limitBytes === 0 && !previous;
    const stream = await (isEndless ? this.#shared.follow(key, open, query, signal) : open(query, signal));
    const check = (caller: Caller) => void clusters.get({ ...origin, caller }, record.id, 'cluster.logs');
    return streams.guard(stream, origin.caller, check);
  }
}

/** The stream until it has more than `mostBytes`; with `followMs`, its chunks within that time. */
async function readAll(
  stream: ByteStream,
  mostBytes: number,
  followMs: number,
  onChunk: (chunk: Uint8Array) => void,
): Promise<Buffer> {
  const read = new Parts();
  let over = false;
  const end = () => {
    over = true;
    stream.cancel('followed for as long as was asked');
  };
  const timer = followMs > 0 ? setTimeout(end, followMs) : undefined;
  try {
    for await (const chunk of stream) {
      read.add(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
      if (chunk.length > 0) onChunk(chunk);
      // The agent has sent the requested lines. A dishonest agent sends without end.
      if (read.length > mostBytes) break;
    }
  } catch (error) {
    // The time that the client asked for is over: that is no failure.
    if (!(over && error instanceof DomainError && error.code === 'cancelled')) throw error;
  } finally {
    clearTimeout(timer);
    stream.cancel('the reader left');
  }
  return read.take();
}

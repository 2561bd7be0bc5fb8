import { open } from 'node:fs/promises';
import type { Cancellation } from '../../cancellation.js';
import { formatEntry } from './entry.js';
import { positionOfLines, positionOfTime } from './seek.js';
import { readAt, type Segment } from './segments.js';

export interface ReadOptions {
  /** How many of the last entries; 0 for all. */
  readonly lines?: number;
  /** Only entries at or after this time, milliseconds since 1970; 0 for all. */
  readonly sinceMs?: number;
  /** Goes on with new entries until aborted. */
  readonly follow?: boolean;
  /** Ends the reading. */
  readonly signal?: Cancellation;
}

/** A log as its readers see it; see `ServerLog`. */
export interface ReadableLog {
  readonly segments: readonly Segment[];
  readonly end: number;
  readonly deleted: boolean;
  flushed(): Promise<void>;
  onGrowth(position: number, act: () => void): () => void;
  timestamp(): string;
}

const chunkBytes = 65_536;

/** See `ServerLog.read`. Holds one chunk at a time, however long the log is. */
export async function* readLog(log: ReadableLog, options: ReadOptions): AsyncGenerator<Uint8Array> {
  const { follow = false, signal } = options;
  await log.flushed();
  let position = await startOf(log, options);
  const stop = follow ? Number.POSITIVE_INFINITY : log.end;
  while (position < stop && !signal?.aborted) {
    const segment = log.segments.find(({ base, size }) => position < base + size);
    if (segment === undefined) {
      if (log.deleted) return;
      await growth(log, position, signal);
    } else if (segment.base > position) {
      yield skipped(log, segment.base - position);
      position = segment.base;
    } else {
      for await (const chunk of readSegment(segment, position, stop, signal)) {
        position += chunk.length;
        yield chunk;
      }
    }
  }
}

/** Reads a segment from a position on. Once open it is read to its end, even if it is deleted meanwhile. */
async function* readSegment(
  segment: Segment,
  from: number,
  stop: number,
  signal: Cancellation | undefined,
): AsyncGenerator<Uint8Array> {
  const file = await open(segment.path, 'r').catch((error: NodeJS.ErrnoException) => {
    // The segment was deleted meanwhile: the reader finds a later one.
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (file === undefined) return;
  try {
    for (let at = from - segment.base; ; ) {
      const end = Math.min(segment.size, stop - segment.base, at + chunkBytes);
      if (at >= end || signal?.aborted) return;
      const chunk = await readAt(file, at, end);
      if (chunk.length === 0) return;
      at += chunk.length;
      yield chunk;
    }
  } finally {
    await file.close();
  }
}

/** The position at which the reading begins. Segments that are deleted during the search are skipped. */
async function startOf(log: ReadableLog, { lines = 0, sinceMs = 0 }: ReadOptions): Promise<number> {
  for (;;) {
    const segments = [...log.segments];
    try {
      const byTime = sinceMs > 0 ? await positionOfTime(segments, sinceMs) : (segments[0]?.base ?? 0);
      const byLines = lines > 0 ? await positionOfLines(segments, lines) : 0;
      return Math.max(byTime, byLines);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || log.deleted) throw error;
    }
  }
}

function skipped(log: ReadableLog, bytes: number): Uint8Array {
  const message = `${bytes} bytes of this log were deleted before they were read`;
  return Buffer.from(formatEntry(log.timestamp(), { level: 'warning', source: 'agent', message }));
}

function growth(log: ReadableLog, position: number, signal: Cancellation | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      takeBack();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    let takeBack = () => {};
    signal?.addEventListener('abort', done);
    takeBack = log.onGrowth(position, done);
  });
}

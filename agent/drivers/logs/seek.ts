import { type FileHandle, open } from 'node:fs/promises';
import { timeOf, timestampAt } from './entry.js';
import { readAt, type Segment } from './segments.js';

const lineFeed = 10;
const blockBytes = 65_536;

/** The position of the first entry at or after a time (milliseconds since 1970), or the log's end if there is no such entry. */
export async function positionOfTime(segments: readonly Segment[], sinceMs: number): Promise<number> {
  // The position is in the last segment that begins before that time, or right after it.
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const segment = segments[middle];
    if (segment !== undefined && (await firstTime(segment)) < sinceMs) low = middle + 1;
    else high = middle;
  }
  const segment = segments[low - 1];
  if (segment === undefined) return segments[0]?.base ?? 0;
  return segment.base + (await withFile(segment, (file) => offsetOfTime(file, segment.size, sinceMs)));
}

/** The position of the first of the last `lines` entries. */
export async function positionOfLines(segments: readonly Segment[], lines: number): Promise<number> {
  let missing = lines;
  for (const segment of segments.toReversed()) {
    const found = await withFile(segment, async (file) => {
      for (let end = segment.size; end > 0; end -= blockBytes) {
        const start = Math.max(0, end - blockBytes);
        const block = await readAt(file, start, end);
        // The line feed at a block's last byte ends a line. The previous one is where the next line begins.
        for (let at = block.lastIndexOf(lineFeed); at >= 0; at = at === 0 ? -1 : block.lastIndexOf(lineFeed, at - 1)) {
          if (start + at + 1 === segment.size) continue;
          if (--missing === 0) return start + at + 1;
        }
      }
      return segment.size > 0 && --missing === 0 ? 0 : undefined;
    });
    if (found !== undefined) return segment.base + found;
  }
  return segments[0]?.base ?? 0;
}

/** Binary search over byte offsets: it reads only the lines at the tested offsets. */
async function offsetOfTime(file: FileHandle, size: number, sinceMs: number): Promise<number> {
  // A line begins at `low`, and all lines before it are too early. All lines that begin at `high` or later are late enough.
  let low = 0;
  let high = size;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const start = middle === low ? low : await nextLine(file, middle - 1, size);
    if (start < high && (await timeAt(file, start)) < sinceMs) low = await nextLine(file, start, size);
    else high = middle;
  }
  return low;
}

async function timeAt(file: FileHandle, start: number): Promise<number> {
  return timeOf(await readAt(file, start, start + timestampAt.end));
}

/** The position of the first line that begins after `from`; `size` if no line begins after it. */
async function nextLine(file: FileHandle, from: number, size: number): Promise<number> {
  for (let at = from, length = 1024; at < size; at += length, length = blockBytes) {
    const feed = (await readAt(file, at, Math.min(size, at + length))).indexOf(lineFeed);
    if (feed >= 0) return at + feed + 1;
  }
  return size;
}

async function firstTime(segment: Segment): Promise<number> {
  if (segment.size === 0) return Number.POSITIVE_INFINITY;
  return withFile(segment, (file) => timeAt(file, 0));
}

async function withFile<T>(segment: Segment, act: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(segment.path, 'r');
  try {
    return await act(file);
  } finally {
    await file.close();
  }
}

import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * One file of a log. A position in the log counts all bytes ever written to it. A segment is named after the position of its first byte, so
 * that positions stay valid when older segments are deleted.
 */
export interface Segment {
  readonly base: number;
  readonly path: string;
  size: number;
}

const suffix = '.log';
const lineFeed = 10;

/** How much of a file's end is searched for the last whole line, bytes; longer than any line. */
const tailBytes = 1024 * 1024;

export function segmentPath(folder: string, base: number): string {
  return join(folder, `${String(base).padStart(16, '0')}${suffix}`);
}

/** The segments in a folder, oldest first. A partial line that a crash left at the end of the last segment is cut off. */
export async function loadSegments(folder: string): Promise<Segment[]> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const names = (await readdir(folder)).filter((name) => /^\d{16}\.log$/.test(name)).sort();
  const segments: Segment[] = [];
  for (const name of names) {
    const path = join(folder, name);
    segments.push({ base: Number(name.slice(0, -suffix.length)), path, size: (await stat(path)).size });
  }
  const last = segments.at(-1);
  if (last !== undefined) last.size = await cutHalfLine(last);
  return segments;
}

export async function deleteSegment(segment: Segment): Promise<void> {
  await rm(segment.path, { force: true });
}

/** The last whole line of a segment. */
export async function lastLine(segment: Segment): Promise<Buffer> {
  const file = await open(segment.path, 'r');
  try {
    const tail = await readAt(file, Math.max(0, segment.size - tailBytes), segment.size);
    const end = tail.lastIndexOf(lineFeed);
    if (end <= 0) return Buffer.alloc(0);
    return tail.subarray(tail.lastIndexOf(lineFeed, end - 1) + 1, end);
  } finally {
    await file.close();
  }
}

/** Reads the bytes between two offsets of a file; fewer if the file ends before. */
export async function readAt(
  file: { read(buffer: Buffer, offset: number, length: number, position: number): Promise<{ bytesRead: number }> },
  start: number,
  end: number,
): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(Math.max(0, end - start));
  let read = 0;
  while (read < buffer.length) {
    const { bytesRead } = await file.read(buffer, read, buffer.length - read, start + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return buffer.subarray(0, read);
}

async function cutHalfLine(segment: Segment): Promise<number> {
  const file = await open(segment.path, 'r+');
  try {
    const start = Math.max(0, segment.size - tailBytes);
    const tail = await readAt(file, start, segment.size);
    const size = start + tail.lastIndexOf(lineFeed) + 1;
    if (size < segment.size) await file.truncate(size);
    return size;
  } finally {
    await file.close();
  }
}

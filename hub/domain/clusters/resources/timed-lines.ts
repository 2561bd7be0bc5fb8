/* Lines of logs that begin with their times, as Kubernetes gives them. */

/** A longer line is passed on in parts, bytes. */
const longestLine = 256 * 1024;

/** Whole lines of the common stream, with their times. All followers share them. */
export class Piece {
  #untimed: Buffer | undefined;

  /** @param at when the hub got it, as `performance.now()` has it */
  constructor(
    readonly timed: Buffer,
    readonly at: number,
  ) {}

  text(timestamps: boolean): Buffer {
    if (timestamps) return this.timed;
    this.#untimed ??= untimed(this.timed);
    return this.#untimed;
  }
}

/** Takes whole lines out of chunks. */
export class Lines {
  #parts: Buffer[] = [];
  #size = 0;

  /** The lines that are now complete; of a line that is too long to wait for, a part. */
  take(chunk: Uint8Array): Buffer {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const lines = bytes.lastIndexOf('\n') + 1;
    const end = lines === 0 && this.#size + bytes.length > longestLine ? bytes.length : lines;
    const text = bytes.subarray(0, end);
    const whole = end > 0 && this.#size > 0 ? Buffer.concat([...this.#parts, text]) : text;
    if (end > 0) this.rest();
    if (end < bytes.length) {
      // A copy, so that the rest of the chunk does not stay in memory.
      this.#parts.push(Buffer.from(bytes.subarray(end)));
      this.#size += bytes.length - end;
    }
    return whole;
  }

  /** The last line, if it has no end. */
  rest(): Buffer {
    this.#size = 0;
    return Buffer.concat(this.#parts.splice(0));
  }
}

/** The last line, or its beginning if it has no end yet. */
export function lastLine(lines: Buffer): Buffer {
  return lines.subarray(lines.lastIndexOf('\n', -2) + 1);
}

/** The index of a whole line with a time, from a place on; negative if it is not there. */
export function findLine(lines: Buffer, line: Buffer, from: number): number {
  if (timeLength(line) === 0) return -1;
  let at = lines.indexOf(line, from);
  while (at > 0 && lines[at - 1] !== newline) at = lines.indexOf(line, at + 1);
  return at;
}

/**
 * The last line that a follower has, to find its place in another stream of the same log. A long line comes in parts, and each stream
 * divides it at other places, so this counts the bytes that the follower has of it.
 */
export class LastLine {
  /** When the line began, as `performance.now()` has it. */
  at = 0;
  /** Its first part. */
  #head: Buffer = Buffer.alloc(0);
  #length = 0;
  #isFound = false;

  /** The follower has got a piece. */
  passed({ timed, at }: Piece): void {
    const line = lastLine(timed);
    const goesOn = line.length === timed.length && timeLength(line) === 0;
    if (goesOn) this.#length += line.length;
    else {
      this.at = at;
      this.#head = line;
      this.#length = line.length;
    }
  }

  /** The text after the line in the next text of the other stream; the later lines if the line is not there. */
  textAfter(text: Buffer): Buffer {
    let from = 0;
    if (!this.#isFound) {
      from = this.#find(text);
      if (from < 0) return text.subarray(text.length);
      this.#isFound = true;
    }
    const skipped = Math.min(this.#length, text.length - from);
    this.#length -= skipped;
    return text.subarray(from + skipped);
  }

  /** The index of the line, or of a later line; negative if neither has come yet. */
  #find(text: Buffer): number {
    const time = timeOf(this.#head, 0);
    for (let at = 0; at < text.length; ) {
      const end = text.indexOf(newline, at) + 1 || text.length;
      const known = Math.min(this.#head.length, end - at);
      if (timeLength(text, at) > 0 && text.subarray(at, at + known).equals(this.#head.subarray(0, known))) return at;
      if (timeOf(text, at) > time) {
        this.#length = 0;
        return at;
      }
      at = end;
    }
    return -1;
  }
}

const newline = 10;
const space = 32;
/** `2006-01-02T15:04:05Z ` is the shortest time with its space, and nine digits and a zone make the longest. */
const timeLengths = { least: 21, most: 36 };

/** The length of the time of a line and the space after it; 0 if the line has none. */
function timeLength(lines: Buffer, from = 0): number {
  if (lines[from + 4] !== 45 || lines[from + 7] !== 45 || lines[from + 10] !== 84) return 0;
  for (let length = timeLengths.least; length <= timeLengths.most; length++)
    if (lines[from + length - 1] === space) return length;
  return 0;
}

/** The time of a line, as text that sorts; empty if the line has none. Kubernetes leaves out zeros at the end of a fraction. */
export function timeOf(lines: Buffer, from: number): string {
  const [seconds = '', fraction = ''] = lines.toString('latin1', from, from + timeLength(lines, from)).split(/[.Z+]/);
  return seconds === '' ? '' : seconds + fraction.padEnd(9, '0');
}

/** A kubelet before 1.28 divides a long line into parts of this many bytes, and writes a time before each part. */
const timedPartBytes = 16_384;

/** The lines without their times. */
export function untimed(timed: Buffer): Buffer {
  const text = Buffer.allocUnsafe(timed.length);
  let length = 0;
  for (let at = 0; at < timed.length; ) {
    const found = timed.indexOf(newline, at);
    const end = found < 0 ? timed.length : found + 1;
    for (let skipped = timeLength(timed, at); skipped > 0 && at < end; skipped = timeLength(timed, at)) {
      const part = at + skipped;
      at = Math.min(part + timedPartBytes, end);
      length += timed.copy(text, length, part, at);
      if (at === end) break;
    }
    if (at < end) length += timed.copy(text, length, at, end);
    at = end;
  }
  return text.subarray(0, length);
}

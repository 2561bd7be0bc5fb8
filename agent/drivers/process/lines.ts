import { Parts } from '@roundhouse/proto/parts';

const lineFeed = 10;
const carriageReturn = 13;

/** The lines of one step of {@link LineSplitter.steps}. */
const linesOfStep = 64;

export interface LineHandlers {
  /** Whether this many bytes of an unfinished line may be held; called with 0 when none are held any more. Absent: up to the limit. */
  mayHold?(bytes: number): boolean;
  /** One line, without its end. */
  line(text: string): void;
  /** An empty line. Without this handler it is ignored. */
  empty?(): void;
  /** A line longer than the limit was dropped; `head` and `tail` are its first and last bytes (at most `keep` each). */
  overlong(head: string, tail: string, bytes: number): void;
}

/**
 * Cuts a byte stream into lines. UTF-8 sequences that lie across chunks stay whole, since only whole lines are decoded.
 * Never holds more than `limit` bytes.
 */
export class LineSplitter {
  readonly #held = new Parts();
  /** Set while the rest of an overlong line is being dropped. */
  #dropping: { head: Buffer; tail: Buffer; bytes: number } | undefined;

  constructor(
    private readonly limit: number,
    private readonly keep: number,
    private readonly handlers: LineHandlers,
  ) {}

  push(chunk: Buffer): void {
    for (const _ of this.steps(chunk));
  }

  /** Takes a chunk in steps of a few lines: the caller may do other work between them. */
  *steps(chunk: Buffer): Generator<void> {
    let start = 0;
    let lines = 0;
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
      if (this.#dropping !== undefined || this.#held.length + (end - start) > this.limit)
        this.#endOverlong(chunk, start, end);
      else if (this.#held.length > 0) this.#endHeld(chunk.subarray(start, end));
      else this.#emit(chunk, start, end);
      start = end + 1;
      lines += 1;
      if (lines % linesOfStep === 0) yield;
    }
    if (start < chunk.length) this.#hold(start === 0 ? chunk : chunk.subarray(start));
  }

  /** The stream has ended: the remaining text counts as a line. */
  end(): void {
    if (this.#dropping !== undefined) this.#endOverlong(Buffer.alloc(0), 0, 0);
    else if (this.#held.length > 0) this.#endHeld(Buffer.alloc(0));
  }

  #hold(rest: Buffer): void {
    if (this.#dropping !== undefined) {
      this.#drop(rest);
    } else if (!this.#mayHold(this.#held.length + rest.length)) {
      this.#startDropping();
      this.#drop(rest);
    } else {
      this.#held.add(rest);
    }
  }

  #mayHold(bytes: number): boolean {
    return bytes <= this.limit && this.handlers.mayHold?.(bytes) !== false;
  }

  #take(): Buffer {
    const held = this.#held.take();
    this.handlers.mayHold?.(0);
    return held;
  }

  #endHeld(last: Buffer): void {
    this.#held.add(last);
    const line = this.#take();
    this.#emit(line, 0, line.length);
  }

  #emit(bytes: Buffer, start: number, end: number): void {
    const stop = end > start && bytes[end - 1] === carriageReturn ? end - 1 : end;
    if (stop > start) this.handlers.line(bytes.toString('utf8', start, stop));
    else this.handlers.empty?.();
  }

  #startDropping(): void {
    this.#dropping = { head: Buffer.alloc(0), tail: Buffer.alloc(0), bytes: 0 };
    this.#drop(this.#take());
  }

  #drop(more: Buffer): void {
    const dropping = this.#dropping;
    if (dropping === undefined) return;
    dropping.bytes += more.length;
    // Copies, because a view would keep the whole chunk in memory.
    if (dropping.head.length < this.keep) {
      dropping.head = Buffer.concat([dropping.head, more.subarray(0, this.keep - dropping.head.length)]);
    }
    dropping.tail = Buffer.concat([dropping.tail, more.subarray(-this.keep)]).subarray(-this.keep);
  }

  #endOverlong(chunk: Buffer, start: number, end: number): void {
    if (this.#dropping === undefined) this.#startDropping();
    this.#drop(chunk.subarray(start, end));
    const dropped = this.#dropping;
    this.#dropping = undefined;
    if (dropped !== undefined) {
      this.handlers.overlong(dropped.head.toString('utf8'), dropped.tail.toString('utf8').trimEnd(), dropped.bytes);
    }
  }
}

import { open } from 'node:fs/promises';
import type { Cancellation } from '../../cancellation.js';
import { levelOf, timeOf } from './entry.js';
import { positionOfTime } from './seek.js';
import { readAt, type Segment } from './segments.js';
import type { ServerLog } from './server-log.js';

/** Which entries of a log match: all given conditions must hold. */
export interface LogQuery {
  /** From this time on, milliseconds since 1970; 0 for all. */
  readonly sinceMs: number;
  /** Before this time; 0 for all. */
  readonly untilMs: number;
  /** The levels of the entries; none for all. */
  readonly levels: ReadonlySet<string>;
  /** Text in the message or the metadata, without regard to case; empty for all. */
  readonly text: string;
}

/** One search over several logs, with its budget and its results. */
export class LogSearch {
  /** The newest matches, in no order yet; `line` is the entry's JSON. */
  found: { readonly serverId: string; readonly timeMs: number; readonly line: string }[] = [];
  /** The number of all matches, also of those that are not returned. */
  total = 0;
  /** Whether all entries were searched. */
  complete = true;
  readonly #query: LogQuery;
  /** The text as it stands in a line, in lower case. */
  readonly #needle: string;
  readonly #limit: number;
  readonly #deadline: number;
  readonly #signal: Cancellation;
  #bytes = 0;

  constructor(query: LogQuery, limit: number, budgetMs: number, signal: Cancellation) {
    this.#query = query;
    this.#needle = JSON.stringify(query.text).slice(1, -1).toLowerCase();
    this.#limit = limit;
    this.#deadline = performance.now() + budgetMs;
    this.#signal = signal;
  }

  /** Searches a log, newest entries first, so that a search that takes too long leaves out the oldest. */
  async run(log: ServerLog): Promise<void> {
    await log.flushed();
    const segments = [...log.segments];
    try {
      const { sinceMs, untilMs } = this.#query;
      const from = sinceMs > 0 ? await positionOfTime(segments, sinceMs) : 0;
      const to = untilMs > 0 ? await positionOfTime(segments, untilMs) : Number.POSITIVE_INFINITY;
      let mine = 0;
      for (const segment of segments.toReversed()) {
        for await (const line of this.#lines(segment, from, to)) {
          if (!this.#matches(line)) continue;
          this.total += 1;
          if (mine >= this.#limit) continue;
          mine += 1;
          this.#keep(log.serverId, line);
        }
        if (this.#over()) break;
      }
    } catch (error) {
      // The segment was deleted meanwhile: it was the oldest one.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }

  /** The newest matches that fit, newest first. */
  newest(): typeof this.found {
    this.#cut();
    return this.found;
  }

  #matches(line: Buffer): boolean {
    const { levels, text } = this.#query;
    if (levels.size > 0 && !levels.has(levelOf(line))) return false;
    if (text === '') return true;
    const whole = line.toString('utf8');
    // The text may stand outside message and metadata. Only lines that hold the text are parsed.
    if (!whole.toLowerCase().includes(this.#needle)) return false;
    const { message, metadata } = JSON.parse(whole) as { message: string; metadata?: unknown };
    const wanted = text.toLowerCase();
    return (
      message.toLowerCase().includes(wanted) ||
      JSON.stringify(metadata ?? '')
        .toLowerCase()
        .includes(this.#needle)
    );
  }

  #keep(serverId: string, line: Buffer): void {
    this.found.push({ serverId, timeMs: timeOf(line), line: line.toString('utf8') });
    this.#bytes += line.length;
    if (this.found.length >= 2 * this.#limit || this.#bytes > 2 * mostBytes) this.#cut();
  }

  #cut(): void {
    this.found.sort((a, b) => b.timeMs - a.timeMs);
    this.#bytes = 0;
    const fits = this.found.slice(0, this.#limit).findIndex(({ line }) => {
      this.#bytes += line.length;
      return this.#bytes > mostBytes;
    });
    this.found.length = Math.min(this.found.length, this.#limit, fits === -1 ? this.#limit : Math.max(1, fits));
  }

  /** Whole lines of a segment between two positions of the log, last one first. */
  async *#lines(segment: Segment, from: number, to: number): AsyncGenerator<Buffer> {
    const start = Math.max(0, from - segment.base);
    let end = Math.min(segment.size, to - segment.base);
    if (start >= end || this.#over()) return;
    const file = await open(segment.path, 'r');
    try {
      // The first bytes of a block end a line that begins in the block before it.
      let rest = Buffer.alloc(0);
      while (end > start) {
        const at = Math.max(start, end - blockBytes);
        const block = Buffer.concat([await readAt(file, at, end), rest]);
        end = at;
        const first = at === start ? 0 : block.indexOf(lineFeed) + 1;
        for (let stop = block.length; stop > first; ) {
          // Every line ends with a line feed: the previous line feed is where the line begins.
          const begin = stop < 2 ? 0 : Math.max(first, block.lastIndexOf(lineFeed, stop - 2) + 1);
          if (stop - 1 > begin) yield block.subarray(begin, stop - 1);
          stop = begin;
        }
        rest = block.subarray(0, first);
        if (end > start && this.#over()) return;
      }
    } finally {
      await file.close();
    }
  }

  #over(): boolean {
    if (this.#signal.aborted) throw this.#signal.reason;
    if (performance.now() < this.#deadline) return false;
    this.complete = false;
    return true;
  }
}

const lineFeed = 10;
/** The bytes that are read at once, and searched in one turn of the event loop. */
const blockBytes = 256 * 1024;
/** The most bytes of all entries of one answer. The first entry may be larger. */
const mostBytes = 4 * 1024 * 1024;

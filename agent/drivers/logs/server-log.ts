import { type FileHandle, open, rm } from 'node:fs/promises';
import type { Logger } from '@roundhouse/proto/log';
import { formatEntry, type LogEntry, type LogSink, timeOf } from './entry.js';
import { type ReadableLog, type ReadOptions, readLog } from './read.js';
import { deleteSegment, lastLine, loadSegments, type Segment, segmentPath } from './segments.js';

/** Sizes in bytes. */
export interface LogLimits {
  readonly segmentBytes: number;
  /** The limit of all segments of one server together; the oldest segment is deleted first. */
  readonly totalBytes: number;
  /** A segment is deleted when its newest entry is older than this, milliseconds. */
  readonly maxAgeMs: number;
  /** The rate of one server in the long run. Entries above it are dropped, and the log says how many. Infinity: no limit. */
  readonly bytesPerSecond: number;
  /** How much the server may write at once after a silence. */
  readonly burstBytes: number;
}

/** How much may be unwritten before the writer has to wait, and before entries are dropped, characters. */
const highWater = 1024 * 1024;
const dropAbove = 8 * highWater;

/** The most characters of one write. */
const batchSize = 256 * 1024;

/** The file is closed after this time without a write, milliseconds. */
const idleMs = 5000;

/** The log of one server: appended to in order, kept in segments of bounded size. */
export class ServerLog implements ReadableLog, LogSink {
  #segments: Segment[] = [];
  #loading: Promise<void> | undefined;
  #file: FileHandle | undefined;
  #idle: NodeJS.Timeout | undefined;
  #pending: string[] = [];
  #pendingSize = 0;
  #writing: Promise<void> | undefined;
  #dropped = 0;
  /** How many dropped entries a pending entry reports. */
  #told = 0;
  #isFailing = false;
  #deleted = false;
  #lastTime = 0;
  #timestamp = '';
  #drainWaiters: (() => void)[] = [];
  readonly #growthWaiters = new Set<() => void>();
  readonly #rate: IngestRate;

  constructor(
    readonly serverId: string,
    private readonly folder: string,
    private readonly limits: LogLimits,
    private readonly log: Logger,
  ) {
    this.#rate = new IngestRate(limits, (message) => this.#add({ level: 'warning', source: 'agent', message }));
  }

  hide(text: string): string {
    return text;
  }

  append(entry: LogEntry): boolean {
    if (this.#deleted) return true;
    if (!this.#rate.takes(Buffer.byteLength(entry.message))) return true;
    return this.#add(entry);
  }

  #add(entry: LogEntry): boolean {
    if (this.#deleted) return true;
    if (this.#pendingSize > dropAbove) {
      this.#dropped++;
      return false;
    }
    this.#push(entry);
    this.#writing ??= this.#write();
    return this.#pendingSize < highWater;
  }

  /** Adds an entry for each line. */
  appendLines(source: LogEntry['source'], level: string, lines: Iterable<string>): boolean {
    let room = true;
    for (const message of lines) room = this.append({ level, source, message });
    return room;
  }

  drained(): Promise<void> {
    if (this.#pendingSize < highWater) return Promise.resolve();
    return new Promise((resolve) => {
      this.#drainWaiters.push(resolve);
    });
  }

  /**
   * Reads entries, oldest first, as bytes in chunks of at most 64 KiB that are cut anywhere. A reader that is overtaken
   * by deletion continues with the oldest remaining entry, after an entry that says how many bytes were skipped.
   */
  read(options: ReadOptions = {}): AsyncIterable<Uint8Array> {
    return readLog(this, options);
  }

  /** Resolves when everything appended so far is in the file. */
  async flushed(): Promise<void> {
    await this.#load();
    while (this.#writing !== undefined) await this.#writing;
  }

  /** Segments that exist, oldest first; to be read only. */
  get segments(): readonly Segment[] {
    return this.#segments;
  }

  /** The position after the last written byte. */
  get end(): number {
    const last = this.#segments.at(-1);
    return last === undefined ? 0 : last.base + last.size;
  }

  get deleted(): boolean {
    return this.#deleted;
  }

  /** Calls back once when the log has grown beyond `position`, or was deleted. Returns a function that cancels the call. */
  onGrowth(position: number, act: () => void): () => void {
    if (this.#deleted || this.end > position) {
      act();
      return () => {};
    }
    this.#growthWaiters.add(act);
    return () => this.#growthWaiters.delete(act);
  }

  /** The timestamp for a new entry. It is never earlier than that of the last entry. */
  timestamp(): string {
    const now = Date.now();
    if (now > this.#lastTime || this.#timestamp === '') {
      this.#lastTime = Math.max(now, this.#lastTime);
      this.#timestamp = new Date(this.#lastTime).toISOString();
    }
    return this.#timestamp;
  }

  /** Deletes the segments whose entries are all too old. */
  async prune(now = Date.now()): Promise<void> {
    await this.clean(now - this.limits.maxAgeMs, false);
  }

  /** Deletes the segments whose entries are all older than a time, or counts them. The current segment stays. */
  async clean(before: number, dryRun: boolean): Promise<{ readonly files: number; readonly bytes: number }> {
    await this.#load();
    let files = 0;
    let bytes = 0;
    for (const segment of [...this.#segments]) {
      const newest = segment.size === 0 ? Number.NEGATIVE_INFINITY : timeOf(await lastLine(segment));
      if (newest >= before || this.#writing !== undefined) break;
      if (segment === this.#segments.at(-1) && (segment.size === 0 || this.#file !== undefined)) break;
      if (!dryRun) {
        // Another deletion has removed it meanwhile.
        if (this.#segments[0] !== segment) break;
        this.#segments.shift();
        await deleteSegment(segment);
      }
      files += 1;
      bytes += segment.size;
    }
    return { files, bytes };
  }

  /** Writes the pending entries and closes the file. */
  async close(): Promise<void> {
    this.#rate.tell();
    await this.flushed().catch(() => {});
    await this.#closeFile();
  }

  /** Ends all readers and deletes everything. */
  async delete(): Promise<void> {
    this.#deleted = true;
    this.#rate.forget();
    this.#pending = [];
    this.#pendingSize = 0;
    this.#grown();
    await this.close();
    this.#segments = [];
    await rm(this.folder, { recursive: true, force: true });
  }

  #push(entry: LogEntry): void {
    if (this.#dropped > 0) {
      const message = `${this.#dropped} entries were dropped: the disk was full, or too slow`;
      this.#told += this.#dropped;
      this.#dropped = 0;
      this.#push({ level: 'warning', source: 'agent', message });
    }
    const line = formatEntry(this.timestamp(), entry);
    this.#pending.push(line);
    this.#pendingSize += line.length;
  }

  async #write(): Promise<void> {
    // Entries that are appended in this turn of the event loop are written together.
    await null;
    try {
      await this.#load();
      while (this.#pending.length > 0) await this.#writeBatch();
      this.#told = 0;
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing)
        this.log.error(
          { event: 'server_log.not_written', err: error, server: this.serverId },
          'a server log cannot be written; entries are lost',
        );
      this.#isFailing = true;
      this.#dropped += this.#pending.length + Math.max(0, this.#told - 1);
      this.#told = 0;
      this.#pending = [];
      this.#pendingSize = 0;
      // A part of an entry may have been written.
      const last = this.#segments.at(-1);
      if (last) await this.#file?.truncate(last.size).catch(() => {});
      await this.#closeFile();
    } finally {
      this.#writing = undefined;
      this.#drain();
      this.#closeWhenIdle();
    }
  }

  async #writeBatch(): Promise<void> {
    const { segmentBytes } = this.limits;
    let last = this.#segments.at(-1);
    if (last === undefined || last.size >= segmentBytes) last = await this.#startSegment();
    const room = Math.min(batchSize, segmentBytes - last.size);
    let count = 0;
    let size = 0;
    for (; count < this.#pending.length && size < room; count++) size += this.#pending[count]?.length ?? 0;
    const bytes = Buffer.from(this.#pending.slice(0, count).join(''));
    this.#file ??= await open(last.path, 'a', 0o600);
    for (let written = 0; written < bytes.length; ) {
      written += (await this.#file.write(bytes, written)).bytesWritten;
    }
    if (this.#deleted) return;
    this.#pending.splice(0, count);
    this.#pendingSize -= size;
    last.size += bytes.length;
    this.#grown();
    this.#drain();
  }

  async #startSegment(): Promise<Segment> {
    await this.#closeFile();
    const segment: Segment = { base: this.end, path: segmentPath(this.folder, this.end), size: 0 };
    this.#segments.push(segment);
    let total = this.#segments.reduce((sum, { size }) => sum + size, this.limits.segmentBytes);
    while (total > this.limits.totalBytes && this.#segments.length > 1) {
      const oldest = this.#segments.shift();
      if (oldest === undefined) break;
      total -= oldest.size;
      await deleteSegment(oldest);
    }
    return segment;
  }

  #load(): Promise<void> {
    this.#loading ??= this.#loadSegments().catch((error) => {
      this.#loading = undefined;
      throw error;
    });
    return this.#loading;
  }

  async #loadSegments(): Promise<void> {
    this.#segments = await loadSegments(this.folder);
    const last = this.#segments.findLast(({ size }) => size > 0);
    // The entries are searched by time, so they must stay in order even if the clock is set back.
    const time = last === undefined ? Number.NaN : timeOf(await lastLine(last));
    if (time > this.#lastTime) {
      this.#lastTime = time;
      this.#timestamp = new Date(time).toISOString();
    }
  }

  #grown(): void {
    const waiters = [...this.#growthWaiters];
    this.#growthWaiters.clear();
    for (const act of waiters) act();
  }

  #drain(): void {
    if (this.#pendingSize >= highWater) return;
    const waiters = this.#drainWaiters;
    this.#drainWaiters = [];
    for (const resolve of waiters) resolve();
  }

  #closeWhenIdle(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      if (this.#writing === undefined) void this.#closeFile();
    }, idleMs).unref();
  }

  async #closeFile(): Promise<void> {
    clearTimeout(this.#idle);
    const file = this.#file;
    this.#file = undefined;
    await file?.close().catch(() => {});
  }
}

/** How fast a log may grow. */
interface IngestLimits {
  readonly bytesPerSecond: number;
  readonly burstBytes: number;
}

/** The shortest pause between two reports of dropped entries, milliseconds. */
const tellMs = 1000;
/** The size of an entry without its message, bytes. */
const overhead = 80;

/**
 * Keeps one writer from filling a disk, or from displacing all older entries of its log: a bucket of bytes that fills at the allowed rate.
 * An entry that does not fit is dropped and counted, and the log reports the count. The writer never waits.
 */
class IngestRate {
  readonly #limits: IngestLimits;
  readonly #say: (message: string) => void;
  readonly #now: () => number;
  #room: number;
  #filledAt: number;
  #bytes = 0;
  #entries = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param now milliseconds of a clock that never goes back */
  constructor(limits: IngestLimits, say: (message: string) => void, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#say = say;
    this.#now = now;
    this.#room = limits.burstBytes;
    this.#filledAt = now();
  }

  /** Whether an entry of this size may be written. If not, it counts as dropped. */
  takes(size: number): boolean {
    const { bytesPerSecond, burstBytes } = this.#limits;
    if (bytesPerSecond === Number.POSITIVE_INFINITY) return true;
    const now = this.#now();
    this.#room = Math.min(burstBytes, this.#room + ((now - this.#filledAt) * bytesPerSecond) / 1000);
    this.#filledAt = now;
    const bytes = size + overhead;
    if (bytes <= this.#room) {
      this.#room -= bytes;
      return true;
    }
    this.#bytes += size;
    this.#entries += 1;
    this.#timer ??= setTimeout(() => this.tell(), tellMs).unref();
    return false;
  }

  /** Reports the entries that were dropped since the last report, if there are any. */
  tell(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#entries === 0) return;
    const message = `${this.#bytes} bytes (${this.#entries} entries) were dropped: more than ${this.#limits.bytesPerSecond} bytes a second were written to this log`;
    this.#bytes = 0;
    this.#entries = 0;
    this.#say(message);
  }

  /** Stops the reports. */
  forget(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#bytes = 0;
    this.#entries = 0;
  }
}

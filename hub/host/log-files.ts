import { createReadStream } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { lineForm, readLogLine, type Severity } from '@roundhouse/proto/log';
import { createStream, type RotatingFileStream } from 'rotating-file-stream';
import type { Cancellation } from '../domain/cancellation.js';
import { Turns } from '../domain/event-loop.js';
import {
  holdsText,
  type LogLevel,
  type LogMatches,
  type LogQuery,
  type LogRecord,
  levelOf,
  type OwnLog,
} from '../domain/logs/entry.js';

/** Limits of the hub's own log. */
export interface LogFileLimits {
  /** The size of a file, and how many files there are. The oldest is deleted first. */
  readonly fileMiB: number;
  readonly files: number;
  readonly maxAgeMs: number;
}

const defaultLimits: LogFileLimits = { fileMiB: 8, files: 8, maxAgeMs: 30 * 86_400_000 };

const CURRENT = 'hub.log';
const NAMES = /^hub(?:-\d{17}-\d+)?\.log$/;
const PRUNE_MS = 3_600_000;
/** How many bytes may wait for the disk, and how many lines wait until the files are open. */
const MOST_WAITING = 8 * 1024 * 1024;
const MOST_EARLY = 1000;

/** The levels of the entries, by the severity of a line. */
const levels: Readonly<Record<Severity, LogLevel>> = { DEBUG: 'debug', INFO: 'info', WARN: 'warning', ERROR: 'error' };

/** The hub's own log in files of bounded size and age, besides its standard error. */
export class LogFiles implements OwnLog {
  readonly #folder: string;
  readonly #limits: LogFileLimits;
  #stream: RotatingFileStream | undefined;
  #early: string[] | undefined = [];
  #dropped = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(folder: string, limits: Partial<LogFileLimits> = {}) {
    this.#folder = folder;
    this.#limits = { ...defaultLimits, ...limits };
  }

  /** Begins to write, with the lines that have come before. Call it once the data folder belongs to this hub alone. */
  async open(onError: (error: unknown) => void): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const { fileMiB, files } = this.#limits;
    const stream = createStream((time, index) => (time ? rotatedName(time, index) : CURRENT), {
      path: this.#folder,
      size: `${fileMiB}M`,
      // The open file is one more.
      maxFiles: files - 1,
      history: 'hub.history',
      mode: 0o600,
    });
    stream.on('error', (error) => {
      this.#stream = undefined;
      onError(error);
    });
    this.#stream = stream;
    for (const line of this.#early ?? []) this.write(line);
    this.#early = undefined;
    await this.prune();
    this.#timer = setInterval(() => this.prune().catch(onError), PRUNE_MS).unref();
  }

  /** Takes a line of pino. It never throws, and never waits. */
  write(line: string): void {
    const stream = this.#stream;
    if (!stream) {
      if (this.#early && this.#early.length < MOST_EARLY) this.#early.push(line);
      return;
    }
    if (stream.writableLength > MOST_WAITING) {
      this.#dropped += 1;
      return;
    }
    if (this.#dropped > 0) {
      const told = {
        ...lineForm.level('warn'),
        timestamp: new Date().toISOString(),
        event: 'log_file.entries_dropped',
        body: `${this.#dropped} entries were dropped: the disk was too slow`,
      };
      this.#dropped = 0;
      stream.write(`${JSON.stringify(told)}\n`);
    }
    stream.write(line);
  }

  /** Deletes files whose entries are all too old. */
  async prune(now = Date.now()): Promise<void> {
    for (const path of await this.#paths()) {
      if (path.endsWith(CURRENT)) continue;
      const { mtimeMs } = await stat(path);
      if (mtimeMs < now - this.#limits.maxAgeMs) await rm(path, { force: true });
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    const stream = this.#stream;
    this.#stream = undefined;
    if (stream) await new Promise<void>((resolve) => stream.end(() => resolve()));
  }

  async search(
    query: LogQuery,
    budgetMs: number,
    shown: (entry: LogRecord) => LogRecord = (entry) => entry,
    signal?: Cancellation,
  ): Promise<LogMatches> {
    await this.#flushed();
    const turns = new Turns(budgetMs, { signal });
    let entries: LogRecord[] = [];
    let total = 0;
    for (const path of await this.#paths()) {
      const found = await search(path, query, turns, shown);
      total += found.total;
      entries = [...entries, ...found.entries.reverse()].slice(0, query.limit);
      if (turns.over) return { entries, total, complete: false };
    }
    return { entries, total, complete: true };
  }

  /** All files, the newest first. */
  async #paths(): Promise<string[]> {
    const names = (await readdir(this.#folder).catch(() => [])).filter((name) => NAMES.test(name));
    const rotated = names.filter((name) => name !== CURRENT).sort();
    return [...rotated, ...names.filter((name) => name === CURRENT)].reverse().map((name) => join(this.#folder, name));
  }

  #flushed(): Promise<void> {
    const stream = this.#stream;
    if (!stream || stream.writableLength === 0) return Promise.resolve();
    return new Promise((resolve) => stream.write('', () => resolve()));
  }
}

/** Names of files that are full sort by time. */
function rotatedName(time: number | Date, index = 1): string {
  const stamp = new Date(time).toISOString().replaceAll(/[-:TZ.]/g, '');
  return `hub-${stamp}-${index}.log`;
}

/** The newest matches of a file, oldest first, and how many there are. */
async function search(
  path: string,
  query: LogQuery,
  turns: Turns,
  shown: (entry: LogRecord) => LogRecord,
): Promise<{ entries: LogRecord[]; total: number }> {
  const needle = JSON.stringify(query.text).slice(1, -1).toLowerCase();
  const entries: LogRecord[] = [];
  let total = 0;
  const file = createReadStream(path);
  // A file that was rotated during the search was read under its new name, or is gone.
  file.on('error', () => {});
  try {
    for await (const line of createInterface({ input: file })) {
      if (turns.over) break;
      if (turns.due) await turns.next();
      const found = matching(line, query, needle);
      const entry = found && shown(found);
      // The text may have been part of a secret, which is now redacted.
      if (!entry || !holdsText(entry, query.text)) continue;
      total += 1;
      entries.push(entry);
      if (entries.length >= 2 * query.limit) entries.splice(0, entries.length - query.limit);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  } finally {
    file.destroy();
  }
  return { entries: entries.slice(-query.limit), total };
}

/** The entry of a line, if it may match the query. The text may be in another part of the line. */
function matching(line: string, query: LogQuery, needle: string): LogRecord | undefined {
  if (needle !== '' && !line.toLowerCase().includes(needle)) return undefined;
  const entry = parse(line);
  if (!entry || entry.timeMs < query.sinceMs || (query.untilMs > 0 && entry.timeMs >= query.untilMs)) return undefined;
  if (query.level && levelOf(entry.level) !== query.level) return undefined;
  return entry;
}

function parse(line: string): LogRecord | undefined {
  try {
    const { timestamp, severity, body, attributes } = readLogLine(line);
    return { timeMs: Date.parse(timestamp), level: levels[severity] ?? 'info', message: body, metadata: attributes };
  } catch {
    // A crash left an incomplete line.
    return undefined;
  }
}

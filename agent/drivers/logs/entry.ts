/** One entry of a server's log. */
export interface LogEntry {
  readonly level: string;
  /** The author: the server's standard error, the server over MCP, or the agent about the server. */
  readonly source: 'stderr' | 'mcp' | 'agent';
  readonly message: string;
  /** Further facts; absent from the lines of servers. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** A destination of log entries. */
export interface LogSink {
  /**
   * Adds an entry, or drops it if its writer has used up its rate. Never throws. Returns false if the disk is behind: a writer that can
   * wait waits for {@link LogSink.drained}.
   */
  append(entry: LogEntry): boolean;
  /** A text as the log shows it: without the server's secrets. A text that is shown elsewhere, or cut, goes through here first. */
  hide(text: string): string;
  /** Resolves when the writer may go on. */
  drained(): Promise<void>;
}

/** The longest message kept, characters. */
const messageLimit = 65_536;

const prefix = '{"timestamp":"';

/** The position of the timestamp in a line. It is fixed, so that a time is found without parsing. */
export const timestampAt = { start: prefix.length, end: prefix.length + 24 } as const;

/** The position of the level in a line. It ends with the next quotation mark, because levels are plain words. */
const levelStart = timestampAt.end + '","level":"'.length;
const quotationMark = 34;

/** An entry as a line of the log file. `timestamp` is ISO 8601 with milliseconds, in UTC. */
export function formatEntry(timestamp: string, { level, source, message, metadata }: LogEntry): string {
  const text =
    message.length > messageLimit ? `${message.slice(0, messageLimit)} … [cut: ${message.length} characters]` : message;
  const more = metadata === undefined ? '' : `,"metadata":${JSON.stringify(metadata)}`;
  return `${prefix}${timestamp}","level":${JSON.stringify(level)},"source":"${source}","message":${JSON.stringify(text)}${more}}\n`;
}

/** The time of a line, milliseconds since 1970; NaN for a line without a time. */
export function timeOf(line: Buffer): number {
  return Date.parse(line.toString('latin1', timestampAt.start, timestampAt.end));
}

/** The level of a line. */
export function levelOf(line: Buffer): string {
  return line.toString('latin1', levelStart, line.indexOf(quotationMark, levelStart));
}

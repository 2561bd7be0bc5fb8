/** One entry of a server's log. */
export interface LogEntry {
  readonly level: string;
  /** Who speaks: the server's standard error, the server over MCP, or the agent about the server. */
  readonly source: 'stderr' | 'mcp' | 'agent';
  readonly message: string;
}

/** Where entries go. */
export interface LogSink {
  /** Adds an entry; never throws. False: the disk is behind, whoever can wait waits for {@link LogSink.drained}. */
  append(entry: LogEntry): boolean;
  /** Resolves when there is room again. */
  drained(): Promise<void>;
}

/** The longest message kept, characters. */
const messageLimit = 65_536;

const prefix = '{"timestamp":"';

/** Where the timestamp's characters lie in a line: fixed, so that a time is found without parsing. */
export const timestampAt = { start: prefix.length, end: prefix.length + 24 } as const;

/** An entry as a line of the log file. `timestamp` is ISO 8601 with milliseconds, in UTC. */
export function formatEntry(timestamp: string, { level, source, message }: LogEntry): string {
  const text =
    message.length > messageLimit ? `${message.slice(0, messageLimit)} … [cut: ${message.length} characters]` : message;
  return `${prefix}${timestamp}","level":${JSON.stringify(level)},"source":"${source}","message":${JSON.stringify(text)}}\n`;
}

/** The time of a line, milliseconds since 1970; NaN where there is none. */
export function timeOf(line: Buffer): number {
  return Date.parse(line.toString('latin1', timestampAt.start, timestampAt.end));
}

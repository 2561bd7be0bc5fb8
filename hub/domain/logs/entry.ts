import type { Cancellation } from '../cancellation.js';

/** The levels that queries know (`seeds/000`, `GET /api/v1/logs`). */
export const logLevels = ['debug', 'info', 'warning', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** The levels of MCP servers (RFC 5424) that each stands for. */
export const wireLevels: Readonly<Record<LogLevel, readonly string[]>> = {
  debug: ['debug'],
  info: ['info', 'notice'],
  warning: ['warning'],
  error: ['error', 'critical', 'alert', 'emergency'],
};

/** One entry of any log. */
export interface LogRecord {
  /** Milliseconds since 1970. */
  readonly timeMs: number;
  /** The level that its writer gave: one of {@link LogLevel}, or a finer level of MCP. */
  readonly level: string;
  readonly message: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** The conditions of a query: all that are given must hold. */
export interface LogQuery {
  readonly level?: LogLevel | undefined;
  /** From this time on, milliseconds since 1970; 0 for all. */
  readonly sinceMs: number;
  /** Before this time; 0 for all. */
  readonly untilMs: number;
  /** Text in message or metadata, upper and lower case being the same; empty for all. */
  readonly text: string;
  /** How many of the newest matches to give; `total` counts all matches. */
  readonly limit: number;
}

/** The result of a search. */
export interface LogMatches {
  /** Newest first. */
  readonly entries: readonly LogRecord[];
  readonly total: number;
  /** `false`: the search hit its bound on time or bytes; `total` counts the matches until then. */
  readonly complete: boolean;
}

/** The stored log of the hub. */
export interface OwnLog {
  /**
   * @param budgetMs how long it may take @param shown an entry as its reader sees it: only this is searched for the text
   * @throws the reason of the signal if it is aborted
   */
  search(
    query: LogQuery,
    budgetMs: number,
    shown: (entry: LogRecord) => LogRecord,
    signal: Cancellation,
  ): Promise<LogMatches>;
}

/** Whether an entry holds a text in its message or its metadata; every entry holds the empty text. */
export function holdsText({ message, metadata }: Pick<LogRecord, 'message' | 'metadata'>, text: string): boolean {
  if (text === '' || message.toLowerCase().includes(text.toLowerCase())) return true;
  return JSON.stringify(metadata).toLowerCase().includes(JSON.stringify(text).slice(1, -1).toLowerCase());
}

/** The level that queries know an entry by. */
export function levelOf(level: string): LogLevel {
  return logLevels.find((known) => wireLevels[known].includes(level)) ?? 'info';
}

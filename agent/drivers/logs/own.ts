import type { LogEntry, LogSink } from './entry.js';

/** pino's levels in the words of the logs. */
const levels: Readonly<Record<number, string>> = {
  10: 'debug',
  20: 'debug',
  30: 'info',
  40: 'warning',
  50: 'error',
  60: 'error',
};

/** Keeps the lines of the agent's own log (JSON as pino writes it) with the logs of its servers. */
export function ownLines(log: LogSink): { write(line: string): void } {
  return { write: (line) => void log.append(ownEntry(line)) };
}

function ownEntry(line: string): LogEntry {
  const { level, time: _, msg, ...metadata } = JSON.parse(line) as { level: number; time: string; msg?: string };
  return { level: levels[level] ?? 'info', source: 'agent', message: msg ?? '', metadata };
}

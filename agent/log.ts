import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';

/** The agent's log, on standard error: JSON, or for people where a person looks on. */
export function createLog(level: string): Logger {
  const destination = process.stderr.isTTY
    ? pretty({ destination: 2, sync: true, ignore: 'pid,hostname' })
    : pino.destination({ dest: 2, sync: true });
  return pino({ level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}

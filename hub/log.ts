import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';

/**
 * The hub's log, on standard error: JSON, or for people where a person looks on.
 *
 * @param redact takes secrets out of a line before it is written
 */
export function createLog(level: string, redact: (line: string) => string = (line) => line): Logger {
  const destination = process.stderr.isTTY
    ? pretty({ destination: 2, sync: true, ignore: 'pid,hostname' })
    : pino.destination({ dest: 2, sync: false });
  const hooks = { streamWrite: redact };
  return pino({ level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime, hooks }, destination);
}

import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';

/** Where lines of the log go, too: whole lines of JSON. */
export interface LineSink {
  write(line: string): void;
}

/** The agent's log, on standard error: JSON, or for people where a person looks on. `keep` sends it elsewhere as well from then on. */
export function createLog(level: string): { log: Logger; keep: (sink: LineSink) => void } {
  const destination = process.stderr.isTTY
    ? pretty({ destination: 2, sync: true, ignore: 'pid,hostname' })
    : pino.destination({ dest: 2, sync: true });
  // What passes the logger's own level goes to all.
  const streams = pino.multistream({ level: 'trace', stream: destination });
  const log = pino({ level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime }, streams);
  return { log, keep: (sink) => void streams.add({ level: 'trace', stream: sink }) };
}

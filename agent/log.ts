import { type Logger, lineForm, shownForm } from '@roundhouse/proto/log';
import { shownLog } from '@roundhouse/proto/text';
import { type DestinationStream, pino } from 'pino';
import pretty from 'pino-pretty';

/** A further destination of the log. It gets whole lines of JSON. */
export interface LineSink {
  write(line: string): void;
}

/** The agent's log. */
export interface AgentLog {
  readonly log: Logger;
  /** Sends the log to a sink as well, from then on. */
  readonly keep: (sink: LineSink) => void;
}

/**
 * The agent's log, on standard error: JSON, or readable text at a terminal.
 *
 * @param destination takes the lines instead of standard error
 */
export function createLog(level: string, destination: DestinationStream = standardError()): AgentLog {
  // Every line above the logger's own level goes to all streams.
  const streams = pino.multistream({ level: 'trace', stream: destination });
  const log = pino({ ...lineForm, level, formatters: { level: lineForm.level } }, streams);
  return { log, keep: (sink) => void streams.add({ level: 'trace', stream: sink }) };
}

function standardError(): DestinationStream {
  if (!process.stderr.isTTY) return pino.destination({ dest: 2, sync: true });
  const terminal = pretty({ destination: 2, sync: true, ...shownForm });
  return { write: (line) => void terminal.write(shownLog(line)) };
}

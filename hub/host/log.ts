import { shownLog } from '@roundhouse/proto/text';
import { type DestinationStream, type Logger, pino } from 'pino';
import pretty from 'pino-pretty';

/**
 * The hub's log, on standard error: JSON, or for people where a person looks on.
 *
 * @param redact takes secrets out of a line before it is written
 * @param kept gets every line (JSON) as well
 * @param destination takes the lines instead of standard error
 */
export function createLog(
  level: string,
  redact: (line: string) => string = (line) => line,
  kept?: DestinationStream,
  destination: DestinationStream = standardError(),
): Logger {
  const hooks = { streamWrite: redact };
  const options = { level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime, hooks };
  if (!kept) return pino(options, destination);
  // Both get all lines that pass the logger's own level.
  return pino(options, pino.multistream([destination, kept].map((stream) => ({ level: 'trace', stream }))));
}

function standardError(): DestinationStream {
  if (!process.stderr.isTTY) return pino.destination({ dest: 2, sync: false });
  const terminal = pretty({ destination: 2, sync: true, ignore: 'pid,hostname' });
  return { write: (line) => void terminal.write(shownLog(line)) };
}

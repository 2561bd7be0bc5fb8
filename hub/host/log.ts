import { type Logger, lineForm, shownForm } from '@roundhouse/proto/log';
import { shownLog } from '@roundhouse/proto/text';
import { type DestinationStream, type LoggerOptions, pino } from 'pino';
import pretty from 'pino-pretty';

/** Removes secrets from a text, and from the strings of a JSON text. */
export interface LogRedactor {
  text(text: string): string;
  json(json: string): string;
}

/**
 * The hub's log, on standard error: JSON, or lines for people if standard error is a terminal.
 *
 * @param redactor removes secrets from each message and field separately, so that a line stays valid JSON
 * @param kept also gets every line (JSON)
 * @param destination takes the lines instead of standard error
 */
export function createLog(
  level: string,
  redactor: LogRedactor = { text: (text) => text, json: (json) => json },
  kept?: DestinationStream,
  destination: DestinationStream = standardError(),
): Logger {
  const options: LoggerOptions = {
    ...lineForm,
    level,
    formatters: { level: lineForm.level, log: (fields) => redactedFields(fields, redactor) },
    // In a line with a secret, the fields are plain values already.
    serializers: { err: (error) => (error instanceof Error ? pino.stdSerializers.err(error) : error) },
    hooks: {
      logMethod(args, log) {
        const clean = (part: unknown) => (typeof part === 'string' ? redactor.text(part) : part);
        log.apply(this, args.map(clean) as typeof args);
      },
    },
  };
  if (!kept) return pino(options, destination);
  // Both destinations get all lines that pass the level of the logger.
  return pino(options, pino.multistream([destination, kept].map((stream) => ({ level: 'trace', stream }))));
}

function standardError(): DestinationStream {
  if (!process.stderr.isTTY) return pino.destination({ dest: 2, sync: false });
  const terminal = pretty({ destination: 2, sync: true, ...shownForm });
  return { write: (line) => void terminal.write(shownLog(line)) };
}

/** A line's fields without secrets; the same object if there are none. */
function redactedFields(fields: object, redactor: LogRedactor): Record<string, unknown> {
  let json: string;
  try {
    json = JSON.stringify(fields, (_, value) => (value instanceof Error ? pino.stdSerializers.err(value) : value));
  } catch {
    return { fields: 'cannot be written as JSON' };
  }
  const shown = redactor.json(json);
  return (shown === json ? fields : JSON.parse(shown)) as Record<string, unknown>;
}

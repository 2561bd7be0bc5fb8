/**
 * The lines of the logs of hub and agent: JSON with the fields of OpenTelemetry's log data model. `timestamp`, `severity_text`, `severity_number`,
 * `event` (its EventName), `body`, `trace_id` and `span_id` are fields of that model; every other field is an attribute.
 */

/** A name that stays when the words of the message change: programs look for it. `docs/operate/logs.md` lists all of them. */
export type LogEvent = `${string}.${string}`;

/** The facts of a line. */
export type LogFacts = { readonly event: LogEvent } & Readonly<Record<string, unknown>>;

/** Writes lines; pino's logger is one. */
export interface Logger {
  debug(facts: LogFacts, message: string): void;
  info(facts: LogFacts, message: string): void;
  warn(facts: LogFacts, message: string): void;
  error(facts: LogFacts, message: string): void;
  /** A logger whose lines have these facts, too. */
  child(facts: Readonly<Record<string, unknown>>): Logger;
  isLevelEnabled(level: string): boolean;
}

/** The severity of a line, in the words of the log data model. */
export type Severity = 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';

const severities: Readonly<Record<string, readonly [text: Severity, number: number]>> = {
  debug: ['DEBUG', 5],
  info: ['INFO', 9],
  warn: ['WARN', 13],
  error: ['ERROR', 17],
};

/** The options of pino that make such lines. */
export const lineForm = {
  base: undefined,
  messageKey: 'body',
  timestamp: () => `,"timestamp":"${new Date().toISOString()}"`,
  level: (name: string) => {
    const [text, number] = severities[name] ?? ['ERROR', 17];
    return { severity_text: text, severity_number: number };
  },
};

/** The options of pino-pretty for such lines. */
export const shownForm = {
  levelKey: 'severity_text',
  messageKey: 'body',
  timestampKey: 'timestamp',
  ignore: 'severity_number,event',
};

/** A line that was read. */
export interface LogLine {
  readonly timestamp: string;
  readonly severity: Severity;
  readonly body: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** Reads a line. @throws SyntaxError if it is not JSON */
export function readLogLine(line: string): LogLine {
  const { timestamp, severity_text, severity_number: _, body, ...attributes } = JSON.parse(line);
  return { timestamp, severity: severity_text, body: body ?? '', attributes };
}

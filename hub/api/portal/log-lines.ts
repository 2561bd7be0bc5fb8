import { logEntries } from '../../domain/servers/logs.js';

export type PortalLevel = 'debug' | 'info' | 'warn' | 'error';

const levels: Readonly<Record<string, PortalLevel>> = {
  trace: 'debug',
  debug: 'debug',
  info: 'info',
  notice: 'info',
  warn: 'warn',
  warning: 'warn',
  err: 'error',
  error: 'error',
  critical: 'error',
  fatal: 'error',
  panic: 'error',
  alert: 'error',
  emergency: 'error',
};
const NAMES = Object.keys(levels).join('|');

/** Where programs put a level: `level=warn`, `"level":"warn"`, `[WARN]`, `WARN:`; behind a time stamp at most. */
const NAMED = new RegExp(`\\b(?:level|lvl|severity)"?\\s*[=:]\\s*"?(${NAMES})\\b`, 'i');
const LEADING = new RegExp(`^(?:[\\d\\s:.,TZ+/-]{0,40})[\\[(<]?(${NAMES})(?:[\\])>]|\\b(?=[:\\s|]|$))`, 'i');
/** A level stands at the beginning. */
const LOOKED_AT = 256;

/** The level that a line of standard error names; `undefined` for none. */
export function levelIn(message: string): PortalLevel | undefined {
  const head = message.slice(0, LOOKED_AT);
  const name = (NAMED.exec(head) ?? LEADING.exec(head))?.[1];
  return name === undefined ? undefined : levels[name.toLowerCase()];
}

/** An entry as the portal prints it. */
export function printLine(text: string) {
  const entry = JSON.parse(text) as Record<string, unknown>;
  const textOf = (name: string) => (typeof entry[name] === 'string' ? entry[name] : '');
  const [timestamp, level, source, message] = ['timestamp', 'level', 'source', 'message'].map(textOf) as [
    string,
    string,
    string,
    string,
  ];
  const said = source === 'stderr' ? levelIn(message) : undefined;
  return {
    timestamp,
    level: said ?? (Object.hasOwn(levels, level) ? levels[level] : undefined) ?? 'info',
    message,
    source,
  };
}

const encoder = new TextEncoder();

/** The same for a followed log. */
export async function* printLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const entries of logEntries(chunks)) {
    const text = entries.map((entry) => `${JSON.stringify(printLine(entry))}\n`).join('');
    if (text !== '') yield encoder.encode(text);
  }
}

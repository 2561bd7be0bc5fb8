import { createHash } from 'node:crypto';
import type { AgentFailure } from '../../../failure.js';
import { deviceFailure } from '../failure.js';
import { isSyslog } from '../ssh/screen.js';
import { judgeFirstLine, type Work } from '../ssh/session.js';
import { longestBanner } from './delta.js';

/** Lines of a text that are not entered. */
const left = /^(?:!.*|end|conf(?:igure)?(?: terminal)?|Building configuration\.\.\.|Current configuration\s*:.*)?$/;
const closes = /^(?:exit|exit-[\w-]+|quit)$/;
const banner = /^(\s*banner \S+ )(\^\w|\S)(.*)$/;

/**
 * The lines of a configuration in the order in which they are entered. `exit` leaves a block that the text shows only by indentation.
 * An entry of several lines is one value, such as a banner.
 */
export function entryLines(config: string): string[] {
  const entries: string[] = [];
  const depths: number[] = [];
  const lines = config.replaceAll('\r', '').split('\n');
  for (let i = 0; i < lines.length; i++) {
    const text = lines[i] ?? '';
    if (left.test(text.trim())) continue;
    const indent = text.length - text.trimStart().length;
    const line = text.trim();
    let popped = 0;
    while (depths.length > 0 && (depths.at(-1) ?? 0) >= indent) {
      depths.pop();
      popped += 1;
    }
    // The innermost of the levels that end here is a line without a block, and a closing line leaves one block itself.
    const closing = closes.test(line);
    for (let n = closing ? 2 : 1; n < popped; n++) entries.push('exit');
    if (closing) {
      entries.push(line);
      continue;
    }
    depths.push(indent);
    const [, head, delimiter, rest = ''] = banner.exec(line) ?? [];
    const end =
      delimiter === undefined || rest.includes(delimiter)
        ? -1
        : lines.slice(i + 1, i + 1 + longestBanner).findIndex((other) => other.includes(delimiter));
    if (head === undefined || delimiter === undefined || end < 0) {
      entries.push(line);
      continue;
    }
    entries.push(block(head, delimiter, [rest, ...lines.slice(i + 1, i + 2 + end)].join('\n')));
    i += end + 1;
  }
  return entries;
}

/** A banner with another delimiter: `^C` in a device's output stands for a control character that would cancel the input. */
function block(head: string, delimiter: string, text: string): string {
  const body = text.slice(0, text.lastIndexOf(delimiter));
  const mark = ['~', '%', '@', '|', '#', '+'].find((char) => !body.includes(char)) ?? '~';
  return `${head}${mark}${body}${mark}`;
}

/** A line with quoted question marks, which would ask the device for help. */
const literal = (line: string): string => line.replaceAll('?', '\x16?');

/**
 * Enters lines in configuration mode, and stops at the first line that the device refuses. If the site's policy forbids a line, the agent
 * enters none.
 * @throws AgentFailure `rejected` with that line, and the device's message; `policy`.
 */
export async function enterLines(
  { session, options }: Work,
  lines: readonly string[],
  { shorter = false }: { readonly shorter?: boolean } = {},
): Promise<void> {
  /** Removes a line by a shorter beginning: some devices take only that. */
  const takenShorter = async (line: string): Promise<boolean> => {
    const words = line.split(' ');
    if (!shorter || words[0] !== 'no') return false;
    for (let count = words.length - 1; count > 2; count--) {
      const ran = await session.run(literal(words.slice(0, count).join(' ')), options);
      if (ran.error === undefined) return true;
    }
    return false;
  };
  for (const line of lines) judgeFirstLine(options, line, 'config');
  for (const line of lines) {
    const several = line.includes('\n');
    const answers = Array.from({ length: 4 }, () => 'yes');
    const ran = await session.run(literal(line), { ...options, answers, noEcho: several });
    if (ran.error !== undefined && (await takenShorter(line))) continue;
    if (ran.error !== undefined) throw rejected([{ line: line.split('\n')[0] ?? '', error: ran.error }]);
    if (session.mode !== 'config') throw rejected([{ line, error: 'it leaves the configuration' }]);
  }
}

/** The failure for a configuration that the device does not accept. */
export function rejected(errors: readonly { readonly line: string; readonly error: string }[]): AgentFailure {
  const [first] = errors;
  const what = first === undefined ? '' : first.line === '' ? `: ${first.error}` : `: '${first.line}': ${first.error}`;
  return deviceFailure('upstream', 'rejected', `the device does not accept the configuration${what}`, {
    errors: errors.slice(0, 100),
  });
}

/** `sha256:` and hex, over a normalised configuration. */
export function configHash(normalized: string): string {
  return `sha256:${createHash('sha256').update(normalized).digest('hex')}`;
}

/** A configuration without the lines that match, log messages and blank lines. It ends with a line end. */
export function withoutLines(config: string, volatile: RegExp): string {
  const lines = config
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '' && !volatile.test(line) && !isSyslog(line));
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

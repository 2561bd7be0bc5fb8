import { createHash } from 'node:crypto';
import { isSyslog } from '../ssh/screen.js';

/** `sha256:` and hex, over a normalised configuration. */
export function configHash(normalized: string): string {
  return `sha256:${createHash('sha256').update(normalized).digest('hex')}`;
}

/** A configuration without the lines that fit, log messages and blank lines; with a line end at its end. */
export function withoutLines(config: string, volatile: RegExp): string {
  const lines = config
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '' && !volatile.test(line) && !isSyslog(line));
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

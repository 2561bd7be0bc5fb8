import { createHash } from 'node:crypto';
import { createTwoFilesPatch } from 'diff';
import { isSyslog } from '../ssh/screen.js';

/** Texts so different that comparing takes longer are not compared line by line, milliseconds. */
const diffMs = 2_000;

/** `sha256:` and hex, over a normalised configuration. */
export function configHash(normalized: string): string {
  return `sha256:${createHash('sha256').update(normalized).digest('hex')}`;
}

/** A unified diff of two normalised configurations; empty where they are the same. */
export function unifiedDiff(before: string, after: string): string {
  if (before === after) return '';
  const patch = createTwoFilesPatch('before', 'after', before, after, '', '', { context: 3, timeout: diffMs });
  if (patch !== undefined) return patch.replace(/^=+\n/, '').replace(/^(---|\+\+\+) (\w+)\t$/gm, '$1 $2');
  const lines = (text: string, sign: string): string => text.replace(/\n$/, '').replace(/^/gm, sign);
  const count = (text: string): number => text.split('\n').length - 1;
  const range = `@@ -1,${count(before)} +1,${count(after)} @@`;
  return `--- before\n+++ after\n${range}\n${lines(before, '-')}\n${lines(after, '+')}\n`;
}

/** A configuration without the lines that fit, log messages and blank lines; with a line end at its end. */
export function withoutLines(config: string, volatile: RegExp): string {
  const lines = config
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '' && !volatile.test(line) && !isSyslog(line));
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

import { createTwoFilesPatch } from 'diff';

/** Texts so different that comparing takes longer are not compared line by line, milliseconds. */
const DIFF_MS = 1_000;

/** Lines that change by themselves: times, headers and remarks of devices. */
const volatile =
  /^(?:!.*|## Last (?:changed|commit):.*|Building configuration\.\.\.|Current configuration ?:.*|ntp clock-period .*|)\s*$/;

/** A unified diff of two configurations, without what changes by itself; empty where they are the same. */
export function configDiff(before: string, after: string): string {
  const [old, now] = [stable(before), stable(after)];
  if (old === now) return '';
  const options = { context: 3, timeout: DIFF_MS };
  const patch = createTwoFilesPatch('before', 'after', old, now, '', '', options) as string | undefined;
  if (patch === undefined) return `--- before\n+++ after\n${marked(old, '-')}${marked(now, '+')}`;
  return patch.replace(/^=+\n/, '').replace(/^(---|\+\+\+) (\w+)\t$/gm, '$1 $2');
}

function stable(config: string): string {
  const lines = config
    .split(/\r?\n/)
    .map((line) => line.trimEnd())
    .filter((line) => !volatile.test(line));
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

function marked(text: string, sign: string): string {
  return text.replace(/^(?=.)/gm, sign);
}

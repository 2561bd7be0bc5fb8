import { shown } from '@roundhouse/proto/text';
import { InvalidArgumentError } from 'commander';

const UNITS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** A duration such as `90s`, `15m`, `24h` or `7d`, in seconds. Without its unit a number is refused: days were meant as often as seconds. */
export function seconds(text: string): number {
  const match = /^(\d+)([smhd])$/.exec(text);
  const value = Number(match?.[1]) * UNITS[match?.[2] as keyof typeof UNITS];
  if (!match || !Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('expected a number with its unit: 90s, 15m, 24h or 7d');
  return value;
}

/** A whole number above 0. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('expected a whole number above 0');
  return value;
}

/** A comma-separated list. */
export function list(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
}

/** Lines up rows under their headings; hidden characters are written out. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [headings, ...rows.map((row) => row.map(shown))];
  const widths = headings.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return `${all.map(line).join('\n')}\n`;
}

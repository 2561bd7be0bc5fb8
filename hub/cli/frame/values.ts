import { readFile } from 'node:fs/promises';
import { InvalidArgumentError } from 'commander';
import { CommandError } from './failures.js';

const UNITS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** A duration such as `90s`, `15m`, `24h` or `7d`, in seconds. A number without a unit is refused, because users mean days as often as seconds. */
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

/** A JSON object. */
export function jsonObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // The sentence below names the expected form.
  }
  throw new InvalidArgumentError('expected a JSON object, such as {"message":"hello"}');
}

/** `NAME=VALUE`, as a name and a value. */
export function assignment(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('expected NAME=VALUE');
  return [text.slice(0, at), text.slice(at + 1)];
}

/** An object without the members that are `undefined`. */
export function defined<T extends object>(object: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}

/** A number with its noun: `1 server`, `2 servers`. */
export const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** All items of a list with pages. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** The text of a file, or of standard input for `-`. */
export async function textOfFile(file: string, stdin: AsyncIterable<Buffer | string>): Promise<string> {
  if (file !== '-') return readFile(file, 'utf8');
  let whole = '';
  for await (const chunk of stdin) whole += chunk;
  return whole;
}

/** Those of the named members of an object that are not `undefined`. */
export function pick<T extends object>(object: T, names: Iterable<string>): Partial<T> {
  const wanted = new Set(names);
  const named = Object.entries(object).filter(([name, value]) => wanted.has(name) && value !== undefined);
  return Object.fromEntries(named) as Partial<T>;
}

/** The first line of a text, cut to the width of a column. */
export function firstLine(text: string): string {
  const [line = ''] = text.trim().split('\n');
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}

/**
 * The object in a file of JSON or YAML, or in standard input for `-`. The hub checks its members.
 * @param named the option or argument that names the file, for the error
 * @throws CommandError if the file holds no object
 */
export async function objectInFile<T extends object>(
  named: string,
  file: string,
  stdin: AsyncIterable<Buffer | string>,
): Promise<T> {
  const { parse } = await import('yaml');
  const content = await textOfFile(file, stdin);
  try {
    const read: unknown = parse(content);
    if (typeof read === 'object' && read !== null && !Array.isArray(read)) return read as T;
  } catch {
    // The error below names the expected form.
  }
  throw new CommandError(`${named}: expected an object in JSON or YAML`, 'usage');
}

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isOfSystem, systemSentence } from '@roundhouse/proto/system-errors';
import type { Reference } from './format.js';

/** The mark in a state for a value that the hub keeps and never shows. */
export const SECRET = Object.freeze({ secret: true });

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether a value of a file is a reference to a value outside the file. */
export function isReference(value: unknown): value is Reference {
  if (!isObject(value)) return false;
  const [name, ...others] = Object.keys(value);
  return others.length === 0 && (name === 'fromEnv' || name === 'fromFile');
}

/** A reference, for people. */
export function referenceText({ fromEnv, fromFile }: Reference): string {
  return fromEnv === undefined ? `file ${fromFile}` : `variable ${fromEnv}`;
}

/** A copy of a value in which a function replaces the references and the members named {@link SECRET}. */
export function replaced(
  value: unknown,
  replace: (found: Reference | typeof SECRET, path: readonly string[]) => unknown,
  path: readonly string[] = [],
): unknown {
  if (value === SECRET || isReference(value)) return replace(value as Reference | typeof SECRET, path);
  if (Array.isArray(value)) return value.map((item, at) => replaced(item, replace, [...path, String(at)]));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, replaced(member, replace, [...path, name])]),
  );
}

/** All references in a value. */
export function referencesIn(value: unknown): Reference[] {
  const found: Reference[] = [];
  replaced(value, (reference) => {
    if (isReference(reference)) found.push(reference);
  });
  return found;
}

/** Reads the values of references. */
export class References {
  readonly #env: NodeJS.ProcessEnv;
  readonly #read = new Map<string, Promise<string>>();

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
  }

  /** The problem with a reference, as a sentence without its subject; `undefined`: its value can be read. */
  async problemOf(reference: Reference): Promise<string | undefined> {
    try {
      await this.valueOf(reference);
      return undefined;
    } catch (error) {
      if (isOfSystem(error)) return systemSentence(error);
      return (error as Error).message;
    }
  }

  /** @throws Error if there is no value */
  valueOf(reference: Reference): Promise<string> {
    const key = referenceText(reference);
    const known = this.#read.get(key) ?? this.#valueOf(reference);
    this.#read.set(key, known);
    return known;
  }

  /** A copy of a value with the values of its references. */
  async fill<T>(value: T): Promise<T> {
    const values = new Map<string, string>();
    for (const reference of referencesIn(value)) values.set(referenceText(reference), await this.valueOf(reference));
    return replaced(value, (found) => (isReference(found) ? values.get(referenceText(found)) : found)) as T;
  }

  async #valueOf({ fromEnv, fromFile = '' }: Reference): Promise<string> {
    if (fromEnv !== undefined) {
      const value = this.#env[fromEnv];
      if (value === undefined || value === '') throw new Error('it is not set here');
      return value;
    }
    const content = await readFile(fromFile, 'utf8');
    // The line break at the end of a file with one line does not belong to a password. Keys and kubeconfigs stay unchanged.
    const [line = '', ...more] = content.split(/\r?\n/);
    const value = more.length === 1 && more[0] === '' ? line : content;
    if (value === '') throw new Error('it is empty');
    return value;
  }
}

/** A value of a file with the paths of its references made absolute. @param folder of the file */
export function withPathsFrom<T>(folder: string, value: T): T {
  return replaced(value, (found) =>
    isReference(found) && found.fromFile !== undefined ? { fromFile: resolve(folder, found.fromFile) } : found,
  ) as T;
}

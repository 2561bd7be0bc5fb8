import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { isOfSystem, systemSentence } from './system-errors.js';

/** One setting of a program: how its text is read, and its description for `--help` and the manual. */
export interface Setting<T> {
  /** The form of the text, in a word or two: `HOST:PORT`, `seconds`. */
  readonly value: string;
  /** A phrase without Markdown. */
  readonly help: string;
  /** More sentences for the manual, in Markdown. */
  readonly more?: string;
  /** The text of the default. */
  readonly fallback?: string;
  /** The effect without a value, in Markdown, if `fallback` does not tell it. */
  readonly otherwise?: string;
  /** @throws Error that names the expected form */
  readonly read: (text: string) => T;
}

/** The settings of a program, by their key in the YAML file. */
export type Settings = Readonly<Record<string, Setting<unknown>>>;

type Camel<S extends string> = S extends `${infer First}_${infer Rest}` ? `${First}${Capitalize<Camel<Rest>>}` : S;

/** The values of settings, by their key in camel case. A setting without `fallback` may have none. */
export type Values<S extends Settings> = {
  readonly [N in keyof S & string as Camel<N>]:
    | ReturnType<S[N]['read']>
    | (S[N] extends { readonly fallback: string } ? never : undefined);
};

/** Where settings may come from. Flags win over the environment, which wins over the file, which wins over the defaults. */
export interface Sources {
  /** By key in camel case, as commander has them. */
  readonly flags?: Readonly<Record<string, string>>;
  readonly env?: Readonly<NodeJS.ProcessEnv>;
  /** Path of a YAML file. */
  readonly file?: string | undefined;
}

/** A setting that cannot be read. The message names the setting, its origin, and the expected form, but never its value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const flagOf = (name: string) => `--${name.replaceAll('_', '-')}`;
const camel = (name: string) => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());

/**
 * Reads all settings once.
 * @param prefix of the variables in the environment
 * @throws ConfigError
 */
export function readSettings<S extends Settings>(settings: S, prefix: string, sources: Sources): Values<S> {
  const { flags = {}, env = {}, file } = sources;
  const inFile = file === undefined ? {} : readFile(file, settings);
  const values = Object.entries(settings).map(([name, { fallback, read }]) => {
    const variable = `${prefix}${name.toUpperCase()}`;
    const places: [place: string, text: string | undefined][] = [
      [flagOf(name), flags[camel(name)]],
      [variable, env[variable] || undefined],
      [`${file}: ${name}`, inFile[name]],
      ['default', fallback],
    ];
    for (const [place, text] of places) if (text !== undefined) return [camel(name), readText(place, text, read)];
    return [camel(name), undefined];
  });
  return Object.freeze(Object.fromEntries(values)) as Values<S>;
}

/** @returns for commander, the option of each setting and its line in `--help` */
export function settingOptions(settings: Settings): [flags: string, help: string][] {
  return Object.entries(settings).map(([name, { value, help, fallback, otherwise }]) => {
    const without = otherwise?.replaceAll('`', '') ?? fallback;
    return [`${flagOf(name)} <${value}>`, without ? `${help} (default: ${without})` : help];
  });
}

function readText(place: string, text: string, read: (text: string) => unknown): unknown {
  try {
    return read(text);
  } catch (error) {
    const said = isOfSystem(error) ? systemSentence(error) : error instanceof Error ? error.message : error;
    throw new ConfigError(`${place}: ${said}`);
  }
}

function readFile(path: string, settings: Settings): Readonly<Record<string, string>> {
  let parsed: unknown;
  try {
    parsed = parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (isOfSystem(error)) throw new ConfigError(systemSentence(error));
    throw new ConfigError(`${path}: ${error instanceof Error ? error.message : error}`);
  }
  if (parsed === null) return {};
  if (typeof parsed !== 'object' || Array.isArray(parsed))
    throw new ConfigError(`${path}: expected settings as "key: value"`);
  const entries = Object.entries(parsed).map(([key, value]): [string, string] => {
    if (!Object.hasOwn(settings, key))
      throw new ConfigError(`${path}: unknown setting '${key}'; known: ${Object.keys(settings).join(', ')}`);
    if (Array.isArray(value)) return [key, value.join(',')];
    if (value === null || typeof value === 'object') throw new ConfigError(`${path}: ${key}: expected a single value`);
    return [key, typeof value === 'boolean' ? (value ? '1' : '0') : String(value)];
  });
  return Object.fromEntries(entries);
}

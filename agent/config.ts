import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { isOfSystem, systemSentence } from '@roundhouse/proto/system-errors';
import { parse } from 'yaml';

/** The agent's settings, read and checked once. */
export interface AgentConfig {
  /** `HOST:PORT`. */
  readonly hub: string | undefined;
  readonly token: string | undefined;
  /** Absolute path. */
  readonly data: string;
  readonly name: string;
  /** Bytes kept of each server's log. */
  readonly logLimit: number;
  /** MCP servers that start at once. */
  readonly startLimit: number;
  /** Connections to network devices at once. */
  readonly deviceLimit: number;
  readonly logLevel: string;
  /** File with the site's policy; `undefined`: `policy.yaml` in the data folder, if there is one. */
  readonly policy: string | undefined;
}

/** One setting: how its text is read, and its description in `--help`. */
interface Setting<T> {
  readonly help: string;
  /** The text of the default. */
  readonly fallback?: string;
  /** @throws Error saying what was expected. */
  readonly read: (text: string) => T;
}

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

function address(value: string): string {
  if (!/^(?:\[[0-9a-fA-F:.]+\]|[^\s:/[\]]+)(?::\d{1,5})?$/.test(value)) throw new Error('expected HOST:PORT');
  return value;
}

function name(value: string): string {
  if (!/^[^\p{C}]{1,64}$/u.test(value)) throw new Error('expected 1 to 64 printable characters');
  return value;
}

function bytes(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1024 * 1024)
    throw new Error('expected a number of bytes, at least 1048576');
  return number;
}

function places(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > 1000) throw new Error('expected a number from 1 to 1000');
  return number;
}

function connections(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > 10_000) throw new Error('expected a number from 1 to 10000');
  return number;
}

function level(value: string): string {
  if (!levels.includes(value)) throw new Error(`expected one of ${levels.join(', ')}`);
  return value;
}

/** Every setting, by its key in the YAML file; `ROUNDHOUSE_AGENT_` and upper case in the environment; `--` and dashes as a flag. */
export const settings = {
  hub: { help: "the hub's address for agents, HOST:PORT (default: the one that it enrolled with)", read: address },
  token: { help: 'join token; needed the first time', read: (value: string) => value.trim() },
  token_file: {
    help: 'file that holds the join token, out of sight of other users',
    read: (path: string) => readFileSync(path, 'utf8').trim(),
  },
  data: { help: 'data folder', fallback: './agent-data', read: (value: string) => resolve(value) },
  name: { help: "this agent's name for operators (default: the host's name)", read: name },
  log_limit: { help: "bytes kept of each server's log", fallback: String(256 * 1024 * 1024), read: bytes },
  policy: {
    help: "file that says what the hub may do at this site (default: policy.yaml in the data folder, if it's there)",
    read: (value: string) => resolve(value),
  },
  start_limit: { help: 'MCP servers that start at once; the others take their turn', fallback: '4', read: places },
  device_limit: { help: 'connections to network devices at once', fallback: '1000', read: connections },
  log_level: { help: levels.join(', '), fallback: 'info', read: level },
} as const satisfies Record<string, Setting<unknown>>;

export type SettingName = keyof typeof settings;

/** A setting that cannot be read. The message names the setting, its origin, and the expected form, but never its value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Reads all settings: flags win over the environment, which wins over the file, which wins over the defaults. @throws ConfigError */
export function readConfig(sources: {
  readonly flags?: Readonly<Partial<Record<SettingName, string>>>;
  readonly env?: Readonly<NodeJS.ProcessEnv>;
  readonly file?: string | undefined;
}): AgentConfig {
  const file = sources.file === undefined ? {} : readFile(sources.file);
  type Value<N extends SettingName> = ReturnType<(typeof settings)[N]['read']>;
  const get = <N extends SettingName>(key: N): Value<N> | undefined => {
    const setting: Setting<unknown> = settings[key];
    const variable = `ROUNDHOUSE_AGENT_${key.toUpperCase()}`;
    const given = [
      [`--${key.replaceAll('_', '-')}`, sources.flags?.[key]],
      [variable, sources.env?.[variable] || undefined],
      [`${sources.file}: ${key}`, file[key]],
      ['default', setting.fallback],
    ].find(([, value]) => value !== undefined);
    if (given?.[1] === undefined) return undefined;
    try {
      return setting.read(given[1]) as Value<N>;
    } catch (error) {
      const said = isOfSystem(error) ? systemSentence(error) : error instanceof Error ? error.message : error;
      throw new ConfigError(`${given[0]}: ${said}`);
    }
  };
  const need = <N extends SettingName>(key: N): Value<N> => {
    const value = get(key);
    if (value === undefined) throw new ConfigError(`${key}: missing`);
    return value;
  };
  return Object.freeze({
    hub: get('hub'),
    token: get('token') ?? get('token_file'),
    data: need('data'),
    name: get('name') ?? (hostname().slice(0, 64) || 'agent'),
    logLimit: need('log_limit'),
    startLimit: need('start_limit'),
    deviceLimit: need('device_limit'),
    logLevel: need('log_level'),
    policy: get('policy'),
  });
}

function readFile(path: string): Partial<Record<string, string>> {
  let parsed: unknown;
  try {
    parsed = parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (isOfSystem(error)) throw new ConfigError(systemSentence(error));
    throw new ConfigError(`${path}: ${error instanceof Error ? error.message : error}`);
  }
  if (parsed === null) return {};
  if (typeof parsed !== 'object' || Array.isArray(parsed)) {
    throw new ConfigError(`${path}: expected settings as "key: value"`);
  }
  const entries = Object.entries(parsed).map(([key, value]): [string, string] => {
    if (!(key in settings)) {
      throw new ConfigError(`${path}: unknown setting '${key}'; known: ${Object.keys(settings).join(', ')}`);
    }
    if (value === null || typeof value === 'object') throw new ConfigError(`${path}: ${key}: expected a single value`);
    return [key, String(value)];
  });
  return Object.fromEntries(entries);
}

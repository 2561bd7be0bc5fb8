import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { readSettings, type Setting, type Sources, type Values } from '@roundhouse/proto/settings';

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

function addresses(value: string): string {
  const isAddress = (text: string) => /^(?:\[[0-9a-fA-F:.]+\]|[^\s:/[\],]+)(?::\d{1,5})?$/.test(text.trim());
  if (!value.split(',').every(isAddress)) throw new Error('expected HOST:PORT, or several separated by commas');
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

function startLimit(value: string): number {
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

const path = (value: string): string => resolve(value);

/** Every setting, by its key in the YAML file; `ROUNDHOUSE_AGENT_` and upper case in the environment; `--` and dashes as a flag. */
export const settings = {
  hub: {
    value: 'HOST:PORT',
    help: "the hub's address for agents; of several hubs all addresses, separated by commas",
    otherwise: 'the hub that the agent joined',
    read: addresses,
  },
  token: { value: 'token', help: 'join token, for the first start', read: (value: string) => value.trim() },
  token_file: {
    value: 'file',
    help: 'file that holds the join token; other users can see arguments',
    read: (file: string) => readFileSync(file, 'utf8').trim(),
  },
  data: { value: 'folder', help: 'data folder', fallback: './agent-data', read: path },
  name: {
    value: 'text',
    help: 'name of the agent, shown to operators',
    otherwise: 'the name of the machine',
    read: name,
  },
  log_limit: {
    value: 'bytes',
    help: "size that the agent keeps of each server's log",
    fallback: String(256 * 1024 * 1024),
    read: bytes,
  },
  policy: {
    value: 'file',
    help: 'site policy: it limits the actions of the hub at this site',
    otherwise: '`policy.yaml` in the data folder, if it exists',
    read: path,
  },
  start_limit: {
    value: 'number',
    help: 'MCP servers that start at once; others wait',
    fallback: '4',
    read: startLimit,
  },
  device_limit: {
    value: 'number',
    help: 'connections to network devices at once',
    fallback: '1000',
    read: connections,
  },
  log_level: {
    value: 'level',
    help: `least level of messages in the log: ${levels.join(', ')}`,
    fallback: 'info',
    read: level,
  },
} as const satisfies Record<string, Setting<unknown>>;

/** The agent's settings, read and checked once. */
export type AgentConfig = Omit<Values<typeof settings>, 'tokenFile' | 'name'> & { readonly name: string };

/** Reads all settings. @throws ConfigError */
export function readConfig(sources: Sources): AgentConfig {
  const { tokenFile, ...config } = readSettings(settings, 'ROUNDHOUSE_AGENT_', sources);
  const token = config.token ?? tokenFile;
  return Object.freeze({ ...config, token, name: config.name ?? (hostname().slice(0, 64) || 'agent') });
}

import { readFile } from 'node:fs/promises';
import type { connect } from '@roundhouse/sdk';
import { many, text } from '../../frame/command.js';
import { CommandError } from '../../frame/failures.js';
import type { Output } from '../../frame/output.js';
import { SecretReader } from '../../frame/prompt.js';
import { assignment } from '../../frame/values.js';

/** Options for the environment variables and headers of a server. */
export const valueOptions = {
  env: many('<NAME=VALUE>', 'environment variable that is no secret; NAME alone takes the value from here; repeatable'),
  envFile: text('<file>', 'file with a line NAME=VALUE for each variable'),
  secret: many('<NAME>', 'environment variable whose value is read from standard input; repeatable'),
  header: many('<NAME=VALUE>', 'HTTP header that is no secret; repeatable'),
  secretHeader: many('<NAME>', 'HTTP header whose value is read from standard input; repeatable'),
};

/** The values of {@link valueOptions}. */
export interface GivenValues {
  readonly env: readonly string[];
  readonly envFile: string | undefined;
  readonly secret: readonly string[];
  readonly header: readonly string[];
  readonly secretHeader: readonly string[];
}

/** The variables and headers that the options give. @throws CommandError naming the option that cannot be read */
export async function readValues(out: Output, given: GivenValues) {
  const env: Record<string, string> = {};
  if (given.envFile !== undefined)
    Object.assign(env, variablesIn(await readFile(given.envFile, 'utf8'), given.envFile));
  for (const word of given.env) {
    const [name, value] = word.includes('=') ? split('--env', word) : [word, out.terminal.env[word]];
    if (value === undefined) throw new CommandError(`--env ${name}: this variable is not set here`, 'usage');
    env[name] = value;
  }
  const headers = Object.fromEntries(given.header.map((word) => split('--header', word)));
  const reader = new SecretReader(out);
  try {
    for (const name of given.secret) env[name] = await reader.read(`Value of ${name}`);
    for (const name of given.secretHeader) headers[name] = await reader.read(`Value of ${name}`);
  } finally {
    reader.close();
  }
  return { env, headers };
}

function split(option: string, word: string): readonly [string, string] {
  try {
    return assignment(word);
  } catch {
    throw new CommandError(`${option}: expected NAME=VALUE`, 'usage');
  }
}

/** The lines `NAME=VALUE` of a file; empty lines and comments are skipped. */
export function variablesIn(content: string, file: string): Record<string, string> {
  const lines = content.split(/\r?\n/).map((line) => line.trim().replace(/^export /, ''));
  const entries = lines.flatMap((line, n) => {
    if (line === '' || line.startsWith('#')) return [];
    const at = line.indexOf('=');
    // The error does not repeat the line, which may hold a secret.
    if (at < 1) throw new CommandError(`${file}, line ${n + 1}: expected NAME=VALUE`, 'usage');
    return [[line.slice(0, at), line.slice(at + 1).replace(/^(["'])(.*)\1$/, '$2')]];
  });
  return Object.fromEntries(entries);
}

/** The transport of a server: an address, or a program with its arguments. @throws CommandError if there is neither */
export function transportOf(
  source: readonly string[],
  type: 'http' | 'sse' | 'websocket' | undefined,
  { env, headers }: Awaited<ReturnType<typeof readValues>>,
): connect.TransportInput {
  const [first, ...args] = source;
  if (first === undefined)
    throw new CommandError('give the address of the server, or -- and its command line', 'usage');
  if (/^(?:https?|wss?):\/\//.test(first)) {
    if (args.length > 0) throw new CommandError(`unexpected after the address: ${args.join(' ')}`, 'usage');
    if (Object.keys(env).length > 0)
      throw new CommandError('a remote server takes headers, no environment variables', 'usage');
    return { type: type ?? (first.startsWith('ws') ? 'websocket' : 'http'), url: first, headers };
  }
  if (Object.keys(headers).length > 0 || type !== undefined)
    throw new CommandError('headers and --transport are for a server with an address', 'usage');
  return { type: 'stdio', command: first, args, env };
}

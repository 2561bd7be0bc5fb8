import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';

/** A failure that the user is told of in one sentence, without a stack. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** How a command reaches the hub. */
export interface HubOptions {
  readonly url: string;
  readonly key?: string;
  readonly data: string;
}

/** Where the hub of this machine answers, as far as its settings in the environment say. */
export function localHub({ ROUNDHOUSE_LISTEN = '', ROUNDHOUSE_TLS_CERT }: NodeJS.ProcessEnv): string {
  const [, host = '', port = '8080'] = /^(?:(\[[0-9a-f:]+\]|[^:]*):)?(\d{1,5})$/i.exec(ROUNDHOUSE_LISTEN) ?? [];
  const reach = ['', '0.0.0.0'].includes(host) ? '127.0.0.1' : host === '[::]' ? '[::1]' : host;
  return `${ROUNDHOUSE_TLS_CERT ? 'https' : 'http'}://${reach}:${port}`;
}

/** Adds the options that every command which talks to a running hub has. */
export function withHub(command: Command): Command {
  return command
    .option('--url <url>', 'the hub', process.env.ROUNDHOUSE_URL || localHub(process.env))
    .option('--key <key>', "API key (default: ROUNDHOUSE_API_KEY, or the data folder's first-key)")
    .option('--data <dir>', 'data folder, for its first-key', process.env.ROUNDHOUSE_DATA ?? './data');
}

/** Calls the Connect API and gives its answer. @throws CommandError with the hub's own words. */
export async function call(hub: HubOptions, method: string, path: string, body?: unknown): Promise<Response> {
  const headers: Record<string, string> = { Authorization: `Bearer ${await keyOf(hub)}` };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  const url = new URL(`/connect/api${path}`, hub.url);
  let response: Response;
  try {
    response = await fetch(url, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new CommandError(`no hub answers at ${hub.url}: ${cause}`);
  }
  if (!response.ok) {
    const failure = (await response.json().catch(() => ({}))) as { error?: string; code?: string };
    throw new CommandError(failure.error ?? `the hub answered ${response.status}`);
  }
  return response;
}

/** The payload of a Connect answer. */
export async function callJson<T>(hub: HubOptions, method: string, path: string, body?: unknown): Promise<T> {
  const response = await call(hub, method, path, body);
  return ((await response.json()) as { data: T }).data;
}

/** The key that is given, or lies about. @throws CommandError where there is none. */
export async function keyOf({ key, data }: Pick<HubOptions, 'key' | 'data'>): Promise<string> {
  const given = key ?? process.env.ROUNDHOUSE_API_KEY;
  if (given) return given;
  try {
    return (await readFile(join(data, 'first-key'), 'utf8')).trim();
  } catch {
    throw new CommandError(
      `no API key: give --key, set ROUNDHOUSE_API_KEY, or run where ${join(data, 'first-key')} can be read`,
    );
  }
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import type { Command } from 'commander';
import { hubName } from '../fleet/listen/ca.js';

/** A failure that the user sees as one sentence, without a stack. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** How a command reaches the hub. */
export interface HubOptions {
  readonly hub: string;
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
    .option('--url, --hub <url>', 'the hub', process.env.ROUNDHOUSE_URL || localHub(process.env))
    .option('--key <key>', "API key (default: ROUNDHOUSE_API_KEY, or the data folder's first-key)")
    .option('--data <dir>', 'data folder, for its first-key', process.env.ROUNDHOUSE_DATA ?? './data');
}

/** An address of the hub's. @throws CommandError if the hub's own address is not one. */
export function hubUrl(hub: string, path: string): URL {
  const base = URL.canParse(hub) ? new URL(hub.endsWith('/') ? hub : `${hub}/`) : undefined;
  if (!base || !['http:', 'https:'].includes(base.protocol))
    throw new CommandError(`'${hub}' is not the address of a hub: give --hub http://HOST:PORT, or https://HOST:PORT`);
  return new URL(path, base);
}

/** Calls the Connect API and gives its answer. @throws CommandError with the hub's own words. */
export async function call(options: HubOptions, method: string, path: string, body?: unknown): Promise<Response> {
  const { hub } = options;
  const url = hubUrl(hub, `connect/api${path}`);
  const headers: Record<string, string> = { Authorization: `Bearer ${await keyOf(options)}` };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  let response: Response;
  try {
    response = await fetch(url, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  } catch (error) {
    throw new CommandError(await whyNoAnswer(hub, url, error));
  }
  if (!response.ok) {
    const failure = (await response.json().catch(() => ({}))) as { error?: unknown };
    if (typeof failure.error === 'string') throw new CommandError(failure.error);
    throw new CommandError(`${hub} is not a Roundhouse hub: it answered ${response.status}`);
  }
  return response;
}

/** The payload of a Connect answer. */
export async function callJson<T>(options: HubOptions, method: string, path: string, body?: unknown): Promise<T> {
  const response = await call(options, method, path, body);
  try {
    return ((await response.json()) as { data: T }).data;
  } catch {
    throw new CommandError(`${options.hub} is not a Roundhouse hub: its answer is not JSON`);
  }
}

/** Names the mix-up of ports or protocols if that is why the hub does not answer. */
async function whyNoAnswer(hub: string, url: URL, error: unknown): Promise<string> {
  const kind = await portKind(url);
  if (kind === 'agents') return `${hub} is the hub's port for agents: give its HTTP address (default port 8080)`;
  if (kind === 'https' && url.protocol === 'http:') return `${hub} speaks HTTPS: use https://`;
  if (kind === 'http' && url.protocol === 'https:') return `${hub} speaks plain HTTP: use http://`;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
  return `no hub answers at ${hub}: ${cause}`;
}

/** The key from the options or the environment, or else the key in the data folder. @throws CommandError if there is no key. */
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

/** How long a port may take to show its protocol, milliseconds. */
const LIMIT_MS = 2000;

/** A port's protocol; `undefined` if it is unknown. */
type PortKind = 'http' | 'https' | 'agents' | undefined;

/** Asks a port for a TLS handshake. The hub's port for agents is known by its certificate. */
function portKind({ hostname, port, protocol }: URL): Promise<PortKind> {
  return new Promise((resolve) => {
    const host = hostname.replace(/^\[|\]$/g, '');
    const at = Number(port || (protocol === 'https:' ? 443 : 80));
    // Nothing is sent: the owner of the certificate does not matter.
    const socket = connect({ host, port: at, rejectUnauthorized: false, ALPNProtocols: ['h2', 'http/1.1'] });
    const found = (kind: PortKind) => {
      socket.destroy();
      resolve(kind);
    };
    socket.setTimeout(LIMIT_MS, () => found(undefined));
    socket.once('secureConnect', () => {
      const isAgents = socket.getPeerX509Certificate()?.subjectAltName === `DNS:${hubName}`;
      found(isAgents ? 'agents' : 'https');
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      found(error.code === 'ERR_SSL_WRONG_VERSION_NUMBER' || error.code === 'EPROTO' ? 'http' : undefined);
    });
  });
}

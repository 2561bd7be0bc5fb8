import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hubName } from '@roundhouse/proto/frames';
import type { Roundhouse, RoundhouseError } from '@roundhouse/sdk';
import { version } from '../../host/package.js';
import { ContextFile } from './contexts.js';
import { CommandError, isHubError } from './failures.js';
import type { Output } from './output.js';
import type { Progress } from './progress.js';
import type { Terminal } from './terminal.js';

/** The options that name the hub and its key. */
export interface HubOptions {
  readonly hub?: string | undefined;
  readonly context?: string | undefined;
  readonly key?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly data?: string | undefined;
}

/** A hub and the key for it. */
export interface Connection {
  readonly hub: string;
  readonly key: string;
}

/** The address of this machine's hub, by its settings in the environment. */
export function localHub({ ROUNDHOUSE_LISTEN = '', ROUNDHOUSE_TLS_CERT }: NodeJS.ProcessEnv): string {
  const [, host = '', port = '8080'] = /^(?:(\[[0-9a-f:]+\]|[^:]*):)?(\d{1,5})$/i.exec(ROUNDHOUSE_LISTEN) ?? [];
  const reach = ['', '0.0.0.0'].includes(host) ? '127.0.0.1' : host === '[::]' ? '[::1]' : host;
  return `${ROUNDHOUSE_TLS_CERT ? 'https' : 'http'}://${reach}:${port}`;
}

/** The URL of a path at the hub. @throws CommandError if the hub's own address is no URL */
export function hubUrl(hub: string, path = ''): URL {
  const base = URL.canParse(hub) ? new URL(hub.endsWith('/') ? hub : `${hub}/`) : undefined;
  if (!base || !['http:', 'https:'].includes(base.protocol) || base.username !== '' || base.password !== '')
    throw new CommandError(
      `'${hub}' is not the address of a hub: give --hub http://HOST:PORT, or https://HOST:PORT`,
      'usage',
    );
  return new URL(path, base);
}

/** The address of a hub, in the form that contexts keep. @throws CommandError if the text is no address */
export const hubAddress = (hub: string): string => hubUrl(hub).href.replace(/\/$/, '');

/**
 * Finds the hub of a command, and the key for it. An option wins over the environment, and the environment over the current context. A context that
 * `--context` names wins over the environment. The key of a context goes to the hub of that context only. `--data` names the hub of that folder, if
 * neither an option nor the environment names one.
 * @throws CommandError if there is no key
 */
export async function connectionOf(options: HubOptions, { env, home }: Terminal): Promise<Connection> {
  const named = options.context ?? (env.ROUNDHOUSE_CONTEXT || undefined);
  const file = new ContextFile(env, home);
  const explicit = named === undefined ? undefined : await file.get(named);
  const current = explicit ?? (env.ROUNDHOUSE_URL ? undefined : await file.current());
  const context = options.hub === undefined || options.hub === current?.hub ? current : undefined;
  const hub =
    options.hub ??
    explicit?.hub ??
    (env.ROUNDHOUSE_URL || (await hubsOf(options.data))[0] || current?.hub || localHub(env));
  hubUrl(hub);
  if (options.key !== undefined) return { hub, key: options.key };
  if (options.keyFile !== undefined) return { hub, key: await keyIn(options.keyFile) };
  if (explicit && context) return { hub, key: explicit.key };
  // The environment may name another hub than the folder. That hub does not get the folder's key.
  if (options.data !== undefined)
    return { hub, key: await firstKey(options.data, options.hub === undefined ? hub : undefined) };
  if (env.ROUNDHOUSE_API_KEY) return { hub, key: env.ROUNDHOUSE_API_KEY };
  return { hub, key: context?.key ?? (await firstKey(env.ROUNDHOUSE_DATA ?? './data', hub)) };
}

async function keyIn(file: string): Promise<string> {
  const key = (await readFile(file, 'utf8')).trim();
  if (key === '') throw new CommandError(`--key-file: ${file} is empty`, 'denied');
  return key;
}

/**
 * The key that a hub left in its data folder.
 * @param hub the hub of the command, if the user did not name the folder: it gets the key only if its address is in the folder
 */
async function firstKey(data: string, hub?: string): Promise<string> {
  const file = join(data, 'first-key');
  const [key, addresses] = await Promise.all([textOf(file), hubsOf(data)]);
  const [own] = addresses.map((address) => address.replace(/^(https?:\/\/)0\.0\.0\.0(?=:|$)/, '$1127.0.0.1'));
  if (key !== '' && hub !== undefined && !(await isSameHub(hub, addresses)))
    throw new CommandError(
      own === undefined
        ? `${file} is a key of the hub of that folder, which has not started with this version yet: give --key-file, --key or ROUNDHOUSE_API_KEY`
        : `${file} is a key of the hub ${own}, not of ${hub}: give --hub ${own}, or a key of the other hub with --key-file`,
      'denied',
    );
  if (key !== '') return key;
  throw new CommandError(
    `no API key: give --key-file or --key, set ROUNDHOUSE_API_KEY, use a context ('roundhouse context add'), or run where ${file} can be read`,
    'denied',
  );
}

/**
 * The addresses that a hub left in its data folder: the address on which it listens, then its other names. Empty if no folder is given, or if no hub
 * has started in it.
 */
async function hubsOf(data: string | undefined): Promise<readonly string[]> {
  const text = data === undefined ? '' : await textOf(join(data, 'address'));
  return text === '' ? [] : text.split('\n');
}

/** The content of a file without blanks around it; empty if the file cannot be read. */
const textOf = (path: string): Promise<string> =>
  readFile(path, 'utf8').then(
    (text) => text.trim(),
    () => '',
  );

/** Whether an address is one of the hub's own. All names of this machine count as the same. */
async function isSameHub(hub: string, addresses: readonly string[]): Promise<boolean> {
  const { classOfAddress } = await import('@roundhouse/proto/net');
  const isHere = (host: string) => {
    const name = host.replace(/^\[|\]$/g, '');
    return ['localhost', '0.0.0.0', '::'].includes(name) || classOfAddress(name) === 'loopback';
  };
  const asked = hubUrl(hub);
  return addresses
    .filter((address) => URL.canParse(address))
    .map((address) => new URL(address))
    .some((own) => {
      const isSameHost = asked.hostname === own.hostname || (isHere(asked.hostname) && isHere(own.hostname));
      return isSameHost && asked.protocol === own.protocol && asked.port === own.port;
    });
}

/**
 * The SDK's client of a hub. It repeats a call only if the call may be repeated and the hub asks for that. It reports at once that a hub cannot be
 * reached.
 */
export async function clientOf({ hub, key }: Connection, progress: Progress): Promise<Roundhouse> {
  const [{ Roundhouse }, { send }] = await Promise.all([import('@roundhouse/sdk'), import('./http.js')]);
  return new Roundhouse({
    ...{ baseUrl: hub, apiKey: key, retries: 0 },
    fetch: (url, request) => progress.request(hub, send(url, request)),
    onRetry({ error }) {
      if (error.retryAfterMs === undefined) throw error;
    },
  });
}

/** How long the hub may take to check a key, milliseconds. */
const ABOUT_KEY_MS = 5000;

/** A problem with a key that a user stores. */
export interface KeyWarning {
  readonly text: string;
  readonly isRefused: boolean;
}

/** A warning for a user who stores a key: the hub refuses the key, the key is an admin's, or the hub cannot be asked. `undefined`: no problem. */
export async function warningAbout(
  connection: Connection,
  { signal, out }: { readonly signal: AbortSignal; readonly out: Output },
): Promise<KeyWarning | undefined> {
  try {
    const hub = await clientOf(connection, out.progress);
    const { role } = await hub.portal.auth.getMe({ signal, timeoutMs: ABOUT_KEY_MS });
    if (role !== 'super_admin') return undefined;
    const text =
      "this is the key of an admin, who may do everything: 'roundhouse key create --name NAME --role ROLE' makes a narrower one";
    return { text, isRefused: false };
  } catch (error) {
    if (!isHubError(error) || signal.aborted) throw error;
    if (error.status === 401) return { text: `${connection.hub} refuses this key`, isRefused: true };
    const { message } = (await explained(error, connection.hub)) as Error;
    return { text: `the key is not checked: ${message}`, isRefused: false };
  }
}

/** Explains a call that failed because of the wrong port, protocol or program. Other errors stay unchanged. */
export async function explained(error: unknown, hub: string): Promise<unknown> {
  // The answer has another form: it is from another program or another version. A TypeError without an answer is a defect of the command.
  if (hub !== '' && error instanceof TypeError && !(await hasThisVersion(hub)))
    return new CommandError(
      `${hub} gave an answer that this version of 'roundhouse' cannot read: ${error.message}`,
      'unreachable',
    );
  if (!isHubError(error)) return error;
  const { code, status, message } = error;
  if (status >= 300 && status < 400)
    return new CommandError(`${hub} is not the hub's own address. ${message}`, 'unreachable');
  if (code === 'INVALID_ANSWER' && message.endsWith(' (maxAnswerBytes)'))
    return new CommandError(`${hub}: ${message.replace(' (maxAnswerBytes)', '')}, the most that this program reads`);
  if (code === 'INVALID_ANSWER' || code === `HTTP_${status}`)
    return new CommandError(`${hub} is not a Roundhouse hub: it answered ${status}`, 'unreachable');
  return code === 'CONNECTION_FAILED' ? new CommandError(await whyNoAnswer(hub, error), 'unreachable') : error;
}

async function hasThisVersion(hub: string): Promise<boolean> {
  const [{ Roundhouse }, { send }] = await Promise.all([import('@roundhouse/sdk'), import('./http.js')]);
  const client = new Roundhouse({ baseUrl: hub, retries: 0, timeoutMs: LIMIT_MS, fetch: send });
  return client.connect.health.get().then(
    (health) => health?.version === version,
    () => false,
  );
}

async function whyNoAnswer(hub: string, { cause, details }: RoundhouseError): Promise<string> {
  const url = hubUrl(hub);
  const kind = await portKind(url);
  if (kind === 'agents') return `${hub} is the hub's port for agents: give its HTTP address (default port 8080)`;
  if (kind === 'https' && url.protocol === 'http:') return `${hub} speaks HTTPS: use https://`;
  if (kind === 'http' && url.protocol === 'https:') return `${hub} speaks plain HTTP: use http://`;
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const [reason] = String(inner instanceof Error ? inner.message : inner).split('\n');
  if (kind === undefined) return `no hub answers at ${hub}: ${reason}`;
  const outcome = details.outcome === 'unknown' ? '; the hub may still have done it' : '';
  return `the connection to ${hub} broke before the answer was complete: ${reason}${outcome}`;
}

/** How long a port may take to show its protocol, milliseconds. */
const LIMIT_MS = 2000;

/** A port's protocol; `undefined` if it is unknown. */
type PortKind = 'http' | 'https' | 'agents' | undefined;

/** Asks a port for a TLS handshake. The hub's port for agents has a certificate of the hub's own authority. */
async function portKind({ hostname, port, protocol }: URL): Promise<PortKind> {
  const { connect } = await import('node:tls');
  return new Promise((resolve) => {
    const host = hostname.replace(/^\[|\]$/g, '');
    const at = Number(port || (protocol === 'https:' ? 443 : 80));
    // Nothing is sent, so the owner of the certificate does not matter.
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

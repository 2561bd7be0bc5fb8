import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { ConfigError, readSettings, type Setting, type Sources, type Values } from '@roundhouse/proto/settings';

/** A host and port to listen on; port 0 stands for a free port. */
export interface Listen {
  readonly host: string;
  readonly port: number;
}

const text = (value: string): string => value;
const list = (value: string): string[] =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);

function listen(value: string): Listen {
  const match = /^(?:(\[[0-9a-f:]+\]|[^:]*):)?(\d{1,5})$/i.exec(value);
  const port = Number(match?.[2]);
  if (!match || port > 65_535) throw new Error('expected HOST:PORT');
  return { host: (match[1] ?? '127.0.0.1').replace(/^\[|\]$/g, '') || '0.0.0.0', port };
}

function positive(value: string): number {
  const number = Number(value);
  if (!(number > 0 && Number.isFinite(number))) throw new Error('expected a number above 0');
  return number;
}

function wholeNumber(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isSafeInteger(number) || number < 0) throw new Error('expected a whole number');
  return number;
}

function positiveWhole(value: string): number {
  const number = wholeNumber(value);
  if (number === 0) throw new Error('expected a whole number above 0');
  return number;
}

/** `1`, `0`, or addresses and networks. */
function networks(value: string): boolean | readonly string[] {
  if (value === '1' || value === '0') return value === '1';
  const entries = list(value);
  for (const entry of entries) {
    const [address = '', bits, ...rest] = entry.split('/');
    const most = isIP(address) === 6 ? 128 : 32;
    const badBits = bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= most);
    if (isIP(address) === 0 || badBits || rest.length > 0)
      throw new Error(`expected 1, 0, or addresses and networks; got '${entry}'`);
  }
  return entries;
}

/** Hosts of image registries. */
function registries(value: string): readonly string[] {
  const hosts = list(value);
  // A name without a dot or a port would be a part of an image's name at Docker Hub.
  for (const host of hosts)
    if (!/^[A-Za-z0-9.-]+(?::\d{1,5})?$/.test(host) || !/[.:]|^localhost$/.test(host))
      throw new Error(`expected hosts such as ghcr.io or registry.example.com:5000; got '${host}'`);
  return hosts;
}

function onOff(value: string): boolean {
  if (['1', 'true'].includes(value)) return true;
  if (['0', 'false'].includes(value)) return false;
  throw new Error('expected 1 or 0');
}

function httpUrl(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') throw new Error('expected an http(s) URL');
  return value.replace(/(?<!\/)\/+$/, '');
}

/** The URL must be exactly the issuer's own name: a slash at the end is part of it. */
function issuer(value: string): string {
  httpUrl(value);
  const { search, hash } = new URL(value);
  if (search !== '' || hash !== '') throw new Error('expected an http(s) URL without query and fragment');
  return value;
}

function roleOrNone(value: string): 'viewer' | 'user' | 'operator' | 'admin' | null {
  if (value === 'none') return null;
  const role = (['viewer', 'user', 'operator', 'admin'] as const).find((known) => known === value);
  if (!role) throw new Error('expected viewer, user, operator, admin or none');
  return role;
}

function scopes(value: string): string[] {
  const found = list(value);
  if (!found.every((scope) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope)))
    throw new Error('expected scopes as in RFC 6749');
  return found;
}

function level(value: string): string {
  if (!['trace', 'debug', 'info', 'warn', 'error', 'fatal'].includes(value))
    throw new Error('expected trace, debug, info, warn, error or fatal');
  return value;
}

function longEnough(value: string): string {
  if (value.length < 16) throw new Error('expected at least 16 characters');
  return value;
}

function database(value: string): string {
  if (!/^postgres(?:ql)?:\/\/[^/]+\/./.test(value))
    throw new Error('expected a URL such as postgresql://user@host/database');
  return value;
}

const path = (value: string): string => resolve(value);
const roles = 'viewer, user, operator, admin, or none to refuse them';

/** Every setting, by its key in the YAML file. In the environment the key is in upper case after `ROUNDHOUSE_`; as a flag it has dashes after `--`. */
export const settings = {
  listen: { value: 'HOST:PORT', help: 'address for HTTP', fallback: '127.0.0.1:8080', read: listen },
  agent_listen: { value: 'HOST:PORT', help: 'address for agents', fallback: '127.0.0.1:8443', read: listen },
  data: { value: 'folder', help: 'data folder', fallback: './data', read: path },
  admin_password: {
    value: 'text',
    help: 'first start: the password of user admin',
    otherwise: 'the hub makes one and prints it once',
    read: text,
  },
  api_key: {
    value: 'text',
    help: 'first start: an API key of role admin, with at least 16 characters',
    otherwise: 'the hub makes one and writes it to `first-key`',
    read: longEnough,
  },
  rate_limit_scale: { value: 'number', help: 'factor on every rate limit', fallback: '1', read: positive },
  demo: {
    value: '1 or 0',
    help: '1 registers a small demo MCP server on the first start',
    fallback: '0',
    otherwise: '`1` for `up`, else `0`',
    read: onOff,
  },
  public_url: {
    value: 'URL',
    help: 'address that clients use',
    more: 'Once it is set, `/mcp` and `/ws` refuse browser pages that come by plain HTTP under another name. Local names and the origins in `ROUNDHOUSE_CORS_ORIGINS` are allowed',
    read: httpUrl,
  },
  trusted_proxies: {
    value: 'list',
    help: 'addresses or networks of proxies whose X-Forwarded-For counts',
    fallback: '',
    otherwise: 'none',
    read: list,
  },
  tls_cert: {
    value: 'file',
    help: 'certificate chain (PEM); with it and its key, the hub speaks HTTPS',
    otherwise: 'plain HTTP',
    read: text,
  },
  tls_key: { value: 'file', help: 'private key (PEM) of the certificate', read: text },
  cors_origins: {
    value: 'list',
    help: 'origins that browsers may call from',
    fallback: '',
    otherwise: 'none',
    read: list,
  },
  cluster: {
    value: 'URL',
    help: 'PostgreSQL database that several hubs share; one of them is active, the others wait to take its place',
    more: 'An example is `postgresql://roundhouse:secret@db1,db2/roundhouse`. The data folder of each hub has the same `sealing.key`',
    otherwise: 'one hub with its own store',
    read: database,
  },
  sealing_key_file: {
    value: 'file',
    help: 'key that seals secrets in the store; the hub makes it on the first start',
    otherwise: 'in the data folder',
    read: path,
  },
  body_limit: { value: 'bytes', help: 'largest JSON body', fallback: '1048576', read: positive },
  metrics_public: { value: '1 or 0', help: '1 shows /metrics without a credential', fallback: '0', read: onOff },
  image_registries: {
    value: 'list',
    help: 'registries from which standard users of the portal may add and enable images',
    more: 'An example is `docker.io,ghcr.io`. Team admins may use any registry, and every user may use the images that they share',
    fallback: '',
    otherwise: 'all',
    read: registries,
  },
  cache_bytes: {
    value: 'bytes',
    help: 'size of the response cache; 0 turns it off',
    fallback: '67108864',
    read: wholeNumber,
  },
  breaker_failures: {
    value: 'number',
    help: "failures in a row that open a server's circuit",
    fallback: '5',
    read: positiveWhole,
  },
  breaker_cooldown: { value: 'seconds', help: 'time that a circuit stays open', fallback: '60', read: positive },
  audit_days: { value: 'days', help: 'time that the hub keeps audit entries', fallback: '90', read: positive },
  audit_entries: {
    value: 'number',
    help: 'audit entries that the hub keeps at most',
    more: 'Entries of agents, and of callers without a credential, take a tenth each at most, and no more than 100,000',
    fallback: '10000000',
    read: positiveWhole,
  },
  event_hours: {
    value: 'hours',
    help: 'time that the hub keeps events for clients that reconnect',
    fallback: '72',
    read: positive,
  },
  event_count: { value: 'number', help: 'events that the hub keeps at most', fallback: '250000', read: positiveWhole },
  event_bytes: {
    value: 'bytes',
    help: 'size on disk of the events that the hub keeps at most',
    fallback: '268435456',
    read: positiveWhole,
  },
  environment: {
    value: 'text',
    help: 'name of the environment, shown to people',
    fallback: 'production',
    read: text,
  },
  job_workers: { value: 'number', help: 'jobs that run at once', fallback: '10', read: positiveWhole },
  job_queue: { value: 'number', help: 'jobs that wait at most', fallback: '1000', read: positiveWhole },
  jobs_per_site: { value: 'number', help: 'jobs of one site that run at once', fallback: '4', read: positiveWhole },
  job_timeout: {
    value: 'seconds',
    help: 'time that a job may take if its kind has no limit of its own',
    fallback: '300',
    read: positive,
  },
  max_concurrent_updates: {
    value: 'number',
    help: 'updates and rollbacks of servers that run at once; others wait',
    fallback: '5',
    read: positiveWhole,
  },
  run_count: {
    value: 'number',
    help: 'finished runs of workflows that the hub keeps',
    fallback: '10000',
    read: positiveWhole,
  },
  run_days: {
    value: 'days',
    help: 'time that the hub keeps finished runs of workflows',
    fallback: '30',
    read: positive,
  },
  job_count: {
    value: 'number',
    help: 'other finished jobs that the hub keeps',
    fallback: '10000',
    read: positiveWhole,
  },
  job_days: { value: 'days', help: 'time that the hub keeps other finished jobs', fallback: '30', read: positive },
  mcp_away: {
    value: 'seconds',
    help: 'time that an MCP client may be silent before the hub ends the server instances of this client',
    fallback: '1800',
    read: positive,
  },
  mcp_answer: {
    value: 'seconds',
    help: "time that an MCP client without a session may take to answer a server's question",
    fallback: '300',
    read: positive,
  },
  oidc_issuer: {
    value: 'URL',
    help: 'identity provider at which people sign in to the portal, and whose access tokens MCP clients may use',
    more: "Without it, `/mcp` takes only API keys and the hub's own tokens",
    otherwise: 'none',
    read: issuer,
  },
  oidc_role_claim: {
    value: 'name',
    help: 'claim of access tokens that names roles of the hub: viewer, user, operator, admin',
    more: 'The highest role counts. Dots lead into objects: `realm_access.roles`',
    fallback: 'roles',
    read: text,
  },
  oidc_default_role: {
    value: 'role',
    help: `role of access tokens without a role: ${roles}`,
    fallback: 'viewer',
    read: roleOrNone,
  },
  oidc_scopes: {
    value: 'list',
    help: 'scopes that access tokens must have',
    more: 'The hub tells clients to ask for them',
    fallback: '',
    otherwise: 'none',
    read: scopes,
  },
  oidc_client_id: {
    value: 'text',
    help: "the hub's own client at the identity provider, for sign-ins to the portal",
    otherwise: 'none',
    read: text,
  },
  oidc_client_secret: {
    value: 'text',
    help: 'secret of this client; a public client has none',
    otherwise: 'none',
    read: text,
  },
  oidc_redirect_uris: {
    value: 'list',
    help: 'addresses to which people may return after they sign in to the portal',
    fallback: '',
    otherwise: 'every address that the provider allows for this client, by https or on the same machine',
    read: list,
  },
  portal_default_role: {
    value: 'role',
    help: `role of new people in the portal if the provider names no role: ${roles}`,
    fallback: 'user',
    read: roleOrNone,
  },
  registry: {
    value: 'URL',
    help: 'MCP registry, or a mirror, in which people of the console and clients of the API find servers',
    otherwise: 'the official one',
    read: issuer,
  },
  webhook_private: {
    value: '1, 0 or list',
    help: 'webhooks to loopback and private addresses: 1, 0, or the networks allowed',
    otherwise: '`1` while the hub listens on loopback, else `0`',
    read: networks,
  },
  log_level: {
    value: 'level',
    help: 'least level of messages in the log: trace, debug, info, warn, error or fatal',
    fallback: 'info',
    read: level,
  },
} as const satisfies Record<string, Setting<unknown>>;

/** The hub's settings, read and checked once. */
export type Config = Values<typeof settings>;

/** Reads all settings. @throws ConfigError */
export function readConfig(sources: Sources): Config {
  const config = readSettings(settings, 'ROUNDHOUSE_', sources);
  if ((config.tlsCert === undefined) !== (config.tlsKey === undefined))
    throw new ConfigError('tls_cert and tls_key: expected both, or neither');
  return config;
}

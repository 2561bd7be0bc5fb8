import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { isOfSystem, systemSentence } from '@roundhouse/proto/system-errors';
import { parse } from 'yaml';

/** A host and port to listen on; port 0 takes a free one. */
export interface Listen {
  readonly host: string;
  readonly port: number;
}

/** The hub's settings, read and checked once. */
export interface Config {
  readonly listen: Listen;
  readonly agentListen: Listen;
  /** Absolute path. */
  readonly data: string;
  readonly adminPassword: string | undefined;
  readonly apiKey: string | undefined;
  readonly rateLimitScale: number;
  readonly demo: boolean;
  readonly publicUrl: string | undefined;
  readonly trustedProxies: readonly string[];
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  readonly corsOrigins: readonly string[];
  readonly sealingKeyFile: string | undefined;
  readonly bodyLimit: number;
  readonly logLevel: string;
  /** `/metrics` needs no credential. */
  readonly metricsPublic: boolean;
  readonly imageRegistries: readonly string[];
  /** Bytes of the response cache; 0 for none. */
  readonly cacheBytes: number;
  readonly breakerFailures: number;
  /** Seconds. */
  readonly breakerCooldown: number;
  readonly auditDays: number;
  readonly auditEntries: number;
  readonly eventHours: number;
  readonly eventCount: number;
  readonly environment: string;
  readonly jobWorkers: number;
  readonly jobQueue: number;
  readonly jobsPerSite: number;
  /** Seconds. */
  readonly jobTimeout: number;
  readonly jobDays: number;
  readonly maxConcurrentUpdates: number;
  /** Seconds. */
  readonly mcpAway: number;
  /** Seconds. */
  readonly mcpAnswer: number;
  /** The identity provider whose access tokens MCP clients may use. */
  readonly oidcIssuer: string | undefined;
  /** The claim that tells roles. */
  readonly oidcRoleClaim: string;
  /** The role of tokens that name none; `null`: they are refused. */
  readonly oidcDefaultRole: 'viewer' | 'user' | 'operator' | 'admin' | null;
  /** Scopes that tokens must have. */
  readonly oidcScopes: readonly string[];
  /** This hub as a client of the identity provider, for users who sign in to the portal. */
  readonly oidcClientId: string | undefined;
  readonly oidcClientSecret: string | undefined;
  /** Where users may come back to after a sign-in; empty: wherever the provider lets them. */
  readonly oidcRedirectUris: readonly string[];
  /** The role of new users of the portal, if the provider names none; `null`: the hub refuses them. */
  readonly portalDefaultRole: 'viewer' | 'user' | 'operator' | 'admin' | null;
  /** Whether webhooks may go to loopback and private addresses, or to which of them; `undefined`: while the hub listens on loopback itself. */
  readonly webhookPrivate: boolean | readonly string[] | undefined;
}

/** One setting: how its text is read, and its line in `--help`. */
interface Setting<T> {
  readonly help: string;
  /** The text of the default. */
  readonly fallback?: string;
  /** @throws Error naming the expected form. */
  readonly read: (text: string) => T;
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
      throw new Error(`expected 1, 0, or addresses and networks; '${entry}' is none`);
  }
  return entries;
}

/** Hosts of image registries. */
function registries(value: string): readonly string[] {
  const hosts = list(value);
  // Without a dot or a port it would be a part of a name at Docker Hub.
  for (const host of hosts)
    if (!/^[A-Za-z0-9.-]+(?::\d{1,5})?$/.test(host) || !/[.:]|^localhost$/.test(host))
      throw new Error(`expected hosts such as ghcr.io or registry.example.com:5000; '${host}' is none`);
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

/** Named exactly as it names itself: a slash at the end is part of the name. */
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

/** Every setting, by its key in the YAML file; `ROUNDHOUSE_` and upper case in the environment; `--` and dashes as a flag. */
export const settings = {
  listen: { help: 'address for HTTP', fallback: '127.0.0.1:8080', read: listen },
  agent_listen: { help: 'address for agents', fallback: '127.0.0.1:8443', read: listen },
  data: { help: 'data folder', fallback: './data', read: (value: string) => resolve(value) },
  admin_password: { help: 'first start: the password of user admin', read: text },
  api_key: { help: 'first start: an API key of role admin', read: longEnough },
  rate_limit_scale: { help: 'multiplies every rate limit', fallback: '1', read: positive },
  demo: { help: '1 registers a demo MCP server on first start', fallback: '0', read: onOff },
  public_url: { help: 'the address that clients use', read: httpUrl },
  trusted_proxies: { help: 'addresses or networks of proxies whose X-Forwarded-For counts', fallback: '', read: list },
  tls_cert: { help: 'certificate chain file (PEM) for HTTPS', read: text },
  tls_key: { help: 'private key file (PEM) for HTTPS', read: text },
  cors_origins: { help: 'origins that browsers may call from, comma-separated', fallback: '', read: list },
  sealing_key_file: { help: 'key that seals secrets; made on first start', read: (value: string) => resolve(value) },
  body_limit: { help: 'largest JSON body, bytes', fallback: '1048576', read: positive },
  metrics_public: { help: '1 shows /metrics without a credential', fallback: '0', read: onOff },
  image_registries: { help: 'registries that standard users take images from', fallback: '', read: registries },
  cache_bytes: { help: 'size of the response cache, bytes; 0 turns it off', fallback: '67108864', read: wholeNumber },
  breaker_failures: { help: "failures in a row that open a server's circuit", fallback: '5', read: positiveWhole },
  breaker_cooldown: { help: 'seconds that a circuit stays open', fallback: '60', read: positive },
  audit_days: { help: 'days that audit entries are kept', fallback: '90', read: positive },
  audit_entries: { help: 'audit entries that are kept at most', fallback: '10000000', read: positiveWhole },
  event_hours: { help: 'hours that events are kept', fallback: '72', read: positive },
  event_count: { help: 'events that are kept at most', fallback: '250000', read: positiveWhole },
  environment: { help: 'what this hub is for, for people', fallback: 'production', read: text },
  job_workers: { help: 'jobs that run at once', fallback: '10', read: positiveWhole },
  job_queue: { help: 'jobs that wait at most', fallback: '1000', read: positiveWhole },
  jobs_per_site: { help: 'jobs of one site that run at once', fallback: '4', read: positiveWhole },
  job_timeout: {
    help: 'seconds that a job may take where its kind has no limit of its own',
    fallback: '300',
    read: positive,
  },
  max_concurrent_updates: { help: 'updates that run at once', fallback: '5', read: positiveWhole },
  job_days: { help: 'days that finished jobs are kept', fallback: '30', read: positive },
  mcp_away: {
    help: 'seconds that an MCP client may be silent before what was started for it alone ends',
    fallback: '1800',
    read: positive,
  },
  mcp_answer: {
    help: 'seconds that an MCP client without a session may take to answer what a server asks',
    fallback: '300',
    read: positive,
  },
  oidc_issuer: {
    help: 'the identity provider at which people sign in to the portal, and whose access tokens MCP clients may use',
    read: issuer,
  },
  oidc_role_claim: { help: 'the claim of access tokens that tells roles', fallback: 'roles', read: text },
  oidc_default_role: {
    help: 'the role of access tokens that name none: viewer, user, operator, admin, or none to refuse them',
    fallback: 'viewer',
    read: roleOrNone,
  },
  oidc_scopes: { help: 'scopes that access tokens must have, comma-separated', fallback: '', read: scopes },
  oidc_client_id: { help: 'the client that the portal is at the identity provider', read: text },
  oidc_client_secret: { help: "that client's secret; none for a public client", read: text },
  oidc_redirect_uris: {
    help: 'where people who signed in to the portal may come back to, comma-separated; default: wherever the provider lets them',
    fallback: '',
    read: list,
  },
  portal_default_role: {
    help: 'the role of people new to the portal whose provider names none: viewer, user, operator, admin, or none to refuse them',
    fallback: 'user',
    read: roleOrNone,
  },
  webhook_private: {
    help: 'webhooks to loopback and private addresses: 1, 0, or networks; default: while the hub is on loopback itself',
    read: networks,
  },
  log_level: { help: 'trace, debug, info, warn, error or fatal', fallback: 'info', read: level },
} as const satisfies Record<string, Setting<unknown>>;

export type SettingName = keyof typeof settings;

/** A malformed setting; the message names it, its origin, and the expected form. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Reads all settings: flags win over the environment, which wins over the file, which wins over the defaults. @throws ConfigError */
export function readConfig(sources: {
  readonly flags?: Readonly<Partial<Record<SettingName, string>>>;
  readonly env?: Readonly<NodeJS.ProcessEnv>;
  readonly file?: string | undefined;
}): Config {
  const file = sources.file === undefined ? {} : readFile(sources.file);
  const get = <N extends SettingName>(name: N): ReturnType<(typeof settings)[N]['read']> | undefined => {
    const setting: Setting<unknown> = settings[name];
    const variable = `ROUNDHOUSE_${name.toUpperCase()}`;
    const given = [
      [`--${name.replaceAll('_', '-')}`, sources.flags?.[name]],
      [variable, sources.env?.[variable] || undefined],
      [`${sources.file}: ${name}`, file[name]],
      ['default', setting.fallback],
    ].find(([, value]) => value !== undefined);
    if (given?.[1] === undefined) return undefined;
    try {
      return setting.read(given[1]) as ReturnType<(typeof settings)[N]['read']>;
    } catch (error) {
      const said = isOfSystem(error) ? systemSentence(error) : error instanceof Error ? error.message : error;
      throw new ConfigError(`${given[0]}: ${said}`);
    }
  };
  const need = <N extends SettingName>(name: N): ReturnType<(typeof settings)[N]['read']> => {
    const value = get(name);
    if (value === undefined) throw new ConfigError(`${name}: missing`);
    return value;
  };
  const config: Config = {
    listen: need('listen'),
    agentListen: need('agent_listen'),
    data: need('data'),
    adminPassword: get('admin_password'),
    apiKey: get('api_key'),
    rateLimitScale: need('rate_limit_scale'),
    demo: need('demo'),
    publicUrl: get('public_url'),
    trustedProxies: need('trusted_proxies'),
    tlsCert: get('tls_cert'),
    tlsKey: get('tls_key'),
    corsOrigins: need('cors_origins'),
    sealingKeyFile: get('sealing_key_file'),
    bodyLimit: need('body_limit'),
    logLevel: need('log_level'),
    metricsPublic: need('metrics_public'),
    imageRegistries: need('image_registries'),
    cacheBytes: need('cache_bytes'),
    breakerFailures: need('breaker_failures'),
    breakerCooldown: need('breaker_cooldown'),
    auditDays: need('audit_days'),
    auditEntries: need('audit_entries'),
    eventHours: need('event_hours'),
    eventCount: need('event_count'),
    environment: need('environment'),
    jobWorkers: need('job_workers'),
    jobQueue: need('job_queue'),
    jobsPerSite: need('jobs_per_site'),
    jobTimeout: need('job_timeout'),
    jobDays: need('job_days'),
    maxConcurrentUpdates: need('max_concurrent_updates'),
    mcpAway: need('mcp_away'),
    mcpAnswer: need('mcp_answer'),
    oidcIssuer: get('oidc_issuer'),
    oidcRoleClaim: need('oidc_role_claim'),
    oidcDefaultRole: get('oidc_default_role') ?? null,
    oidcScopes: need('oidc_scopes'),
    oidcClientId: get('oidc_client_id'),
    oidcClientSecret: get('oidc_client_secret'),
    oidcRedirectUris: need('oidc_redirect_uris'),
    portalDefaultRole: get('portal_default_role') ?? null,
    webhookPrivate: get('webhook_private'),
  };
  if ((config.tlsCert === undefined) !== (config.tlsKey === undefined))
    throw new ConfigError('tls_cert and tls_key: expected both, or neither');
  return Object.freeze(config);
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
  if (typeof parsed !== 'object' || Array.isArray(parsed))
    throw new ConfigError(`${path}: expected settings as "key: value"`);
  const entries = Object.entries(parsed).map(([key, value]): [string, string] => {
    if (!(key in settings))
      throw new ConfigError(`${path}: unknown setting '${key}'; known: ${Object.keys(settings).join(', ')}`);
    if (Array.isArray(value)) return [key, value.join(',')];
    if (value === null || typeof value === 'object') throw new ConfigError(`${path}: ${key}: expected a single value`);
    return [key, typeof value === 'boolean' ? (value ? '1' : '0') : String(value)];
  });
  return Object.fromEntries(entries);
}

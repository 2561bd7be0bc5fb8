import { createPrivateKey } from 'node:crypto';
import { isRoutingHeader } from '@roundhouse/proto/routing-headers';
import { isSecretVariable, urlPasswords } from '@roundhouse/proto/secret-names';
import { type Asking, isAllowed } from '../access/authorize.js';
import { maskedWords } from '../audit/arguments.js';
import { invalid } from '../errors.js';
import { checkSiteUrl } from '../net/url-guard.js';

/** How a server is reached, without its secrets: of `env` and `headers` only the names are kept here. */
export type Transport =
  | {
      readonly type: 'stdio';
      readonly command: string;
      readonly args: readonly string[];
      readonly env: readonly string[];
    }
  | { readonly type: 'sse' | 'http'; readonly url: string; readonly headers: readonly string[] }
  | {
      readonly type: 'websocket';
      readonly url: string;
      readonly headers: readonly string[];
      readonly reconnect?: Reconnect | undefined;
      readonly heartbeat?: Heartbeat | undefined;
    };

/** `seeds/003`, "Transport Types", WebSocket. */
export interface Reconnect {
  readonly enabled: boolean;
  readonly maxAttempts: number;
  readonly initialDelayMs: number;
  readonly maxDelayMs: number;
  readonly backoffMultiplier: number;
}

export interface Heartbeat {
  readonly enabled: boolean;
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

export type Auth =
  | { readonly type: 'none' }
  | { readonly type: 'api_key'; readonly header: string; readonly prefix: string }
  | {
      readonly type: 'oauth2';
      /** `client_credentials` (the default), or `authorization_code`: a user consents. */
      readonly grantType?: GrantType | undefined;
      /** Empty: the agent registers itself, or uses its metadata. */
      readonly clientId: string;
      /** The kind of the sealed secret; absent: the client's secret. */
      readonly proof?: 'privateKey' | 'none' | undefined;
      /** Empty: the server's own metadata names it. */
      readonly tokenUrl: string;
      readonly scopes: readonly string[];
    };

export type GrantType = 'client_credentials' | 'authorization_code';

/** The sealed part: every value of `env` and `headers` (the hub cannot tell which values are harmless), and the secret of `auth`. */
export interface Secrets {
  readonly values: Readonly<Record<string, string>>;
  readonly authSecret: string | null;
}

/** A transport as a client sends it, with its secrets. */
export type TransportInput =
  | { readonly type: 'stdio'; readonly command: string; readonly args?: readonly string[]; readonly env?: Values }
  | { readonly type: 'sse' | 'http'; readonly url: string; readonly headers?: Values }
  | {
      readonly type: 'websocket';
      readonly url: string;
      readonly headers?: Values;
      readonly reconnect?: Reconnect;
      readonly heartbeat?: Heartbeat;
    };

export type AuthInput =
  | { readonly type: 'none' }
  | { readonly type: 'api_key'; readonly key: string; readonly header?: string; readonly prefix?: string }
  | {
      readonly type: 'oauth2';
      readonly grantType?: GrantType;
      readonly clientId?: string;
      readonly clientSecret?: string;
      /** In place of the secret, PEM. */
      readonly privateKey?: string;
      readonly tokenUrl?: string;
      readonly scopes?: readonly string[];
    };

type Values = Readonly<Record<string, string>>;

/** A secret as a client sees it. Sent back in an update, it stands for the kept value. */
export const MASK = '********';

const NO_SECRETS: Secrets = { values: {}, authSecret: null };

/**
 * Separates the secrets from the public part. `kept` are the secrets so far, for masked values of an update; `field` is the transport's
 * name.
 * @throws DomainError `invalid_input` for a masked value where none is kept, and for a header that decides where requests go.
 */
export function splitTransport(
  input: TransportInput,
  kept: Secrets = NO_SECRETS,
  field = 'transport',
): { transport: Transport; values: Values } {
  const [name, sent] = valuesOf(input);
  if (name === 'headers') for (const header of Object.keys(sent)) checkHeader(header, `${field}.headers.${header}`);
  const values = unmask(sent, kept.values, `${field}.${name}`);
  const names = Object.keys(values);
  switch (input.type) {
    case 'stdio':
      return { values, transport: { type: 'stdio', command: input.command, args: input.args ?? [], env: names } };
    case 'websocket': {
      const { url, reconnect, heartbeat } = input;
      return { values, transport: { type: 'websocket', url, headers: names, reconnect, heartbeat } };
    }
    default:
      return { values, transport: { type: input.type, url: input.url, headers: names } };
  }
}

/** As {@link splitTransport}, for `auth`. */
export function splitAuth(
  input: AuthInput,
  kept: Secrets = NO_SECRETS,
  field = 'auth',
): { auth: Auth; authSecret: string | null } {
  const secretOf = (sent: string) => {
    if (sent !== MASK) return sent;
    if (kept.authSecret === null) throw notKept(field);
    return kept.authSecret;
  };
  switch (input.type) {
    case 'none':
      return { auth: { type: 'none' }, authSecret: null };
    case 'api_key': {
      checkHeader(input.header ?? '', `${field}.header`);
      const auth: Auth = { type: 'api_key', header: input.header ?? 'Authorization', prefix: input.prefix ?? 'Bearer' };
      return { auth, authSecret: secretOf(input.key) };
    }
    case 'oauth2': {
      const { grantType, clientId = '', clientSecret, privateKey, tokenUrl = '', scopes = [] } = input;
      const secret = privateKey ?? clientSecret ?? null;
      const proof = privateKey !== undefined ? 'privateKey' : clientSecret === undefined ? 'none' : undefined;
      const auth: Auth = { type: 'oauth2', grantType, clientId, proof, tokenUrl, scopes };
      return { auth, authSecret: secret === null ? null : secretOf(secret) };
    }
  }
}

function checkHeader(name: string, field: string): void {
  if (isRoutingHeader(name))
    throw invalid(field, 'is a header that decides where requests go: the URL alone decides that');
}

/** Values as the client sent them, with the kept values for masked ones. @throws DomainError `invalid_input` if no value is kept. */
export function unmask(sent: Values, kept: Values, field: string): Values {
  const unmasked = (name: string, value: string) => {
    if (value !== MASK) return value;
    if (!Object.hasOwn(kept, name)) throw notKept(`${field}.${name}`);
    return kept[name] ?? '';
  };
  return Object.fromEntries(Object.entries(sent).map(([name, value]) => [name, unmasked(name, value)]));
}

/** The fields of a transport that come back masked: they keep their values. */
export function maskedFields(input: TransportInput, field: string): string[] {
  const [name, sent] = valuesOf(input);
  return Object.entries(sent).flatMap(([key, value]) => (value === MASK ? [`${field}.${name}.${key}`] : []));
}

/** As {@link maskedFields}, for `auth`, which has one secret. */
export function maskedAuthFields(input: AuthInput, field: string): string[] {
  return Object.values(input).includes(MASK) ? [field] : [];
}

function valuesOf(input: TransportInput): readonly ['env' | 'headers', Values] {
  return input.type === 'stdio' ? ['env', input.env ?? {}] : ['headers', input.headers ?? {}];
}

function notKept(field: string) {
  return invalid(field, 'is masked, and no value is kept for it: give the value');
}

/** The transport as a caller reads it: secrets masked and, for a caller who may not change servers, {@link withoutNamedSecrets}. */
export function shownTransport(caller: Asking, transport: Transport): TransportInput {
  return maskedTransport(isAllowed(caller, 'server.write') ? transport : withoutNamedSecrets(transport));
}

/** The transport in the form in which a client sends it, secrets masked. */
export function maskedTransport(transport: Transport): TransportInput {
  const masked = (names: readonly string[]): Values => Object.fromEntries(names.map((name) => [name, MASK]));
  switch (transport.type) {
    case 'stdio': {
      const { type, command, args, env } = transport;
      return { type, command, args, ...(env.length ? { env: masked(env) } : {}) };
    }
    default: {
      const { headers, ...rest } = transport;
      return { ...rest, ...(headers.length ? { headers: masked(headers) } : {}) };
    }
  }
}

/**
 * A transport for a reader who may not change the server: without the values that have the name of a secret in an argument or in the query,
 * and without passwords of URLs. The arguments and the URL are no place for secrets: the name is all that tells one.
 */
export function withoutNamedSecrets<T extends Transport>(transport: T): T {
  if (transport.type !== 'stdio') return { ...transport, url: withoutUrlSecrets(transport.url) };
  return { ...transport, args: withoutNamedWords(transport.args) };
}

/** As {@link withoutNamedSecrets}, for the words of a command line. */
export function withoutNamedWords(words: readonly string[]): string[] {
  return maskedWords(words, { text: withoutUrlSecrets });
}

/** The line that starts a server, or its URL, for every reader. */
export function sourceLine(transport: Transport): string {
  const shown = withoutNamedSecrets(transport);
  return shown.type === 'stdio' ? [shown.command, ...shown.args].join(' ') : shown.url;
}

function withoutUrlSecrets(text: string): string {
  const hide = (shown: string, password: string) => shown.replaceAll(`:${password}@`, `:${MASK}@`);
  return withoutQuerySecrets(urlPasswords(text).reduce(hide, text));
}

function withoutQuerySecrets(text: string): string {
  return text.replace(/[?&][^&#\s]*/g, (part) => {
    const name = part.slice(1, Math.max(1, part.indexOf('=')));
    return isSecretVariable(decoded(name)) ? `${part.slice(0, 1)}${name}=${MASK}` : part;
  });
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** `auth` as a client sees it. */
export function maskedAuth(auth: Auth): AuthInput {
  switch (auth.type) {
    case 'none':
      return auth;
    case 'api_key':
      return { ...auth, key: MASK };
    case 'oauth2': {
      const { type, grantType, clientId, proof = 'clientSecret', tokenUrl, scopes } = auth;
      return {
        type,
        ...(grantType === undefined ? {} : { grantType }),
        ...(clientId === '' ? {} : { clientId }),
        ...(proof === 'none' ? {} : { [proof]: MASK }),
        ...(tokenUrl === '' ? {} : { tokenUrl }),
        scopes,
      };
    }
  }
}

/**
 * Checks the rules of `auth` that its schema cannot express. @param transport of the server.
 * @throws DomainError `invalid_input` naming the field.
 */
export function checkAuth(auth: AuthInput, transport: Transport['type']): void {
  if (auth.type !== 'oauth2') return;
  const { grantType = 'client_credentials', clientId, clientSecret, privateKey, tokenUrl } = auth;
  if (tokenUrl !== undefined) checkSiteUrl(tokenUrl, 'auth.tokenUrl');
  const isFound = transport === 'http' || transport === 'sse';
  if (grantType === 'authorization_code') {
    if (!isFound) throw invalid('auth.grantType', 'authorization_code is for servers over http or sse');
  } else {
    if (clientId === undefined) throw invalid('auth.clientId', 'is missing');
    if (clientSecret === undefined && privateKey === undefined) throw invalid('auth.clientSecret', 'is missing');
    if (tokenUrl === undefined && !isFound)
      throw invalid('auth.tokenUrl', 'is missing: it is found by itself for servers over http or sse');
  }
  if (clientSecret !== undefined && privateKey !== undefined)
    throw invalid('auth.privateKey', 'stands in place of clientSecret: give one of them');
  if (clientId === undefined && (clientSecret ?? privateKey) !== undefined)
    throw invalid('auth.clientId', 'is missing');
  if (privateKey !== undefined && privateKey !== MASK) checkKey(privateKey);
}

function checkKey(pem: string): void {
  let type: string | undefined;
  try {
    type = createPrivateKey(pem).asymmetricKeyType;
  } catch {
    // The error gives no detail: the text may be most of a secret.
  }
  if (type === undefined || !['rsa', 'ec', 'ed25519'].includes(type))
    throw invalid('auth.privateKey', 'must be an RSA, EC or Ed25519 key in PEM form, without a passphrase');
}

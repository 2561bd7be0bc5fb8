import * as oauth from 'oauth4webapi';
import { AgentFailure } from '../../../failure.js';
import { explain, type requestOptions, shownAddress } from './fetch.js';

/** The authorization server of an MCP server, and the resource that the tokens are for. */
export interface Discovered {
  /** The resource that token requests name (RFC 8707). */
  readonly resource: string;
  readonly authorizationServer: oauth.AuthorizationServer;
  /** The scopes that the server lists. */
  readonly scopes: readonly string[];
}

type Options = ReturnType<typeof requestOptions>;

const maxRedirects = 3;
/** The longest issuer, endpoint and resource that a server may name, in characters: the agent keeps them. */
const longestName = 2048;
const kept = ['issuer', 'authorization_endpoint', 'token_endpoint', 'registration_endpoint'] as const;

/**
 * Finds the authorization server of an MCP server. It first reads the MCP server's own metadata (RFC 9728); without such metadata it takes
 * the server's origin, as the first version of the specification says. Then it reads the metadata of the authorization server (RFC 8414,
 * OpenID Connect Discovery).
 * @throws AgentFailure `upstream` if there is no such metadata, or if it describes another server.
 */
export async function discover(serverUrl: string, challenge: Challenge, options: Options): Promise<Discovered> {
  const server = new URL(serverUrl);
  const found = await resourceMetadata(server, challenge, options);
  const resource = typeof found?.resource === 'string' ? found.resource : canonical(server);
  if (resource.length > longestName || (found !== undefined && !covers(resource, server)))
    throw unusable(`the server's metadata is of another resource: ${resource.slice(0, 200)}`);
  const [named] = Array.isArray(found?.authorization_servers) ? (found.authorization_servers as unknown[]) : [];
  const issuer = typeof named === 'string' ? named : server.origin;
  const authorizationServer = await serverMetadata(issuer, options);
  const scopes = Array.isArray(found?.scopes_supported) ? scopesOf(found.scopes_supported.join(' ')) : [];
  return { resource, authorizationServer, scopes };
}

/** The metadata of an authorization server. @param issuer its name. @throws AgentFailure `upstream` */
export async function serverMetadata(issuer: string, options: Options): Promise<oauth.AuthorizationServer> {
  if (issuer.length > longestName || !URL.canParse(issuer) || !/^https?:$/.test(new URL(issuer).protocol))
    throw unusable(`the server names no usable authorization server: ${issuer.slice(0, 200)}`);
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  const places = [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}/.well-known/openid-configuration${path}`,
    ...(path === '' ? [] : [`${origin}${path}/.well-known/openid-configuration`]),
  ];
  for (const place of places) {
    const metadata = await document(place, options);
    if (metadata === undefined) continue;
    // A server that claims the name of another issuer could get secrets that are meant for that issuer (RFC 8414, 3.3).
    if (typeof metadata.issuer !== 'string' || !sameIssuer(metadata.issuer, issuer))
      throw unusable(`${place} speaks for another issuer than ${issuer.slice(0, 200)}`);
    const long = kept.find((name) => String(metadata[name] ?? '').length > longestName);
    if (long !== undefined) throw unusable(`${place}: ${long} has more than ${longestName} characters`);
    return metadata as unknown as oauth.AuthorizationServer;
  }
  throw unusable(`${shownAddress(issuer)} has no metadata of an authorization server`);
}

async function resourceMetadata(server: URL, challenge: Challenge, options: Options) {
  const { resourceMetadata: named } = challenge;
  if (named !== undefined && URL.canParse(named) && /^https?:$/.test(new URL(named).protocol)) {
    const metadata = await document(named, options);
    if (metadata !== undefined) return metadata;
  }
  const wellKnown = `${server.origin}/.well-known/oauth-protected-resource`;
  const path = server.pathname.replace(/\/$/, '');
  for (const place of path === '' ? [wellKnown] : [`${wellKnown}${path}`, wellKnown]) {
    const metadata = await document(place, options);
    if (metadata !== undefined) return metadata;
  }
  return undefined;
}

/** Fetches a JSON object; `undefined` if the server has none at this URL. @throws AgentFailure `upstream` if no server answers. */
async function document(url: string, options: Options): Promise<Record<string, unknown> | undefined> {
  try {
    const response = await get(url, options, options.signal());
    if (!response.ok) return undefined;
    const parsed: unknown = await response.json().catch(() => undefined);
    const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
    return isObject ? (parsed as Record<string, unknown>) : undefined;
  } catch (error) {
    if (error instanceof AgentFailure) throw error;
    throw unusable(explain(error, shownAddress(url)));
  }
}

/** Follows redirects here, because each address must be checked before it is dialled. */
async function get(url: string, options: Options, signal: AbortSignal, redirects = 0): Promise<Response> {
  const response = await options[oauth.customFetch](url, { headers: { Accept: 'application/json' }, signal });
  const location = response.status >= 300 && response.status < 400 ? response.headers.get('location') : null;
  if (location === null || redirects >= maxRedirects || !URL.canParse(location, url)) return response;
  const target = new URL(location, url);
  return /^https?:$/.test(target.protocol) ? get(target.href, options, signal, redirects + 1) : response;
}

/** Whether a resource is this server, or contains it. */
export function covers(resource: string, server: URL): boolean {
  if (!URL.canParse(resource)) return false;
  const { origin, pathname } = new URL(resource);
  const slashed = (path: string) => (path.endsWith('/') ? path : `${path}/`);
  return origin === server.origin && slashed(server.pathname).startsWith(slashed(pathname));
}

function canonical({ origin, pathname }: URL): string {
  return pathname === '/' ? origin : `${origin}${pathname}`;
}

/** Whether two names are of the same issuer. Some servers add a slash to a name without a path. */
export function sameIssuer(a: string, b: string): boolean {
  return a === b || (URL.canParse(a) && new URL(a).href === new URL(b).href);
}

function unusable(reason: string): AgentFailure {
  return new AgentFailure('upstream', reason, { reason, outcome: 'not_run' });
}

/** The facts in a refusal about the accepted credentials (RFC 6750, RFC 9728). */
export interface Challenge {
  readonly error?: string | undefined;
  readonly scope?: string | undefined;
  /** The address of the resource's metadata. */
  readonly resourceMetadata?: string | undefined;
}

const longest = 16_384;

/** Reads `WWW-Authenticate`. Of several challenges the challenge for bearer tokens counts. */
export function readChallenge(header: string | undefined): Challenge {
  if (header === undefined || header.length > longest) return {};
  const start = /(?:^|,)\s*(?:bearer|dpop)\s+/i.exec(header);
  if (start === null) return {};
  const rest = header.slice(start.index + start[0].length);
  const found: Record<string, string> = {};
  const parameter = /([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))\s*(?:,\s*|$)/y;
  for (let match = parameter.exec(rest); match !== null; match = parameter.exec(rest)) {
    const [, name = '', quoted, plain = ''] = match;
    found[name.toLowerCase()] ??= quoted === undefined ? plain : quoted.replace(/\\(.)/g, '$1');
  }
  return { error: found.error, scope: found.scope, resourceMetadata: found.resource_metadata };
}

/** The scopes of a list with spaces between them. Of a list that is too long only the beginning counts. */
export function scopesOf(text: string | undefined): string[] {
  return [
    ...new Set(
      (text ?? '')
        .slice(0, longest)
        .split(' ')
        .filter((scope) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope)),
    ),
  ];
}

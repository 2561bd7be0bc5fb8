import { type DomainError, notFound } from '../../domain/errors.js';
import { RawReply } from '../../http/endpoint.js';

/** How clients get access tokens, where there is an identity provider. */
export interface Authorization {
  readonly issuer: string;
  /** Scopes that tokens must have. */
  readonly scopes: readonly string[];
  /** What tokens are made for: the address of `/mcp`, as clients know it. */
  readonly resource: () => string;
}

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/** The metadata of `/mcp` as a protected resource (RFC 9728). @throws DomainError `not_found` where there is no identity provider. */
export function protectedResource(authorization: Authorization | undefined): RawReply {
  if (!authorization) throw notFound('path', WELL_KNOWN);
  const { issuer, scopes, resource } = authorization;
  const metadata = {
    resource: resource(),
    authorization_servers: [issuer],
    ...(scopes.length > 0 ? { scopes_supported: scopes } : {}),
    bearer_methods_supported: ['header'],
    resource_name: 'Roundhouse',
  };
  return new RawReply(200, JSON.stringify(metadata), { 'Cache-Control': 'max-age=300' });
}

/**
 * `WWW-Authenticate` of a refusal (RFC 6750, RFC 9728): where a client learns who gives tokens, and which scopes it needs. `undefined`
 * for what no other token would mend.
 */
export function challenge(authorization: Authorization | undefined, error: DomainError): string | undefined {
  const isScope = error.code === 'forbidden' && 'missing' in error.details;
  const isCredential = error.code === 'invalid_credential' || error.code === 'expired_credential';
  if (error.code !== 'unauthenticated' && !isCredential && !isScope) return undefined;
  if (!authorization) return isScope ? undefined : 'Bearer';
  const { scopes, resource } = authorization;
  const { origin, pathname } = new URL(resource());
  const parameters = {
    ...(isCredential ? { error: 'invalid_token' } : isScope ? { error: 'insufficient_scope' } : {}),
    resource_metadata: `${origin}${WELL_KNOWN}${pathname}`,
    ...(scopes.length > 0 ? { scope: scopes.join(' ') } : {}),
  };
  const told = Object.entries(parameters).map(([name, value]) => `${name}="${value}"`);
  return `Bearer ${told.join(', ')}`;
}

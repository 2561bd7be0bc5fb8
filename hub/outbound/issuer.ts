import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import { DomainError } from '../domain/errors.js';
import type { TokenClaims, TokenIssuer } from '../domain/people/sign-in/issuer-callers.js';

export interface OidcIssuerOptions {
  /** The issuer's own name, a URL. */
  readonly url: string;
  /** The audience of its tokens. It is a function, because the hub's address is not known at the start. */
  readonly audience: () => string;
  /** Called with the reason why a well-formed token was refused, without the token. */
  readonly onRefused?: (reason: string) => void;
}

const FETCH_MS = 5000;
/** How long the hub does not ask an unreachable provider again, milliseconds. */
const RETRY_MS = 5000;
/** Symmetric algorithms are not allowed: the hub itself could then make tokens. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
/** The types of access tokens (RFC 9068, and providers before it). */
const TYPES = new Set(['jwt', 'at+jwt', 'application/at+jwt']);
/** How much the clocks may differ, seconds. */
const TOLERANCE = 5;

type Keys = ReturnType<typeof createRemoteJWKSet>;

/** An OpenID Connect provider. The hub finds it by its address (OpenID Connect Discovery, or RFC 8414), and reads and keeps its keys. */
export class OidcIssuer implements TokenIssuer {
  readonly url: string;
  readonly #options: OidcIssuerOptions;
  #keys: Promise<Keys> | undefined;

  constructor(options: OidcIssuerOptions) {
    this.url = options.url;
    this.#options = options;
  }

  async verify(token: string): Promise<TokenClaims> {
    const keys = await this.#found();
    try {
      const { payload, protectedHeader } = await jwtVerify(token, keys, {
        issuer: this.url,
        audience: this.#options.audience(),
        algorithms: ALGORITHMS,
        clockTolerance: TOLERANCE,
        requiredClaims: ['sub', 'exp', 'aud'],
      });
      const { sub } = payload;
      // The library accepts any `sub`, and logout tokens have signatures of the same keys.
      if (typeof sub !== 'string' || sub === '') throw new errors.JWTInvalid('the claim "sub" must be a text');
      if (!TYPES.has(String(protectedHeader.typ ?? 'jwt').toLowerCase()))
        throw new errors.JWTInvalid('the token is of another type than an access token');
      return { sub, expiresAt: ((payload.exp ?? 0) + TOLERANCE) * 1000, all: payload };
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw new DomainError('expired_credential', 'Token has expired');
      if (error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError)) throw unreachable(error);
      this.#options.onRefused?.(error.message);
      throw new DomainError('invalid_credential', 'Invalid token', {}, { cause: error });
    }
  }

  #found(): Promise<Keys> {
    if (!this.#keys) {
      const keys = this.#discover();
      this.#keys = keys;
      keys.catch(() => {
        setTimeout(() => {
          if (this.#keys === keys) this.#keys = undefined;
        }, RETRY_MS).unref();
      });
    }
    return this.#keys;
  }

  async #discover(): Promise<Keys> {
    let last: unknown;
    for (const address of metadataOf(this.url)) {
      try {
        const response = await fetch(address, { redirect: 'error', signal: AbortSignal.timeout(FETCH_MS) });
        if (!response.ok) throw new Error(`${address} answered HTTP ${response.status}`);
        const { issuer, jwks_uri } = (await response.json()) as {
          readonly issuer?: unknown;
          readonly jwks_uri?: unknown;
        };
        if (issuer !== this.url) throw new Error(`${address} is of another issuer`);
        if (typeof jwks_uri !== 'string') throw new Error(`${address} names no keys`);
        return createRemoteJWKSet(new URL(jwks_uri), { timeoutDuration: FETCH_MS });
      } catch (error) {
        last = error;
      }
    }
    throw unreachable(last);
  }
}

/** The addresses at which a provider may describe itself. */
function metadataOf(issuer: string): string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  return [
    `${origin}${path}/.well-known/openid-configuration`,
    `${origin}/.well-known/oauth-authorization-server${path}`,
  ];
}

function unreachable(cause: unknown): DomainError {
  return new DomainError('unavailable', 'The identity provider is out of reach', { retryAfter: 5 }, { cause });
}

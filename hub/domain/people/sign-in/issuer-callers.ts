import { createHash } from 'node:crypto';
import { isVisible, printable } from '@roundhouse/proto/text';
import { decodeJwt } from 'jose';
import type { Caller, Door, Role } from '../../access/caller.js';
import { DomainError } from '../../errors.js';
import { roleNamed, textsOf } from './sign-in-provider.js';

/** The claims of the identity provider's access token, once its signature, issuer, audience and time are checked. */
export interface TokenClaims {
  readonly sub: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  /** All of them, as they came. */
  readonly all: Readonly<Record<string, unknown>>;
}

/** The identity provider whose access tokens MCP clients may use; implemented outside the domain. */
export interface TokenIssuer {
  /** As it names itself: the claim `iss`. */
  readonly url: string;
  /**
   * Checks a token that was made for this hub's `/mcp`.
   * @throws DomainError `invalid_credential`, `expired_credential`, `unavailable` (the provider is out of reach).
   */
  verify(token: string): Promise<TokenClaims>;
}

/** How the identity provider's tokens become callers. */
export interface IssuerRules {
  /** The place of the roles in a token: a claim, or a path of claims with dots. Its value is a text or a list of texts. */
  readonly roleClaim: string;
  /** The role of a token without a role of the hub; `null`: the hub refuses such a token. */
  readonly defaultRole: Role | null;
  /** Scopes that every token must have. */
  readonly scopes: readonly string[];
}

/** Verified tokens kept in memory, so that a signature is checked once and not on every request. */
const KEPT = 10_000;
const MAX_NAME = 256;

interface Verified {
  readonly caller: Caller;
  readonly expiresAt: number;
}

/**
 * Callers with access tokens of the identity provider: only at `/mcp`, for which the tokens were made. A caller's role is the highest of
 * the hub's roles that the token names. These callers are no users of the hub, and the hub keeps nothing of them.
 */
export class IssuerCallers {
  readonly #issuer: TokenIssuer;
  readonly #rules: IssuerRules;
  readonly #verified = new Map<string, Verified>();
  readonly #ofCaller = new WeakMap<Caller, Verified>();

  constructor(issuer: TokenIssuer, rules: IssuerRules) {
    this.#issuer = issuer;
    this.#rules = rules;
  }

  /** Whether a token names the provider as its issuer; unverified. */
  issued(token: string): boolean {
    try {
      return decodeJwt(token).iss === this.#issuer.url;
    } catch {
      return false;
    }
  }

  /**
   * The caller behind a token; synchronous for tokens seen before.
   * @throws DomainError `invalid_credential`, `expired_credential`, `forbidden` (a scope is missing, or no role), `unavailable`.
   */
  verify(token: string, door: Door | null): Caller | Promise<Caller> {
    if (door !== 'mcp') throw new DomainError('invalid_credential', 'This token is good for /mcp only');
    const key = createHash('sha256').update(token).digest('base64url');
    const seen = this.#verified.get(key);
    return seen ? this.#check(seen) : this.#verify(token, key);
  }

  /** Whether a caller was made from one of these tokens. */
  knows(caller: Caller): boolean {
    return this.#ofCaller.has(caller);
  }

  /** @throws DomainError `invalid_credential`, `expired_credential`. */
  recheck(caller: Caller): Caller {
    const verified = this.#ofCaller.get(caller);
    if (!verified) throw new DomainError('invalid_credential', 'Invalid token');
    return this.#check(verified);
  }

  async #verify(token: string, key: string): Promise<Caller> {
    const claims = await this.#issuer.verify(token);
    const missing = this.#rules.scopes.filter((scope) => !scopesOf(claims).has(scope));
    if (missing.length > 0)
      throw new DomainError('forbidden', 'The token lacks a scope', { scopes: this.#rules.scopes, missing });
    const role = this.#roleOf(claims);
    if (!role) throw new DomainError('forbidden', 'The token names no role of this hub');
    const { sub, expiresAt, all } = claims;
    const names = [all.preferred_username, all.email, all.client_id, sub].filter((text) => typeof text === 'string');
    const id = sub.length <= MAX_NAME && isVisible(sub) ? sub : createHash('sha256').update(sub).digest('base64url');
    const caller: Caller = Object.freeze({
      kind: 'user',
      id: `oidc:${id}`,
      name: names.map((text) => printable(text, MAX_NAME).trim()).find(Boolean) ?? id,
      userId: null,
      role,
      api: null,
      tier: null,
      grants: null,
    });
    const verified = { caller, expiresAt };
    if (this.#verified.size >= KEPT) this.#verified.clear();
    this.#verified.set(key, verified);
    this.#ofCaller.set(caller, verified);
    return this.#check(verified);
  }

  #check({ caller, expiresAt }: Verified): Caller {
    if (expiresAt <= Date.now()) throw new DomainError('expired_credential', 'Token has expired');
    return caller;
  }

  #roleOf({ all }: TokenClaims): Role | null {
    return roleNamed(all, this.#rules.roleClaim) ?? this.#rules.defaultRole;
  }
}

function scopesOf({ all: { scope, scp } }: TokenClaims): ReadonlySet<string> {
  return new Set([...textsOf(scope), ...textsOf(scp)]);
}

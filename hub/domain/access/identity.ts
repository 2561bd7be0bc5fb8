import { DomainError } from '../errors.js';
import type { ApiName, Caller } from './caller.js';
import type { ApiKeyRecord, ApiKeys } from './keys.js';
import { AccessTokens } from './tokens.js';

/** Turns any credential, JWT or API key, into its caller. */
export class Identity {
  readonly #keys: ApiKeys;
  readonly #tokens: AccessTokens;

  constructor(keys: ApiKeys, tokens: AccessTokens) {
    this.#keys = keys;
    this.#tokens = tokens;
  }

  /** Synchronous for API keys and for tokens seen before. @throws DomainError `invalid_credential`, `expired_credential`. */
  verify(credential: string): Caller | Promise<Caller> {
    if (credential === '') throw new DomainError('unauthenticated', 'Authentication required');
    return AccessTokens.recognises(credential) ? this.#tokens.verify(credential) : this.#keys.verify(credential);
  }

  /** The API that issued a credential, unverified; `null` where unknown. */
  issuer(credential: string): ApiName | null {
    return AccessTokens.recognises(credential) ? this.#tokens.issuer(credential) : this.#keys.issuer(credential);
  }

  /** A key's own limits per minute and day, which replace its tier's. */
  limits(caller: Caller): ApiKeyRecord['limits'] {
    return caller.kind === 'api_key' ? this.#keys.limits(caller.id) : null;
  }
}

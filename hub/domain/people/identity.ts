import type { ApiName, Caller, Door } from '../access/caller.js';
import { credentialMissing, DomainError } from '../errors.js';
import { checkRole } from './creators.js';
import type { ApiKeyRecord, ApiKeys } from './keys/keys.js';
import type { IssuerCallers } from './sign-in/issuer-callers.js';
import type { Sessions } from './sign-in/sessions.js';
import { Tickets } from './sign-in/tickets.js';
import { AccessTokens } from './sign-in/tokens.js';

/** Turns any credential, JWT or API key, into its caller. */
export class Identity {
  readonly #keys: ApiKeys;
  readonly #tokens: AccessTokens;
  readonly #sessions: Pick<Sessions, 'issuer'>;
  readonly #issued: IssuerCallers | undefined;
  /** Single-use tickets for clients that cannot send a header. */
  readonly tickets = new Tickets();

  /** @param issued callers with tokens of an identity provider, if one is configured */
  constructor(keys: ApiKeys, tokens: AccessTokens, sessions: Pick<Sessions, 'issuer'>, issued?: IssuerCallers) {
    this.#keys = keys;
    this.#tokens = tokens;
    this.#sessions = sessions;
    this.#issued = issued;
  }

  /**
   * Synchronous for API keys and for tokens seen before.
   * @param request `door`: the API that the request came to. Tokens of an identity provider are valid for MCP only
   * @throws DomainError `invalid_credential`, `expired_credential`; for tokens of an identity provider also `forbidden`, `unavailable`.
   */
  verify(credential: string, { door = null }: { readonly door?: Door | null } = {}): Caller | Promise<Caller> {
    if (credential === '') throw credentialMissing();
    if (!AccessTokens.recognises(credential)) return this.#verifyKey(credential);
    if (this.#issued?.issued(credential)) return this.#issued.verify(credential, door);
    return this.#tokens.verify(credential);
  }

  #verifyKey(credential: string): Caller {
    try {
      return this.#keys.verify(credential);
    } catch (error) {
      if (this.#sessions.issuer(credential) === null) throw error;
      const message = 'This is a refresh token: send the access token, or exchange this one for a new one';
      throw new DomainError('invalid_credential', message);
    }
  }

  /** Uses a ticket up. @returns the caller who made it. @throws DomainError `invalid_credential`, `expired_credential`. */
  redeem(ticket: string): Caller {
    return this.recheck(this.tickets.redeem(ticket).caller);
  }

  /** A caller as of now: keys are revoked and expire, users change. @throws DomainError `invalid_credential`, `expired_credential`. */
  recheck(caller: Caller): Caller {
    if (this.#issued?.knows(caller)) return this.#issued.recheck(caller);
    return caller.kind === 'api_key' ? this.#keys.recheck(caller.id) : this.#tokens.recheck(caller);
  }

  /**
   * As {@link Identity.recheck}, for work that a caller began. An access token may expire meanwhile: its client gets another token, and comes
   * back for the answer.
   */
  recheckBegun(caller: Caller): Caller {
    if (this.#issued?.knows(caller)) return caller;
    return caller.kind === 'api_key' ? this.#keys.recheck(caller.id) : this.#tokens.recheckBegun(caller);
  }

  /**
   * Checks that a caller may still have an answer that took a while.
   * @throws DomainError `invalid_credential`, `expired_credential` (a key), `forbidden` (its role is lower now).
   */
  checkReader(caller: Caller): void {
    checkRole(caller, this.recheckBegun(caller));
  }

  /** Whether a caller was made from a credential. The caller of a job was not: see `Creators`. */
  knows(caller: Caller): boolean {
    return caller.kind === 'api_key' || this.#tokens.sessionOf(caller) !== undefined || !!this.#issued?.knows(caller);
  }

  /** As {@link AccessTokens.onEnded}. */
  onEnded(listener: (concerns: (caller: Caller) => boolean) => void): () => void {
    return this.#tokens.onEnded(listener);
  }

  /** The API that issued a credential or a refresh token, unverified; `null` where unknown. */
  issuer(credential: string): ApiName | null {
    if (AccessTokens.recognises(credential)) return this.#tokens.issuer(credential);
    return this.#keys.issuer(credential) ?? this.#sessions.issuer(credential);
  }

  /** A key's own limits per minute and day, which replace its tier's. */
  limits(caller: Caller): ApiKeyRecord['limits'] {
    return caller.kind === 'api_key' ? this.#keys.limits(caller.id) : null;
  }
}

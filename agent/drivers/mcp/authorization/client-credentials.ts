import type { AgentFailure } from '../../../failure.js';
import type { Credentials, Headers } from './credentials.js';
import type { ReachOfAddress, RefusedAddress } from './fetch.js';
import { type AccessToken, TokenEndpoint, type TokenLife, type TokenRequest, tokenLife } from './token-endpoint.js';

/** After a failure the token's server is left in peace for so long, doubled with each further one; milliseconds. */
const pauseMs = 500;
const longestPauseMs = 30_000;

interface Held extends TokenLife {
  readonly headers: Headers;
  readonly value: string;
}

const NONE: Headers = {};

/**
 * OAuth 2.0 client credentials (RFC 6749, 4.4). The token is kept, and replaced in the background before it ends; however many callers
 * need a new one at once, it is fetched once.
 */
export class ClientCredentials implements Credentials {
  readonly renewable = true;
  readonly #endpoint: TokenEndpoint;
  #held: Held | undefined;
  /** Tokens that an answer may still contain, including the token that was replaced last. */
  #secrets: string[] = [];
  #fetching: Promise<Headers> | undefined;
  #failures = 0;
  #failed: { readonly failure: AgentFailure; readonly until: number } | undefined;

  /** @param serverUrl the server that the tokens are for. @throws AgentFailure `invalid_argument` for an invalid address. */
  constructor(request: TokenRequest, serverUrl?: string, refused?: RefusedAddress, reach?: ReachOfAddress) {
    this.#endpoint = new TokenEndpoint(request, serverUrl, refused, reach);
  }

  headers(): Headers | Promise<Headers> {
    const held = this.#held;
    const now = Date.now();
    // The agent learns the token endpoint when the server refuses a request without a token.
    if (held === undefined && !this.#endpoint.known) return NONE;
    if (held === undefined || now >= held.endsAt) return this.#fetch();
    // If this fails, the caller learns of it once the token has expired.
    if (now >= held.renewAt) void this.#fetch().catch(() => {});
    return held.headers;
  }

  async renew(refused: Headers, challenge = ''): Promise<void> {
    if (this.#held?.headers === refused) this.#held = undefined;
    if (this.#held === undefined) await this.#fetch(challenge);
  }

  hide(text: string): string {
    return this.#secrets.reduce((rest, secret) => rest.replaceAll(secret, '[secret]'), text);
  }

  close(): void {
    this.#endpoint.close();
  }

  #fetch(challenge?: string): Promise<Headers> {
    if (this.#fetching !== undefined) return this.#fetching;
    const failed = this.#failed;
    if (failed !== undefined && performance.now() < failed.until) return Promise.reject(failed.failure);
    this.#fetching = this.#endpoint
      .fetch(challenge)
      .then(
        (token) => this.#keep(token),
        (failure: AgentFailure) => this.#fail(failure),
      )
      .finally(() => {
        this.#fetching = undefined;
      });
    return this.#fetching;
  }

  #keep({ value, expiresInS }: AccessToken): Headers {
    const headers = { Authorization: `Bearer ${value}` };
    this.#held = { headers, value, ...tokenLife(expiresInS) };
    this.#secrets = [value, ...this.#secrets.filter((one) => one !== value)].slice(0, 2);
    this.#failures = 0;
    this.#failed = undefined;
    return headers;
  }

  #fail(failure: AgentFailure): never {
    this.#failures += 1;
    const pause = Math.min(longestPauseMs, pauseMs * 2 ** Math.min(this.#failures - 1, 10));
    this.#failed = { failure, until: performance.now() + pause };
    throw failure;
  }
}

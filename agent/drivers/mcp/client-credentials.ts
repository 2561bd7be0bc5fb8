import type { AgentFailure } from '../../failure.js';
import type { Credentials, Headers } from './credentials.js';
import { type AccessToken, TokenEndpoint, type TokenRequest } from './token-endpoint.js';

/** A token whose server does not say how long it lasts is used for so long, unless it is refused earlier; milliseconds. */
const assumedLifeMs = 60 * 60_000;

/** A new token is fetched so long before the old one ends, but no more than this part of its life before. */
const earlyMs = 60_000;
const earlyPart = 0.2;

/** A token is not used in its last moments, which may be over when the request arrives. */
const marginMs = 5000;
const marginPart = 0.05;

/** After a failure the token's server is left in peace for so long, doubled with each further one; milliseconds. */
const pauseMs = 500;
const longestPauseMs = 30_000;

interface Held {
  readonly headers: Headers;
  readonly value: string;
  /** Milliseconds since 1970: from when on a new one is fetched, and from when on this one is not used. */
  readonly renewAt: number;
  readonly endsAt: number;
}

/**
 * OAuth 2.0 client credentials (RFC 6749, 4.4). The token is kept, and replaced in the background before it ends; however many callers
 * need a new one at once, it is fetched once.
 */
export class ClientCredentials implements Credentials {
  readonly renewable = true;
  readonly #endpoint: TokenEndpoint;
  #held: Held | undefined;
  /** Tokens that may still be in some answer: what was replaced last, too. */
  #secrets: string[] = [];
  #fetching: Promise<Headers> | undefined;
  #failures = 0;
  #failed: { readonly failure: AgentFailure; readonly until: number } | undefined;

  /** @throws AgentFailure `invalid_argument` for an address that is none. */
  constructor(request: TokenRequest) {
    this.#endpoint = new TokenEndpoint(request);
  }

  headers(): Headers | Promise<Headers> {
    const held = this.#held;
    const now = Date.now();
    if (held === undefined || now >= held.endsAt) return this.#fetch();
    // If this fails, somebody is told once the token has really ended.
    if (now >= held.renewAt) void this.#fetch().catch(() => {});
    return held.headers;
  }

  async renew(refused: Headers): Promise<void> {
    if (this.#held?.headers === refused) this.#held = undefined;
    if (this.#held === undefined) await this.#fetch();
  }

  hide(text: string): string {
    return this.#secrets.reduce((rest, secret) => rest.replaceAll(secret, '[secret]'), text);
  }

  close(): void {
    this.#endpoint.close();
  }

  #fetch(): Promise<Headers> {
    if (this.#fetching !== undefined) return this.#fetching;
    const failed = this.#failed;
    if (failed !== undefined && Date.now() < failed.until) return Promise.reject(failed.failure);
    this.#fetching = this.#endpoint
      .fetch()
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
    const now = Date.now();
    const life = expiresInS === undefined ? assumedLifeMs : expiresInS * 1000;
    const headers = { Authorization: `Bearer ${value}` };
    this.#held = {
      headers,
      value,
      renewAt: now + life - Math.min(earlyMs, life * earlyPart),
      endsAt: now + life - Math.min(marginMs, life * marginPart),
    };
    this.#secrets = [value, ...this.#secrets.filter((one) => one !== value)].slice(0, 2);
    this.#failures = 0;
    this.#failed = undefined;
    return headers;
  }

  #fail(failure: AgentFailure): never {
    this.#failures += 1;
    const pause = Math.min(longestPauseMs, pauseMs * 2 ** Math.min(this.#failures - 1, 10));
    this.#failed = { failure, until: Date.now() + pause };
    throw failure;
  }
}

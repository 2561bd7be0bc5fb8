import type { AgentFailure } from '../../../failure.js';
import { basicForms, Secrets } from '../../net/secrets.js';
import type { Credentials, Headers } from './credentials.js';
import type { ReachOfAddress, RefusedAddress } from './fetch.js';
import {
  type AccessToken,
  type PinIssuer,
  TokenEndpoint,
  type TokenLife,
  type TokenRequest,
  tokenLife,
} from './token-endpoint.js';

/** The pause after a failed request for a token, milliseconds. It doubles with each further failure. */
const pauseMs = 500;
const longestPauseMs = 30_000;

interface CredentialsParts {
  readonly refused?: RefusedAddress;
  readonly reach?: ReachOfAddress;
  readonly pin?: PinIssuer;
  readonly received?: Secrets;
}

interface Held extends TokenLife {
  readonly headers: Headers;
  readonly value: string;
}

const NONE: Headers = {};

/**
 * OAuth 2.0 client credentials (RFC 6749, 4.4). The token is kept, and replaced in the background before it ends. Callers that need a new
 * token at the same time share one request.
 */
export class ClientCredentials implements Credentials {
  readonly renewable = true;
  readonly #endpoint: TokenEndpoint;
  #held: Held | undefined;
  readonly #received: Secrets;
  /** The client's secret in the forms that its authorization server gets, which may be the MCP server itself. */
  readonly #sent: readonly string[];
  #fetching: Promise<Headers> | undefined;
  #failures = 0;
  #failed: { readonly failure: AgentFailure; readonly until: number } | undefined;

  /**
   * @param serverUrl the server that the tokens are for
   * @param more `received` learns the tokens.
   * @throws AgentFailure `invalid_argument` for an invalid address.
   */
  constructor(request: TokenRequest, serverUrl?: string, more: CredentialsParts = {}) {
    const { refused, reach, pin, received = new Secrets() } = more;
    this.#received = received;
    this.#sent = basicForms(request.clientId, request.clientSecret);
    this.#endpoint = new TokenEndpoint(request, serverUrl, refused, reach, pin);
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
    return this.#received.hide(text);
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
    this.#received.learn(value, ...this.#sent);
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

import { validateHeaderValue } from 'node:http';
import * as oauth from 'oauth4webapi';
import { AgentFailure } from '../../failure.js';
import { checkHost } from '../net/site-lookup.js';
import { networkReason } from './http-endpoint.js';

export interface TokenRequest {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly tokenUrl: string;
  readonly scopes: readonly string[];
}

export interface AccessToken {
  readonly value: string;
  /** Seconds; `undefined` where the server does not say. */
  readonly expiresInS: number | undefined;
}

/** What the server may take to answer, milliseconds, and how long its answer may be, bytes. */
const limitMs = 15_000;
const limitBytes = 1024 * 1024;

/** Where tokens come from: RFC 6749, 4.4. Errors are made readable here, and free of secrets. */
export class TokenEndpoint {
  readonly #url: URL;
  readonly #stopping = new AbortController();
  readonly #secret: string;
  /** How the client names itself: in the header, as every server must understand; in the body where one does not. */
  #inBody = false;

  /** @throws AgentFailure `invalid_argument` for an address that is none. */
  constructor(private readonly request: TokenRequest) {
    const url = URL.canParse(request.tokenUrl) ? new URL(request.tokenUrl) : undefined;
    if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
      throw new AgentFailure('invalid_argument', 'the token url is not an http or https address', {
        field: 'auth.tokenUrl',
      });
    }
    this.#url = url;
    this.#secret = request.clientSecret;
  }

  /** @throws AgentFailure `upstream` */
  async fetch(): Promise<AccessToken> {
    try {
      return await this.#fetch();
    } catch (error) {
      if (!this.#inBody && isUnknownClient(error)) {
        this.#inBody = true;
        try {
          return await this.#fetch();
        } catch (second) {
          // Refused both ways: the next one starts with the standard's.
          this.#inBody = false;
          throw this.#explained(second);
        }
      }
      throw this.#explained(error);
    }
  }

  close(): void {
    this.#stopping.abort();
  }

  async #fetch(): Promise<AccessToken> {
    const { clientId, clientSecret, scopes } = this.request;
    const server = { issuer: this.#url.origin, token_endpoint: this.#url.href };
    const client = { client_id: clientId };
    const auth = this.#inBody ? oauth.ClientSecretPost(clientSecret) : oauth.ClientSecretBasic(clientSecret);
    const parameters = new URLSearchParams(scopes.length === 0 ? {} : { scope: scopes.join(' ') });
    const response = await oauth.clientCredentialsGrantRequest(server, client, auth, parameters, {
      signal: AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(limitMs)]),
      // The registration decides, as it does for the server's own address.
      [oauth.allowInsecureRequests]: true,
      [oauth.customFetch]: boundedFetch,
    });
    const token = await oauth.processClientCredentialsResponse(server, client, response);
    if (token.token_type !== 'bearer') throw new Error(`tokens of type ${token.token_type} are not supported`);
    validateHeaderValue('Authorization', token.access_token);
    return { value: token.access_token, expiresInS: token.expires_in };
  }

  #explained(error: unknown): AgentFailure {
    const address = `${this.#url.origin}${this.#url.pathname}`;
    const reason = this.#hide(`no access token: ${explain(error, address)}`);
    return new AgentFailure('upstream', reason, { reason, outcome: 'not_run' });
  }

  #hide(text: string): string {
    return text.replaceAll(this.#secret, '[secret]').replaceAll(encodeURIComponent(this.#secret), '[secret]');
  }
}

function isUnknownClient(error: unknown): boolean {
  if (error instanceof oauth.WWWAuthenticateChallengeError) return true;
  return error instanceof oauth.ResponseBodyError && error.error === 'invalid_client';
}

function explain(error: unknown, address: string): string {
  if (error instanceof oauth.ResponseBodyError) {
    const { error: code, error_description: description } = error;
    return `${address} answered ${code}${description === undefined ? '' : `: ${description.slice(0, 500)}`}`;
  }
  if (error instanceof oauth.WWWAuthenticateChallengeError) {
    const [challenge] = error.cause;
    const { error: code, error_description: description } = challenge?.parameters ?? {};
    return `${address} refuses the client (HTTP ${error.status})${[code, description].map((text) => (text === undefined ? '' : `: ${text.slice(0, 500)}`)).join('')}`;
  }
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return `${address} did not answer within ${limitMs / 1000} s`;
  }
  if (error instanceof oauth.OperationProcessingError) return `${address} gave an unusable answer: ${error.message}`;
  if (error instanceof TypeError && error.cause instanceof Error) return networkReason(error.cause, address);
  return `${address}: ${error instanceof Error && error.message !== '' ? error.message : 'the answer is unusable'}`;
}

/** Fetches an answer whole, up to the limit: the library would read one of any length. */
async function boundedFetch(
  url: string,
  { body, headers, method, redirect, signal }: oauth.CustomFetchOptions<'POST', URLSearchParams>,
): Promise<Response> {
  await checkHost(new URL(url).hostname).catch((cause: unknown) => {
    throw new TypeError('fetch failed', { cause });
  });
  const response = await fetch(url, { body, headers, method, redirect, signal: signal ?? null });
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    parts.push(part);
    bytes += part.length;
    // Leaving the loop ends the transfer.
    if (bytes > limitBytes) throw new Error(`its answer is longer than ${limitBytes} bytes`);
  }
  const whole = [101, 204, 205, 304].includes(response.status) ? null : Buffer.concat(parts);
  return new Response(whole, { status: response.status, headers: response.headers });
}

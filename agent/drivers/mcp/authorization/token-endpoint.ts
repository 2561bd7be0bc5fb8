import { validateHeaderValue } from 'node:http';
import * as oauth from 'oauth4webapi';
import { AgentFailure } from '../../../failure.js';
import { basicForms, Secrets } from '../../net/secrets.js';
import { type Discovered, discover, readChallenge, scopesOf } from './discovery.js';
import { explain, type ReachOfAddress, type RefusedAddress, requestOptions, shownAddress } from './fetch.js';
import { proofOf } from './identity.js';

export interface TokenRequest {
  readonly clientId: string;
  readonly clientSecret: string;
  /** A key in place of the secret, PEM; empty for none. */
  readonly privateKey?: string;
  /** If empty, the agent finds the endpoint by the server's metadata. */
  readonly tokenUrl: string;
  readonly scopes: readonly string[];
}

export interface AccessToken {
  readonly value: string;
  /** Seconds; `undefined` if the server does not say. */
  readonly expiresInS: number | undefined;
}

/** The authorization server, and the resource that the tokens are for. */
interface Target extends Pick<Discovered, 'authorizationServer' | 'scopes'> {
  readonly resource?: string;
}

/** Notes the issuer that gets the credentials of a client. @throws AgentFailure `upstream` if another issuer got them before */
export type PinIssuer = (issuer: string) => Promise<void>;

/** A token endpoint for client credentials (RFC 6749, 4.4). Its errors are readable, and hold no secrets. */
export class TokenEndpoint {
  readonly #stopping = new AbortController();
  readonly #options: ReturnType<typeof requestOptions>;
  readonly #given: Secrets;
  #target: Target | undefined;
  /** The client's id and secret are in the body, for a server that does not take them in the header, as each server must. */
  #inBody = false;

  /** @param serverUrl the server that the tokens are for. @throws AgentFailure `invalid_argument` for an invalid address. */
  constructor(
    private readonly request: TokenRequest,
    private readonly serverUrl = '',
    refused: RefusedAddress = () => undefined,
    reach?: ReachOfAddress,
    private readonly pin: PinIssuer = async () => {},
  ) {
    const { clientId, clientSecret, privateKey = '', tokenUrl, scopes } = request;
    this.#given = new Secrets([clientSecret, privateKey, ...basicForms(clientId, clientSecret)]);
    if (tokenUrl === '' && serverUrl !== '') {
      this.#options = requestOptions(this.#stopping.signal, serverUrl, refused, reach?.(serverUrl));
      return;
    }
    const url = URL.canParse(tokenUrl) ? new URL(tokenUrl) : undefined;
    if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
      throw new AgentFailure('invalid_argument', 'the token url is not an http or https address', {
        field: 'auth.tokenUrl',
      });
    }
    this.#options = requestOptions(this.#stopping.signal, url.href, refused, reach?.(url.href));
    // An assertion names the issuer as its audience, or the token endpoint if the issuer is not known (RFC 7523, 3).
    const issuer = privateKey === '' ? url.origin : url.href;
    this.#target = { authorizationServer: { issuer, token_endpoint: url.href }, scopes };
  }

  /** Whether the token endpoint is known. */
  get known(): boolean {
    return this.#target !== undefined;
  }

  /** @param challenge the server's challenge, if the server has refused a request. @throws AgentFailure `upstream` */
  async fetch(challenge?: string): Promise<AccessToken> {
    if (this.request.tokenUrl === '' && (challenge !== undefined || this.#target === undefined))
      this.#target = await this.#find(challenge);
    try {
      return await this.#fetch();
    } catch (error) {
      if (!this.#inBody && (this.request.privateKey ?? '') === '' && isUnknownClient(error)) {
        this.#inBody = true;
        try {
          return await this.#fetch();
        } catch (second) {
          // The server refuses both ways: the next request starts with the standard's way.
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

  async #find(header: string | undefined): Promise<Target> {
    const challenge = readChallenge(header);
    const found = await discover(this.serverUrl, challenge, this.#options);
    await this.pin(found.authorizationServer.issuer);
    const named = challenge.scope === undefined ? found.scopes : scopesOf(challenge.scope);
    return { ...found, scopes: [...new Set([...this.request.scopes, ...named])] };
  }

  async #fetch(): Promise<AccessToken> {
    if (this.#target === undefined) throw new Error('the token endpoint is not known');
    const { clientId, clientSecret, privateKey = '' } = this.request;
    const { authorizationServer: server, scopes, resource } = this.#target;
    const client = { client_id: clientId };
    const byMethod = this.#inBody ? 'client_secret_post' : 'client_secret_basic';
    const method = privateKey === '' ? byMethod : 'private_key_jwt';
    const proof = await proofOf(server, { clientId, clientSecret, method }, privateKey);
    const parameters = new URLSearchParams(scopes.length === 0 ? {} : { scope: scopes.join(' ') });
    if (resource !== undefined) parameters.set('resource', resource);
    const { signal, ...options } = this.#options;
    const more = { ...options, signal: signal() };
    const response = await oauth.clientCredentialsGrantRequest(server, client, proof, parameters, more);
    const token = await oauth.processClientCredentialsResponse(server, client, response);
    if (token.token_type !== 'bearer') throw new Error(`tokens of type ${token.token_type} are not supported`);
    validateHeaderValue('Authorization', token.access_token);
    return { value: token.access_token, expiresInS: token.expires_in };
  }

  #explained(error: unknown): AgentFailure {
    if (error instanceof AgentFailure) return error;
    const address = shownAddress(this.#target?.authorizationServer.token_endpoint ?? this.serverUrl);
    const reason = this.#given.hide(`no access token: ${explain(error, address)}`);
    return new AgentFailure('upstream', reason, { reason, outcome: 'not_run' });
  }
}

function isUnknownClient(error: unknown): boolean {
  if (error instanceof oauth.WWWAuthenticateChallengeError) return true;
  return error instanceof oauth.ResponseBodyError && error.error === 'invalid_client';
}

/** The assumed life of a token whose server does not say how long it lasts, milliseconds. A refusal ends it earlier. */
const assumedLifeMs = 60 * 60_000;

/** A new token is fetched this long before the old one ends, milliseconds, but at most this part of its life before. */
const earlyMs = 60_000;
const earlyPart = 0.2;

/** A token is not used in its last moments, which may be over when the request arrives. */
const marginMs = 5000;
const marginPart = 0.05;

/** When a new token is fetched, and when the old one is not used any more; milliseconds since 1970. */
export interface TokenLife {
  readonly renewAt: number;
  readonly endsAt: number;
}

/** How long a new token may be used. @param expiresInS `undefined` if its server does not say */
export function tokenLife(expiresInS: number | undefined): TokenLife {
  const now = Date.now();
  const life = expiresInS === undefined ? assumedLifeMs : expiresInS * 1000;
  return {
    renewAt: now + life - Math.min(earlyMs, life * earlyPart),
    endsAt: now + life - Math.min(marginMs, life * marginPart),
  };
}

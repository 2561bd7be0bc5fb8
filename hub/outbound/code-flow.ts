import { isVisible } from '@roundhouse/proto/text';
import * as oauth from 'oauth4webapi';
import { DomainError, invalid } from '../domain/errors.js';
import {
  type PendingSignIn,
  type Person,
  roleNamed,
  type SignInProvider,
} from '../domain/people/sign-in/sign-in-provider.js';

export interface CodeFlowOptions {
  /** The provider's own name: its issuer URL. */
  readonly url: string;
  readonly clientId: string;
  /** Absent: a public client, which only uses PKCE. */
  readonly clientSecret?: string | undefined;
  /** The claim that names roles. */
  readonly roleClaim: string;
  /** Called with the reason why a sign-in failed, without a code, token or secret. */
  readonly onRefused?: (reason: string) => void;
}

const SCOPE = 'openid profile email';
const FETCH_MS = 10_000;
/** How long the hub does not ask an unreachable provider again, and after how long it reads a description again, milliseconds. */
const RETRY_MS = 5000;
const FRESH_MS = 86_400_000;

/** The authorization code flow with PKCE at an OpenID Connect provider. The hub is the provider's client. */
export class CodeFlow implements SignInProvider {
  readonly #options: CodeFlowOptions;
  readonly #client: oauth.Client;
  readonly #http: { readonly [oauth.allowInsecureRequests]?: boolean };
  #found: { readonly server: Promise<oauth.AuthorizationServer>; readonly until: number } | undefined;

  constructor(options: CodeFlowOptions) {
    this.#options = options;
    this.#client = { client_id: options.clientId, [oauth.clockTolerance]: 10 };
    // Plain HTTP is used only if the operator has set such an address of the provider.
    this.#http = new URL(options.url).protocol === 'http:' ? { [oauth.allowInsecureRequests]: true } : {};
  }

  async address({ state, nonce, verifier, redirectUri }: PendingSignIn): Promise<string> {
    const { authorization_endpoint: endpoint } = await this.#server();
    if (endpoint === undefined) throw unreachable(new Error('the provider names no authorization endpoint'));
    const url = new URL(endpoint);
    const parameters = {
      response_type: 'code',
      client_id: this.#options.clientId,
      redirect_uri: redirectUri,
      scope: SCOPE,
      state,
      nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return url.href;
  }

  async person(code: string, pending: PendingSignIn): Promise<Person> {
    // The client passes on only code and state, so there is no `iss` to compare. The hub has only one provider.
    const server = { ...(await this.#server()), authorization_response_iss_parameter_supported: false };
    try {
      const answer = new URLSearchParams({ code, state: pending.state });
      const checked = oauth.validateAuthResponse(server, this.#client, answer, pending.state);
      const options = { ...this.#http, signal: () => AbortSignal.timeout(FETCH_MS) };
      const { redirectUri, verifier, nonce: expectedNonce } = pending;
      const auth = this.#authentication(server);
      const response = await oauth.authorizationCodeGrantRequest(
        server,
        this.#client,
        auth,
        checked,
        redirectUri,
        verifier,
        options,
      );
      const expected = { expectedNonce, requireIdToken: true };
      const tokens = await oauth.processAuthorizationCodeResponse(server, this.#client, response, expected);
      await oauth.validateApplicationLevelSignature(server, response, options);
      const claims = oauth.getValidatedIdTokenClaims(tokens);
      if (!claims) throw new Error('the answer holds no ID token');
      return this.#personOf(claims, await this.#more(server, tokens.access_token, claims, options));
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** Reads the claims that the ID token leaves out: many providers have them only at their userinfo endpoint. */
  async #more(
    server: oauth.AuthorizationServer,
    token: string,
    claims: oauth.IDToken,
    options: oauth.UserInfoRequestOptions,
  ): Promise<Claims> {
    const isWhole = typeof claims.email === 'string' && typeof claims.name === 'string';
    if (server.userinfo_endpoint === undefined || (isWhole && roleNamed(claims, this.#options.roleClaim) !== null))
      return {};
    const response = await oauth.userInfoRequest(server, this.#client, token, options);
    return oauth.processUserInfoResponse(server, this.#client, claims.sub, response);
  }

  #personOf(idToken: oauth.IDToken, userInfo: Claims): Person {
    const claims = { ...userInfo, ...idToken };
    return {
      issuer: this.#options.url,
      subject: idToken.sub,
      ...(addressIn(idToken) ?? addressIn(userInfo) ?? userNameAsAddress(claims)),
      name: textIn(claims, 'name'),
      username: textIn(claims, 'preferred_username'),
      role: roleNamed(claims, this.#options.roleClaim),
    };
  }

  #authentication(server: oauth.AuthorizationServer): oauth.ClientAuth {
    const { clientSecret: secret } = this.#options;
    if (secret === undefined) return oauth.None();
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    return methods.includes('client_secret_basic') ? oauth.ClientSecretBasic(secret) : oauth.ClientSecretPost(secret);
  }

  #server(): Promise<oauth.AuthorizationServer> {
    const now = Date.now();
    if (!this.#found || this.#found.until <= now) {
      const server = this.#discover();
      const found = { server, until: now + FRESH_MS };
      this.#found = found;
      server.catch(() => {
        if (this.#found === found) this.#found = { server, until: Date.now() + RETRY_MS };
      });
    }
    return this.#found.server;
  }

  async #discover(): Promise<oauth.AuthorizationServer> {
    try {
      const issuer = new URL(this.#options.url);
      const options = { ...this.#http, signal: () => AbortSignal.timeout(FETCH_MS) };
      const response = await oauth.discoveryRequest(issuer, options);
      return await oauth.processDiscoveryResponse(issuer, response);
    } catch (error) {
      this.#options.onRefused?.(reasonOf(error));
      throw unreachable(error);
    }
  }

  /** A refusal of the provider means a wrong code; a missing answer is the provider's own fault. */
  #failure(error: unknown): DomainError {
    if (error instanceof DomainError) return error;
    this.#options.onRefused?.(reasonOf(error));
    if (error instanceof oauth.ResponseBodyError && error.error === 'invalid_grant')
      return invalid('code', 'was refused by the identity provider: it is unknown, was used before, or has expired');
    return unreachable(error);
  }
}

type Claims = Readonly<Record<string, unknown>>;
type Address = Pick<Person, 'email' | 'emailVerified'>;

/** The address in one document, with `email_verified` of the same document: this does not count for the address of another document. */
function addressIn(claims: Claims): Address | undefined {
  const email = textIn(claims, 'email');
  if (email === null) return undefined;
  const emailVerified = claims.email_verified === true || claims.email_verified === 'true';
  return isAddress(email) ? { email, emailVerified } : { email: null, emailVerified: false };
}

/** Azure AD leaves `email` out by default. Its user names are usually e-mail addresses. */
function userNameAsAddress(claims: Claims): Address {
  const name = textIn(claims, 'preferred_username');
  return { email: name !== null && isAddress(name) ? name : null, emailVerified: false };
}

function isAddress(text: string): boolean {
  return text.length <= 254 && isVisible(text) && /^[^\s@]+@[^\s@]+$/.test(text);
}

function textIn(claims: Claims, name: string): string | null {
  const value = claims[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

function reasonOf(error: unknown): string {
  if (error instanceof oauth.ResponseBodyError) return `${error.error}: ${error.error_description ?? ''}`;
  return error instanceof Error ? error.message : 'unknown';
}

function unreachable(cause: unknown): DomainError {
  const message = 'The identity provider is out of reach, or does not answer as it should';
  return new DomainError('unavailable', message, { retryAfter: 5 }, { cause });
}

import * as oauth from 'oauth4webapi';
import { AgentFailure } from '../../../failure.js';
import type { Discovered } from './discovery.js';
import { explain, type requestOptions } from './fetch.js';
import type { Pending, Tokens } from './grant.js';
import { type Identity, proofOf } from './identity.js';
import { tokenLife } from './token-endpoint.js';

type Server = oauth.AuthorizationServer;
type Options = ReturnType<typeof requestOptions>;

/** One client at one authorization server. */
export interface Party {
  readonly server: Server;
  readonly identity: Identity;
  /** PEM; empty if the client authenticates in another way. */
  readonly privateKey: string;
  /** In place of the token endpoint that the server names; empty for none. */
  readonly tokenUrl: string;
  readonly options: Options;
}

/** Makes the address at which a person consents. @throws AgentFailure `upstream` if the authorization server offers no safe way. */
export async function askConsent(
  { resource, authorizationServer: server }: Pick<Discovered, 'resource' | 'authorizationServer'>,
  { clientId }: Identity,
  scopes: readonly string[],
  { redirectUrl, tokenUrl }: { readonly redirectUrl: string; readonly tokenUrl: string },
): Promise<Pending> {
  const endpoint = server.authorization_endpoint ?? '';
  if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol))
    throw refused(`${server.issuer} has no address at which a person can consent`);
  if (server.code_challenge_methods_supported?.includes('S256') !== true)
    throw refused(`${server.issuer} does not protect authorization codes (PKCE with S256)`);
  if (tokenUrl === '' && isElsewhere(endpoint, server) && !server.authorization_response_iss_parameter_supported)
    throw refused(ambiguous(endpoint, server));
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  // Asks for a refresh token if the server says how.
  const offline = scopes.length > 0 && server.scopes_supported?.includes('offline_access') === true;
  const asked = [...new Set(offline ? [...scopes, 'offline_access'] : scopes)];
  const parameters = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUrl,
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    resource,
    ...(asked.length > 0 ? { scope: asked.join(' ') } : {}),
    // Identity providers give a refresh token only after a new consent.
    ...(offline ? { prompt: 'consent' } : {}),
  };
  const url = new URL(endpoint);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  const { issuer } = server;
  return { url: url.href, state, verifier, issuer, resource, redirectUrl, asked, askedAt: Date.now() };
}

/**
 * Exchanges the query that a person brings back for tokens.
 * @param query of the redirect address.
 * @throws AgentFailure `upstream`, `invalid_argument`
 */
export async function redeem(pending: Pending, query: string, party: Party): Promise<Tokens> {
  const { identity, options } = party;
  const server = tokenServer(party);
  const client = { client_id: identity.clientId };
  return explained(server, async () => {
    const proof = await proofOf(server, identity, party.privateKey);
    const parameters = oauth.validateAuthResponse(server, client, new URLSearchParams(query), pending.state);
    // The library compares `iss` only if the answer has it. The metadata may have changed since the person was asked.
    if (party.tokenUrl === '' && isElsewhere(pending.url, server) && !parameters.has('iss'))
      throw refused(ambiguous(pending.url, server));
    const { redirectUrl, verifier, resource } = pending;
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      proof,
      parameters,
      redirectUrl,
      verifier,
      withResource(options, resource),
    );
    const told = await oauth.processAuthorizationCodeResponse(server, client, response);
    return tokensOf(told, pending, identity);
  });
}

/** Refreshes tokens. @throws AgentFailure `upstream`; with `details.ended` if the tokens have ended for good */
export async function refresh(tokens: Tokens, party: Party): Promise<Tokens> {
  const { identity, options } = party;
  const server = tokenServer(party);
  const client = { client_id: identity.clientId };
  return explained(server, async () => {
    const proof = await proofOf(server, identity, party.privateKey);
    const more = withResource(options, tokens.resource);
    const response = await oauth.refreshTokenGrantRequest(server, client, proof, tokens.refresh ?? '', more);
    const told = await oauth.processRefreshTokenResponse(server, client, response);
    return { ...tokensOf(told, tokens, identity), refresh: told.refresh_token ?? tokens.refresh };
  });
}

/** The authorization server, with the registration's token endpoint: codes, refresh tokens and secrets go there only. */
function tokenServer({ server, tokenUrl }: Party): Server {
  return tokenUrl === '' ? server : { ...server, token_endpoint: tokenUrl };
}

/** Whether the page at which a person consents has another origin than the issuer that gets the code. */
function isElsewhere(page: string, { issuer }: Server): boolean {
  return new URL(page).origin !== new URL(issuer).origin;
}

/**
 * A false issuer can send people to another issuer's page, and redeem the code there: it gets the other issuer's tokens (RFC 9207, section
 * 1).
 */
function ambiguous(page: string, { issuer }: Server): string {
  return `${issuer.slice(0, 200)} asks for consent at ${new URL(page).origin}, and the answer from there does not say that it is for this issuer (\`iss\`, RFC 9207): give auth.tokenUrl if that is meant`;
}

function withResource({ signal, ...options }: Options, resource: string) {
  return { ...options, signal: signal(), additionalParameters: { resource } };
}

function tokensOf(
  told: oauth.TokenEndpointResponse,
  { issuer, resource, asked }: Pick<Tokens, 'issuer' | 'resource' | 'asked'>,
  { clientId }: Identity,
): Tokens {
  if (told.token_type !== 'bearer') throw refused(`tokens of type ${told.token_type} are not supported`);
  if (!/^[\x21-\x7e]+$/.test(told.access_token)) throw refused('the access token cannot be sent');
  const life = tokenLife(told.expires_in);
  return { access: told.access_token, refresh: told.refresh_token, issuer, clientId, resource, asked, ...life };
}

async function explained<T>(server: Server, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AgentFailure) throw error;
    const ended = error instanceof oauth.ResponseBodyError && ['invalid_grant', 'invalid_client'].includes(error.error);
    const said = error instanceof oauth.AuthorizationResponseError ? refusalOf(error) : explain(error, server.issuer);
    throw refused(`no access token: ${said}`, { ended });
  }
}

function refusalOf({ error, error_description: description }: oauth.AuthorizationResponseError): string {
  return `consent was refused (${error.slice(0, 100)}${description === undefined ? '' : `: ${description.slice(0, 500)}`})`;
}

function refused(reason: string, details: Readonly<Record<string, unknown>> = {}): AgentFailure {
  return new AgentFailure('upstream', reason, { reason, outcome: 'not_run', ...details });
}

import type { ApiName, Caller, Door } from '../domain/access/caller.js';
import { DomainError } from '../domain/errors.js';

/** Verifies credentials; implemented by the domain. */
export interface Authenticator {
  /**
   * The caller behind a JWT or an API key; synchronous for API keys and whatever else needs no waiting.
   * @param request `door`: by which API it comes, where that is known
   * @throws DomainError `invalid_credential`, `expired_credential`.
   */
  verify(
    credential: string,
    request: { readonly ip: string; readonly requestId: string; readonly door?: Door | null },
  ): Caller | Promise<Caller>;
  /** The API that issued a credential or a refresh token: cheap, unverified, for choosing the form of an answer. */
  issuer(credential: string): ApiName | null;
  /** The caller who made a single-use ticket, which is used up by this. Absent: there are no tickets. @throws as {@link Authenticator.verify}. */
  redeem?(ticket: string): Caller;
  /** A caller as of now, for streams that outlive their first check. Absent: once good is always good. @throws as {@link Authenticator.verify}. */
  recheck?(caller: Caller): Caller;
  /** Reports at once whose credentials have ended, or have other rights now; returns a function that stops it. Absent: they never end. */
  onEnded?(listener: (concerns: (caller: Caller) => boolean) => void): () => void;
}

/** No credential is longer. */
const MAX_CREDENTIAL_LENGTH = 8192;

/**
 * The credential of a request, from `Authorization: Bearer …` or `X-API-Key`. Either header takes either kind. The hub refuses two
 * different credentials: whichever it took, some proxy or log would have seen the other. An empty header (`''`) counts as absent.
 * @returns the credential, or `null` if the request has none.
 * @throws DomainError `invalid_credential`.
 */
export function credentialOf(authorization: string, apiKey: string): string | null {
  if (authorization === '' && apiKey === '') return null;
  const bearer = authorization === '' ? '' : bearerOf(authorization);
  if (bearer !== '' && apiKey !== '' && bearer !== apiKey)
    throw new DomainError('invalid_credential', 'Authorization and X-API-Key hold different credentials');
  const credential = bearer === '' ? apiKey : bearer;
  if (credential.length > MAX_CREDENTIAL_LENGTH) throw new DomainError('invalid_credential', 'Invalid credential');
  return credential;
}

function bearerOf(authorization: string): string {
  // Not a regular expression over the credential: it may be as long as the header limit lets it be.
  if (authorization.length > 7 && authorization.slice(0, 7).toLowerCase() === 'bearer ') {
    const credential = authorization.slice(7).trim();
    if (credential !== '' && !credential.includes(' ')) return credential;
  }
  throw new DomainError('invalid_credential', "Authorization must be 'Bearer' and a credential");
}

const TICKET = /(?:^|&)ticket=([A-Za-z0-9_-]{1,256})(?=&|$)/;

/** The ticket in a query string; `null` if it holds no well-formed ticket. */
export function ticketOf(query: string): string | null {
  return TICKET.exec(query)?.[1] ?? null;
}

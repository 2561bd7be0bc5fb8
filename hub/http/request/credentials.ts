import type { Caller } from '../../domain/access/caller.js';
import { credentialMissing, DomainError } from '../../domain/errors.js';
import type { HttpPorts } from '../settings.js';
import type { Exchange } from './exchange.js';
import type { Target } from './target.js';

/** Longer credentials are refused, characters. */
const MAX_CREDENTIAL_LENGTH = 8192;

/**
 * The credential of a request, from `Authorization: Bearer …` or `X-API-Key`. Either header may hold either kind. The hub refuses two different
 * credentials, because a proxy or a log may have taken the other one for the caller's. An empty header (`''`) counts as absent.
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
  // No regular expression reads the credential, because it may be as long as the header limit allows.
  if (authorization.length > 7 && authorization.slice(0, 7).toLowerCase() === 'bearer ') {
    const credential = authorization.slice(7).trim();
    if (credential !== '' && !credential.includes(' ')) return credential;
  }
  throw new DomainError('invalid_credential', "Authorization must be 'Bearer' and a credential");
}

const TICKET = /(?:^|&)ticket=([A-Za-z0-9_-]{1,256})(?=&|$)/;

/** The ticket in a query string; `null` if it holds no well-formed ticket. */
function ticketOf(query: string): string | null {
  return TICKET.exec(query)?.[1] ?? null;
}

/** The caller behind a request's credential or, if the endpoint takes tickets, its ticket. @throws DomainError, also by way of the promise. */
export function verifiedCaller(
  ports: Pick<HttpPorts, 'authenticate' | 'browsers'>,
  x: Exchange,
  target: Target,
): Caller | Promise<Caller> {
  const { authenticate } = ports;
  const credential = credentialOf(x.authorization, x.apiKey);
  const { spec } = target;
  const ticket = spec.ticket ? ticketOf(x.query) : null;
  if (credential !== null && ticket !== null)
    throw new DomainError('invalid_credential', 'The request holds both a credential and a ticket');
  if (credential !== null) return authenticate.verify(credential, x);
  if (ticket === null) return cookieCaller(ports, x, target);
  if (!authenticate.redeem) throw credentialMissing();
  return authenticate.redeem(ticket);
}

/**
 * The caller behind the cookie of a browser. A cookie counts only if the request has no other credential, and never at MCP, whose clients send
 * headers. A change also needs the session's token, which pages of other origins cannot read.
 * @throws DomainError `unauthenticated`, `invalid_credential`, `expired_credential`, `forbidden`.
 */
function cookieCaller({ browsers }: Pick<HttpPorts, 'browsers'>, x: Exchange, { api }: Target): Caller {
  const cookie = api === 'mcp' ? undefined : browsers?.cookies.session(x);
  if (!browsers || cookie == null) throw credentialMissing();
  const { caller, csrfToken } = browsers.verify(cookie);
  const isChange = x.method !== 'get' && x.method !== 'head';
  if (isChange && x.header('x-csrf-token') !== csrfToken)
    throw new DomainError('forbidden', "A change by a browser needs the session's token in X-CSRF-Token");
  return caller;
}

/** A stream's caller as of now, if the caller may still use its endpoint. @throws DomainError. */
export function recheckedCaller(
  { authenticate, authorize }: Pick<HttpPorts, 'authenticate' | 'authorize'>,
  { target }: Exchange,
  caller: Caller,
): Caller {
  const now = authenticate.recheck ? authenticate.recheck(caller) : caller;
  const permission = target?.spec.permission ?? 'authenticated';
  if (permission !== 'authenticated' && permission !== 'public') authorize(now, permission);
  return now;
}

import type { Caller } from '../domain/access/caller.js';
import { credentialMissing, DomainError } from '../domain/errors.js';
import { credentialOf, ticketOf } from './credentials.js';
import type { Exchange } from './exchange.js';
import type { HttpPorts } from './settings.js';
import type { Target } from './target.js';

/** The caller behind a request's credential or, where the endpoint takes them, its ticket. @throws DomainError, also by way of the promise. */
export function verifiedCaller(
  { authenticate }: Pick<HttpPorts, 'authenticate'>,
  x: Exchange,
  { spec }: Target,
): Caller | Promise<Caller> {
  const credential = credentialOf(x.authorization, x.apiKey);
  const ticket = spec.ticket ? ticketOf(x.query) : null;
  if (credential !== null && ticket !== null)
    throw new DomainError('invalid_credential', 'The request holds both a credential and a ticket');
  if (credential !== null) return authenticate.verify(credential, x);
  if (ticket === null || !authenticate.redeem) throw credentialMissing();
  return authenticate.redeem(ticket);
}

/** A stream's caller as of now, if the caller may still use its endpoint. @throws DomainError. */
export function recheckedCaller(
  { authenticate, authorize }: Pick<HttpPorts, 'authenticate' | 'authorize'>,
  { target }: Exchange,
  caller: Caller,
): Caller {
  const now = authenticate.recheck ? authenticate.recheck(caller) : caller;
  const permission = target?.spec.permission ?? 'authenticated';
  if (permission !== 'authenticated') authorize(now, permission);
  return now;
}

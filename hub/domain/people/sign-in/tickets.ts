import { randomBytes } from 'node:crypto';
import { type Caller, payerOf } from '../../access/caller.js';
import { DomainError } from '../../errors.js';

/** How long a ticket may be redeemed, milliseconds. */
export const TICKET_TTL_MS = 30_000;
/** Tickets that wait to be redeemed: of one caller, and of all. */
const MOST_PER_CALLER = 200;
const MOST = 20_000;

interface Issued<Subject> {
  readonly caller: Caller;
  readonly subject: Subject;
  readonly expiresAt: number;
}

/**
 * Single-use tickets: a browser's EventSource and WebSocket cannot send a header, so a ticket in the URL stands for the credential, once.
 * URLs end up in logs and histories, but a used ticket is worthless there. Tickets are kept in memory only, by the hub that gave them.
 * `Subject`: what a ticket is for, besides its caller.
 */
export class Tickets<Subject = undefined> {
  /** In the order of their expiry. */
  readonly #issued = new Map<string, Issued<Subject>>();
  readonly #counts = new Map<string, number>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** The number of tickets that are not redeemed or removed yet. */
  get size(): number {
    return this.#issued.size;
  }

  /** Makes a ticket for a caller. @throws DomainError `rate_limited` where too many wait. */
  issue(caller: Caller, subject: Subject): { readonly ticket: string; readonly expiresAt: number } {
    this.#forgetExpired();
    const payer = payerOf(caller);
    const own = this.#counts.get(payer) ?? 0;
    if (own >= MOST_PER_CALLER || this.#issued.size >= MOST)
      throw new DomainError('rate_limited', 'Too many tickets wait to be used', { retryAfter: TICKET_TTL_MS / 1000 });
    const ticket = randomBytes(32).toString('base64url');
    const expiresAt = this.#now() + TICKET_TTL_MS;
    this.#issued.set(ticket, { caller, subject, expiresAt });
    this.#counts.set(payer, own + 1);
    return { ticket, expiresAt };
  }

  /** Uses a ticket up. @throws DomainError `invalid_credential`, `expired_credential`. */
  redeem(ticket: string): { readonly caller: Caller; readonly subject: Subject } {
    const issued = this.#issued.get(ticket);
    if (!issued) throw new DomainError('invalid_credential', 'The ticket is unknown or was used before');
    this.#forget(ticket, issued);
    if (isOver(issued, this.#now())) throw new DomainError('expired_credential', 'The ticket has expired');
    return issued;
  }

  #forgetExpired(): void {
    const now = this.#now();
    for (const [ticket, issued] of this.#issued) {
      if (!isOver(issued, now)) return;
      this.#forget(ticket, issued);
    }
  }

  #forget(ticket: string, { caller }: Issued<Subject>): void {
    this.#issued.delete(ticket);
    const payer = payerOf(caller);
    const left = (this.#counts.get(payer) ?? 1) - 1;
    if (left > 0) this.#counts.set(payer, left);
    else this.#counts.delete(payer);
  }
}

/** Whether a ticket has expired, or was made in the future: the clock was set back. */
function isOver({ expiresAt }: { readonly expiresAt: number }, now: number): boolean {
  return expiresAt <= now || expiresAt > now + TICKET_TTL_MS;
}

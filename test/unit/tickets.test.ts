import t from 'tap';
import type { Caller } from '../../hub/domain/access/caller.js';
import { TICKET_TTL_MS, Tickets } from '../../hub/domain/people/sign-in/tickets.js';

const caller = (id: string): Caller => ({
  ...{ kind: 'api_key', id, name: id, userId: null, role: 'user', api: null, tier: 'free', grants: null },
});

t.test('a ticket is good once, for half a minute', async (t) => {
  let now = 1000;
  const tickets = new Tickets<string>(() => now);
  const first = tickets.issue(caller('a'), 'subject');
  t.equal(first.expiresAt, now + TICKET_TTL_MS);
  t.match(first.ticket, /^[A-Za-z0-9_-]{43}$/);
  t.match(tickets.redeem(first.ticket), { caller: { id: 'a' }, subject: 'subject' });
  t.throws(() => tickets.redeem(first.ticket), { code: 'invalid_credential' });
  const second = tickets.issue(caller('a'), 'subject');
  now += TICKET_TTL_MS;
  t.throws(() => tickets.redeem(second.ticket), { code: 'expired_credential' });
  t.throws(() => tickets.redeem('no such ticket'), { code: 'invalid_credential' });
  t.equal(tickets.size, 0);
});

t.test('a caller cannot fill the memory with tickets', async (t) => {
  let now = 1000;
  const tickets = new Tickets<string>(() => now);
  for (let i = 0; i < 200; i += 1) tickets.issue(caller('a'), 'subject');
  t.throws(() => tickets.issue(caller('a'), 'subject'), { code: 'rate_limited', details: { retryAfter: 30 } });
  t.doesNotThrow(() => tickets.issue(caller('b'), 'subject'), 'others are not concerned');
  now += TICKET_TTL_MS;
  t.doesNotThrow(() => tickets.issue(caller('a'), 'subject'));
  t.equal(tickets.size, 1, 'expired ones are forgotten');
});

t.test('keys that count with their maker have no tickets of their own', async (t) => {
  const tickets = new Tickets<string>(() => 1000);
  const child = (id: string): Caller => ({ ...caller(id), countedAs: 'api_key:a' });
  for (let i = 0; i < 200; i += 1) tickets.issue(child(`${i}`), 'subject');
  t.throws(() => tickets.issue(caller('a'), 'subject'), { code: 'rate_limited' });
  t.throws(() => tickets.issue(child('another'), 'subject'), { code: 'rate_limited' });
});

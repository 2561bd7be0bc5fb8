import { createHash } from 'node:crypto';
import { ownerOf } from '../access/grants.js';
import type { RequestOrigin } from '../audit/audit.js';
import type { ServerRecord } from './record.js';
import type { Servers } from './servers.js';

const LONGEST_NAME = 64;
const DIGITS = 10;

/** A name for a personal server that no other server has: with a few digits of a text that belongs to that server alone. */
export function distinctName(name: string, text: string): string {
  const digits = createHash('sha256').update(text).digest('hex').slice(0, DIGITS);
  return `${name.slice(0, LONGEST_NAME - DIGITS - 1)}-${digits}`;
}

/** The servers that a caller sees and that belong to no single person: work that names no servers is done on these, since everyone reads of it. */
export function sharedServers(servers: Servers, origin: RequestOrigin): ServerRecord[] {
  return servers.list(origin).flatMap(({ record }) => (record.ownerId === undefined ? [record] : []));
}

/** Whose work it is where servers are named: if one of them belongs to a person, only the caller who asks and admins read of it. */
export function ownerOfWork(
  { caller }: RequestOrigin,
  servers: Pick<Servers, 'named'>,
  names: readonly string[],
): { readonly ownerId?: string } {
  const isPersonal = names.some((name) => servers.named(name)?.ownerId !== undefined);
  return caller && isPersonal ? { ownerId: ownerOf(caller) } : {};
}

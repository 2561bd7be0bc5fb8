import { createHash } from 'node:crypto';
import type { RequestOrigin } from '../access/caller.js';
import { ownerOf } from '../access/grants.js';
import type { ServerRecord } from './record.js';
import type { Servers } from './servers.js';

const LONGEST_NAME = 64;
const DIGITS = 10;

/** A name for a personal server that no other server has: with a few digits of a text that belongs to that server alone. */
export function distinctName(name: string, text: string): string {
  const digits = createHash('sha256').update(text).digest('hex').slice(0, DIGITS);
  return `${name.slice(0, LONGEST_NAME - DIGITS - 1)}-${digits}`;
}

/** The shared servers that a caller sees: work without named servers uses only these, because every caller may read about it. */
export function sharedServers(servers: Servers, origin: RequestOrigin): ServerRecord[] {
  return servers.list(origin).flatMap(({ record }) => (record.ownerId === undefined ? [record] : []));
}

/** The owner of work on named servers: if one of them is private, only the caller and admins may read about the work. */
export function ownerOfWork(
  { caller }: RequestOrigin,
  servers: Pick<Servers, 'named'>,
  names: readonly string[],
): { readonly ownerId?: string } {
  const isPersonal = names.some((name) => servers.named(name)?.ownerId !== undefined);
  return caller && isPersonal ? { ownerId: ownerOf(caller) } : {};
}

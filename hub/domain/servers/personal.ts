import { ownerOf } from '../access/grants.js';
import type { RequestOrigin } from '../audit/audit.js';
import type { ServerRecord } from './record.js';
import type { Servers } from './servers.js';

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

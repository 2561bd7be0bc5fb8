import type { RequestOrigin } from '../access/caller.js';
import { ownerOf } from '../access/grants.js';
import type { ServerRecord } from './record.js';
import type { Servers } from './servers.js';

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
  const isPersonal = names.some((name) => servers.named(caller, name)?.ownerId !== undefined);
  return caller && isPersonal ? { ownerId: ownerOf(caller) } : {};
}

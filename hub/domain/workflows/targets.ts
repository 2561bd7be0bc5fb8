import { DomainError, invalid } from '../errors.js';
import type { JobRun } from '../jobs/kind.js';
import { sharedServers } from '../servers/personal.js';
import type { ServerRecord } from '../servers/record.js';
import type { Servers } from '../servers/servers.js';

/**
 * The servers that a step names; without names, the servers that `otherwise` accepts. Private servers have to be named: every caller who
 * may read jobs would read about them.
 */
export function chosen(
  { servers }: { readonly servers: Servers },
  { servers: names = [] }: Readonly<Record<string, unknown>>,
  { origin, record }: JobRun,
  otherwise: (record: ServerRecord) => boolean,
): ServerRecord[] {
  if (!Array.isArray(names)) throw invalid('servers', 'must be a list of names or ids');
  if (names.length === 0) return sharedServers(servers, origin).filter(otherwise);
  const named = names.map((name) => servers.get(origin, String(name)).record);
  const personal = record.ownerId === undefined ? named.find(({ ownerId }) => ownerId !== undefined) : undefined;
  if (personal)
    throw new DomainError('conflict', `server '${personal.name}' belongs to one person since the run was asked for`);
  return named;
}

/** The servers that a step's arguments name. */
export function serversNamed(given: unknown): string[] {
  const { servers, server } = (given ?? {}) as Readonly<Record<string, unknown>>;
  return [...(Array.isArray(servers) ? servers : []), server].filter((name) => typeof name === 'string');
}

import { atLeast, type Caller, type Role, roles } from '../access/caller.js';
import { type GrantableServers, isNarrowed, isOwnOrAdmin, maySee, maySeeSite, mayUseTool } from '../access/grants.js';
import { allows } from '../access/permissions.js';
import type { JournalEvent } from '../store.js';
import { eventTypes, isEventType } from './types.js';

/** The parts of an event that decide who may hear it. */
export type HeardEvent = Pick<JournalEvent, 'type' | 'serverId' | 'data'>;

/** The caller whose role and grants decide about events. */
export type Hearer = Pick<Caller, 'role' | 'grants'> & Partial<Pick<Caller, 'id' | 'userId'>>;

/**
 * Whether a caller may hear an event. A caller with narrowed grants hears only the events of servers and devices that the grants cover.
 * An event with `data.leastRole` (the alert of a key) reaches that role and higher ones.
 * The event of an owner (`data.ownerId`, or the owner's server, deleted or not) reaches the owner and admins.
 */
export function mayHear(hearer: Hearer, event: HeardEvent, registry: GrantableServers): boolean {
  const { type } = event;
  if (!(isEventType(type) ? allows(hearer.role, eventTypes[type]) : atLeast(hearer.role, 'admin'))) return false;
  const { ownerId, leastRole } = event.data;
  // A role that this hub does not know is for admins.
  if (leastRole !== undefined && !atLeast(hearer.role, knownRole(leastRole))) return false;
  if (typeof ownerId === 'string' && !isOwnOrAdmin(hearer, ownerId)) return false;
  const owned = event.serverId === undefined ? undefined : registry.ownerOf(event.serverId);
  if (!isOwnOrAdmin(hearer, owned)) return false;
  return !isNarrowed(hearer.grants) || covers(hearer, event, registry);
}

const knownRole = (given: unknown): Role => roles.find((role) => role === given) ?? 'admin';

function covers(hearer: Hearer, { type, serverId, data }: HeardEvent, registry: GrantableServers): boolean {
  const grants = hearer.grants ?? {};
  if (type.startsWith('device.') && typeof data.site === 'string') return maySeeSite({ grants }, data.site);
  if (serverId === undefined) return false;
  const { toolName } = data;
  if (typeof toolName === 'string' && !mayUseTool({ grants }, toolName)) return false;
  const server = registry.byId(serverId);
  if (server) return maySee(hearer, server);
  // Deleted meanwhile: its group and site are not known any more.
  return !grants.groups && !grants.sites && (!grants.servers || grants.servers.includes(serverId));
}

import { atLeast, type Caller, type Role, roles } from '../access/caller.js';
import {
  type GrantableServers,
  isNarrowed,
  isOwnOrAdmin,
  maySee,
  maySeeSite,
  mayUseTool,
  type Owning,
} from '../access/grants.js';
import { allows, type Permission } from '../access/permissions.js';
import type { JournalEvent, NewEvent } from '../store.js';

/**
 * Every type of event that the journal may hold, with the permission that a listener needs. A new type is added only here: streams and
 * filters read this table. Only admins hear a type that is missing here.
 */
export const eventTypes = {
  'server.connected': 'server.read',
  'server.disconnected': 'server.read',
  'server.error': 'server.read',
  'server.health': 'server.read',
  'tool.invoked': 'tool.read',
  'tool.error': 'tool.read',
  'circuit.opened': 'server.read',
  'circuit.closed': 'server.read',
  'job.progress': 'job.read',
  'job.completed': 'job.read',
  'job.failed': 'job.read',
  'job.cancelled': 'job.read',
  'cleanup.complete': 'job.read',
  'test.complete': 'job.read',
  'update.progress': 'job.read',
  'update.complete': 'job.read',
  'alert.new': 'alert.read',
  'alert.acknowledged': 'alert.read',
  'alert.resolved': 'alert.read',
  'device.added': 'device.read',
  'device.updated': 'device.read',
  'device.removed': 'device.read',
  'device.connected': 'device.read',
  'device.disconnected': 'device.read',
  'device.error': 'device.read',
  'device.config.changed': 'device.read',
  'cluster.added': 'cluster.read',
  'cluster.updated': 'cluster.read',
  'cluster.removed': 'cluster.read',
  'cluster.connected': 'cluster.read',
  'cluster.disconnected': 'cluster.read',
  'cluster.error': 'cluster.read',
  'server.state': 'catalog.read',
  'config.updated': 'catalog.read',
  'bulk.progress': 'catalog.read',
  'group.created': 'server.read',
  'group.updated': 'server.read',
  'group.deleted': 'server.read',
  'definition.created': 'definition.read',
  'definition.updated': 'definition.read',
  'definition.deleted': 'definition.read',
  'database.created': 'database.read',
  'database.updated': 'database.read',
  'database.deleted': 'database.read',
} as const satisfies Record<string, Permission>;

export type EventType = keyof typeof eventTypes;

/** The types that webhooks may ask for (`seeds/003`, "Webhooks", "Events"). */
export const webhookEventTypes = [
  'server.connected',
  'server.disconnected',
  'server.error',
  'tool.invoked',
  'tool.error',
  'circuit.opened',
  'circuit.closed',
] as const satisfies readonly EventType[];
export type WebhookEventType = (typeof webhookEventTypes)[number];

export function isEventType(text: string): text is EventType {
  return Object.hasOwn(eventTypes, text);
}

/** An event of a known type, to be committed with the change that it reports. `data` holds no secret. */
export function newEvent(type: EventType, data: NewEvent['data'], serverId?: string): NewEvent {
  return serverId === undefined ? { type, data } : { type, serverId, data };
}

/** The parts of an event that decide who may hear it. */
export type HeardEvent = Pick<JournalEvent, 'type' | 'serverId' | 'data'>;

/** The caller whose role and grants decide about events. */
export type Hearer = Pick<Caller, 'role' | 'grants'> & Partial<Owning>;

/**
 * Whether a caller may hear an event. A caller with narrowed grants hears only the events of servers and devices that the grants cover.
 * An event with `data.leastRole` (the alert of a key) reaches that role and higher ones. The event of an owner (`data.ownerId`, or the
 * owner's server, deleted or not) reaches the owner and admins.
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

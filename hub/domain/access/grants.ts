import { DomainError } from '../errors.js';
import { type Caller, type Grants, payerOf, type RequestOrigin } from './caller.js';

/** The parts of a server that grants look at. */
export interface Grantable {
  readonly id: string;
  readonly groupId: string | null;
  readonly site: string;
  /** The only user or key that has the server; absent: the server is shared. */
  readonly ownerId?: string | undefined;
}

/** The registered servers, as far as grants and ownership need them. */
export interface GrantableServers {
  byId(id: string): Grantable | undefined;
  /** The owner of a private server, also after its deletion; `undefined` for a shared server. */
  ownerOf(id: string): string | undefined;
}

/** The caller, as far as grants and ownership need it. */
export type Viewer = Pick<Caller, 'grants'> & Partial<Owning & Pick<Caller, 'role' | 'sharedOnly'>>;

/** The parts of a caller that name the owner of its things. */
export type Owning = Pick<Caller, 'id' | 'userId'> & { readonly countedAs?: string | undefined };

/**
 * The owner of a caller's own things: the user of a sign-in and of the keys that a user made for itself, which count with the user. Any other
 * key owns its things itself: a user who makes a key for another person bounds its role and its lifetime, and shares nothing with it.
 */
export function ownerOf({ id, userId, countedAs }: Owning): string {
  return userId !== null && countedAs === payerOf({ kind: 'user', id: userId }) ? userId : id;
}

/** Whether a caller may see a thing with this owner: the owner may, and admins may. Without an owner every caller may. */
export function isOwnOrAdmin(
  { id = '', userId = null, countedAs, role, sharedOnly }: Partial<Owning & Pick<Caller, 'role' | 'sharedOnly'>>,
  ownerId?: string,
): boolean {
  if (ownerId === undefined) return true;
  return !sharedOnly && (role === 'admin' || ownerOf({ id, userId, countedAs }) === ownerId);
}

/** Whether a server is shared, or the caller's own: the servers that a caller means without naming one. */
export function isSharedOrOwn(
  caller: Owning & Pick<Caller, 'sharedOnly'>,
  { ownerId }: Pick<Grantable, 'ownerId'>,
): boolean {
  return ownerId === undefined || (!caller.sharedOnly && ownerId === ownerOf(caller));
}

/**
 * The part of a cache key for callers that see more servers because they own some. It is empty for most callers, so that they share cached lists.
 * @param owners of private servers
 */
export function ownershipKey(caller: Owning & Pick<Caller, 'role'>, owners: ReadonlySet<string>): string {
  if (owners.size === 0) return '';
  const owner = ownerOf(caller);
  const own = owners.has(owner) ? owner : '';
  return caller.role === 'admin' ? `admin ${own}` : own;
}

/** Whether the caller's grants cover a server: each list that is present must name it. Only its owner and admins see a private server. */
export function maySee(caller: Viewer, server: Grantable): boolean {
  const { grants } = caller;
  if (!isOwnOrAdmin(caller, server.ownerId)) return false;
  if (!grants) return true;
  if (grants.servers && !grants.servers.includes(server.id)) return false;
  if (grants.groups && (server.groupId === null || !grants.groups.includes(server.groupId))) return false;
  return !grants.sites || grants.sites.includes(server.site);
}

/**
 * Whether a caller knows a group: a narrowed key knows its granted groups, or else the groups of the servers that it sees.
 * @param seesMembers whether the caller sees a server of the group; called for such keys only, because it may look at all servers
 */
export function mayKnowGroup({ grants }: Pick<Caller, 'grants'>, groupId: string, seesMembers: () => boolean): boolean {
  if (!grants) return true;
  if (grants.groups) return grants.groups.includes(groupId);
  return !(grants.servers || grants.sites) || seesMembers();
}

/** Whether the caller's grants cover a tool of a server it may see. */
export function mayUseTool(caller: Pick<Caller, 'grants'>, tool: string): boolean {
  const tools = caller.grants?.tools;
  return !tools || tools.includes(tool);
}

/** Whether grants narrow anything. */
export function isNarrowed(grants: Grants | null): boolean {
  return grants !== null && Boolean(grants.servers || grants.groups || grants.sites || grants.tools);
}

/** Whether grants cover a site's agents, devices and clusters. Grants that name servers, groups or tools do not cover them. */
export function maySeeSite({ grants }: Pick<Caller, 'grants'>, site: string): boolean {
  if (!grants) return true;
  if (grants.servers || grants.groups || grants.tools) return false;
  return !grants.sites || grants.sites.includes(site);
}

/** Whether the caller of a request may see a site's devices, clusters and databases; the hub itself sees all. */
export function seesSite({ caller }: Pick<RequestOrigin, 'caller'>, { site }: { readonly site: string }): boolean {
  return caller === null || maySeeSite(caller, site);
}

/** Whether the inner grants give nothing that the outer ones do not give. */
export function isWithin(inner: Grants | null | undefined, outer: Grants | null): boolean {
  return Object.entries(outer ?? {}).every(([name, allowed]: [string, readonly string[] | undefined]) => {
    const wanted = inner?.[name as keyof Grants];
    return allowed === undefined || (wanted?.every((one) => allowed.includes(one)) ?? false);
  });
}

/** @throws DomainError `forbidden` where the caller's key is narrowed to something. */
export function checkUnrestricted({ grants }: Pick<Caller, 'grants'>, action: string): void {
  if (isNarrowed(grants)) throw new DomainError('forbidden', `this key's grants do not allow it to ${action}`);
}

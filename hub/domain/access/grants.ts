import { DomainError } from '../errors.js';
import type { Caller } from './caller.js';

/** What grants look at in a server. */
export interface Grantable {
  readonly id: string;
  readonly groupId: string | null;
  readonly site: string;
  /** Whose alone it is; absent: everybody's. */
  readonly ownerId?: string | undefined;
}

/** Who looks, as far as grants and ownership care. */
export type Viewer = Pick<Caller, 'grants'> & Partial<Pick<Caller, 'id' | 'userId' | 'role'>>;

/** In whose name a caller has things of its own: the user's, or that of a key that is nobody's. */
export function ownerOf({ id, userId }: Pick<Caller, 'id' | 'userId'>): string {
  return userId ?? id;
}

/** Whether what belongs to somebody may be seen: by that one, and by admins. What is everybody's may. */
export function isOwnOrAdmin(
  { id, userId, role }: Partial<Pick<Caller, 'id' | 'userId' | 'role'>>,
  ownerId?: string,
): boolean {
  return ownerId === undefined || role === 'admin' || (userId ?? id) === ownerId;
}

/**
 * What tells callers apart who see other servers for being who they are: nothing for most of them, so that what is kept ready may be shared.
 * @param owners of servers that are somebody's own
 */
export function ownershipKey(caller: Pick<Caller, 'id' | 'userId' | 'role'>, owners: ReadonlySet<string>): string {
  if (owners.size === 0) return '';
  if (caller.role === 'admin') return 'admin';
  const owner = ownerOf(caller);
  return owners.has(owner) ? owner : '';
}

/** Whether the caller's grants cover a server: each list that is present must name it. A server of somebody's own is that one's and the admins'. */
export function maySee(caller: Viewer, server: Grantable): boolean {
  const { grants } = caller;
  if (!isOwnOrAdmin(caller, server.ownerId)) return false;
  if (!grants) return true;
  if (grants.servers && !grants.servers.includes(server.id)) return false;
  if (grants.groups && (server.groupId === null || !grants.groups.includes(server.groupId))) return false;
  return !grants.sites || grants.sites.includes(server.site);
}

/** Whether the caller's grants cover a tool of a server it may see. */
export function mayUseTool(caller: Pick<Caller, 'grants'>, tool: string): boolean {
  const tools = caller.grants?.tools;
  return !tools || tools.includes(tool);
}

/** @throws DomainError `forbidden` where the caller's key is narrowed to something else. */
export function checkUnrestricted(caller: Caller, action: string): void {
  const { grants } = caller;
  if (grants && (grants.servers || grants.groups || grants.sites || grants.tools))
    throw new DomainError('forbidden', `this key's grants do not allow it to ${action}`);
}

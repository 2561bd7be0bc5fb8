import { DomainError } from '../errors.js';
import type { Caller, Grants } from './caller.js';
import { isNarrowed } from './grants.js';
import { allows, type Permission, permissions, reaches } from './permissions.js';

/** The caller, with role and grants; `null` is the hub itself, which may do everything. */
export type Asking = Pick<Caller, 'role' | 'grants'> | null;

/**
 * Checks whether a caller may do something: by its role and, for a narrowed key, by the reach of the permission. The domain calls this for every
 * operation: an endpoint, a tool at `/mcp`, a job, a step of a workflow. The look-up of a server, site or tool then checks whether the grants
 * cover it (`grants.ts`).
 * @throws DomainError `forbidden`.
 */
export function authorize(caller: Asking, permission: Permission): void {
  if (caller === null) return;
  if (!allows(caller.role, permission)) throw roleMissing(permission);
  if (!grantsReach(caller.grants, permission))
    throw new DomainError('forbidden', `this key's grants do not reach as far as '${permission}'`, { permission });
}

/** The error of a caller whose role does not include a permission. It names the least role that does. */
export function roleMissing(permission: Permission): DomainError {
  const requiredRole = permissions[permission];
  const message = `Insufficient permissions: this needs role ${requiredRole}`;
  return new DomainError('forbidden', message, { permission, requiredRole });
}

/** Whether {@link authorize} lets a caller pass. */
export function isAllowed(caller: Asking, permission: Permission): boolean {
  return caller === null || (allows(caller.role, permission) && grantsReach(caller.grants, permission));
}

function grantsReach(grants: Grants | null, permission: Permission): boolean {
  const reach = reaches[permission];
  if (reach === 'hub') return !isNarrowed(grants);
  return reach === 'tools' || !grants?.tools;
}

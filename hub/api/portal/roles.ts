import type { Role } from '../../domain/access/caller.js';

/** `seeds/002` has three roles; the fourth of the hub's, `viewer`, is a standard user who may look only. */
export const portalRoles = ['super_admin', 'team_admin', 'standard_user'] as const;
export type PortalRole = (typeof portalRoles)[number];

const printed: Readonly<Record<Role, PortalRole>> = {
  admin: 'super_admin',
  operator: 'team_admin',
  user: 'standard_user',
  viewer: 'standard_user',
};

const meant: Readonly<Record<PortalRole, Role>> = {
  super_admin: 'admin',
  team_admin: 'operator',
  standard_user: 'user',
};

export function printRole(role: Role): PortalRole {
  return printed[role];
}

export function readRole(role: PortalRole): Role {
  return meant[role];
}

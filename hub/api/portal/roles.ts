import type { Role } from '../../domain/access/caller.js';

/** `seeds/002` has three roles. The hub's fourth role, `viewer`, is a standard user without the right to change anything. */
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

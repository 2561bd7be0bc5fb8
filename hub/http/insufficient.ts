import { type Role, roles } from '../domain/access/caller.js';
import { DomainError } from '../domain/errors.js';

/** The refusal of a caller whose role has not a permission; its details name the least role that has. */
export function insufficient(allows: (role: Role, permission: string) => boolean, permission: string): DomainError {
  const requiredRole = roles.find((role) => allows(role, permission));
  const least = requiredRole === undefined ? {} : { requiredRole };
  return new DomainError('forbidden', 'Insufficient permissions', { permission, ...least });
}

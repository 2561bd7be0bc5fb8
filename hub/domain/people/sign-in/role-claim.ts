import { atLeast, type Role, roles } from '../../access/caller.js';

/** The portal document's names of the hub's roles: providers may use either. */
const portalNames: Readonly<Record<string, Role>> = {
  super_admin: 'admin',
  team_admin: 'operator',
  standard_user: 'user',
};

/**
 * The highest of the hub's roles that claims name; `null` for none.
 * @param claim where they do: a claim, or a path of claims with dots. Its value is a text or a list of texts.
 */
export function roleNamed(claims: Readonly<Record<string, unknown>>, claim: string): Role | null {
  const value = claim.split('.').reduce<unknown>((at, part) => memberOf(at, part), claims) ?? memberOf(claims, claim);
  const named = new Set(textsOf(value).map((text) => portalNames[text] ?? text));
  const known = roles.filter((role) => named.has(role));
  return known.reduce<Role | null>((best, role) => (best && atLeast(best, role) ? best : role), null);
}

/** A list of texts, or a text with spaces between. */
export function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return value.split(' ').filter(Boolean);
  return Array.isArray(value) ? value.filter((text) => typeof text === 'string') : [];
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

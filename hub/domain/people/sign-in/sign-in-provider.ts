import { atLeast, type Role, roles } from '../../access/caller.js';

/** A person who signed in at the identity provider, in the provider's words. */
export interface Person {
  readonly issuer: string;
  readonly subject: string;
  readonly email: string | null;
  /** The provider has verified the address. */
  readonly emailVerified: boolean;
  /** The full name. */
  readonly name: string | null;
  /** The user name at the provider. */
  readonly username: string | null;
  /** The highest of the hub's roles that the provider names; `null` for none. */
  readonly role: Role | null;
}

/** A sign-in under way; only `state`, `nonce` and a hash of `verifier` leave the hub. */
export interface PendingSignIn {
  readonly state: string;
  readonly nonce: string;
  /** PKCE's code verifier. */
  readonly verifier: string;
  readonly redirectUri: string;
}

/** The identity provider where users sign in (OpenID Connect's authorization code flow with PKCE); implemented outside the domain. */
export interface SignInProvider {
  /** The address at which a person signs in. @throws DomainError `unavailable`. */
  address(pending: PendingSignIn): Promise<string>;
  /**
   * The person who has signed in.
   * @throws DomainError `invalid_input` naming `code`, `unavailable`.
   */
  person(code: string, pending: PendingSignIn): Promise<Person>;
}

/** The portal document's names of the hub's roles: providers may use either. */
const portalNames: Readonly<Record<string, Role>> = {
  super_admin: 'admin',
  team_admin: 'operator',
  standard_user: 'user',
};

/**
 * The highest of the hub's roles that claims name; `null` for none.
 * @param claim the place of the roles: a claim, or a path of claims with dots. Its value is a text or a list of texts.
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

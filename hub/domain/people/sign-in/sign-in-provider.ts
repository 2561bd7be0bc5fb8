import type { Role } from '../../access/caller.js';

/** A person who signed in at the identity provider, in the provider's words. */
export interface Person {
  readonly issuer: string;
  readonly subject: string;
  readonly email: string | null;
  /** The provider knows that the address is theirs. */
  readonly emailVerified: boolean;
  /** For people. */
  readonly name: string | null;
  /** As they are called there. */
  readonly username: string | null;
  /** The highest of the hub's roles that is named; `null` for none. */
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

import { printable } from '@roundhouse/proto/text';
import type { RequestOrigin, Role } from '../../access/caller.js';
import { type AuditedOrigin, changeAudit } from '../../audit/audit.js';
import { DomainError } from '../../errors.js';
import { isUuid, newId, timeOfId } from '../../ids.js';
import { MAX_RACES } from '../../retrying.js';
import { put, type Store, type Write } from '../../store.js';
import { addressKey, type IdentityRecord, identityId, identityRecords, type UserRecord, users } from '../record.js';
import type { Users } from '../users/users.js';
import type { Person } from './sign-in-provider.js';

/** The most names that the hub tries for a new user if other users have them. */
const TRIES = 100;
const MAX_NAME = 256;

/** Persons who sign in at the identity provider, and their users here. */
export class Identities {
  readonly #store: Store;
  readonly #users: Users;
  readonly #defaultRole: Role | null;

  /** @param defaultRole of new users without a role from the provider; `null`: the hub refuses them */
  constructor(store: Store, users: Users, defaultRole: Role | null) {
    this.#store = store;
    this.#users = users;
    this.#defaultRole = defaultRole;
  }

  /**
   * The user of a person, made at the first sign-in. The e-mail address joins the person to an account that is here already, if the
   * provider has verified the address, and an admin or a provider vouches for it here. If neither is so, the person gets a user without an
   * address. From then on issuer and subject identify the user.
   * Each sign-in takes over the role that the provider names, except the sign-in that joins; without a role of the provider the role stays.
   * @throws DomainError `forbidden` (no role), `conflict` (another user has the address, and the two cannot be joined).
   */
  async userOf(origin: RequestOrigin, person: Person): Promise<UserRecord> {
    for (let attempt = 1; attempt <= MAX_RACES; attempt += 1) {
      const user = await this.#tried(origin, person);
      if (user) return user;
    }
    throw new DomainError('conflict', 'your account has changed during the sign-in: sign in again', {
      resource: 'user',
    });
  }

  /** As {@link Identities.userOf}; `undefined` if the account has changed meanwhile. */
  async #tried(origin: RequestOrigin, person: Person): Promise<UserRecord | undefined> {
    try {
      return await this.#userOf(origin, person);
    } catch (error) {
      if (!(error instanceof DomainError && error.code === 'already_exists')) throw error;
      // Another callback made the user at the same moment, most likely a second callback of the same person.
      return this.#userOf(origin, person);
    }
  }

  async #userOf(origin: RequestOrigin, person: Person): Promise<UserRecord | undefined> {
    const known = this.#store.get(identityRecords, identityId(person.issuer, person.subject));
    const user = known && this.#users.find(known.userId);
    if (user) return this.#brought(origin, user, person);
    const owner = person.email ? this.#store.find(users, 'address', addressKey(person.email)) : undefined;
    if (!owner) return this.#create(origin, person);
    if (person.emailVerified && owner.emailBy === 'self')
      return this.#create(origin, person, [this.#withoutAddress(owner)]);
    // No party vouches for the address on either side, so a user who chose it must not keep the person out.
    if (!person.emailVerified && !isVouchedFor(owner)) return this.#create(origin, person);
    const obstacle = this.#obstacle(owner, person);
    if (obstacle) {
      const message = `a user with your e-mail address exists, and the account at the identity provider cannot be joined with it: ${obstacle}`;
      throw new DomainError('conflict', message, { resource: 'user' });
    }
    const link = put(identityRecords, identityOf(person, owner.id), 'absent');
    return this.#users.join(asUser(origin, owner), owner, link, linkOf(person));
  }

  /** Why a person does not become the user with the same address; `undefined` if there is no obstacle. */
  #obstacle(owner: UserRecord, { emailVerified, issuer }: Person): string | undefined {
    if (!emailVerified) return 'the address has not been verified there';
    // An account that belongs to a person of this provider stays with that person, even if another person has the address now.
    if (this.#isTaken(owner.id, issuer)) return 'the address belongs to another person there';
    if (!isVouchedFor(owner))
      return 'the user chose the address, and no admin has confirmed it yet (an admin confirms an address by setting it)';
    return undefined;
  }

  #isTaken(userId: string, issuer: string): boolean {
    const linked = [...this.#store.list(identityRecords, { index: 'user', equals: userId })];
    return linked.some((identity) => identity.issuer === issuer);
  }

  async #create(origin: RequestOrigin, person: Person, writes: readonly Write[] = []): Promise<UserRecord> {
    const role = person.role ?? this.#defaultRole;
    if (!role) throw new DomainError('forbidden', 'The identity provider names no role of this hub for you');
    const id = newId();
    const now = timeOfId(id);
    const name = nameOf(person);
    const user: UserRecord = {
      id,
      username: this.#freeName(person),
      // An unverified address is not kept: its real owner could not use it later.
      ...(person.email && person.emailVerified ? { email: person.email, emailBy: 'provider' } : { email: null }),
      // No password has this hash.
      passwordHash: '',
      ...(name === undefined ? {} : { name }),
      role,
      credentialVersion: 1,
      revision: 1,
      createdAt: now,
      updatedAt: now,
    };
    const details = { username: user.username, role, ...linkOf(person) };
    const audit = changeAudit(asUser(origin, user), 'user.create', { type: 'user', id }, details);
    await this.#store.apply({
      by: null,
      writes: [...writes, put(users, user, 'absent'), put(identityRecords, identityOf(person, id), 'absent'), audit],
    });
    return user;
  }

  /** The address that a user chose for itself belongs to the person who proves it: the user loses it. */
  #withoutAddress({ emailBy: _, ...owner }: UserRecord): Write {
    return put(
      users,
      { ...owner, email: null, revision: (owner.revision ?? 0) + 1, updatedAt: Date.now() },
      owner.revision ?? 0,
    );
  }

  /** Updates the user with the provider's data. */
  async #brought(origin: RequestOrigin, user: UserRecord, person: Person): Promise<UserRecord> {
    const name = nameOf(person);
    const role = person.role ?? undefined;
    if ((name === undefined || name === user.name) && (role === undefined || role === user.role)) return user;
    try {
      return await this.#users.bring(asUser(origin, user), user.id, { name, role });
    } catch (error) {
      // The last admin stays one, whatever the provider says.
      if (!(error instanceof DomainError && error.code === 'conflict')) throw error;
      return this.#users.find(user.id) ?? user;
    }
  }

  #freeName({ username, email, subject }: Person): string {
    const wanted = nameFrom(username ?? email ?? subject);
    for (let n = 1; n <= TRIES; n += 1) {
      const suffix = n === 1 ? '' : `-${n}`;
      const name = `${wanted.slice(0, 64 - suffix.length)}${suffix}`;
      if (!this.#store.find(users, 'username', name.toLowerCase())) return name;
    }
    return `user-${newId().replaceAll('-', '')}`;
  }
}

/** Whether an admin or a provider vouches for a user's address: the user did not only choose it. */
function isVouchedFor({ emailBy }: UserRecord): boolean {
  return emailBy === 'admin' || emailBy === 'provider';
}

/** The person's name as the hub shows it: without characters that its readers would not see. */
function nameOf({ name }: Person): string | undefined {
  return printable(name ?? '', MAX_NAME).trim() || undefined;
}

/** A user name of the hub's form. */
function nameFrom(text: string): string {
  const name = text
    .replaceAll(/[^A-Za-z0-9._@-]/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 64);
  return name === '' || isUuid(name) ? `user-${name.slice(0, 8)}` : name;
}

function identityOf({ issuer, subject }: Person, userId: string): IdentityRecord {
  return { id: identityId(issuer, subject), issuer, subject, userId, createdAt: Date.now() };
}

function linkOf({ issuer, subject }: Person) {
  return { issuer, subject };
}

/** The user who signs in is the actor. It is no caller yet: the provider decides about these changes. */
function asUser(origin: RequestOrigin, { id, username }: UserRecord): AuditedOrigin {
  return { ...origin, caller: { kind: 'user', id, name: username } };
}

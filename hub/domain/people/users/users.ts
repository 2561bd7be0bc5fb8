import { clientNetwork } from '@roundhouse/proto/net';
import { authorize, isAllowed } from '../../access/authorize.js';
import { type Caller, payerOf, type RequestOrigin, type Role } from '../../access/caller.js';
import { ownerOf } from '../../access/grants.js';
import { type AuditedOrigin, changeAudit, isCaller } from '../../audit/audit.js';
import type { Dependants } from '../../dependants.js';
import { DomainError, invalid, notFound } from '../../errors.js';
import { newId, timeOfId } from '../../ids.js';
import type { Fields } from '../../lists/field.js';
import { byId, byTimeOfId, type Source, sourceOfCollection } from '../../lists/source.js';
import { checkName } from '../../names.js';
import { MAX_RACES, retrying } from '../../retrying.js';
import { add, put, remove, type Store, type Write } from '../../store.js';
import {
  type ApiKeyRecord,
  addressKey,
  apiKeys,
  countAdmins,
  guardAdmins,
  identitiesOfUser,
  keysOfUser,
  revocation,
  sessionsOfUser,
  type UserRecord,
  userActivity,
  users,
} from '../record.js';
import { SignInThrottle } from './throttle.js';

export type { UserRecord } from '../record.js';

/** Slow password hashing, off the event loop. */
export interface PasswordHasher {
  /** @param payer payers take turns: many hashes of one payer do not hold up the others */
  hash(password: string, payer: string): Promise<string>;
  /** With `undefined` for a hash it takes the same time and answers `false`. */
  verify(hash: string | undefined, password: string, payer: string): Promise<boolean>;
}

export interface NewUser {
  readonly username: string;
  readonly password: string;
  readonly role: Role;
  readonly email?: string | null;
}

/** Absent fields stay as they are. */
export interface UserChanges {
  readonly email?: string | undefined;
  readonly password?: string | undefined;
  readonly role?: Role | undefined;
  /** The current password: users without the right to manage users give it to change their own address or password. */
  readonly currentPassword?: string | undefined;
}

/** An identity provider's data about a user; absent fields stay as they are. */
export interface BroughtChanges {
  readonly name?: string | undefined;
  readonly role?: Role | undefined;
}

/** A user with data that is kept outside the record. */
export interface UserView {
  readonly user: UserRecord;
  /** Milliseconds since 1970; `null` for never. */
  readonly lastLogin: number | null;
}

/** People with a password. */
export class Users {
  readonly #store: Store;
  readonly #passwords: PasswordHasher;
  readonly #dependants: Dependants;
  readonly #throttle: SignInThrottle;
  /** Changes are made one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  /** @param throttle slows down clients that guess passwords; the sign-ins share it */
  constructor(store: Store, passwords: PasswordHasher, dependants: Dependants, throttle = new SignInThrottle()) {
    this.#store = store;
    this.#passwords = passwords;
    this.#dependants = dependants;
    this.#throttle = throttle;
  }

  /** @throws DomainError `already_exists`, `invalid_input`, `forbidden`. */
  async create(origin: RequestOrigin, wanted: NewUser): Promise<UserRecord> {
    const { username, password, role, email = null } = wanted;
    authorize(origin.caller, 'user.manage');
    checkName(username, 'username');
    checkPassword(password, { username, email });
    const passwordHash = await this.#passwords.hash(password, hasherOf(origin));
    const id = newId();
    const now = timeOfId(id);
    const versions = { credentialVersion: 1, revision: 1, createdAt: now, updatedAt: now };
    const address = email === null ? { email } : { email, emailBy: 'admin' as const };
    const user: UserRecord = { id, username, ...address, passwordHash, role, ...versions };
    const audit = changeAudit(origin, 'user.create', { type: 'user', id }, { username, role });
    await this.#store.apply({ by: origin.caller, writes: [put(users, user, 'absent'), audit] });
    return user;
  }

  /** A user by id or name. @throws DomainError `not_found`. */
  get(idOrName: string): UserRecord {
    const user = this.#store.get(users, idOrName) ?? this.#store.find(users, 'username', idOrName.toLowerCase());
    if (!user) throw notFound('user', idOrName);
    return user;
  }

  find(id: string): UserRecord | undefined {
    return this.#store.get(users, id);
  }

  /** A user by id, as the caller may see it: its own, or any as an admin. @throws DomainError `forbidden`, `not_found`. */
  view(caller: Caller, id: string): UserView {
    if (id !== ownerOf(caller)) authorize(caller, 'user.manage');
    return this.#viewOf(this.#byId(id));
  }

  /** All users, oldest first, for a list. @throws DomainError `forbidden`. */
  source(caller: Caller): Source<UserView> {
    authorize(caller, 'user.manage');
    return sourceOfCollection(this.#store, users, (user) => this.#viewOf(user));
  }

  /** All users with their activity, oldest first. @throws DomainError `forbidden`. */
  all(caller: Caller): ActiveUser[] {
    authorize(caller, 'user.manage');
    return activeUsers(this.#store);
  }

  isEmpty(): boolean {
    return this.#store.count(users) === 0;
  }

  /**
   * Changes a user. Admins change every user. Other users change their own e-mail address and password, signed in and not by a key: a key
   * that leaks must not become the user. They give the current password: an access token that leaks must not become the user either. A new
   * password or role ends all sign-ins of the user. An admin who sets an address vouches for it; a user who sets the user's own does not.
   * The same address vouches only if the admin changes nothing else: clients send it back with other changes.
   * @throws DomainError `forbidden`, `not_found`, `invalid_input`, `already_exists`, and `conflict` for the last admin.
   */
  async update(origin: RequestOrigin, caller: Caller, id: string, changes: UserChanges): Promise<UserRecord> {
    const { currentPassword, ...wanted } = changes;
    const manages = isAllowed(caller, 'user.manage');
    if (!isOwn(caller, id)) authorize(caller, 'user.manage');
    else if (!manages) {
      if (wanted.role !== undefined && wanted.role !== this.#byId(id).role) authorize(caller, 'user.manage');
      await this.#confirm(origin, this.#byId(id), currentPassword);
    }
    return this.#change(origin, id, wanted, 'user.update', manages ? 'admin' : 'self', isOwn(caller, id) ? caller : {});
  }

  /** Updates a user from the identity provider. @throws DomainError `not_found`, and `conflict` for the last admin. */
  bring(origin: AuditedOrigin, id: string, changes: BroughtChanges): Promise<UserRecord> {
    return this.#change(origin, id, changes, 'user.update');
  }

  /**
   * Hands a user's account over to a person of an identity provider with the same address. The previous owner has no way in
   * after that. Password and sign-ins end, keys are revoked, webhooks and schedules go on no more, and the role stays.
   * @param owner the account as the sign-in has judged it
   * @param link the write that makes the person known as this user
   * @returns `undefined` if the account has changed since: the sign-in has to judge it again
   */
  async join(
    origin: AuditedOrigin,
    owner: UserRecord,
    link: Write,
    details: Readonly<Record<string, unknown>>,
  ): Promise<UserRecord | undefined> {
    const { id } = owner;
    return this.#inTurn(async () => {
      const user = this.find(id);
      if (!user || user.revision !== owner.revision) return undefined;
      const keys = keysOfUser(this.#store, id);
      const now = Date.now();
      const joined: UserRecord = {
        ...user,
        emailBy: 'provider',
        passwordHash: '',
        credentialVersion: user.credentialVersion + 1,
        handedOver: user.credentialVersion + 1,
        revision: (user.revision ?? 0) + 1,
        updatedAt: now,
      };
      const resource = { type: 'user', id };
      const writes = [
        put(users, joined, user.revision ?? 0),
        link,
        ...sessionsOfUser(this.#store, id),
        ...this.#revocations(keys, now),
        changeAudit(origin, 'user.link', resource, { ...details, keys: keys.map((key) => key.id) }),
      ];
      await this.#store.apply({ by: origin.caller, writes });
      return joined;
    });
  }

  /** Sets a password; earlier sign-ins of this user are void from then on. */
  async setPassword(origin: RequestOrigin, idOrName: string, password: string): Promise<UserRecord> {
    authorize(origin.caller, 'user.manage');
    return this.#change(origin, this.get(idOrName).id, { password }, 'user.password');
  }

  /** Deletes a user, its sign-ins and favorites, and revokes its keys. @throws DomainError `not_found`, `forbidden`, and `conflict` for the last admin. */
  async delete(origin: RequestOrigin, caller: Caller, id: string): Promise<void> {
    authorize(caller, 'user.manage');
    await this.#inTurn(async () => {
      const user = this.#byId(id);
      const keys = keysOfUser(this.#store, id);
      const details = { username: user.username, keys: keys.map((key) => key.id) };
      const writes = [
        remove(users, id, user.revision ?? 0),
        remove(userActivity, id),
        ...sessionsOfUser(this.#store, id),
        ...this.#revocations(keys, Date.now()),
        ...identitiesOfUser(this.#store, id),
        ...this.#dependants.of(users, id),
        ...this.#leaving(user, 'deleted'),
        changeAudit(origin, 'user.delete', { type: 'user', id }, details),
      ];
      await this.#store.apply({ by: origin.caller, writes });
    });
  }

  /** The writes that revoke keys, and delete the records that depend on them. */
  #revocations(keys: readonly ApiKeyRecord[], now: number): Write[] {
    return keys.flatMap((key) => [revocation(key, now), ...this.#dependants.of(apiKeys, key.id)]);
  }

  /** The user with this name and password. Takes the same time for an unknown name. @throws DomainError `invalid_login`. */
  async signIn({ ip }: Pick<RequestOrigin, 'ip'>, username: string, password: string): Promise<UserRecord> {
    const user = this.#store.find(users, 'username', username.toLowerCase());
    const right = await this.#passwords.verify(
      user?.passwordHash || undefined,
      password.slice(0, LONGEST_PASSWORD + 1),
      // The address pays: the user is not known yet, and an attacker has many names.
      hasherOf({ caller: null, ip }),
    );
    if (!user || !right) throw new DomainError('invalid_login', 'Invalid username or password');
    return user;
  }

  /** The write that notes a sign-in. */
  signedIn({ id }: UserRecord): Write {
    return add(userActivity, { id }, { lastLogin: Date.now() });
  }

  /** When the user last signed in, milliseconds since 1970; `null` for never. */
  lastLogin(id: string): number | null {
    return this.#store.get(userActivity, id)?.lastLogin ?? null;
  }

  async #change(
    origin: AuditedOrigin,
    id: string,
    changes: Omit<UserChanges, 'currentPassword'> & BroughtChanges,
    action: string,
    emailBy: UserRecord['emailBy'] = 'admin',
    { credentialVersion }: Pick<Caller, 'credentialVersion'> = {},
  ): Promise<UserRecord> {
    const { password, email, role, name } = changes;
    if (password !== undefined)
      checkPassword(password, { ...this.#byId(id), ...(email === undefined ? {} : { email }) });
    const passwordHash = password === undefined ? undefined : await this.#passwords.hash(password, hasherOf(origin));
    return this.#inTurn(async () => {
      const user = this.#byId(id);
      // The sign-in may have ended while the password was hashed: by another password, or because the account was handed over.
      if (credentialVersion !== undefined && credentialVersion !== user.credentialVersion)
        throw new DomainError('invalid_credential', 'Token is no longer valid');
      const changed: UserRecord = {
        ...user,
        ...(email !== undefined && isVouching(changes, user, emailBy) ? { email, emailBy } : {}),
        role: role ?? user.role,
        ...(name === undefined ? {} : { name }),
        passwordHash: passwordHash ?? user.passwordHash,
        credentialVersion: user.credentialVersion + (passwordHash || (role ?? user.role) !== user.role ? 1 : 0),
        revision: (user.revision ?? 0) + 1,
        updatedAt: Date.now(),
      };
      const isLeaving = user.role === 'admin' && changed.role !== 'admin';
      const fields = Object.entries(changes).flatMap(([name, value]) => (value === undefined ? [] : [name]));
      const roles = changed.role === user.role ? {} : { role: changed.role, roleBefore: user.role };
      const details = { username: user.username, changed: fields, ...roles };
      const writes = [
        put(users, changed, user.revision ?? 0),
        ...(isLeaving ? this.#leaving(user, `made ${changed.role}`) : []),
        changeAudit(origin, action, { type: 'user', id }, details),
      ];
      await this.#store.apply({ by: origin.caller, writes });
      return changed;
    });
  }

  /** Makes sure that a user's own change comes from the user. @throws DomainError `forbidden` (no password to give), `invalid_input`, `rate_limited`. */
  async #confirm(origin: RequestOrigin, { username, passwordHash }: UserRecord, password: string | undefined) {
    if (passwordHash === '')
      throw new DomainError(
        'forbidden',
        'this account has no password: an admin changes its address, and sets a password',
      );
    if (password === undefined)
      throw invalid('current_password', 'is required to change your own e-mail address or password');
    try {
      await this.#throttle.attempt(username, origin.ip, () => this.signIn(origin, username, password));
    } catch (error) {
      if (!(error instanceof DomainError && error.code === 'invalid_login')) throw error;
      throw invalid('current_password', "must be the account's password");
    }
  }

  /** @throws DomainError `conflict` if the user is the last admin. */
  #leaving({ role, username }: UserRecord, how: string): Write[] {
    if (role !== 'admin') return [];
    if (countAdmins(this.#store) <= 1)
      throw new DomainError('conflict', `'${username}' is the last admin, and cannot be ${how}`, { username });
    return [guardAdmins(this.#store)];
  }

  #byId(id: string): UserRecord {
    const user = this.#store.get(users, id);
    if (!user) throw notFound('user', id);
    return user;
  }

  #viewOf(user: UserRecord): UserView {
    return { user, lastLogin: this.lastLogin(user.id) };
  }

  /** Makes changes one after the other, and tries a change again if another hub has made one in between. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const once = () => retrying(this.#store, MAX_RACES, work);
    const turn = this.#last.then(once, once);
    this.#last = turn.catch(() => {});
    return turn;
  }
}

/** The payer of a hash: the caller, or before the sign-in the network of the address. */
function hasherOf({ caller, ip }: Pick<AuditedOrigin, 'caller' | 'ip'>): string {
  return isCaller(caller) ? payerOf(caller) : clientNetwork(ip);
}

/** Whether a change sets the user's address: another address, or as an admin the same address and nothing else. */
function isVouching(
  { email, ...others }: UserChanges & BroughtChanges,
  before: UserRecord,
  by: UserRecord['emailBy'],
): boolean {
  return email !== before.email || (by !== 'self' && Object.values(others).every((value) => value === undefined));
}

/** Whether a signed-in user changes the user's own record. */
function isOwn(caller: Caller, id: string): boolean {
  return caller.kind === 'user' && caller.id === id;
}

/** A user who has signed in within this time counts as active, milliseconds. */
const ACTIVE_MS = 30 * 86_400_000;

/** A user with the time of the last sign-in. */
interface ActiveUser {
  readonly user: UserRecord;
  /** Milliseconds since 1970; `null` for never. */
  readonly lastLogin: number | null;
  /** Has signed in within 30 days. */
  readonly active: boolean;
}

/** All users, oldest first. */
function activeUsers(store: Store, now = Date.now()): ActiveUser[] {
  return Array.from(store.list(users), (user) => {
    const lastLogin = store.get(userActivity, user.id)?.lastLogin ?? null;
    return { user, lastLogin, active: lastLogin !== null && lastLogin > now - ACTIVE_MS };
  });
}

const SHORTEST = 8;
const LONGEST_PASSWORD = 256;

/** The passwords that an attacker tries first. */
const common = new Set(
  [
    ...['password', 'password1', 'passw0rd', '12345678', '123456789', '1234567890', '87654321', '11111111', '00000000'],
    ...['qwertyui', 'qwertyuiop', 'qwerty123', 'asdfghjkl', '1q2w3e4r', '1qaz2wsx', 'abcd1234', 'iloveyou', 'letmein1'],
    ...[
      'welcome1',
      'changeme',
      'sunshine',
      'princess',
      'football',
      'baseball',
      'superman',
      'trustno1',
      'administrator',
    ],
  ].map((password) => password.toLowerCase()),
);

/** The rule, as errors state it. */
export const PASSWORD_RULE = `must have ${SHORTEST} to ${LONGEST_PASSWORD} characters, and be neither the user name, nor the e-mail address, nor one of the most common passwords`;

/** @throws DomainError `invalid_input` that states the rules. */
function checkPassword(password: string, of: { readonly username: string; readonly email: string | null }): void {
  const lower = password.toLowerCase();
  const isTold = lower === of.username.toLowerCase() || lower === of.email?.toLowerCase();
  if (password.length < SHORTEST || password.length > LONGEST_PASSWORD || isTold || common.has(lower))
    throw invalid('password', PASSWORD_RULE);
}

/** The fields by which a list of users can be filtered and sorted. */
export const userFields = {
  id: { type: 'string', of: ({ user }) => user.id, index: byId },
  username: {
    type: 'string',
    of: ({ user }) => user.username,
    index: { name: 'username', key: (value) => String(value).toLowerCase() },
  },
  email: {
    type: 'string',
    of: ({ user }) => user.email,
    index: { name: 'address', key: (value) => addressKey(String(value)) },
  },
  role: { type: 'string', of: ({ user }) => user.role, index: { name: 'role', key: (value) => value } },
  createdAt: { type: 'date', of: ({ user }) => user.createdAt, index: byTimeOfId },
  lastLogin: { type: 'date', of: ({ lastLogin }) => lastLogin },
} satisfies Fields<UserView>;

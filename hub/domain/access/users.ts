import { changeAudit, type RequestOrigin } from '../audit/audit.js';
import { DomainError, invalid, notFound } from '../errors.js';
import { newId } from '../ids.js';
import { collection, put, type Store } from '../store.js';
import type { Role } from './caller.js';

export interface UserRecord {
  readonly id: string;
  readonly username: string;
  readonly email: string | null;
  /** Argon2id, PHC string form. */
  readonly passwordHash: string;
  readonly role: Role;
  /** Grows with every password or role change; sign-ins of an older one are void. */
  readonly credentialVersion: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** Kept apart from the user: it is written at every sign-in, and must never carry an old password hash back over a new one. */
interface UserActivity {
  readonly id: string;
  readonly lastLogin: number;
}

const userActivity = collection<UserActivity>('user_activity', 'user activity');

export const users = collection<UserRecord>('users', 'user', {
  username: { of: (user) => user.username.toLowerCase(), unique: true },
  email: { of: (user) => user.email?.toLowerCase(), unique: true },
});

/** Slow password hashing, off the event loop. */
export interface PasswordHasher {
  hash(password: string): Promise<string>;
  /** With `undefined` for a hash it takes the same time and answers `false`. */
  verify(hash: string | undefined, password: string): Promise<boolean>;
}

const MIN_PASSWORD = 8;
const MAX_PASSWORD = 256;

/** People with a password. */
export class Users {
  readonly #store: Store;
  readonly #passwords: PasswordHasher;

  constructor(store: Store, passwords: PasswordHasher) {
    this.#store = store;
    this.#passwords = passwords;
  }

  /** @throws DomainError `already_exists`, `invalid_input`. */
  async create(
    origin: RequestOrigin,
    wanted: { username: string; password: string; role: Role; email?: string | null },
  ): Promise<UserRecord> {
    checkPassword(wanted.password);
    const now = Date.now();
    const user: UserRecord = {
      id: newId(),
      username: wanted.username,
      email: wanted.email ?? null,
      passwordHash: await this.#passwords.hash(wanted.password),
      role: wanted.role,
      credentialVersion: 1,
      createdAt: now,
      updatedAt: now,
    };
    const audit = changeAudit(origin, 'user.create', { type: 'user', id: user.id }, { username: user.username });
    await this.#store.apply({ writes: [put(users, user, 'absent'), audit] });
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

  isEmpty(): boolean {
    return this.#store.count(users) === 0;
  }

  /** Sets a password; earlier sign-ins of this user are void from then on. */
  async setPassword(origin: RequestOrigin, idOrName: string, password: string): Promise<UserRecord> {
    checkPassword(password);
    const user = this.get(idOrName);
    const changed: UserRecord = {
      ...user,
      passwordHash: await this.#passwords.hash(password),
      credentialVersion: user.credentialVersion + 1,
      updatedAt: Date.now(),
    };
    const audit = changeAudit(origin, 'user.password', { type: 'user', id: user.id }, { username: user.username });
    await this.#store.apply({ writes: [put(users, changed), audit] });
    return changed;
  }

  /** The user with this name and password. Takes the same time for an unknown name. @throws DomainError `invalid_login`. */
  async signIn(username: string, password: string): Promise<UserRecord> {
    const user = this.#store.find(users, 'username', username.toLowerCase());
    const right = await this.#passwords.verify(user?.passwordHash, password.slice(0, MAX_PASSWORD + 1));
    if (!user || !right) throw new DomainError('invalid_login', 'Invalid username or password');
    this.#store.record({ writes: [put(userActivity, { id: user.id, lastLogin: Date.now() })] });
    return user;
  }

  /** When the user last signed in, milliseconds since 1970; `null` for never. */
  lastLogin(id: string): number | null {
    return this.#store.get(userActivity, id)?.lastLogin ?? null;
  }
}

function checkPassword(password: string): void {
  if (password.length < MIN_PASSWORD || password.length > MAX_PASSWORD)
    throw invalid('password', `must have ${MIN_PASSWORD} to ${MAX_PASSWORD} characters`);
}

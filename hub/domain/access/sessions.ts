import { createHash, randomBytes } from 'node:crypto';
import { changeAudit, type RequestOrigin } from '../audit/audit.js';
import { DomainError } from '../errors.js';
import { newId } from '../ids.js';
import { collection, put, type Store, type Write } from '../store.js';
import type { ApiName } from './caller.js';
import type { AccessTokens } from './tokens.js';
import type { UserRecord, Users } from './users.js';

/** One sign-in: a family of refresh tokens, of which only the newest is good. */
interface SessionRecord {
  readonly id: string;
  readonly userId: string;
  readonly api: ApiName;
  readonly credentialVersion: number;
  /** SHA-256 of the refresh token that is good now, hex. */
  readonly current: string;
  /** Grows by one with each refresh: the optimistic lock on rotation. */
  readonly revision: number;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly revokedAt: number | null;
}

const sessions = collection<SessionRecord>('sessions', 'session', { user: { of: (session) => session.userId } });

/** Lifetimes in seconds (`seeds/000` and `seeds/001`: `expires_in` 3600). */
const ACCESS_SECONDS = 3600;
const REFRESH_SECONDS = 30 * 24 * 3600;

/** What sign-in and refresh give. */
export interface TokenPair {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Lifetime of the access token, seconds. */
  readonly expiresIn: number;
}

/** Sign-ins with rotating refresh tokens. A refresh token is `<session id>.<secret>`. */
export class Sessions {
  readonly #store: Store;
  readonly #users: Users;
  readonly #tokens: AccessTokens;

  constructor(store: Store, users: Users, tokens: AccessTokens) {
    this.#store = store;
    this.#users = users;
    this.#tokens = tokens;
  }

  /** @throws DomainError `invalid_login`. */
  async signIn(origin: RequestOrigin, api: ApiName, username: string, password: string): Promise<TokenPair> {
    const user = await this.#users.signIn(username, password);
    const secret = newSecret();
    const now = Date.now();
    const session: SessionRecord = {
      id: newId(),
      userId: user.id,
      api,
      credentialVersion: user.credentialVersion,
      current: hashOf(secret),
      revision: 1,
      createdAt: now,
      expiresAt: now + REFRESH_SECONDS * 1000,
      revokedAt: null,
    };
    await this.#store.apply({ writes: [put(sessions, session, 'absent'), audit(origin, 'auth.login', user)] });
    return this.#pair(user, session, secret);
  }

  /**
   * Exchanges a refresh token for a new pair. A token that was used before revokes its whole family: one of the two users of it is a thief.
   * @throws DomainError `invalid_credential`, `expired_credential`.
   */
  async refresh(origin: RequestOrigin, refreshToken: string): Promise<TokenPair> {
    const dot = refreshToken.indexOf('.');
    const session = dot > 0 ? this.#store.get(sessions, refreshToken.slice(0, dot)) : undefined;
    if (!session || session.revokedAt !== null) throw new DomainError('invalid_credential', 'Invalid refresh token');
    if (hashOf(refreshToken.slice(dot + 1)) !== session.current) {
      await this.#store.apply({ writes: [put(sessions, { ...session, revokedAt: Date.now() })] });
      throw new DomainError('invalid_credential', 'Invalid refresh token');
    }
    if (session.expiresAt <= Date.now()) throw new DomainError('expired_credential', 'Refresh token has expired');
    const user = this.#users.find(session.userId);
    if (!user || user.credentialVersion !== session.credentialVersion)
      throw new DomainError('invalid_credential', 'Invalid refresh token');
    const secret = newSecret();
    const next: SessionRecord = { ...session, current: hashOf(secret), revision: session.revision + 1 };
    await this.#rotate(next, session.revision, audit(origin, 'auth.refresh', user));
    return this.#pair(user, next, secret);
  }

  /** The API whose sign-in a refresh token belongs to: chooses who answers. */
  issuer(refreshToken: string): ApiName | null {
    return this.#store.get(sessions, refreshToken.split('.')[0] ?? '')?.api ?? null;
  }

  async #rotate(next: SessionRecord, revision: number, entry: Write): Promise<void> {
    try {
      await this.#store.apply({ writes: [put(sessions, next, revision), entry] });
    } catch (error) {
      // Two refreshes with one token at the same moment: the loser used a token that is spent.
      if (error instanceof DomainError && error.code === 'conflict')
        throw new DomainError('invalid_credential', 'Invalid refresh token', {}, { cause: error });
      throw error;
    }
  }

  async #pair(user: UserRecord, session: SessionRecord, secret: string): Promise<TokenPair> {
    return {
      accessToken: await this.#tokens.issue(user, session.api, session.id, ACCESS_SECONDS),
      refreshToken: `${session.id}.${secret}`,
      expiresIn: ACCESS_SECONDS,
    };
  }
}

/** Whoever signs in is the actor. */
function audit(origin: RequestOrigin, action: string, { id, username }: UserRecord): Write {
  return changeAudit({ ...origin, caller: { kind: 'user', id, name: username } }, action, { type: 'user', id });
}

function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

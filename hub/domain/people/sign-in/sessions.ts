import { createHash, randomBytes } from 'node:crypto';
import type { ApiName, Caller, RequestOrigin } from '../../access/caller.js';
import { changeAudit } from '../../audit/audit.js';
import { DomainError } from '../../errors.js';
import { newId } from '../../ids.js';
import { retrying } from '../../retrying.js';
import { put, type Store, type Write } from '../../store.js';
import { roomForSession, type SessionRecord, sessions } from '../record.js';
import type { SignInThrottle } from '../users/throttle.js';
import type { UserRecord, Users } from '../users/users.js';
import type { AccessTokens } from './tokens.js';

/** Lifetimes in seconds (`seeds/000` and `seeds/001`: `expires_in` 3600). */
const ACCESS_SECONDS = 3600;
/** `seeds/002`: `expires_in` 900. */
const PORTAL_ACCESS_SECONDS = 900;
const REFRESH_SECONDS = 30 * 24 * 3600;
/** Users sign in at the identity provider once a day. So a user who is locked out there is locked out here within a day. */
const PORTAL_REFRESH_SECONDS = 24 * 3600;
/** A browser signs in once in a working day. Its session does not grow longer by use. */
const BROWSER_SECONDS = 12 * 3600;

/** Spent tokens of a sign-in that the hub keeps, to recognise a thief. A client that refreshes each hour spends as many in two days. */
const FORMER_KEPT = 50;

/** Attempts to revoke a sign-in while refreshes change it: each refresh can come first only once. */
const REVOKE_TRIES = 50;

/** The tokens that sign-in and refresh give. */
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
  readonly #throttle: SignInThrottle;

  constructor(store: Store, users: Users, tokens: AccessTokens, throttle: SignInThrottle) {
    this.#store = store;
    this.#users = users;
    this.#tokens = tokens;
    this.#throttle = throttle;
  }

  /** @throws DomainError `invalid_login`, and `rate_limited` after too many failures ({@link SignInThrottle}). */
  async signIn(origin: RequestOrigin, api: ApiName, username: string, password: string): Promise<TokenPair> {
    return this.open(origin, api, await this.userOf(origin, username, password));
  }

  /** The user with this name and password. @throws as {@link Sessions.signIn} */
  userOf(origin: RequestOrigin, username: string, password: string): Promise<UserRecord> {
    return this.#throttle.attempt(username, origin.ip, () => this.#users.signIn(origin, username, password));
  }

  /** Signs in a user whose identity is proven already. */
  async open(origin: RequestOrigin, api: ApiName, user: UserRecord): Promise<TokenPair> {
    const secret = newSecret();
    const seconds = api === 'portal' ? PORTAL_REFRESH_SECONDS : REFRESH_SECONDS;
    return this.#pair(user, await this.#open(origin, user, { api, seconds, secret }), secret);
  }

  /** Signs in the browser of a user whose identity is proven already. @returns the value of its cookie, `<session id>.<secret>` */
  async openBrowser(origin: RequestOrigin, user: UserRecord): Promise<string> {
    const secret = newSecret();
    const opened = { api: 'connect', seconds: BROWSER_SECONDS, secret, browser: true } as const;
    return `${(await this.#open(origin, user, opened)).id}.${secret}`;
  }

  async #open(
    origin: RequestOrigin,
    user: UserRecord,
    {
      api,
      seconds,
      secret,
      browser,
    }: { readonly api: ApiName; readonly seconds: number; readonly secret: string; readonly browser?: true },
  ): Promise<SessionRecord> {
    const now = Date.now();
    const session: SessionRecord = {
      id: newId(),
      userId: user.id,
      api,
      credentialVersion: user.credentialVersion,
      ...(browser && { browser }),
      current: hashOf(secret),
      revision: 1,
      createdAt: now,
      expiresAt: now + seconds * 1000,
      revokedAt: null,
    };
    const writes = [
      ...roomForSession(this.#store, user.id, now),
      put(sessions, session, 'absent'),
      this.#users.signedIn(user),
      audit(origin, 'auth.login', user),
    ];
    await this.#store.apply({ by: null, writes, urgent: true });
    return session;
  }

  /**
   * Exchanges a refresh token for a new pair. A token of the portal stays valid, because the portal's answers have no place for a new
   * token. A token that was used before revokes its whole family: one of its two users is a thief. A token that the hub never gave out is a
   * guess, and changes nothing: session ids are no secrets.
   * @throws DomainError `invalid_credential`, `expired_credential`.
   */
  async refresh(origin: RequestOrigin, refreshToken: string): Promise<TokenPair> {
    const dot = refreshToken.indexOf('.');
    const session = dot > 0 ? this.#store.get(sessions, refreshToken.slice(0, dot)) : undefined;
    if (!session || session.browser || session.revokedAt !== null)
      throw new DomainError('invalid_credential', 'Invalid refresh token');
    const rotates = session.api !== 'portal';
    const given = refreshToken.slice(dot + 1);
    const { current, former = [] } = session;
    const hash = hashOf(given);
    if (hash !== current) {
      if (former.includes(hash)) await this.#revoke(session.id, []);
      throw new DomainError('invalid_credential', 'Invalid refresh token');
    }
    if (session.expiresAt <= Date.now()) throw new DomainError('expired_credential', 'Refresh token has expired');
    const user = this.#users.find(session.userId);
    if (!user || user.credentialVersion !== session.credentialVersion)
      throw new DomainError('invalid_credential', 'Invalid refresh token');
    if (!rotates) {
      await this.#store.apply({ by: null, writes: [audit(origin, 'auth.refresh', user)] });
      return this.#pair(user, session, given);
    }
    const secret = newSecret();
    const next: SessionRecord = {
      ...session,
      current: hashOf(secret),
      former: [...former, current].slice(-FORMER_KEPT),
      revision: session.revision + 1,
    };
    await this.#rotate(next, session.revision, audit(origin, 'auth.refresh', user));
    return this.#pair(user, next, secret);
  }

  /**
   * Signs out: the caller's access token and its family's refresh token are refused from the next request on.
   * @throws DomainError `conflict` for an API key, which is not signed in.
   */
  async signOut(origin: RequestOrigin, caller: Caller): Promise<void> {
    const id = this.#tokens.sessionOf(caller);
    if (id === undefined)
      throw new DomainError('conflict', 'an API key is not signed in, and cannot be signed out: delete it instead');
    await this.#revoke(id, [changeAudit(origin, 'auth.logout', { type: 'user', id: caller.id })]);
  }

  /** Ends the sign-in that a refresh token belongs to, if it is the caller's own. Any other text changes nothing. */
  async endByToken(origin: RequestOrigin, caller: Caller, refreshToken: string): Promise<void> {
    const dot = refreshToken.indexOf('.');
    const session = dot > 0 ? this.#store.get(sessions, refreshToken.slice(0, dot)) : undefined;
    if (!session || session.userId !== caller.userId || hashOf(refreshToken.slice(dot + 1)) !== session.current) return;
    await this.#revoke(session.id, [changeAudit(origin, 'auth.logout', { type: 'user', id: session.userId })]);
  }

  /** Revokes a sign-in, also during a refresh: the second of the two changes sees the first. */
  async #revoke(id: string, also: readonly Write[]): Promise<void> {
    await retrying(this.#store, REVOKE_TRIES, async () => {
      const session = this.#store.get(sessions, id);
      if (!session || session.revokedAt !== null) return;
      const revoked = { ...session, revokedAt: Date.now(), revision: session.revision + 1 };
      await this.#store.apply({ by: null, writes: [put(sessions, revoked, session.revision), ...also] });
    });
  }

  /** The API whose sign-in a refresh token belongs to: it chooses the API that answers. */
  issuer(refreshToken: string): ApiName | null {
    return this.#store.get(sessions, refreshToken.split('.')[0] ?? '')?.api ?? null;
  }

  async #rotate(next: SessionRecord, revision: number, entry: Write): Promise<void> {
    try {
      await this.#store.apply({ by: null, writes: [put(sessions, next, revision), entry] });
    } catch (error) {
      // Two refreshes with one token at the same moment: the token of the second is spent.
      if (error instanceof DomainError && error.code === 'conflict')
        throw new DomainError('invalid_credential', 'Invalid refresh token', {}, { cause: error });
      throw error;
    }
  }

  async #pair(user: UserRecord, session: SessionRecord, secret: string): Promise<TokenPair> {
    const expiresIn = session.api === 'portal' ? PORTAL_ACCESS_SECONDS : ACCESS_SECONDS;
    return {
      accessToken: await this.#tokens.issue(user, session.api, session.id, expiresIn),
      refreshToken: `${session.id}.${secret}`,
      expiresIn,
    };
  }
}

/** The user who signs in is the actor. */
function audit(origin: RequestOrigin, action: string, { id, username }: UserRecord): Write {
  return changeAudit({ ...origin, caller: { kind: 'user', id, name: username } }, action, { type: 'user', id });
}

function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** SHA-256, hex: a secret of 256 random bits needs no slow hash. */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

import { createHmac } from 'node:crypto';
import type { Caller, RequestOrigin } from '../../access/caller.js';
import { DomainError } from '../../errors.js';
import type { Store } from '../../store.js';
import { sessions } from '../record.js';
import type { UserRecord, Users } from '../users/users.js';
import type { CodeSignIn } from './code-sign-in.js';
import { hashOf, type Sessions } from './sessions.js';
import type { AccessTokens } from './tokens.js';

/** A browser that is signed in. */
export interface BrowserSession {
  readonly caller: Caller;
  /** The browser sends it with each change. A page of another site cannot read it. */
  readonly csrfToken: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** A new sign-in of a browser. */
export interface NewBrowserSession extends BrowserSession {
  /** The value of the session's cookie: shown only now, and kept as a hash. */
  readonly cookie: string;
}

/**
 * Sign-ins of browsers. The credential is a cookie, `<session id>.<secret>`. It gives the same caller as an access token of the user: the
 * domain decides about the caller, and does not know the form of the credential.
 */
export class BrowserSessions {
  readonly #store: Store;
  readonly #users: Users;
  readonly #tokens: AccessTokens;
  readonly #sessions: Sessions;
  readonly #codeSignIn: CodeSignIn;

  constructor(store: Store, users: Users, tokens: AccessTokens, sessions: Sessions, codeSignIn: CodeSignIn) {
    this.#store = store;
    this.#users = users;
    this.#tokens = tokens;
    this.#sessions = sessions;
    this.#codeSignIn = codeSignIn;
  }

  /** Whether users can sign in at an identity provider. */
  get hasProvider(): boolean {
    return this.#codeSignIn.isSetUp;
  }

  /**
   * Signs a user in by password, always with a new session.
   * @param former the cookie that the browser sent: its session ends
   * @throws DomainError as {@link Sessions.signIn}
   */
  async signIn(
    origin: RequestOrigin,
    by: { readonly username: string; readonly password: string },
    former: string | null,
  ): Promise<NewBrowserSession> {
    const user = await this.#sessions.userOf(origin, by.username, by.password);
    return this.#open(origin, user, former);
  }

  /** As {@link BrowserSessions.signIn}, with the answer of the identity provider. @throws DomainError as {@link CodeSignIn.finish} */
  async signInByCode(
    origin: RequestOrigin,
    by: { readonly code: string; readonly state: string; readonly browser: string },
    former: string | null,
  ): Promise<NewBrowserSession> {
    const user = await this.#codeSignIn.person(origin, by.code, by.state, by.browser);
    return this.#open(origin, user, former);
  }

  /** The session of a cookie. @throws DomainError `invalid_credential`, `expired_credential`. */
  verify(cookie: string): BrowserSession {
    const dot = cookie.indexOf('.');
    const session = dot > 0 ? this.#store.get(sessions, cookie.slice(0, dot)) : undefined;
    if (!session?.browser || hashOf(cookie.slice(dot + 1)) !== session.current)
      throw new DomainError('invalid_credential', 'The session is unknown, or has ended');
    const user = this.#users.find(session.userId);
    if (!user) throw new DomainError('invalid_credential', 'The session is no longer valid');
    return {
      caller: this.#tokens.callerOf(user, session),
      csrfToken: csrfTokenOf(cookie),
      expiresAt: session.expiresAt,
    };
  }

  async #open(origin: RequestOrigin, user: UserRecord, former: string | null): Promise<NewBrowserSession> {
    if (former !== null) await this.#end(origin, former);
    const cookie = await this.#sessions.openBrowser(origin, user);
    return { ...this.verify(cookie), cookie };
  }

  async #end(origin: RequestOrigin, cookie: string): Promise<void> {
    let caller: Caller;
    try {
      ({ caller } = this.verify(cookie));
    } catch {
      return;
    }
    await this.#sessions.signOut({ ...origin, caller }, caller);
  }
}

/** Derived from the cookie, so the hub keeps no further secret. The token does not reveal the cookie. */
function csrfTokenOf(cookie: string): string {
  return createHmac('sha256', cookie).update('csrf').digest('base64url');
}

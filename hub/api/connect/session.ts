import { randomBytes } from 'node:crypto';
import { Type } from 'typebox';
import { allows, type Permission, permissions } from '../../domain/access/permissions.js';
import type { Domain } from '../../domain/domain.js';
import { DomainError, invalid } from '../../domain/errors.js';
import { isoTime } from '../../domain/moments.js';
import type { BrowserSession, NewBrowserSession } from '../../domain/people/sign-in/browser-sessions.js';
import { endpoint, type Handlers, reply, withHeaders } from '../../http/endpoint.js';
import { type OwnPage, pageHeaders, type SessionCookies } from '../../http/request/session-cookies.js';
import { Id, Time } from '../shared/values.js';

const Session = Type.Object(
  {
    user: Type.Object({
      id: Id,
      name: Type.String(),
      role: Type.Enum(['viewer', 'user', 'operator', 'admin']),
      permissions: Type.Array(Type.String(), { description: 'What the role may do, such as `server.operate`' }),
    }),
    csrfToken: Type.String({ description: 'Send it in `X-CSRF-Token` with each request that is not a GET' }),
    expiresAt: Time,
  },
  { title: 'BrowserSession' },
);

const cookie =
  'The session is an HttpOnly cookie, which lasts 12 hours. The hub takes it at the REST APIs only, and only from its own pages.';

/** Sign-in of browsers by cookie: an extension, which the console uses. */
export const sessionEndpoints = {
  getSession: endpoint({
    method: 'GET',
    path: '/api/session',
    summary: 'The session of this browser, and the ways to sign in',
    description: 'Without a session the answer has `null` in its place, and no error.',
    permission: 'public',
    limit: 'none',
    headers: pageHeaders,
    response: Type.Object({
      session: Type.Union([Session, Type.Null()]),
      provider: Type.Boolean({ description: 'Users can sign in at the identity provider' }),
    }),
    extension: true,
  }),
  signIn: endpoint({
    method: 'POST',
    path: '/api/session',
    summary: 'Sign a browser in with user name and password',
    description: `${cookie} An earlier session of the browser ends.`,
    permission: 'public',
    audit: 'auth.login',
    headers: pageHeaders,
    body: Type.Object({
      username: Type.String({ minLength: 1, maxLength: 256 }),
      password: Type.String({ minLength: 1, maxLength: 256 }),
    }),
    example: { username: 'admin', password: 'correct horse battery staple' },
    response: Session,
    extension: true,
  }),
  beginSignIn: endpoint({
    method: 'POST',
    path: '/api/session/provider',
    summary: 'Begin to sign a browser in at the identity provider',
    description:
      'The answer has the address to go to. The provider sends the person back to `redirectUri` with `code` and `state`. A cookie binds them to this browser.',
    permission: 'public',
    headers: pageHeaders,
    body: Type.Object({
      redirectUri: Type.String({ minLength: 1, maxLength: 2048, description: 'A page of this hub' }),
    }),
    example: { redirectUri: 'https://hub.example.com/console/' },
    response: Type.Object({ location: Type.String() }),
    extension: true,
  }),
  finishSignIn: endpoint({
    method: 'POST',
    path: '/api/session/provider/callback',
    summary: 'Sign a browser in with the code of the identity provider',
    description: `${cookie} A code and its state are good once, within ten minutes, and only in the browser that began the sign-in.`,
    permission: 'public',
    audit: 'auth.login',
    headers: pageHeaders,
    body: Type.Object({
      code: Type.String({ minLength: 1, maxLength: 8192 }),
      state: Type.String({ minLength: 1, maxLength: 256 }),
    }),
    example: { code: 'CODE', state: 'STATE' },
    response: Session,
    extension: true,
  }),
  signOut: endpoint({
    method: 'DELETE',
    path: '/api/session',
    summary: 'Sign this browser out',
    description: 'The hub ends the session, and its event streams.',
    permission: 'authenticated',
    audit: 'auth.logout',
    headers: pageHeaders,
    extra: Type.Object({ message: Type.String() }),
    extension: true,
  }),
};

export function sessionHandlers(
  { browserSessions, codeSignIn, sessions }: Domain,
  cookies: SessionCookies,
): Handlers<typeof sessionEndpoints> {
  const signedIn = (page: OwnPage, session: NewBrowserSession) =>
    withHeaders(render(session), { 'Set-Cookie': cookies.setSession(page, session.cookie, session.expiresAt) });
  return {
    getSession(_, context) {
      const cookie = cookies.session(context);
      const provider = browserSessions.hasProvider;
      try {
        return { session: cookie === null ? null : render(browserSessions.verify(cookie)), provider };
      } catch (error) {
        if (error instanceof DomainError) return { session: null, provider };
        throw error;
      }
    },

    async signIn({ body }, context) {
      const page = cookies.page(context);
      return signedIn(page, await browserSessions.signIn(context.origin, body, cookies.session(context)));
    },

    async beginSignIn({ body }, context) {
      const page = cookies.page(context);
      const { redirectUri } = body;
      if (!URL.canParse(redirectUri) || new URL(redirectUri).origin !== page.origin)
        throw invalid('redirectUri', 'must be a page of this hub');
      const browser = randomBytes(32).toString('base64url');
      const location = await codeSignIn.begin(context.origin, redirectUri, browser);
      return withHeaders({ location }, { 'Set-Cookie': cookies.setSignIn(page, browser) });
    },

    async finishSignIn({ body }, context) {
      const page = cookies.page(context);
      const browser = cookies.signIn(context);
      if (browser === null) throw invalid('state', 'belongs to no sign-in that this browser has begun');
      const by = { ...body, browser };
      return signedIn(page, await browserSessions.signInByCode(context.origin, by, cookies.session(context)));
    },

    async signOut(_, context) {
      const page = cookies.page(context);
      await sessions.signOut(context.origin, context.caller);
      return reply(undefined, { message: 'Signed out' }, { 'Set-Cookie': cookies.removeSession(page) });
    },
  };
}

function render({ caller: { id, name, role }, csrfToken, expiresAt }: BrowserSession) {
  const names = Object.keys(permissions) as Permission[];
  const user = { id, name, role, permissions: names.filter((permission) => allows(role, permission)) };
  return { user, csrfToken, expiresAt: isoTime(expiresAt) };
}

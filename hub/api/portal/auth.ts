import { Type } from 'typebox';
import { ownerOf } from '../../domain/access/grants.js';
import type { Domain } from '../../domain/domain.js';
import { isoTime, isoTimeOrNull } from '../../domain/moments.js';
import { endpoint, type Handlers, RedirectReply } from '../../http/endpoint.js';
import { Time } from '../shared/values.js';
import { portalRoles, printRole } from './schemas.js';

const TextOrNull = Type.Union([Type.String(), Type.Null()]);
const identity = {
  id: Type.String({ format: 'uuid' }),
  email: TextOrNull,
  name: Type.String(),
  role: Type.Enum(portalRoles),
};
const RefreshToken = Type.String({ minLength: 1, maxLength: 4096 });
const ExpiresIn = Type.Integer({ description: 'Lifetime of the access token, seconds' });

/** `seeds/002`, "Authentication Endpoints". */
export const authEndpoints = {
  login: endpoint({
    method: 'POST',
    path: '/api/v1/auth/login',
    summary: 'Begin to sign in at the identity provider',
    description:
      'The answer redirects (302) to the page of the identity provider. The provider sends the person back to `redirect_uri` with `code` and `state`. Without a provider the answer is 503 and names the missing setting.',
    permission: 'public',
    body: Type.Object({ redirect_uri: Type.String({ minLength: 1, maxLength: 2048 }) }),
    example: { redirect_uri: 'https://portal.example.com/callback' },
    produces: [],
    status: 302,
  }),
  callback: endpoint({
    method: 'POST',
    path: '/api/v1/auth/callback',
    summary: 'Exchange the code of the identity provider for tokens',
    description:
      'A code and its state are good once, within ten minutes. The first sign-in makes the user. The access token is good for 15 minutes.',
    permission: 'public',
    audit: 'auth.login',
    body: Type.Object({
      code: Type.String({ minLength: 1, maxLength: 8192 }),
      state: Type.String({ minLength: 1, maxLength: 256 }),
    }),
    example: { code: 'CODE', state: 'STATE' },
    response: Type.Object({
      access_token: Type.String(),
      refresh_token: Type.String(),
      expires_in: ExpiresIn,
      user: Type.Object(identity),
    }),
  }),
  refresh: endpoint({
    method: 'POST',
    path: '/api/v1/auth/refresh',
    summary: 'Get a new access token',
    description: 'The refresh token stays good until `auth/logout`, for a day at most.',
    permission: 'public',
    audit: 'auth.refresh',
    body: Type.Object({ refresh_token: RefreshToken }),
    example: { refresh_token: '0193a1b2-0000-7000-8000-000000000000.Zm9yZ290dGVu' },
    response: Type.Object({ access_token: Type.String(), expires_in: ExpiresIn }),
  }),
  logout: endpoint({
    method: 'POST',
    path: '/api/v1/auth/logout',
    summary: 'Sign out',
    description:
      'The hub ends the sign-in of the access token, and that of the refresh token if it belongs to the same user.',
    permission: 'authenticated',
    audit: 'auth.logout',
    body: Type.Object({ refresh_token: Type.Optional(RefreshToken) }),
    example: { refresh_token: '0193a1b2-0000-7000-8000-000000000000.Zm9yZ290dGVu' },
    bodyOptional: true,
    status: 204,
  }),
  getMe: endpoint({
    method: 'GET',
    path: '/api/v1/auth/me',
    summary: 'The user who is signed in',
    description: 'For an API key without a user, the answer has the name and role of the key.',
    permission: 'authenticated',
    response: Type.Object({
      ...identity,
      created_at: Type.Union([Time, Type.Null()], { description: '`null` for an API key without a user' }),
      last_login: Type.Union([Time, Type.Null()]),
    }),
  }),
};

export function authHandlers({ codeSignIn, sessions, tokens, users }: Domain): Handlers<typeof authEndpoints> {
  return {
    async login({ body }, context) {
      return new RedirectReply(await codeSignIn.begin(context.origin, body.redirect_uri));
    },

    async callback({ body }, context) {
      const { user, tokens: pair } = await codeSignIn.finish(context.origin, body.code, body.state);
      const { id, email, name, username, role } = user;
      return {
        access_token: pair.accessToken,
        refresh_token: pair.refreshToken,
        expires_in: pair.expiresIn,
        user: { id, email, name: name ?? username, role: printRole(role) },
      };
    },

    async refresh({ body }, context) {
      const { accessToken, expiresIn } = await sessions.refresh(context.origin, body.refresh_token);
      return { access_token: accessToken, expires_in: expiresIn };
    },

    async logout({ body }, context) {
      const origin = context.origin;
      const { caller } = context;
      if (body.refresh_token !== undefined) await sessions.endByToken(origin, caller, body.refresh_token);
      // The refresh token usually belongs to the same sign-in.
      if (body.refresh_token === undefined || tokens.sessionOf(caller) !== undefined)
        await sessions.signOut(origin, caller);
      return undefined;
    },

    getMe(_input, { caller }) {
      const role = printRole(caller.role);
      if (caller.userId === null || ownerOf(caller) !== caller.userId)
        return { id: caller.id, email: null, name: caller.name, role, created_at: null, last_login: null };
      const { user, lastLogin } = users.view(caller, caller.userId);
      return {
        id: user.id,
        email: user.email,
        name: user.name ?? user.username,
        role,
        created_at: isoTime(user.createdAt),
        last_login: isoTimeOrNull(lastLogin ?? undefined),
      };
    },
  };
}

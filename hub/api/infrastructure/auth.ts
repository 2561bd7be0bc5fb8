import { Type } from 'typebox';
import type { Domain } from '../../domain/domain.js';
import type { TokenPair } from '../../domain/people/sign-in/sessions.js';
import { endpoint, type Handlers } from '../../http/endpoint.js';

const Tokens = Type.Object(
  {
    access_token: Type.String(),
    refresh_token: Type.String(),
    token_type: Type.Literal('Bearer'),
    expires_in: Type.Integer({ description: 'Lifetime of the access token, seconds' }),
  },
  { title: 'Tokens' },
);

/** `seeds/001`, "Authentication". */
export const authEndpoints = {
  login: endpoint({
    method: 'POST',
    path: '/api/v1/auth/login',
    summary: 'Sign in with user name and password',
    description:
      'The answer has an access token for an hour and a refresh token. After too many failures the hub refuses sign-ins for a while with 429 and `retry_after`.',
    permission: 'public',
    audit: 'auth.login',
    body: Type.Object({
      username: Type.String({ minLength: 1, maxLength: 256 }),
      password: Type.String({ minLength: 1, maxLength: 256 }),
    }),
    example: { username: 'admin', password: 'correct horse battery staple' },
    response: Tokens,
  }),
  refresh: endpoint({
    method: 'POST',
    path: '/api/v1/auth/refresh',
    summary: 'Exchange a refresh token for a new pair; the old one is spent',
    description:
      'Each refresh token is good once. If a client sends a used refresh token, the hub ends the whole sign-in.',
    permission: 'public',
    audit: 'auth.refresh',
    body: Type.Object({ refresh_token: Type.String({ minLength: 1, maxLength: 4096 }) }),
    example: { refresh_token: '0193a1b2-0000-7000-8000-000000000000.Zm9yZ290dGVu' },
    response: Tokens,
  }),
  logout: endpoint({
    method: 'POST',
    path: '/api/v1/auth/logout',
    summary: 'Sign out: the access token and its refresh token are refused from now on',
    description:
      'The hub refuses both tokens from the next request on. An API key is not signed in, so a request with a key is refused with 409.',
    permission: 'authenticated',
    audit: 'auth.logout',
    response: Type.Object({ message: Type.String() }),
  }),
};

export function authHandlers({ sessions }: Domain): Handlers<typeof authEndpoints> {
  return {
    async login({ body }, context) {
      return render(await sessions.signIn(context.origin, 'infrastructure', body.username, body.password));
    },

    async refresh({ body }, context) {
      return render(await sessions.refresh(context.origin, body.refresh_token));
    },

    async logout(_input, context) {
      await sessions.signOut(context.origin, context.caller);
      return { message: 'Successfully logged out' };
    },
  };
}

function render({ accessToken, refreshToken, expiresIn }: TokenPair) {
  return {
    access_token: accessToken,
    refresh_token: refreshToken,
    token_type: 'Bearer' as const,
    expires_in: expiresIn,
  };
}

import { Type } from 'typebox';
import type { Domain } from '../../domain/domain.js';
import type { TokenPair } from '../../domain/people/sign-in/sessions.js';
import { endpoint, type Handlers, reply } from '../../http/endpoint.js';

const Tokens = Type.Object(
  {
    access_token: Type.String(),
    token_type: Type.Literal('Bearer'),
    expires_in: Type.Integer({ description: 'Seconds' }),
    refresh_token: Type.String(),
  },
  { title: 'Tokens' },
);

/** `seeds/000`, "Authentication". */
export const authEndpoints = {
  createToken: endpoint({
    method: 'POST',
    path: '/api/v1/auth/token',
    summary: 'Obtain a token with user name and password',
    description:
      'The answer has no envelope: it is the tokens themselves. The access token is good for an hour. After too many failures the hub refuses sign-ins for a while with 429.',
    permission: 'public',
    limit: 'authentication',
    audit: 'auth.login',
    body: Type.Object({
      username: Type.String({ minLength: 1, maxLength: 256 }),
      password: Type.String({ minLength: 1, maxLength: 256 }),
    }),
    example: { username: 'admin', password: 'correct horse battery staple' },
    response: Tokens,
    bare: true,
  }),
  refreshToken: endpoint({
    method: 'POST',
    path: '/api/v1/auth/refresh',
    summary: 'Exchange a refresh token for a new pair; the old one is spent',
    description:
      'Each refresh token is good once. If a client sends a used refresh token, the hub ends the whole sign-in.',
    permission: 'public',
    limit: 'authentication',
    audit: 'auth.refresh',
    body: Type.Object({ refresh_token: Type.String({ minLength: 1, maxLength: 4096 }) }),
    example: { refresh_token: '0193a1b2-0000-7000-8000-000000000000.Zm9yZ290dGVu' },
    response: Tokens,
    // The document shows no answer. The tokens are in the envelope, as in all answers, and at the top level, as in `auth/token`.
    extra: Tokens,
  }),
};

export function authHandlers({ sessions }: Domain): Handlers<typeof authEndpoints> {
  return {
    async createToken({ body }, context) {
      return render(await sessions.signIn(context.origin, 'automation', body.username, body.password));
    },
    async refreshToken({ body }, context) {
      const tokens = render(await sessions.refresh(context.origin, body.refresh_token));
      return reply(tokens, tokens);
    },
  };
}

function render({ accessToken, refreshToken, expiresIn }: TokenPair) {
  return {
    access_token: accessToken,
    token_type: 'Bearer' as const,
    expires_in: expiresIn,
    refresh_token: refreshToken,
  };
}

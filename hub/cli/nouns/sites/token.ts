import type { connect } from '@roundhouse/sdk';
import { argument, command, type Noun, parsed, required, text, withDefault } from '../../frame/command.js';
import { seconds } from '../../frame/values.js';

/** `roundhouse token`. */
export const token: Noun = {
  name: 'token',
  summary: 'join tokens for agents',
  commands: [
    command({
      name: 'create',
      summary: 'make a single-use join token for a site; prints nothing but the token',
      example: 'roundhouse token create --site berlin > berlin.token',
      options: {
        site: required(text('<name>', 'the site that the agent will belong to')),
        ttl: withDefault(parsed('<duration>', 'how long it is valid: 90s, 15m, 24h, 7d', seconds), 3600, '1h'),
      },
      async run({ hub, options: { site, ttl }, out }) {
        const made = await hub.connect.agents.createJoinToken({ site, ttlSeconds: ttl });
        await out.text(made.token, made);
      },
    }),
    command({
      name: 'list',
      summary: 'list the valid join tokens',
      example: 'roundhouse token list',
      async run({ hub, out, signal }) {
        const columns = {
          ID: ({ id }: connect.JoinToken) => id,
          SITE: ({ site }: connect.JoinToken) => site,
          CREATED: ({ createdAt }: connect.JoinToken) => createdAt,
          EXPIRES: ({ expiresAt }: connect.JoinToken) => expiresAt,
        };
        await out.list(await hub.connect.agents.listJoinTokens({ signal }), columns, ({ id }) => id, 'no join tokens');
      },
    }),
    command({
      name: 'revoke',
      summary: 'revoke a join token by its id; no agent can use it any more',
      example: 'roundhouse token revoke 0193a1b2-0000-7000-8000-000000000000',
      args: { token: argument('id of the token') },
      async run({ hub, args, out }) {
        await hub.connect.agents.revokeJoinToken(args.token);
        await out.done('revoked', { id: args.token, revoked: true });
      },
    }),
  ],
};

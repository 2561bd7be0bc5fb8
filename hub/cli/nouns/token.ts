import { command, type Noun, parsed, required, text, withDefault } from '../frame/command.js';
import { seconds } from '../frame/values.js';

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
        ttl: withDefault(parsed('<duration>', 'how long it is good: 90s, 15m, 24h, 7d', seconds), 3600, '1h'),
      },
      async run({ hub, options: { site, ttl }, out }) {
        const made = await hub.connect.agents.createJoinToken({ site, ttlSeconds: ttl });
        await out.text(made.token, made);
      },
    }),
  ],
};

import { shown } from '@roundhouse/proto/text';
import { Command, Option } from 'commander';
import { callJson, type HubOptions, withHub } from '../client.js';
import { seconds } from '../values.js';

/** `roundhouse token create`: prints nothing but the token on standard output. */
export function tokenCommand(): Command {
  const token = new Command('token').description('join tokens for agents');
  withHub(token.command('create').description('make a single-use join token for a site'))
    .requiredOption('--site <name>', 'the site that the agent will belong to')
    .addOption(
      new Option('--ttl <duration>', 'how long it is good: 90s, 15m, 24h, 7d').argParser(seconds).default(3600, '1h'),
    )
    .action(async (options: HubOptions & { site: string; ttl: number }) => {
      const body = { site: options.site, ttlSeconds: options.ttl };
      const made = await callJson<{ token: string }>(options, 'POST', '/agents/tokens', body);
      process.stdout.write(`${shown(made.token)}\n`);
    });
  return token;
}

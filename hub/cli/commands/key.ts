import { Command, Option } from 'commander';
import { roles, tiers } from '../../domain/access/caller.js';
import { call, callJson, type HubOptions, withHub } from '../client.js';
import { table } from '../table.js';
import { list, seconds, wholeNumber } from '../values.js';

interface CreateOptions extends HubOptions {
  name: string;
  role: string;
  tier: string;
  expires?: number;
  perMinute?: number;
  perDay?: number;
  servers?: string[];
  groups?: string[];
  tools?: string[];
  sites?: string[];
}

interface Key {
  id: string;
  name: string;
  prefix: string;
  role: string;
  tier: string;
  expiresAt: string | null;
  lastUsedAt: string | null;
}

/** `roundhouse key create|list|revoke`. */
export function keyCommand(): Command {
  const key = new Command('key').description('API keys');

  withHub(key.command('create').description('make a key; prints nothing but the key'))
    .requiredOption('--name <name>', 'what it is for')
    .addOption(new Option('--role <role>').choices([...roles]).default('user'))
    .addOption(new Option('--tier <tier>').choices([...tiers]).default('free'))
    .option('--expires <duration>', '90, 15m, 24h, 7d; default: never', seconds)
    .option('--per-minute <requests>', "requests per minute; default: the tier's", wholeNumber)
    .option('--per-day <requests>', "requests per UTC day; default: the tier's", wholeNumber)
    .option('--servers <ids>', 'narrow it to these servers', list)
    .option('--groups <ids>', 'narrow it to these groups', list)
    .option('--tools <names>', 'narrow it to these tools', list)
    .option('--sites <names>', 'narrow it to these sites', list)
    .action(async (options: CreateOptions) => {
      const { name, role, tier, expires, perMinute, perDay, servers, groups, tools, sites } = options;
      const narrowed = servers ?? groups ?? tools ?? sites;
      const grants = narrowed ? { grants: { servers, groups, tools, sites } } : {};
      const limits = perMinute === undefined && perDay === undefined ? {} : { limits: { perMinute, perDay } };
      const expiry = expires === undefined ? {} : { expiresInSeconds: expires };
      const made = await callJson<{ key: string }>(options, 'POST', '/keys', {
        name,
        role,
        tier,
        ...expiry,
        ...limits,
        ...grants,
      });
      process.stdout.write(`${made.key}\n`);
    });

  withHub(key.command('list').description('list the keys that are not revoked')).action(async (options: HubOptions) => {
    const keys = await callJson<Key[]>(options, 'GET', '/keys');
    const rows = keys.map((k) => [
      k.id,
      k.name,
      k.prefix,
      k.role,
      k.tier,
      k.expiresAt ?? 'never',
      k.lastUsedAt ?? 'never',
    ]);
    process.stdout.write(table(['ID', 'NAME', 'PREFIX', 'ROLE', 'TIER', 'EXPIRES', 'LAST USED'], rows));
  });

  withHub(key.command('revoke <id>').description('revoke a key; it is refused at once')).action(
    async (id: string, options: HubOptions) => {
      await call(options, 'DELETE', `/keys/${encodeURIComponent(id)}`);
      process.stderr.write('revoked\n');
    },
  );
  return key;
}

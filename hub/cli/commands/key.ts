import { shown, shownLines } from '@roundhouse/proto/text';
import { Command, Option } from 'commander';
import { roles, tiers } from '../../domain/access/caller.js';
import { CommandError, call, callJson, type HubOptions, withHub } from '../client.js';
import { resolveGrants } from '../grants.js';
import { list, seconds, table, wholeNumber } from '../values.js';

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
    .option('--expires <duration>', '90s, 15m, 24h, 7d; default: never', seconds)
    .option('--per-minute <requests>', "requests per minute; default: the tier's", wholeNumber)
    .option('--per-day <requests>', "requests per UTC day; default: the tier's", wholeNumber)
    .option('--servers <names>', 'narrow it to these servers (names or ids)', list)
    .option('--groups <names>', 'narrow it to these groups (names or ids)', list)
    .option('--tools <names>', 'narrow it to these tools', list)
    .option('--sites <names>', 'narrow it to these sites', list)
    .action(async (options: CreateOptions) => {
      const { name, role, tier, expires, perMinute, perDay, servers, groups, tools, sites } = options;
      const narrowed = servers ?? groups ?? tools ?? sites;
      const warn = (text: string) => process.stderr.write(`roundhouse: warning: ${shownLines(text)}\n`);
      const given = { servers, groups, tools, sites };
      const grants = narrowed ? { grants: await resolveGrants(options, given, warn) } : {};
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
      process.stdout.write(`${shown(made.key)}\n`);
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

  withHub(key.command('revoke <key>').description('revoke a key by its id or name; it is refused at once')).action(
    async (given: string, options: HubOptions) => {
      const id = idOf(given, await callJson<Key[]>(options, 'GET', '/keys'));
      await call(options, 'DELETE', `/keys/${encodeURIComponent(id)}`);
      process.stderr.write('revoked\n');
    },
  );
  return key;
}

/** The key with this id or name. @throws CommandError if no key or more than one key has it. */
function idOf(given: string, keys: readonly Key[]): string {
  if (keys.some(({ id }) => id === given)) return given;
  const named = keys.filter(({ name }) => name === given);
  const [only] = named;
  if (!only) throw new CommandError(`API key '${given}' not found: 'roundhouse key list' shows ids and names`);
  if (named.length > 1)
    throw new CommandError(`several keys are named '${given}': give an id of ${named.map(({ id }) => id).join(', ')}`);
  return only.id;
}

import type { connect } from '@roundhouse/sdk';
import { roles, tiers } from '../../../domain/access/caller.js';
import { argument, choice, command, type Noun, parsed, required, text, withDefault } from '../../frame/command.js';
import { CommandError } from '../../frame/failures.js';
import { list, seconds, wholeNumber } from '../../frame/values.js';
import { checkedGrants, unknownGrant } from './grants.js';

/** `roundhouse key`. */
export const key: Noun = {
  name: 'key',
  summary: 'API keys',
  commands: [
    command({
      name: 'create',
      summary: 'make a key; prints nothing but the key',
      example: 'roundhouse key create --name ci --role operator --expires 30d',
      options: {
        name: required(text('<name>', 'the purpose of the key')),
        role: withDefault(choice(roles, '', '<role>'), 'user'),
        tier: withDefault(choice(tiers, '', '<tier>'), 'free'),
        expires: parsed('<duration>', '90s, 15m, 24h, 7d; default: never', seconds),
        perMinute: parsed('<requests>', "requests per minute; default: the tier's", wholeNumber),
        perDay: parsed('<requests>', "requests per UTC day; default: the tier's", wholeNumber),
        servers: parsed('<names>', 'narrow it to these servers (names or ids)', list),
        groups: parsed('<names>', 'narrow it to these groups (names or ids)', list),
        tools: parsed('<names>', 'narrow it to these tools', list),
        sites: parsed('<names>', 'narrow it to these sites', list),
      },
      async run({ hub, options, out }) {
        const { name, role, tier, expires, perMinute, perDay, servers, groups, tools, sites } = options;
        const narrowed = servers ?? groups ?? tools ?? sites;
        const given = { servers, groups, tools, sites };
        const asked = {
          ...{ name, role, tier },
          ...(expires === undefined ? {} : { expiresInSeconds: expires }),
          ...(perMinute === undefined && perDay === undefined ? {} : { limits: { perMinute, perDay } }),
          ...(narrowed ? { grants: await checkedGrants(hub, given, (sentence) => out.warn(sentence)) } : {}),
        };
        const made = await hub.connect.keys.create(asked).catch((error) => {
          throw unknownGrant(error, given) ?? error;
        });
        await out.text(made.key, made);
      },
    }),
    command({
      name: 'list',
      summary: 'list the keys that are not revoked',
      example: 'roundhouse key list --json',
      async run({ hub, out, signal }) {
        const columns = {
          ID: ({ id }: connect.Key) => id,
          NAME: ({ name }: connect.Key) => name,
          PREFIX: ({ prefix }: connect.Key) => prefix,
          ROLE: ({ role }: connect.Key) => role,
          TIER: ({ tier }: connect.Key) => tier,
          EXPIRES: ({ expiresAt }: connect.Key) => expiresAt ?? 'never',
          'LAST USED': ({ lastUsedAt }: connect.Key) => lastUsedAt ?? 'never',
        };
        await out.list(await hub.connect.keys.list({ signal }), columns, ({ id }) => id, 'no keys');
      },
    }),
    command({
      name: 'revoke',
      summary: 'revoke a key by its id or name; it is refused at once',
      example: 'roundhouse key revoke ci',
      args: { key: argument('id or name') },
      async run({ hub, args, out }) {
        const id = idOf(args.key, await hub.connect.keys.list());
        await hub.connect.keys.revoke(id);
        await out.done('revoked', { id, revoked: true });
      },
    }),
  ],
};

/** The key with this id or name. @throws CommandError if no key or more than one key has it. */
function idOf(given: string, keys: readonly connect.Key[]): string {
  if (keys.some(({ id }) => id === given)) return given;
  const named = keys.filter(({ name }) => name === given);
  const [only] = named;
  if (!only)
    throw new CommandError(`API key '${given}' not found: 'roundhouse key list' shows ids and names`, 'missing');
  if (named.length > 1)
    throw new CommandError(`several keys are named '${given}': give an id of ${named.map(({ id }) => id).join(', ')}`);
  return only.id;
}

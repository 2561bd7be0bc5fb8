import type { connect, Roundhouse } from '@roundhouse/sdk';
import { webhookEventTypes } from '../../../domain/events/types.js';
import { argument, choice, command, flag, type Noun, parsed, text, withDefault, yes } from '../../frame/command.js';
import { CommandError } from '../../frame/failures.js';
import type { Columns } from '../../frame/output.js';
import { confirm, readSecret } from '../../frame/prompt.js';
import { defined, list, wholeNumber } from '../../frame/values.js';

const columns: Columns<connect.Webhook> = {
  ADDRESS: ({ url }) => url,
  ENABLED: ({ enabled }) => enabled,
  EVENTS: ({ events }) => events.join(', '),
  FAILED: ({ deliveryStats: { failed, total } }) => `${failed} of ${total}`,
  ID: ({ id }) => id,
};

const deliveryColumns: Columns<connect.WebhookDelivery> = {
  EVENT: ({ event }) => event,
  STATUS: ({ status }) => status,
  ANSWER: ({ statusCode }) => statusCode,
  ATTEMPTS: ({ attempts }) => attempts.length,
  CREATED: ({ createdAt }) => createdAt,
  REASON: ({ error }) => error,
};

const webhook = argument('id or address of the webhook');
const events = parsed('<events>', `comma-separated, of ${webhookEventTypes.join(', ')}`, list);

/** `roundhouse webhook`. */
export const webhookNoun: Noun = {
  name: 'webhook',
  summary: 'addresses that get events of the hub',
  commands: [
    command({
      name: 'list',
      summary: 'list the webhooks',
      example: 'roundhouse webhook list',
      async run({ hub, out, signal }) {
        await out.list(await hub.connect.webhooks.list({ signal }), columns, ({ id }) => id, 'no webhooks');
      },
    }),
    command({
      name: 'show',
      summary: 'show a webhook and its last deliveries',
      example: 'roundhouse webhook show https://hooks.example.com/roundhouse --status failed',
      args: { webhook },
      options: {
        status: choice(['success', 'failed', 'pending'], 'only deliveries with this status'),
        limit: withDefault(parsed('<number>', 'deliveries to list at most', wholeNumber), 20),
      },
      async run({ hub, args, options: { status, limit }, out, signal }) {
        const found = await webhookOf(hub, args.webhook);
        const deliveries = await hub.connect.webhooks.listDeliveries(
          found.id,
          { limit, ...defined({ status }) },
          { signal },
        );
        const { deliveryStats: counts } = found;
        const facts = {
          ...{ address: found.url, id: found.id, events: found.events.join(', '), enabled: found.enabled },
          reason: found.disabledReason,
          deliveries: `${counts.successful} successful, ${counts.failed} failed, ${counts.pending} pending`,
        };
        await out.record({ ...found, deliveries }, facts, found.id);
        if (out.form === 'people') out.section('Deliveries', deliveries, deliveryColumns);
      },
    }),
    command({
      name: 'add',
      summary: 'send events to an address; prints the secret that signs the deliveries',
      example: 'roundhouse webhook add https://hooks.example.com/roundhouse --events server.error',
      args: { url: argument('address that takes the deliveries') },
      options: {
        events,
        secretFile: text('<file>', 'file that holds the secret; default: the hub makes one'),
      },
      async run({ hub, args, options, out }) {
        const { events = [...webhookEventTypes], secretFile } = options;
        const secret = secretFile === undefined ? undefined : await readSecret(out, 'Secret', secretFile);
        const body = { url: args.url, events: events as connect.WebhookEvent[], ...defined({ secret }) };
        const made = await hub.connect.webhooks.create(body);
        if (out.form === 'people' && secret !== undefined) return out.say(`${made.url} gets events`);
        await out.record(made, { address: made.url, id: made.id, secret: made.secret }, made.id);
      },
    }),
    command({
      name: 'set',
      summary: 'change the events of a webhook, switch it off or on',
      example: 'roundhouse webhook set https://hooks.example.com/roundhouse --enable',
      args: { webhook },
      options: { events, enable: flag('deliver events again'), disable: flag('deliver no events') },
      async run({ hub, args, options: { events, enable, disable }, out }) {
        if (enable && disable) throw new CommandError('give --enable or --disable', 'usage');
        const body = {
          ...(events === undefined ? {} : { events: events as connect.WebhookEvent[] }),
          ...(enable || disable ? { enabled: enable } : {}),
        };
        if (Object.keys(body).length === 0) throw new CommandError('give --events, --enable or --disable', 'usage');
        const { id } = await webhookOf(hub, args.webhook);
        const changed = await hub.connect.webhooks.update(id, body);
        await out.done(`${changed.url} is changed`, changed);
      },
    }),
    command({
      name: 'test',
      summary: 'send one delivery to a webhook now; exit code 6 if it is not taken',
      example: 'roundhouse webhook test https://hooks.example.com/roundhouse',
      args: { webhook },
      async run({ hub, args, out, signal }) {
        const { id, url } = await webhookOf(hub, args.webhook);
        const result = await out.progress.during(`sending to ${url}`, hub.connect.webhooks.test(id, { signal }));
        const { deliveryId, statusCode, durationMs, error } = result;
        await out.record(result, { answer: statusCode, milliseconds: durationMs, reason: error }, deliveryId);
        if (error !== null) throw new CommandError(error, 'outcome');
      },
    }),
    command({
      name: 'remove',
      summary: 'remove a webhook; waiting deliveries are dropped',
      example: 'roundhouse webhook remove https://hooks.example.com/roundhouse --yes',
      args: { webhook },
      options: { yes },
      async run({ hub, args, options, out }) {
        const { id, url } = await webhookOf(hub, args.webhook);
        await confirm(out, `Remove webhook '${url}'?`, options.yes);
        await hub.connect.webhooks.delete(id);
        await out.done(`${url} is removed`, { id, url, removed: true });
      },
    }),
  ],
};

/** The webhook with this id or address. @throws CommandError if no webhook or more than one webhook has it */
async function webhookOf({ connect }: Roundhouse, given: string): Promise<connect.Webhook> {
  const found = (await connect.webhooks.list()).filter(({ id, url }) => id === given || url === given);
  const [only, ...others] = found;
  if (!only)
    throw new CommandError(
      `there is no webhook '${given}': 'roundhouse webhook list' shows ids and addresses`,
      'missing',
    );
  if (others.length > 0)
    throw new CommandError(`several webhooks have this address: give an id of ${found.map(({ id }) => id).join(', ')}`);
  return only;
}

import { type Static, Type } from 'typebox';
import type { Domain } from '../../domain/domain.js';
import { type WebhookEventType, webhookEventTypes } from '../../domain/events/types.js';
import { isoTime, isoTimeOrNull } from '../../domain/moments.js';
import type { Delivery as DeliveryRecord, Webhook as WebhookRecord } from '../../domain/webhooks/record.js';
import { endpoint, type Handlers, reply } from '../../http/endpoint.js';
import { HttpUrl, Id, Time, TimeOrNull } from '../shared/values.js';

const Event = Type.Unsafe<WebhookEventType>(Type.String({ title: 'WebhookEvent', enum: [...webhookEventTypes] }));
const Events = Type.Array(Event, { minItems: 1, maxItems: 64 });

const Webhook = Type.Object(
  {
    id: Id,
    url: Type.String(),
    events: Type.Array(Event),
    secret: Type.String({
      description:
        'The first 10 characters of a secret that the hub has made; the whole secret in the answer to its creation, and nowhere else',
    }),
    enabled: Type.Boolean(),
    createdAt: Time,
    lastDeliveryAt: TimeOrNull,
    deliveryStats: Type.Object({
      total: Type.Integer(),
      successful: Type.Integer(),
      failed: Type.Integer({ description: 'Given up' }),
      pending: Type.Integer({ description: 'Extension: waiting for their next attempt' }),
    }),
    /** Extensions. */
    updatedAt: Time,
    disabledReason: Type.Union([Type.String(), Type.Null()]),
  },
  { title: 'Webhook' },
);
type Webhook = Static<typeof Webhook>;

const StatusCode = Type.Union([Type.Integer(), Type.Null()], { description: '`null` where there was no answer' });
const Problem = Type.Union([Type.String(), Type.Null()]);

const Delivery = Type.Object(
  {
    id: Id,
    event: Type.String(),
    status: Type.Union([Type.Literal('success'), Type.Literal('failed'), Type.Literal('pending')]),
    /** The status of the answer to the last attempt. */
    statusCode: StatusCode,
    durationMs: Type.Union([Type.Integer(), Type.Null()]),
    error: Problem,
    attempts: Type.Array(
      Type.Object({ timestamp: Time, statusCode: StatusCode, durationMs: Type.Integer(), error: Problem }),
    ),
    createdAt: Time,
    finishedAt: TimeOrNull,
    nextAttemptAt: TimeOrNull,
    test: Type.Boolean(),
  },
  { title: 'WebhookDelivery' },
);
type Delivery = Static<typeof Delivery>;

const WebhookId = Type.String({ ...Id, description: 'Id of the webhook' });
const Params = Type.Object({ id: WebhookId });

const secret = (when: string) =>
  Type.String({
    minLength: 16,
    maxLength: 128,
    description: `${when}. \`whsec_\` and base64, or any text: its bytes then are the key`,
  });

/**
 * `seeds/003`, "Webhooks". Payloads are `{type, timestamp, data}`, signed as Standard Webhooks has it (`webhook-id`, `webhook-timestamp`,
 * `webhook-signature`). Delivery is at least once and in no certain order: `webhook-id` is the same for every attempt. A delivery without a
 * 2xx answer within 15 s is tried again after 5 s, 30 s, 2 min, 10 min, 30 min, 2 h, 5 h, 10 h and 14 h (each 20 % more or less;
 * `Retry-After` may ask for more, up to a day), ten times in all, and then given up. 410 disables the webhook. Redirects are not followed.
 * Up to 10,000 deliveries wait for a webhook; the hub gives up further ones at once. The newest 1,000 successes and failures are
 * remembered.
 */
export const webhookEndpoints = {
  listWebhooks: endpoint({
    method: 'GET',
    path: '/api/webhooks',
    summary: 'List all webhook subscriptions',
    description: 'Each webhook has the counts of its deliveries. The secret is shortened.',
    permission: 'webhook.manage',
    response: Type.Array(Webhook),
  }),
  createWebhook: endpoint({
    method: 'POST',
    path: '/api/webhooks',
    summary: 'Create a webhook subscription; its whole secret is shown only now',
    description:
      'Payloads are signed as Standard Webhooks has it, and sent again with growing pauses until the receiver answers with 2xx, ten times in all. The hub refuses addresses that its settings do not allow, such as private networks.',
    permission: 'webhook.manage',
    audit: 'webhook.create',
    body: Type.Object({
      url: HttpUrl,
      events: Events,
      secret: Type.Optional(secret('Made at random by default')),
      enabled: Type.Optional(Type.Boolean({ default: true })),
    }),
    example: { url: 'https://hooks.example.com/roundhouse', events: ['server.error', 'server.disconnected'] },
    response: Webhook,
    status: 201,
  }),
  updateWebhook: endpoint({
    method: 'PUT',
    path: '/api/webhooks/{id}',
    summary: 'Change a webhook subscription, enable or disable it; absent fields stay',
    description:
      'Another `url` needs a new `secret`. A change with `url` and `secret` makes the caller the owner: the webhook then hears what this caller may hear. A webhook that the hub has disabled can be enabled again here.',
    permission: 'webhook.manage',
    audit: 'webhook.update',
    params: Params,
    body: Type.Object({
      url: Type.Optional(HttpUrl),
      events: Type.Optional(Events),
      secret: Type.Optional(secret('Needed with another URL')),
      enabled: Type.Optional(Type.Boolean()),
    }),
    example: { events: ['server.error'], enabled: true },
    response: Webhook,
    extension: true,
  }),
  deleteWebhook: endpoint({
    method: 'DELETE',
    path: '/api/webhooks/{id}',
    summary: 'Delete a webhook subscription and its waiting deliveries',
    description: 'Deliveries that wait are dropped.',
    permission: 'webhook.manage',
    audit: 'webhook.delete',
    params: Params,
    extra: Type.Object({ message: Type.String() }),
  }),
  testWebhook: endpoint({
    method: 'POST',
    path: '/api/webhooks/{id}/test',
    summary: 'Send a test delivery, once, and return its outcome',
    description:
      'The hub sends the delivery once, and does not repeat it. A receiver that fails is an answer with `error`, not a failure of the request.',
    permission: 'webhook.manage',
    audit: 'webhook.test',
    params: Params,
    response: Type.Object({
      deliveryId: Id,
      statusCode: StatusCode,
      durationMs: Type.Integer(),
      error: Problem,
    }),
  }),
  listDeliveries: endpoint({
    method: 'GET',
    path: '/api/webhooks/{id}/deliveries',
    summary: 'Get webhook delivery history, newest first',
    description: 'The hub keeps the newest 1,000 successes and the newest 1,000 failures of a webhook.',
    permission: 'webhook.manage',
    params: Params,
    query: Type.Object({
      status: Type.Optional(
        Type.Union([Type.Literal('success'), Type.Literal('failed'), Type.Literal('pending')], {
          description: 'Only deliveries with this status',
        }),
      ),
      limit: Type.Integer({ minimum: 1, maximum: 1000, default: 20, description: 'Deliveries to return at most' }),
    }),
    response: Type.Array(Delivery),
  }),
  redeliver: endpoint({
    method: 'POST',
    path: '/api/webhooks/{id}/deliveries/{deliveryId}/redeliver',
    summary: 'Begin a failed delivery again',
    description:
      'The delivery keeps its id and its content. It has all attempts again, the first one at once. A delivery that has not failed is refused with 409, and so is a delivery of a disabled webhook.',
    permission: 'webhook.manage',
    audit: 'webhook.redeliver',
    params: Type.Object({
      id: WebhookId,
      deliveryId: Type.String({ minLength: 1, maxLength: 64, description: 'Id of the delivery' }),
    }),
    response: Delivery,
    status: 202,
    extension: true,
  }),
};

export function webhookHandlers({ webhooks, dispatch }: Domain): Handlers<typeof webhookEndpoints> {
  const render = (webhook: WebhookRecord): Webhook => {
    const { lastDeliveryAt, ...deliveryStats } = dispatch.counts(webhook.id);
    return {
      id: webhook.id,
      url: webhook.url,
      events: [...webhook.events],
      secret: `${webhook.secretPrefix}…`,
      enabled: webhook.enabled,
      createdAt: isoTime(webhook.createdAt),
      lastDeliveryAt: isoTimeOrNull(lastDeliveryAt ?? undefined),
      deliveryStats,
      updatedAt: isoTime(webhook.updatedAt),
      disabledReason: webhook.disabledReason,
    };
  };

  return {
    listWebhooks: (_, context) => webhooks.list(context.origin).map(render),

    async createWebhook({ body }, context) {
      const { webhook, secret } = await webhooks.create(context.origin, body);
      return { ...render(webhook), secret };
    },

    async updateWebhook({ params, body }, context) {
      return render(await webhooks.update(context.origin, params.id, body));
    },

    async deleteWebhook({ params }, context) {
      await webhooks.delete(context.origin, params.id);
      return reply(undefined, { message: 'Webhook deleted successfully' });
    },

    async testWebhook({ params }, context) {
      const origin = context.origin;
      const { id, attempts } = await dispatch.test(origin, webhooks.get(origin, params.id));
      const last = attempts.at(-1);
      const { statusCode = null, durationMs = 0, error = null } = last ?? {};
      return { deliveryId: id, statusCode, durationMs, error };
    },

    listDeliveries: ({ params, query }, context) =>
      webhooks.deliveries(context.origin, params.id, query).map(renderDelivery),

    async redeliver({ params }, context) {
      const webhook = webhooks.get(context.origin, params.id);
      return renderDelivery(await dispatch.redeliver(context.origin, webhook, params.deliveryId));
    },
  };
}

function renderDelivery(delivery: DeliveryRecord): Delivery {
  const last = delivery.attempts.at(-1);
  return {
    id: delivery.id,
    event: delivery.eventType,
    status: delivery.status,
    statusCode: last?.statusCode ?? null,
    durationMs: last?.durationMs ?? null,
    error: last?.error ?? null,
    attempts: delivery.attempts.map(({ at, ...attempt }) => ({ timestamp: isoTime(at), ...attempt })),
    createdAt: isoTime(delivery.createdAt),
    finishedAt: isoTimeOrNull(delivery.finishedAt ?? undefined),
    nextAttemptAt: isoTimeOrNull(delivery.nextAttemptAt),
    test: delivery.test,
  };
}

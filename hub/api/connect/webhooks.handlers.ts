import { isoTime, isoTimeOrNull } from '../../domain/clock.js';
import type { Domain } from '../../domain/domain.js';
import type { Delivery as DeliveryRecord, Webhook as WebhookRecord } from '../../domain/webhooks/record.js';
import { type Handlers, reply } from '../../http/endpoint.js';
import { originOf } from './origin.js';
import type { Delivery, Webhook, webhookEndpoints } from './webhooks.js';

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
    listWebhooks: (_, context) => webhooks.list(originOf(context)).map(render),

    async createWebhook({ body }, context) {
      const { webhook, secret } = await webhooks.create(originOf(context), body);
      return { ...render(webhook), secret };
    },

    async updateWebhook({ params, body }, context) {
      return render(await webhooks.update(originOf(context), params.id, body));
    },

    async deleteWebhook({ params }, context) {
      await webhooks.delete(originOf(context), params.id);
      return reply(undefined, { message: 'Webhook deleted successfully' });
    },

    async testWebhook({ params }, context) {
      const origin = originOf(context);
      const { id, attempts } = await dispatch.test(origin, webhooks.get(origin, params.id));
      const last = attempts.at(-1);
      const { statusCode = null, durationMs = 0, error = null } = last ?? {};
      return { deliveryId: id, statusCode, durationMs, error };
    },

    listDeliveries: ({ params, query }, context) =>
      webhooks.deliveries(originOf(context), params.id, query).map(renderDelivery),
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

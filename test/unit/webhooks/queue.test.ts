import t from 'tap';
import { put } from '../../../hub/domain/store.js';
import { defaultDeliverySettings } from '../../../hub/domain/webhooks/deliverer.js';
import { DeliveryQueue } from '../../../hub/domain/webhooks/queue.js';
import { type Delivery, deliveries } from '../../../hub/domain/webhooks/record.js';
import { openTestStore } from '../store/stores.js';

const HOUR = 3_600_000;

function delivery(id: string, createdAt: number, nextAttemptAt: number, more: Partial<Delivery> = {}): Delivery {
  const known = { webhookId: 'w', eventType: 'webhook.test', body: '{}', status: 'pending', attempts: [] } as const;
  return { ...known, id, createdAt, nextAttemptAt, finishedAt: null, test: false, ...more };
}

t.test('deliveries whose times were computed before the clock was set back do not wait for those times', async (t) => {
  const { store } = await openTestStore(t);
  const now = Date.now();
  const failed = { at: now + HOUR, durationMs: 1, statusCode: 500, error: 'no' };
  const before = [
    delivery('later', now, now + 10_000),
    delivery('never tried', now + HOUR, now + HOUR),
    delivery('tried', now, now + HOUR + 5000, { attempts: [failed] }),
  ];
  await store.apply({ writes: before.map((record) => put(deliveries, record, 'any')) });
  const attempted: string[] = [];
  const attempt = async ({ id, ...record }: Delivery) => {
    attempted.push(id);
    await store.apply({ writes: [put(deliveries, { id, ...record, status: 'success', nextAttemptAt: 0 }, 'any')] });
    return true;
  };
  const queue = new DeliveryQueue(store, defaultDeliverySettings, attempt, (error) => t.fail(String(error)));
  queue.start(['w']);
  await queue.close();
  t.same(attempted.sort(), ['never tried', 'tried']);
});

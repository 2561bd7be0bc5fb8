import { put, type Store, type Write } from '../store.js';
import { type WebhookStats, webhookStats } from './record.js';

/** Counts what became of deliveries. */
export class Statistics {
  readonly #store: Store;
  readonly #byWebhook = new Map<string, WebhookStats>();

  constructor(store: Store) {
    this.#store = store;
    for (const stats of store.list(webhookStats)) this.#byWebhook.set(stats.id, stats);
  }

  get(webhookId: string): WebhookStats {
    return this.#byWebhook.get(webhookId) ?? { id: webhookId, successful: 0, failed: 0, lastDeliveryAt: null };
  }

  /** Counts an attempt (`at`: when; `null` for none) and, if it was the last of its delivery, the outcome. The write goes into the same change. */
  count(webhookId: string, at: number | null, outcome: 'successful' | 'failed' | null): Write {
    const before = this.get(webhookId);
    const after: WebhookStats = {
      id: webhookId,
      successful: before.successful + (outcome === 'successful' ? 1 : 0),
      failed: before.failed + (outcome === 'failed' ? 1 : 0),
      lastDeliveryAt: at === null ? before.lastDeliveryAt : Math.max(at, before.lastDeliveryAt ?? 0),
    };
    this.#byWebhook.set(webhookId, after);
    return put(webhookStats, after);
  }

  /** Counts a delivery that was given up before it began. */
  refuse(webhookId: string): void {
    this.#store.record({ writes: [this.count(webhookId, null, 'failed')] });
  }

  forget(webhookId: string): void {
    this.#byWebhook.delete(webhookId);
  }
}

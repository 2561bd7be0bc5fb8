import { retrying } from '../retrying.js';
import { add, remove, type Store, type Write } from '../store.js';
import { type Delivery, deliveries, type WebhookRegistry, type WebhookStats, webhookStats } from './record.js';

/** Deliveries that one commit deletes. */
const PORTION = 500;

/** Bounds the number of stored deliveries, and removes the deliveries of deleted webhooks. */
export class DeliveryHistory {
  readonly #store: Store;
  readonly #registry: WebhookRegistry;
  readonly #remembered: number;

  constructor(store: Store, registry: WebhookRegistry, remembered: number) {
    this.#store = store;
    this.#registry = registry;
    this.#remembered = remembered;
  }

  /** Deletes deliveries that are too old or belong to no webhook. Safe to interrupt at any time. */
  async sweep(): Promise<void> {
    for (const { id } of this.#registry.all()) {
      await this.#shorten(id, 'success');
      await this.#shorten(id, 'failed');
    }
    for (const id of this.#orphans()) await this.purge(id);
    const gone = [...this.#store.list(webhookStats)].filter(({ id }) => !this.#registry.byId(id));
    if (gone.length > 0) await this.#store.apply({ by: null, writes: gone.map(({ id }) => remove(webhookStats, id)) });
  }

  /** Deletes all deliveries of a webhook. */
  async purge(webhookId: string): Promise<void> {
    while (await this.#delete({ index: 'webhook', equals: [webhookId] }, PORTION));
  }

  async #shorten(webhookId: string, status: Delivery['status']): Promise<void> {
    const range = { index: 'status', equals: [webhookId, status] };
    let excess = this.#store.count(deliveries, range) - this.#remembered;
    for (; excess > 0; excess -= PORTION) await this.#delete(range, Math.min(PORTION, excess));
  }

  /** @returns whether there may be more. */
  async #delete(
    range: { readonly index: string; readonly equals: readonly string[] },
    limit: number,
  ): Promise<boolean> {
    return retrying(this.#store, Number.POSITIVE_INFINITY, async () => {
      const found = [...this.#store.list(deliveries, { ...range, limit })];
      // A failed delivery may begin again meanwhile: then it stays.
      const writes = found.map(({ id, revision = 0 }) => remove(deliveries, id, revision));
      if (writes.length > 0) await this.#store.apply({ by: null, writes });
      return found.length === limit;
    });
  }

  /** The ids of deleted webhooks that still have deliveries. Skips from one webhook to the next. */
  #orphans(): string[] {
    const orphans: string[] = [];
    let from: readonly string[] = [''];
    for (;;) {
      const [next] = this.#store.list(deliveries, { index: 'webhook', from, limit: 1 });
      if (!next) return orphans;
      if (!this.#registry.byId(next.webhookId)) orphans.push(next.webhookId);
      from = [`${next.webhookId}\u0000`];
    }
  }
}

/** Counts the outcomes of deliveries. */
export class Statistics {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  get(webhookId: string): Required<WebhookStats> {
    const { successful = 0, failed = 0, lastDeliveryAt = null } = this.#store.get(webhookStats, webhookId) ?? {};
    return { id: webhookId, successful, failed, lastDeliveryAt };
  }

  /** The write that counts an attempt (`at`: its time; `null` for none) and, if it was the last of its delivery, the outcome. */
  count(webhookId: string, at: number | null, outcome: 'successful' | 'failed' | null): Write {
    const successful = outcome === 'successful' ? 1 : 0;
    const failed = outcome === 'failed' ? 1 : 0;
    const amounts = { id: webhookId, successful, failed };
    return at === null ? add(webhookStats, amounts) : add(webhookStats, amounts, { lastDeliveryAt: at });
  }

  /** The write that takes a failed delivery out of the count when it begins again. */
  begunAgain(webhookId: string): Write {
    return add(webhookStats, { id: webhookId, successful: 0, failed: -1 });
  }

  /** Counts a delivery that was given up before its first attempt. */
  refuse(webhookId: string): void {
    this.#store.record({ writes: [this.count(webhookId, null, 'failed')] });
  }
}

import { remove, type Store } from '../store.js';
import { type Delivery, deliveries, webhookStats } from './record.js';
import type { WebhookRegistry } from './registry.js';

/** Deliveries that one commit deletes. */
const PORTION = 500;

/** Keeps the memory of deliveries bounded, and clears up after deleted webhooks. */
export class DeliveryHistory {
  readonly #store: Store;
  readonly #registry: WebhookRegistry;
  readonly #remembered: number;

  constructor(store: Store, registry: WebhookRegistry, remembered: number) {
    this.#store = store;
    this.#registry = registry;
    this.#remembered = remembered;
  }

  /** Forgets what is too old, and all that belongs to no webhook. Safe to break off at any time. */
  async sweep(): Promise<void> {
    for (const { id } of this.#registry.all()) {
      await this.#shorten(id, 'success');
      await this.#shorten(id, 'failed');
    }
    for (const id of this.#orphans()) await this.purge(id);
    const gone = [...this.#store.list(webhookStats)].filter(({ id }) => !this.#registry.byId(id));
    if (gone.length > 0) await this.#store.apply({ writes: gone.map(({ id }) => remove(webhookStats, id)) });
  }

  /** Forgets all deliveries of a webhook. */
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
    const found = [...this.#store.list(deliveries, { ...range, limit })];
    if (found.length > 0) await this.#store.apply({ writes: found.map(({ id }) => remove(deliveries, id)) });
    return found.length === limit;
  }

  /** Webhooks that have deliveries, but are not there. Leaps from one webhook to the next. */
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

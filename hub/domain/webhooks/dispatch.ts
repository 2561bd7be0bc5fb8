import type { Tracer } from '@roundhouse/proto/tracing';
import type { RequestOrigin } from '../access/caller.js';
import { changeAudit } from '../audit/audit.js';
import { DomainError, notFound } from '../errors.js';
import { apiKeys, users } from '../people/record.js';
import { type Committed, replace, type Store } from '../store.js';
import type { DeliverySettings, WebhookSender } from './deliverer.js';
import { Deliverer } from './deliverer.js';
import { DeliveryHistory, Statistics } from './history.js';
import { Outbox } from './outbox.js';
import { DeliveryQueue } from './queue.js';
import {
  type Delivery,
  deliveries,
  disabling,
  type Webhook,
  type WebhookOwners,
  type WebhookRegistry,
  webhooks,
} from './record.js';

const SWEEP_MS = 60_000;

/** The deliveries of a webhook by outcome; `total` is their sum. */
export interface DeliveryCounts {
  readonly total: number;
  readonly successful: number;
  readonly failed: number;
  readonly pending: number;
  /** Milliseconds since 1970; `null` before the first attempt. */
  readonly lastDeliveryAt: number | null;
}

export interface DispatchParts {
  readonly store: Store;
  readonly registry: WebhookRegistry;
  readonly owners: WebhookOwners;
  readonly sender: WebhookSender;
  readonly settings: DeliverySettings;
  readonly tracer?: Tracer | undefined;
  readonly onError?: ((error: unknown) => void) | undefined;
}

/**
 * Delivers events to the webhooks that subscribe to them, at least once: the outbox turns the journal into deliveries, the queue orders
 * them, and the deliverer attempts each until its end.
 */
export class WebhookDispatch {
  readonly #store: Store;
  readonly #registry: WebhookRegistry;
  readonly #owners: WebhookOwners;
  readonly #settings: DeliverySettings;
  readonly #onError: (error: unknown) => void;
  readonly #statistics: Statistics;
  readonly #deliverer: Deliverer;
  readonly #history: DeliveryHistory;
  readonly #queue: DeliveryQueue;
  readonly #outbox: Outbox;
  #stop: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> | undefined;
  #disabling = Promise.resolve();

  constructor({ store, registry, owners, sender, settings, tracer, onError = () => {} }: DispatchParts) {
    this.#store = store;
    this.#registry = registry;
    this.#settings = settings;
    this.#onError = onError;
    this.#owners = owners;
    this.#statistics = new Statistics(store);
    this.#deliverer = new Deliverer({
      store,
      registry,
      statistics: this.#statistics,
      owners,
      sender,
      settings,
      tracer,
    });
    this.#history = new DeliveryHistory(store, registry, settings.remembered);
    this.#queue = new DeliveryQueue(store, settings, (delivery) => this.#deliverer.attempt(delivery), onError);
    const take = (webhook: Webhook) => this.#take(webhook);
    this.#outbox = new Outbox({ store, webhooks: registry, owners, take, onError });
  }

  /** Every event up to this `seq` has its deliveries: the journal may forget it. */
  get seq(): number {
    return this.#outbox.seq;
  }

  /** Begins to deliver, also the events that earlier runs of the hub left. */
  start(): void {
    if (this.#timer) return;
    this.#stop = this.#store.act((committed) => this.#follow(committed), apiKeys, users, webhooks);
    this.#queue.start([...this.#registry.all()].map(({ id }) => id));
    this.#outbox.start();
    const tidy = () => {
      this.#sweep();
      this.#disableUnowned();
    };
    this.#timer = setInterval(tidy, SWEEP_MS).unref();
    tidy();
  }

  /** Gives running attempts a moment to end, and cancels the rest: their deliveries stay due. */
  async close(): Promise<void> {
    if (!this.#timer) return;
    clearInterval(this.#timer);
    this.#stop?.();
    await this.#outbox.close();
    const grace = setTimeout(() => this.#deliverer.stop(), this.#settings.graceMs);
    await this.#queue.close();
    clearTimeout(grace);
    await this.#sweeping;
    await this.#disabling;
  }

  /** Posts a test at once. */
  test(origin: RequestOrigin, webhook: Webhook): Promise<Delivery> {
    return this.#deliverer.test(origin, webhook);
  }

  /**
   * Begins a failed delivery again, with the same id and all attempts. The owner of the webhook is checked as at any attempt.
   * @throws DomainError `not_found`, `conflict` (it did not fail, it is a test, its content is not kept, the webhook is disabled, or too many wait).
   */
  async redeliver(origin: RequestOrigin, webhook: Webhook, deliveryId: string): Promise<Delivery> {
    const { id } = webhook;
    const before = this.#store.get(deliveries, deliveryId);
    if (before?.webhookId !== id) throw notFound('delivery', deliveryId);
    const problem = obstacle(webhook, before);
    if (problem !== undefined) throw new DomainError('conflict', problem);
    if (this.#queue.pending(id) >= this.#settings.mostPending)
      throw new DomainError('conflict', 'too many deliveries of the webhook wait already');
    const now = Date.now();
    const again: Delivery = { ...before, status: 'pending', attempts: [], nextAttemptAt: now, finishedAt: null };
    const details = { host: new URL(webhook.url).host, deliveryId, event: before.eventType };
    const audit = changeAudit(origin, 'webhook.redeliver', { type: 'webhook', id }, details);
    const counted = this.#statistics.begunAgain(id);
    await this.#store.apply({ by: origin.caller, writes: [replace(deliveries, before, again), counted, audit] });
    return again;
  }

  counts(webhookId: string): DeliveryCounts {
    const { successful, failed, lastDeliveryAt } = this.#statistics.get(webhookId);
    const pending = this.#queue.pending(webhookId);
    return { total: successful + failed + pending, successful, failed, pending, lastDeliveryAt };
  }

  #take({ id }: Webhook): boolean {
    if (this.#queue.pending(id) < this.#settings.mostPending) return true;
    this.#statistics.refuse(id);
    return false;
  }

  #follow({ writes }: Committed): void {
    if (writes.some(({ collection }) => collection === apiKeys.name || collection === users.name))
      this.#disableUnowned();
    for (const { collection, id, value } of writes) {
      if (collection !== webhooks.name) continue;
      if (value) this.#queue.wake(id);
      else {
        this.#queue.forget(id);
        this.#sweep();
      }
    }
  }

  /** Disables webhooks whose owners may no longer have webhooks: their key has ended, or their role is too low. */
  #disableUnowned(): void {
    const disable = async () => {
      const writes = [...this.#registry.all()].flatMap((webhook) => {
        const problem = webhook.enabled ? this.#owners.problem(webhook) : undefined;
        return problem === undefined ? [] : disabling(webhook, problem);
      });
      if (writes.length > 0) await this.#store.apply({ by: null, writes });
    };
    // The next round finds webhooks that could not be disabled now. They get no events until then.
    this.#disabling = this.#disabling.then(disable).catch(this.#onError);
  }

  #sweep(): void {
    // The next round finds the records that cannot be deleted now.
    this.#sweeping ??= this.#history
      .sweep()
      .catch(this.#onError)
      .finally(() => {
        this.#sweeping = undefined;
      });
  }
}

/** Why a delivery cannot begin again; `undefined` where it can. */
function obstacle({ enabled }: Webhook, { status, test, body }: Delivery): string | undefined {
  if (status !== 'failed')
    return status === 'pending' ? 'the delivery waits for its next attempt' : 'the delivery succeeded';
  if (test) return 'the delivery is a test: make a new test';
  if (body === '') return 'the content of the delivery is not kept';
  return enabled ? undefined : 'the webhook is disabled: enable it first';
}

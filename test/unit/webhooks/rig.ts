import type { Test } from 'tap';
import type { RequestOrigin } from '../../../hub/domain/access/caller.js';
import { SYSTEM } from '../../../hub/domain/audit/audit.js';
import { Dependants } from '../../../hub/domain/dependants.js';
import type { WebhookEventType } from '../../../hub/domain/events/types.js';
import type { OwnAddresses, ResolveHost } from '../../../hub/domain/net/url-guard.js';
import { Creators } from '../../../hub/domain/people/creators.js';
import { ApiKeys } from '../../../hub/domain/people/keys/keys.js';
import { users } from '../../../hub/domain/people/record.js';
import { ServerRegistry } from '../../../hub/domain/servers/registry.js';
import type { NewEvent, Store } from '../../../hub/domain/store.js';
import { type DeliverySettings, defaultDeliverySettings } from '../../../hub/domain/webhooks/deliverer.js';
import { WebhookDispatch } from '../../../hub/domain/webhooks/dispatch.js';
import { type Delivery, type Webhook, WebhookOwners, WebhookRegistry } from '../../../hub/domain/webhooks/record.js';
import { Webhooks } from '../../../hub/domain/webhooks/webhooks.js';
import { createOutbound } from '../../../hub/outbound/outbound.js';
import { Receiver } from '../../receiver.js';

/** Short pauses: hours of a real hub are milliseconds here. The time limit is not short, because it also applies to healthy receivers. */
export const quick: Partial<DeliverySettings> = { delaysMs: [20, 40, 80], jitter: 0.2, timeoutMs: 10_000, graceMs: 50 };

export interface RigOptions {
  readonly settings?: Partial<DeliverySettings>;
  readonly resolve?: ResolveHost;
  readonly own?: OwnAddresses;
  readonly allowPrivate?: boolean;
}

/** The hub's own parts for webhooks over a store. */
export class Rig {
  readonly errors: unknown[] = [];
  readonly webhooks: Webhooks;
  readonly dispatch: WebhookDispatch;
  readonly store: Store;
  readonly registry: WebhookRegistry;
  readonly owners: WebhookOwners;

  constructor(store: Store, { settings = {}, resolve, own = { listens: [] }, allowPrivate = true }: RigOptions = {}) {
    this.store = store;
    const registry = new WebhookRegistry(store);
    const { guard, sender } = createOutbound({ allowPrivate, own: () => own, version: '0', resolve });
    const onError = (error: unknown) => this.errors.push(error);
    const all = { ...defaultDeliverySettings, ...quick, ...settings };
    const creators = new Creators(new ApiKeys(store, new Dependants()), { find: (id) => store.get(users, id) });
    const owners = new WebhookOwners(creators, new ServerRegistry(store));
    this.registry = registry;
    this.owners = owners;
    this.webhooks = new Webhooks(store, registry, owners, guard);
    const parts = { store, registry, owners, sender, settings: all, onError };
    this.dispatch = new WebhookDispatch(parts);
  }

  /** Starts to deliver; ends with the test. */
  start(t: Pick<Test, 'teardown'>): this {
    this.dispatch.start();
    t.teardown(() => this.dispatch.close());
    return this;
  }

  /** A webhook to a receiver, which learns its secret. */
  async hook(receiver: Receiver, events: WebhookEventType[] = ['tool.invoked'], url = receiver.url): Promise<Webhook> {
    const { webhook, secret } = await this.webhooks.create(SYSTEM, { url, events });
    receiver.secret = secret;
    return webhook;
  }

  /** Puts events into the journal. */
  async happen(...events: (Partial<NewEvent> | number)[]): Promise<number[]> {
    const made = events.map((event) => (typeof event === 'number' ? { data: { n: event } } : event));
    const full = made.map((event): NewEvent => ({ type: 'tool.invoked', data: {}, ...event }));
    return (await this.store.apply({ by: null, writes: [], events: full })).events.map(({ seq }) => seq);
  }

  /** Resolves with the webhook's deliveries once the condition holds for them. */
  async until(
    webhook: Webhook,
    condition: (deliveries: readonly Delivery[]) => boolean,
    origin: RequestOrigin = SYSTEM,
  ): Promise<readonly Delivery[]> {
    for (;;) {
      const found = this.webhooks.deliveries(origin, webhook.id, { limit: 1000 });
      if (condition(found)) return found;
      await new Promise<void>((resolve) => {
        const stop = this.store.observe(() => {
          stop();
          resolve();
        });
      });
    }
  }
}

export const over = (deliveries: readonly Delivery[]) =>
  deliveries.length > 0 && deliveries.every(({ status }) => status !== 'pending');

export function receiver(t: Pick<Test, 'teardown'>): Promise<Receiver> {
  return new Receiver().listen(t);
}

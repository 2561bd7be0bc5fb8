import { authorize } from '../access/authorize.js';
import type { Caller } from '../access/caller.js';
import { changeAudit, SYSTEM } from '../audit/audit.js';
import { DomainError } from '../errors.js';
import { type HeardEvent, mayHear, type WebhookEventType } from '../events/types.js';
import { Mirror } from '../mirror.js';
import type { Creators, KeptCaller } from '../people/creators.js';
import type { ServerRegistry } from '../servers/registry.js';
import { collection, put, type Store, type Write } from '../store.js';

/** A subscription: events are posted to its URL. */
export interface Webhook {
  readonly id: string;
  readonly url: string;
  readonly events: readonly WebhookEventType[];
  /** The whole secret, sealed. */
  readonly sealedSecret: string;
  /** Its first 10 characters, to recognise it by; empty for a secret that a caller has chosen. */
  readonly secretPrefix: string;
  readonly enabled: boolean;
  /** Why the hub disabled it by itself; `null` where it did not. */
  readonly disabledReason: string | null;
  /** The owner: the last caller that set its URL and events. Events that the owner may not see at the moment are not delivered. `null`: the hub itself. */
  readonly owner: KeptCaller | null;
  /** Events up to this `seq` happened before it listened. */
  readonly sinceSeq: number;
  /** Grows by one with every change. */
  readonly revision: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

export const webhooks = collection<Webhook>(
  'webhooks',
  'webhook',
  {},
  { sealed: ({ sealedSecret }) => ({ text: sealedSecret }) },
);

/** Counters of a webhook, kept apart: they are written while it is used. */
export interface WebhookStats {
  /** The webhook's. */
  readonly id: string;
  readonly successful: number;
  /** Given up. */
  readonly failed: number;
  /** Milliseconds since 1970; of the last attempt. Absent or `null` before the first. */
  readonly lastDeliveryAt?: number | null;
}

export const webhookStats = collection<WebhookStats>('webhook_stats', 'webhook statistics');

/** One try to deliver. */
export interface Attempt {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly durationMs: number;
  /** `null` where there was no answer. */
  readonly statusCode: number | null;
  /** Why it was no success; `null` for a success. */
  readonly error: string | null;
}

/** An event on its way to a webhook, and afterwards the memory of it. */
export interface Delivery {
  /** UUID v7, made from the event: the same event never gets a second one. It is the `webhook-id` of every attempt. */
  readonly id: string;
  readonly webhookId: string;
  readonly eventType: string;
  /** The server of the event; absent for events of no server, tests, and deliveries of earlier versions. */
  readonly serverId?: string;
  readonly status: 'pending' | 'success' | 'failed';
  /** The body to post; `''` once nothing is left to post. */
  readonly body: string;
  readonly attempts: readonly Attempt[];
  /** Milliseconds since 1970; 0 once it is over. */
  readonly nextAttemptAt: number;
  readonly createdAt: number;
  readonly finishedAt: number | null;
  /** Asked for by a client, not by an event. */
  readonly test: boolean;
  /** Counts the changes. Records from before have none; it stands for 0. */
  readonly revision?: number;
}

export const deliveries = collection<Delivery>('webhook_deliveries', 'webhook delivery', {
  webhook: { of: ({ webhookId }) => [webhookId] },
  status: { of: ({ webhookId, status }) => [webhookId, status] },
  due: {
    of: ({ webhookId, status, nextAttemptAt }) => (status === 'pending' ? [webhookId, nextAttemptAt] : undefined),
  },
});

/** How far the journal has been turned into deliveries. */
export interface OutboxCursor {
  readonly id: string;
  readonly seq: number;
  /** Counts the changes. Records from before have none; it stands for 0. */
  readonly revision?: number;
}

export const outboxCursors = collection<OutboxCursor>('webhook_cursor', 'webhook cursor');

/** The owners of webhooks, as they are now. */
export class WebhookOwners {
  readonly #creators: Pick<Creators, 'now'>;
  readonly #servers: ServerRegistry;

  constructor(creators: Pick<Creators, 'now'>, servers: ServerRegistry) {
    this.#creators = creators;
    this.#servers = servers;
  }

  /** In whose name a webhook hears: `null` for the hub's own. @throws DomainError where its owner may have no webhooks any more. */
  now({ owner }: Webhook): Caller | null {
    if (owner === null) return null;
    const caller = this.#creators.now(owner);
    authorize(caller, 'webhook.manage');
    return caller;
  }

  /** Whether the owner may hear of an event now. @throws as {@link WebhookOwners.now}. */
  mayHear(webhook: Webhook, event: HeardEvent): boolean {
    const owner = this.now(webhook);
    return owner === null || mayHear(owner, event, this.#servers);
  }

  /** Why a webhook may hear nothing any more; `undefined` where it may. */
  problem(webhook: Webhook): string | undefined {
    try {
      this.now(webhook);
      return undefined;
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      return `Its owner may not have webhooks any more: ${error.message}`;
    }
  }
}

/** The writes by which the hub disables a webhook, where it is enabled. */
export function disabling(webhook: Webhook | undefined, disabledReason: string): Write[] {
  if (!webhook?.enabled) return [];
  const { id, url, revision } = webhook;
  const disabled: Webhook = {
    ...webhook,
    ...{ enabled: false, disabledReason, revision: revision + 1, updatedAt: Date.now() },
  };
  const details = { host: new URL(url).host, changed: ['enabled'], reason: disabledReason };
  const audit = changeAudit(SYSTEM, 'webhook.update', { type: 'webhook', id }, details);
  return [put(webhooks, disabled, revision), audit];
}

/** All webhooks, in memory, with their secrets. */
export class WebhookRegistry extends Mirror<Webhook> {
  readonly #secrets = new WeakMap<Webhook, Promise<string>>();
  readonly #store: Store;
  #types = new Set<string>();

  constructor(store: Store) {
    super(store, webhooks);
    this.#store = store;
    this.changed();
  }

  /** Whether any webhook listens to events of a type. */
  listensTo(type: string): boolean {
    return this.#types.has(type);
  }

  /** The secret, unsealed once. It goes into signatures, and nowhere else. */
  secret(webhook: Webhook): Promise<string> {
    let secret = this.#secrets.get(webhook);
    if (!secret) {
      secret = this.#store.unseal(webhook.sealedSecret);
      this.#secrets.set(webhook, secret);
    }
    return secret;
  }

  protected override changed(): void {
    this.#types = new Set([...this.all()].flatMap(({ enabled, events }) => (enabled ? events : [])));
  }
}

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
  /** Why the hub disabled it; `null` if the hub did not disable it. */
  readonly disabledReason: string | null;
  /**
   * The owner: the last caller that set its URL and events. The hub delivers no events that the owner may not see at that time. `null`: the
   * hub itself.
   */
  readonly owner: KeptCaller | null;
  /** The hub delivers only events after this `seq`. */
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

/** Counters of a webhook, kept apart from its record: every attempt writes them. */
export interface WebhookStats {
  /** The id of the webhook. */
  readonly id: string;
  readonly successful: number;
  /** Deliveries that were given up. */
  readonly failed: number;
  /** The time of the last attempt, milliseconds since 1970. Absent or `null` before the first. */
  readonly lastDeliveryAt?: number | null;
}

export const webhookStats = collection<WebhookStats>('webhook_stats', 'webhook statistics');

/** One try to deliver. */
export interface Attempt {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly durationMs: number;
  /** `null` without an answer. */
  readonly statusCode: number | null;
  /** Why it failed; `null` for a success. */
  readonly error: string | null;
}

/** The delivery of an event to a webhook, kept for a time after its end. */
export interface Delivery {
  /**
   * UUID v7, made from the event and the webhook, so the same event never gets a second delivery. It is the `webhook-id` of every attempt.
   */
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
  /** A client asked for it: it has no event. */
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

  /**
   * The owner of a webhook with its present rights; `null` for the hub's own webhook. @throws DomainError if the owner may not have
   * webhooks any more.
   */
  now({ owner }: Webhook): Caller | null {
    if (owner === null) return null;
    const caller = this.#creators.now(owner);
    authorize(caller, 'webhook.manage');
    return caller;
  }

  /** Whether the owner may see an event now. @throws as {@link WebhookOwners.now}. */
  mayHear(webhook: Webhook, event: HeardEvent): boolean {
    const owner = this.now(webhook);
    return owner === null || mayHear(owner, event, this.#servers);
  }

  /** Why a webhook may get no events any more; `undefined` if it may. */
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

/** The writes that disable a webhook; none if it is not enabled. */
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

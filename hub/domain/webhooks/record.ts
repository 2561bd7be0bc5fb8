import type { KeptCaller } from '../access/creators.js';
import type { WebhookEventType } from '../events/types.js';
import { collection } from '../store.js';

/** A subscription: what happens is posted to its URL. */
export interface Webhook {
  readonly id: string;
  readonly url: string;
  readonly events: readonly WebhookEventType[];
  /** The whole secret, sealed. */
  readonly sealedSecret: string;
  /** Its first 10 characters, to recognise it by. */
  readonly secretPrefix: string;
  readonly enabled: boolean;
  /** Why the hub disabled it by itself; `null` where it did not. */
  readonly disabledReason: string | null;
  /** Who made it, or changed last where it goes and what it hears: what they may not hear at the moment is not delivered. `null`: the hub itself. */
  readonly owner: KeptCaller | null;
  /** Events up to this `seq` happened before it listened. */
  readonly sinceSeq: number;
  /** Grows by one with every change. */
  readonly revision: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

export const webhooks = collection<Webhook>('webhooks', 'webhook');

/** Counters of a webhook, kept apart: they are written while it is used. */
export interface WebhookStats {
  /** The webhook's. */
  readonly id: string;
  readonly successful: number;
  /** Given up. */
  readonly failed: number;
  /** Milliseconds since 1970; of the last attempt. */
  readonly lastDeliveryAt: number | null;
}

export const webhookStats = collection<WebhookStats>('webhook_stats', 'webhook statistics');

/** One try to deliver. */
export interface Attempt {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly durationMs: number;
  /** `null` where there was no answer. */
  readonly statusCode: number | null;
  /** Why it was no success; `null` for one that was. */
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
  /** What is posted; `''` once nothing is any more. */
  readonly body: string;
  readonly attempts: readonly Attempt[];
  /** Milliseconds since 1970; 0 once it is over. */
  readonly nextAttemptAt: number;
  readonly createdAt: number;
  readonly finishedAt: number | null;
  /** Asked for by a client, not by an event. */
  readonly test: boolean;
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
}

export const outboxCursors = collection<OutboxCursor>('webhook_cursor', 'webhook cursor');

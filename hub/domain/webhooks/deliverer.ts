import type { Tracer } from '@roundhouse/proto/tracing';
import type { RequestOrigin } from '../access/caller.js';
import { changeAudit } from '../audit/audit.js';
import type { HeardEvent } from '../events/types.js';
import { newId } from '../ids.js';
import { isoTime } from '../moments.js';
import { remove, replace, type Store, type Write } from '../store.js';
import type { Statistics } from './history.js';
import {
  type Attempt,
  type Delivery,
  deliveries,
  disabling,
  type Webhook,
  type WebhookOwners,
  type WebhookRegistry,
} from './record.js';
import { signatureHeaders } from './secret.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** How deliveries are made. Times in milliseconds. */
export interface DeliverySettings {
  /** The pauses between attempts. The last attempt follows the last pause. */
  readonly delaysMs: readonly number[];
  /** The share by which a pause is longer or shorter, at random. */
  readonly jitter: number;
  /** The longest wait that `Retry-After` may ask for. */
  readonly mostRetryAfterMs: number;
  readonly timeoutMs: number;
  /** The most attempts at once: to one webhook, and to all webhooks. */
  readonly perWebhook: number;
  readonly overall: number;
  /** Deliveries that may wait for one webhook. Further ones fail at once. */
  readonly mostPending: number;
  /** The finished deliveries that are kept of each webhook: this many successes, and as many failures. */
  readonly remembered: number;
  /** How long running attempts have to end when the hub stops. */
  readonly graceMs: number;
}

/** Ten attempts over about 32 hours. */
export const defaultDeliverySettings: DeliverySettings = {
  delaysMs: [5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR],
  jitter: 0.2,
  mostRetryAfterMs: 24 * HOUR,
  timeoutMs: 15 * SECOND,
  perWebhook: 4,
  overall: 64,
  mostPending: 10_000,
  remembered: 1000,
  graceMs: 2 * SECOND,
};

/** When the next attempt is due after a failed attempt; `null` if that was the last. */
export function nextAttempt(
  { delaysMs, jitter, mostRetryAfterMs }: DeliverySettings,
  attempts: number,
  now: number,
  retryAfterMs: number | null,
): number | null {
  const delay = delaysMs[attempts - 1];
  if (delay === undefined) return null;
  const pause = delay * (1 + jitter * (2 * Math.random() - 1));
  const asked = Math.min(retryAfterMs ?? 0, mostRetryAfterMs);
  return Math.round(now + Math.max(pause, asked));
}

/** One attempt to post a body. */
export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
  /** Ends the attempt early. */
  readonly signal: AbortSignal;
}

/** The outcome of an attempt. */
export interface Posted {
  /** `null` without an answer. */
  readonly statusCode: number | null;

  readonly durationMs: number;
  /** The wait that `Retry-After` asked for, milliseconds from now; `null` if the header was absent or unreadable. */
  readonly retryAfterMs: number | null;
  /** Why there was no answer, for people; `null` with an answer. It contains no part of the URL except the host. */
  readonly error: string | null;
}

/**
 * Posts to URLs of clients' choice. Implementations check the address that they connect to, follow no redirect, and limit the size of an
 * answer.
 */
export interface WebhookSender {
  /** Never rejects. */
  post(post: Post): Promise<Posted>;
}

/** A request of any method. */
export interface HttpRequest extends Post {
  readonly method: string;
}

/** The outcome of a request. */
export interface HttpOutcome extends Posted {
  /** `null` without an answer. `cut`: the rest of the body was too long to be read. */
  readonly answer: { readonly type: string; readonly text: string; readonly cut: boolean } | null;
}

/** Makes requests to URLs of clients' choice, as {@link WebhookSender} posts to them. */
export interface Requester {
  /** Never rejects. */
  request(request: HttpRequest): Promise<HttpOutcome>;
}

/** "Gone": the receiver wants no further deliveries (Standard Webhooks). */
const GONE = 410;

export interface DelivererParts {
  readonly store: Store;
  readonly registry: WebhookRegistry;
  readonly statistics: Statistics;
  readonly owners: WebhookOwners;
  readonly sender: WebhookSender;
  readonly settings: DeliverySettings;
  /** Records traces; absent: attempts are not traced. */
  readonly tracer?: Tracer | undefined;
}

/** Makes attempts, and stores their outcomes. */
export class Deliverer {
  readonly #store: Store;
  readonly #registry: WebhookRegistry;
  readonly #statistics: Statistics;
  readonly #owners: WebhookOwners;
  readonly #sender: WebhookSender;
  readonly #settings: DeliverySettings;
  readonly #tracer: Tracer | undefined;
  readonly #stopping = new AbortController();

  constructor({ store, registry, statistics, owners, sender, settings, tracer }: DelivererParts) {
    this.#store = store;
    this.#registry = registry;
    this.#statistics = statistics;
    this.#owners = owners;
    this.#sender = sender;
    this.#settings = settings;
    this.#tracer = tracer;
  }

  /** Cancels the running attempts. Their deliveries stay due. */
  stop(): void {
    this.#stopping.abort();
  }

  /**
   * Makes one attempt. @returns whether the receiver took it, once the outcome is on disk. @throws Error if the store does not take the
   * outcome.
   */
  async attempt(delivery: Delivery): Promise<boolean> {
    const webhook = this.#registry.byId(delivery.webhookId);
    if (!webhook) {
      await this.#store.apply({ by: null, writes: [remove(deliveries, delivery.id, 'any')] });
      return true;
    }
    const at = Date.now();
    if (!webhook.enabled) {
      await this.#keep(delivery, { at, durationMs: 0, statusCode: null, error: 'The webhook is disabled' }, null);
      return true;
    }
    const problem = this.#owners.problem(webhook);
    if (problem !== undefined) {
      await this.#keep(delivery, { at, durationMs: 0, statusCode: null, error: problem }, null);
      return true;
    }
    if (!this.#owners.mayHear(webhook, eventOf(delivery))) {
      const error = 'The owner of the webhook may not hear of this event any more';
      await this.#keep(delivery, { at, durationMs: 0, statusCode: null, error }, null);
      return true;
    }
    const posted = await this.#post(webhook, delivery.id, delivery.body, at);
    if (this.#stopping.signal.aborted) return false;
    const attempt = attemptOf(at, posted);
    if (attempt.error === null) await this.#keep(delivery, attempt, null);
    else if (posted.statusCode === GONE)
      await this.#keep(
        delivery,
        attempt,
        null,
        disabling(this.#registry.byId(webhook.id), 'The receiver answered 410 Gone'),
      );
    else {
      const next = nextAttempt(this.#settings, delivery.attempts.length + 1, Date.now(), posted.retryAfterMs);
      await this.#keep(delivery, attempt, next);
    }
    return attempt.error === null;
  }

  /** Posts a test to a webhook, enabled or not, once; it is remembered with the deliveries. */
  async test(origin: RequestOrigin, webhook: Webhook): Promise<Delivery> {
    const at = Date.now();
    const id = newId();
    const data = { webhookId: webhook.id, message: 'This is a test' };
    const body = JSON.stringify({ type: 'webhook.test', timestamp: isoTime(at), data });
    const attempt = attemptOf(at, await this.#post(webhook, id, body, at));
    const delivery: Delivery = {
      ...{ id, webhookId: webhook.id, eventType: 'webhook.test', body, nextAttemptAt: 0, createdAt: at, test: true },
      ...{ status: 'pending', attempts: [], finishedAt: null },
    };
    const { statusCode } = attempt;
    const details = { host: new URL(webhook.url).host, statusCode };
    const audit = changeAudit(origin, 'webhook.test', { type: 'webhook', id: webhook.id }, details);
    return this.#keep(delivery, attempt, null, [audit]);
  }

  async #post(webhook: Webhook, id: string, body: string, at: number): Promise<Posted> {
    let secret: string;
    try {
      secret = await this.#registry.secret(webhook);
    } catch {
      // The sealing key is lost: only a new webhook helps, and the history says so.
      return { statusCode: null, durationMs: 0, retryAfterMs: null, error: 'The secret cannot be unsealed' };
    }
    const attributes = { 'http.request.method': 'POST', 'server.address': new URL(webhook.url).hostname };
    const span = this.#tracer?.start('POST', 'client', undefined, {
      ...attributes,
      'roundhouse.webhook.id': webhook.id,
    });
    const posted = await this.#sender.post({
      url: webhook.url,
      headers: { ...signatureHeaders(secret, id, at, body), ...(span ? { traceparent: span.traceparent } : {}) },
      body,
      timeoutMs: this.#settings.timeoutMs,
      signal: this.#stopping.signal,
    });
    const { statusCode } = posted;
    if (statusCode !== null) span?.set({ 'http.response.status_code': statusCode });
    span?.end(problemOf(statusCode) === null ? undefined : String(statusCode ?? 'no_answer'));
    return posted;
  }

  /** @param next the time of the next attempt; `null` if the delivery is over */
  async #keep(before: Delivery, attempt: Attempt, next: number | null, more: readonly Write[] = []): Promise<Delivery> {
    const success = attempt.error === null;
    const attempts = [...before.attempts, attempt];
    const delivery: Delivery =
      next === null
        ? {
            ...before,
            // A failure can be delivered again.
            ...{ attempts, status: success ? 'success' : 'failed', body: success || before.test ? '' : before.body },
            ...{ nextAttemptAt: 0, finishedAt: Date.now() },
          }
        : { ...before, attempts, nextAttemptAt: next };
    // The webhook was deleted meanwhile: nothing is stored.
    if (!this.#registry.byId(before.webhookId)) return delivery;
    const outcome = next === null ? (success ? 'successful' : 'failed') : null;
    const stats = this.#statistics.count(before.webhookId, attempt.at, outcome);
    // Another process may have made an attempt meanwhile, and its outcome stands. A test is stored only with its outcome.
    const kept = replace(deliveries, before.test ? undefined : before, delivery);
    await this.#store.apply({ by: null, writes: [kept, stats, ...more] });
    return delivery;
  }
}

/** The parts of a delivery's event that decide who hears it. */
function eventOf({ eventType: type, serverId, body }: Delivery): HeardEvent {
  const { data } = JSON.parse(body) as Pick<HeardEvent, 'data'>;
  return { type, serverId, data };
}

function attemptOf(at: number, { statusCode, durationMs, error }: Posted): Attempt {
  return { at, durationMs, statusCode, error: error ?? problemOf(statusCode) };
}

/** Why an answer is a failure; `null` for a success. */
function problemOf(statusCode: number | null): string | null {
  if (statusCode === null) return 'No answer';
  if (statusCode >= 200 && statusCode < 300) return null;
  const isRedirect = statusCode >= 300 && statusCode < 400;
  return isRedirect ? `Status ${statusCode}: redirects are not followed` : `Status ${statusCode}`;
}

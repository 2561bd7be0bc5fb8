import { authorize } from '../access/authorize.js';
import { type Caller, keptCaller, payerOf, type RequestOrigin } from '../access/caller.js';
import { isNarrowed } from '../access/grants.js';
import { changeAudit, SYSTEM } from '../audit/audit.js';
import { DomainError, notFound } from '../errors.js';
import type { WebhookEventType } from '../events/types.js';
import { newId } from '../ids.js';
import { checkDestination } from '../net/destination.js';
import type { UrlGuard } from '../net/url-guard.js';
import { retrying } from '../retrying.js';
import { put, remove, type Store, type Write } from '../store.js';
import {
  type Delivery,
  deliveries,
  type Webhook,
  type WebhookOwners,
  type WebhookRegistry,
  webhookStats,
  webhooks,
} from './record.js';
import { makeSecret, takeSecret } from './secret.js';

/** The most webhooks: the hub compares each of them with every event. */
const MOST_WEBHOOKS = 500;
/** How often the hub tries a change again if other changes came first. */
const ATTEMPTS = 5;
/**
 * The most webhooks of one payer (`payerOf`) without role admin: others need some, too. Only webhooks count whose owner may have webhooks
 * now.
 */
const MOST_OF_PAYER = 100;
const PREFIX_LENGTH = 10;

export interface NewWebhook {
  readonly url: string;
  readonly events: readonly WebhookEventType[];
  /** Absent: the hub makes a secret at random. */
  readonly secret?: string | undefined;
  readonly enabled?: boolean | undefined;
}

export interface WebhookChanges {
  readonly url?: string | undefined;
  readonly events?: readonly WebhookEventType[] | undefined;
  /** Required with a new URL: the old receiver knows the present secret. */
  readonly secret?: string | undefined;
  readonly enabled?: boolean | undefined;
}

/**
 * Makes, shows, changes and deletes webhooks. A key with narrowed grants manages its own webhooks, which deliver only events that the key
 * may see.
 */
export class Webhooks {
  readonly #store: Store;
  readonly #registry: WebhookRegistry;
  readonly #owners: WebhookOwners;
  readonly #guard: UrlGuard;

  constructor(store: Store, registry: WebhookRegistry, owners: WebhookOwners, guard: UrlGuard) {
    this.#store = store;
    this.#registry = registry;
    this.#owners = owners;
    this.#guard = guard;
  }

  list(origin: RequestOrigin): Webhook[] {
    authorize(origin.caller, 'webhook.manage');
    return [...this.#registry.all()].filter((webhook) => manages(origin.caller, webhook));
  }

  /** @throws DomainError `forbidden`, `not_found`. */
  get(origin: RequestOrigin, id: string): Webhook {
    authorize(origin.caller, 'webhook.manage');
    const webhook = this.#registry.byId(id);
    if (!webhook || !manages(origin.caller, webhook)) throw notFound('webhook', id);
    return webhook;
  }

  /** Makes a webhook; its secret is in the answer and nowhere else. @throws DomainError `invalid_input`, `conflict`. */
  async create(origin: RequestOrigin, wanted: NewWebhook): Promise<{ webhook: Webhook; secret: string }> {
    authorize(origin.caller, 'webhook.manage');
    const secret = wanted.secret === undefined ? makeSecret() : takeSecret(wanted.secret);
    await this.#guard.check(wanted.url, 'url');
    this.#room();
    const { caller } = origin;
    this.#checkShare(caller);
    const now = Date.now();
    const webhook: Webhook = {
      id: newId(),
      url: wanted.url,
      events: [...new Set(wanted.events)],
      ...(await this.#sealed(secret, wanted.secret !== undefined)),
      enabled: wanted.enabled ?? true,
      disabledReason: null,
      owner: caller && { ...keptCaller(caller), countedAs: payerOf(caller) },
      sinceSeq: this.#store.latestSeq,
      revision: 1,
      createdAt: now,
      updatedAt: now,
    };
    const made = [
      put(webhooks, webhook, 'absent'),
      audit(origin, 'webhook.create', webhook, { events: webhook.events }),
    ];
    // The webhook that makes room may be disabled at the same moment.
    await retrying(this.#store, ATTEMPTS, () =>
      this.#store.apply({ by: origin.caller, writes: [...this.#room(), ...made] }),
    );
    return { webhook, secret };
  }

  /**
   * Changes a webhook. If the caller gives a `url` and a new `secret`, the caller becomes the owner. Otherwise the owner stays: a caller who
   * enables the webhook of another key must not make it deliver events for the caller. The keys of one user have different rights, so this
   * holds for them, too. Absent fields stay; the secret stays only if the URL stays. After enabling it, or changing its events, only later
   * events are delivered.
   * @throws as {@link Webhooks.create}, and `not_found`; `conflict` if its owner may not have webhooks any more and the change does not
   * take it over.
   */
  async update(origin: RequestOrigin, id: string, changes: WebhookChanges): Promise<Webhook> {
    const before = this.get(origin, id);
    const { url = before.url, secret } = changes;
    if (secret === undefined) checkDestination(['secret'], { url: before.url }, { url });
    if (changes.url !== undefined) await this.#guard.check(url, 'url');
    const enabled = changes.enabled ?? before.enabled;
    const begins = changes.events !== undefined || (enabled && !before.enabled);
    const { caller } = origin;
    const takesOver = changes.url !== undefined && secret !== undefined;
    if (takesOver) this.#checkShare(caller, before);
    else if (enabled) this.#checkOwner(before);
    const webhook: Webhook = {
      ...before,
      ...(takesOver ? { owner: caller && { ...keptCaller(caller), countedAs: payerOf(caller) } } : {}),
      url,
      ...(secret === undefined ? {} : await this.#sealed(takeSecret(secret), true)),
      events: changes.events ? [...new Set(changes.events)] : before.events,
      enabled,
      disabledReason: enabled ? null : before.disabledReason,
      sinceSeq: begins ? this.#store.latestSeq : before.sinceSeq,
      revision: before.revision + 1,
      updatedAt: Date.now(),
    };
    const changed = Object.entries(changes).flatMap(([name, value]) => (value === undefined ? [] : [name]));
    await this.#store.apply({
      by: origin.caller,
      writes: [put(webhooks, webhook, before.revision), audit(origin, 'webhook.update', webhook, { changed })],
    });
    return webhook;
  }

  #checkOwner(webhook: Webhook): void {
    const problem = this.#owners.problem(webhook);
    if (problem !== undefined)
      throw new DomainError('conflict', `${problem}. Give its 'url' and a new 'secret' to take it over`);
  }

  /** @param changed the webhook that becomes the caller's, if it is there already @throws DomainError `conflict`. */
  #checkShare(caller: Caller | null, changed?: Webhook): void {
    if (caller === null || caller.role === 'admin') return;
    const payer = payerOf(caller);
    const counts = (webhook: Webhook) =>
      webhook.owner?.countedAs === payer && this.#owners.problem(webhook) === undefined;
    if (changed && counts(changed)) return;
    if ([...this.#registry.all()].filter(counts).length < MOST_OF_PAYER) return;
    throw new DomainError('conflict', `you have ${MOST_OF_PAYER} webhooks already: delete some of them first`);
  }

  /**
   * The writes that make room for one more: if the hub is full, they remove the least recently changed webhook among those whose owner may
   * have no webhooks any more.
   * @throws DomainError `conflict` if all owners may have webhooks.
   */
  #room(): Write[] {
    if (this.#registry.size < MOST_WEBHOOKS) return [];
    const [oldest] = [...this.#registry.all()]
      .filter((webhook) => this.#owners.problem(webhook) !== undefined)
      .sort((a, b) => a.updatedAt - b.updatedAt);
    if (!oldest)
      throw new DomainError('conflict', `there are ${MOST_WEBHOOKS} webhooks already, and no more are taken`);
    return removal(SYSTEM, oldest, {
      reason: 'Its owner may not have webhooks any more, and a new webhook needs room',
    });
  }

  /** Even a part of a secret that a caller has chosen may reveal it: such a secret has no prefix. */
  async #sealed(secret: string, isChosen: boolean): Promise<Pick<Webhook, 'sealedSecret' | 'secretPrefix'>> {
    const secretPrefix = isChosen ? '' : secret.slice(0, PREFIX_LENGTH);
    return { sealedSecret: await this.#store.seal(secret), secretPrefix };
  }

  /** Deletes a webhook and its waiting deliveries. @throws DomainError `not_found`. */
  async delete(origin: RequestOrigin, id: string): Promise<void> {
    await retrying(this.#store, Number.POSITIVE_INFINITY, () =>
      this.#store.apply({ by: origin.caller, writes: removal(origin, this.get(origin, id)) }),
    );
  }

  /** Newest first. @throws DomainError `not_found`. */
  deliveries(
    origin: RequestOrigin,
    id: string,
    filter: { readonly status?: Delivery['status'] | undefined; readonly limit: number },
  ): Delivery[] {
    this.get(origin, id);
    const { status, limit } = filter;
    const range = status === undefined ? { index: 'webhook', equals: [id] } : { index: 'status', equals: [id, status] };
    return [...this.#store.list(deliveries, { ...range, reverse: true, limit })];
  }
}

function manages(caller: Caller | null, { owner }: Webhook): boolean {
  if (!caller?.grants || owner?.id === caller.id) return true;
  return !isNarrowed(caller.grants);
}

function removal(origin: RequestOrigin, webhook: Webhook, details?: Readonly<Record<string, unknown>>): Write[] {
  const { id, revision } = webhook;
  return [remove(webhooks, id, revision), remove(webhookStats, id), audit(origin, 'webhook.delete', webhook, details)];
}

/** An audit entry. It names only the host of the URL: the path may be a secret, as with chat services. */
function audit(
  origin: RequestOrigin,
  action: string,
  { id, url }: Webhook,
  details: Readonly<Record<string, unknown>> = {},
) {
  return changeAudit(origin, action, { type: 'webhook', id }, { host: new URL(url).host, ...details });
}

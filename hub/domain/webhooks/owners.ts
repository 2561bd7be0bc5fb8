import { authorize } from '../access/authorize.js';
import type { Caller } from '../access/caller.js';
import type { Creators } from '../access/creators.js';
import { changeAudit, SYSTEM } from '../audit/audit.js';
import { DomainError } from '../errors.js';
import { type HeardEvent, mayHear } from '../events/audience.js';
import type { ServerRegistry } from '../servers/registry.js';
import { put, type Write } from '../store.js';
import { type Webhook, webhooks } from './record.js';

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

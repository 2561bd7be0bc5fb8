import { Mirror } from '../mirror.js';
import type { Store } from '../store.js';
import { type Webhook, webhooks } from './record.js';

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

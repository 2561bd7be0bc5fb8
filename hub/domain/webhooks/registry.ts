import type { Committed, Store } from '../store.js';
import { type Webhook, webhooks } from './record.js';

/** All webhooks, in memory and always as the store has them. */
export class WebhookRegistry {
  readonly #byId = new Map<string, Webhook>();
  readonly #secrets = new WeakMap<Webhook, Promise<string>>();
  readonly #store: Store;
  #types = new Set<string>();

  constructor(store: Store) {
    this.#store = store;
    for (const webhook of store.list(webhooks)) this.#byId.set(webhook.id, webhook);
    this.#collectTypes();
    store.subscribe((committed) => this.#follow(committed));
  }

  byId(id: string): Webhook | undefined {
    return this.#byId.get(id);
  }

  /** In the order in which they were made. */
  all(): Webhook[] {
    return [...this.#byId.values()];
  }

  get size(): number {
    return this.#byId.size;
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

  #follow({ writes }: Committed): void {
    for (const { collection, id, value } of writes) {
      if (collection !== webhooks.name) continue;
      if (value) this.#byId.set(id, value as Webhook);
      else this.#byId.delete(id);
      this.#collectTypes();
    }
  }

  #collectTypes(): void {
    this.#types = new Set(this.all().flatMap(({ enabled, events }) => (enabled ? events : [])));
  }
}

/** Teaches the redactor the secrets of all webhooks, at the start: the store teaches whatever it unseals. */
export async function learnWebhookSecrets(registry: WebhookRegistry): Promise<void> {
  for (const webhook of registry.all()) {
    try {
      await registry.secret(webhook);
    } catch {
      // Sealed under a key that is lost: nothing is signed with it any more.
    }
  }
}

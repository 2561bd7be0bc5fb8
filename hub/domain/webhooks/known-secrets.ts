import type { Redactor } from '../audit/redactor.js';
import type { WebhookRegistry } from './registry.js';

/** Teaches the redactor the secrets of all webhooks; at the start, before anything of them can be echoed. */
export async function learnWebhookSecrets(registry: WebhookRegistry, redactor: Redactor): Promise<void> {
  for (const webhook of registry.all()) {
    try {
      redactor.learn(await registry.secret(webhook));
    } catch {
      // Sealed under a key that is lost: nothing is signed with it any more.
    }
  }
}

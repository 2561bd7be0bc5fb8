import type { Redactor } from '../audit/redactor.js';
import type { Store } from '../store.js';
import type { ServerRegistry } from './registry.js';

/** Teaches the redactor the secrets of all registered servers; at the start, before anything of them can be echoed. */
export async function learnServerSecrets(store: Store, registry: ServerRegistry, redactor: Redactor): Promise<void> {
  for (const { sealedSecrets } of registry.all()) {
    if (sealedSecrets === null) continue;
    try {
      redactor.learn(await store.unseal(sealedSecrets));
    } catch {
      // Sealed under a key that is lost: no agent gets the secret either, so no agent can echo it.
    }
  }
}

import { type ApiName, type Caller, payerOf, type RequestOrigin } from '../../access/caller.js';
import { DomainError, notFound } from '../../errors.js';
import type { Fields } from '../../lists/field.js';
import { byId, type Source, sourceOf } from '../../lists/source.js';
import type { ApiKeyRecord, ApiKeys } from './keys.js';

/** How many keys one user may have. */
const MOST = 100;

/** A key with its usage, which is kept outside the record. */
export interface KeyView {
  readonly key: ApiKeyRecord;
  /** Milliseconds since 1970, to the minute; `null` for never. */
  readonly lastUsed: number | null;
}

/** The fields by which a list of keys can be filtered and sorted. */
export const keyFields = {
  id: { type: 'string', of: ({ key }) => key.id, index: byId },
  name: { type: 'string', of: ({ key }) => key.name },
  prefix: { type: 'string', of: ({ key }) => key.prefix },
  createdAt: { type: 'date', of: ({ key }) => key.createdAt },
  expiresAt: { type: 'date', of: ({ key }) => key.expiresAt },
  lastUsed: { type: 'date', of: ({ lastUsed }) => lastUsed },
} satisfies Fields<KeyView>;

/** The API keys that callers make for themselves: a key has its maker's rights. The keys of other users do not exist for the caller. */
export class OwnKeys {
  readonly #keys: ApiKeys;
  readonly #now: () => number;

  constructor(keys: ApiKeys, now: () => number = Date.now) {
    this.#keys = keys;
    this.#now = now;
  }

  source(caller: Caller): Source<KeyView> {
    const views = this.#keys.ofCaller(caller).map((key) => ({ key, lastUsed: this.#keys.lastUsedAt(key.id) }));
    return sourceOf(views);
  }

  /**
   * Makes a key with the caller's role, grants and limits; its text is in the answer and nowhere else.
   * @param expiresIn seconds; 0 for never
   * @throws DomainError `conflict` above the limit, and `forbidden` where it would outlive the key that makes it.
   */
  create(
    origin: RequestOrigin,
    caller: Caller,
    wanted: { readonly api: ApiName; readonly name: string; readonly expiresIn: number },
  ): Promise<{ key: string; record: ApiKeyRecord }> {
    if (this.#keys.countOf(caller) >= MOST)
      throw new DomainError('conflict', `there are ${MOST} API keys already: delete some first`, { limit: MOST });
    const { name, api, expiresIn } = wanted;
    const now = this.#now();
    const expiresAt = expiresIn === 0 ? null : now + expiresIn * 1000;
    const maker =
      caller.kind === 'api_key' ? this.#keys.ofCaller(caller).find(({ id }) => id === caller.id) : undefined;
    const key = {
      name,
      api,
      expiresAt,
      userId: caller.userId,
      role: caller.role,
      grants: caller.grants,
      // Users have no tier of their own: their keys are limited as they are, by each API's classes.
      tier: caller.tier ?? 'enterprise',
      limits: maker?.limits ?? null,
      countedAs: payerOf(caller),
    };
    return this.#keys.make(origin, key, now);
  }

  /** @throws DomainError `not_found`, also for a key of another user. */
  async delete(origin: RequestOrigin, caller: Caller, id: string): Promise<void> {
    if (!this.#keys.ofCaller(caller).some((key) => key.id === id)) throw notFound('API key', id);
    await this.#keys.revoke({ ...origin, caller }, id);
  }
}

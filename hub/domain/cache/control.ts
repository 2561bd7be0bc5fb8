import { authorize } from '../access/authorize.js';
import type { RequestOrigin } from '../access/caller.js';
import { maySee } from '../access/grants.js';
import { auditWrite } from '../audit/audit.js';
import { notFound } from '../errors.js';
import type { ServerRegistry } from '../servers/registry.js';
import type { Store } from '../store.js';
import type { ResponseCache } from './response-cache.js';

/** Clears the cache for a caller: within the caller's grants, and audited. */
export class CacheControl {
  readonly #store: Store;
  readonly #cache: ResponseCache;
  readonly #registry: ServerRegistry;

  constructor(store: Store, cache: ResponseCache, registry: ServerRegistry) {
    this.#store = store;
    this.#cache = cache;
    this.#registry = registry;
  }

  /**
   * Clears the entries whose tool matches a glob, and that belong to a server (id or name); both are optional. Gives how many entries went.
   * @throws DomainError `not_found`.
   */
  clear(
    origin: RequestOrigin,
    { pattern, serverId }: { readonly pattern?: string | undefined; readonly serverId?: string | undefined },
  ): number {
    const { caller } = origin;
    authorize(caller, 'cache.clear');
    const sees = (id: string) => {
      const server = this.#registry.byId(id);
      return server ? !caller || maySee(caller, server) : !caller?.grants;
    };
    const only = serverId === undefined ? undefined : this.#registry.find(serverId, caller);
    if (serverId !== undefined && !(only && sees(only.id))) throw notFound('server', serverId);
    const cleared = this.#cache.clear({ pattern, covers: (id) => (only ? id === only.id : sees(id)) });
    const resource = { type: 'cache', id: only?.id ?? '*', ...(only ? { serverId: only.id } : {}) };
    const details = { cleared, ...(pattern === undefined ? {} : { pattern }) };
    const entry = auditWrite(origin, { action: 'cache.clear', resource, details, success: true, durationMs: 0 });
    this.#store.record({ writes: [entry] });
    return cleared;
  }
}

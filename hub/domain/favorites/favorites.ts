import { authorize } from '../access/authorize.js';
import type { Caller, RequestOrigin } from '../access/caller.js';
import { maySee, mayUseTool } from '../access/grants.js';
import { changeAudit } from '../audit/audit.js';
import type { Dependants } from '../dependants.js';
import { DomainError, notFound } from '../errors.js';
import { newId } from '../ids.js';
import { apiKeys, users } from '../people/record.js';
import { type ServerRecord, serverRecords } from '../servers/record.js';
import type { ServerRegistry } from '../servers/registry.js';
import { collection, put, remove, type Store, type Write } from '../store.js';
import { ambiguous, type ToolCatalog } from '../tools/catalog.js';

/** One tool of one server that a key or user marked. */
export interface FavoriteRecord {
  readonly id: string;
  /** The key's or the user's id. */
  readonly ownerId: string;
  readonly serverId: string;
  readonly tool: string;
  /** Milliseconds since 1970. */
  readonly favoritedAt: number;
}

export const favoriteRecords = collection<FavoriteRecord>('favorites', 'favorite', {
  tool: { of: ({ ownerId, tool, serverId }) => [ownerId, tool, serverId], unique: true },
  server: { of: ({ serverId }) => serverId },
});

/** The writes that remove a server's favorites together with the server. */
export function favoritesOfServer(store: Store, serverId: string): Write[] {
  const found = store.list(favoriteRecords, { index: 'server', equals: serverId });
  return Array.from(found, ({ id }) => remove(favoriteRecords, id, 'any'));
}

/** The writes that remove the favorites of a key or user together with it. */
function favoritesOf(store: Store, ownerId: string): Write[] {
  const found = store.list(favoriteRecords, { index: 'tool', equals: [ownerId] });
  return Array.from(found, ({ id }) => remove(favoriteRecords, id, 'any'));
}

/** A favorite with its server. */
export interface FavoriteView {
  readonly record: FavoriteRecord;
  readonly server: ServerRecord;
}

/** The most favorites of one key or user. */
const LIMIT = 1000;

/** The tools that each key or user marked. A caller does not see the marks of servers that its grants do not cover. */
export class Favorites {
  readonly #store: Store;
  readonly #catalog: ToolCatalog;
  readonly #servers: ServerRegistry;

  constructor(store: Store, catalog: ToolCatalog, servers: ServerRegistry, dependants: Dependants) {
    this.#store = store;
    this.#catalog = catalog;
    this.#servers = servers;
    dependants.register(serverRecords, (id) => favoritesOfServer(store, id));
    for (const owners of [users, apiKeys]) dependants.register(owners, (id) => favoritesOf(store, id));
  }

  /** The caller's own, newest first. */
  list(caller: Caller): FavoriteView[] {
    authorize(caller, 'tool.read');
    return this.#visible(caller).sort((a, b) => b.record.favoritedAt - a.record.favoritedAt);
  }

  /**
   * Marks a tool, of a server (id or name) if several have it. A tool that is marked already stays as it is.
   * The server need not be connected. @throws DomainError as {@link ToolCatalog.find}, and `conflict` above the limit.
   */
  async add(origin: RequestOrigin, caller: Caller, tool: string, server: string | undefined): Promise<FavoriteView> {
    authorize(caller, 'tool.read');
    const { server: found } = this.#catalog.find(caller, tool, server);
    const record: FavoriteRecord = {
      id: newId(),
      ownerId: caller.id,
      serverId: found.id,
      tool,
      favoritedAt: Date.now(),
    };
    const key = [caller.id, tool, found.id];
    const marked = this.#store.find(favoriteRecords, 'tool', key);
    if (marked) return { record: marked, server: found };
    if (this.#store.count(favoriteRecords, { index: 'tool', equals: [caller.id] }) >= LIMIT)
      throw new DomainError('conflict', `there are ${LIMIT} favorites already: remove some first`, { limit: LIMIT });
    try {
      await this.#store.apply({
        by: origin.caller,
        writes: [put(favoriteRecords, record, 'absent'), audit(origin, 'favorite.add', record)],
      });
      return { record, server: found };
    } catch (error) {
      // Another request added the same favorite at the same moment.
      const winner = this.#store.find(favoriteRecords, 'tool', key);
      if (winner && error instanceof DomainError && error.code === 'already_exists')
        return { record: winner, server: found };
      throw error;
    }
  }

  /**
   * Removes a mark. @throws DomainError `not_found` if the caller has no such mark, `invalid_input` if the tool is marked at several
   * servers and the caller names no server (`details.servers` lists the choices).
   */
  async remove(origin: RequestOrigin, caller: Caller, tool: string, server: string | undefined): Promise<void> {
    authorize(caller, 'tool.read');
    const wanted = server === undefined ? undefined : this.#servers.find(server, caller);
    const found = this.#visible(caller, tool).filter((view) => server === undefined || view.server === wanted);
    const [only] = found;
    if (!only) throw notFound('favorite', tool);
    if (found.length > 1) throw ambiguous(tool, found);
    const { record } = only;
    await this.#store.apply({
      by: origin.caller,
      writes: [remove(favoriteRecords, record.id, 'any'), audit(origin, 'favorite.remove', record)],
    });
  }

  #visible(caller: Caller, tool?: string): FavoriteView[] {
    const equals = tool === undefined ? [caller.id] : [caller.id, tool];
    const views: FavoriteView[] = [];
    for (const record of this.#store.list(favoriteRecords, { index: 'tool', equals })) {
      const server = this.#servers.byId(record.serverId);
      if (server && maySee(caller, server) && mayUseTool(caller, record.tool)) views.push({ record, server });
    }
    return views;
  }
}

function audit(origin: RequestOrigin, action: string, { tool, serverId }: FavoriteRecord): Write {
  return changeAudit(origin, action, { type: 'tool', id: tool, serverId });
}

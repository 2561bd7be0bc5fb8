import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { ObservedTool } from '../servers/observed.js';
import type { ServerRecord } from '../servers/record.js';
import type { CatalogTool, ToolCatalog } from '../tools/catalog.js';
import { withMember } from './json-text.js';
import { exposedName } from './names.js';
import type { McpView } from './view.js';

/** A tool under the name by which a client calls it. */
export interface OfferedTool {
  readonly name: string;
  /** Its definition with that name (JSON text). */
  readonly json: string;
  readonly entry: CatalogTool;
}

/** All tools of connected servers that a view shows, by name. */
export interface ToolOffer {
  /** Another one whenever anything in it is another. */
  readonly tag: string;
  readonly tools: readonly OfferedTool[];
  readonly byName: ReadonlyMap<string, OfferedTool>;
}

/** Tools that a client has in place of those that everybody else has of a server: its private instance's. */
export type OwnTools = ReadonlyMap<string, { readonly server: ServerRecord; readonly tools: readonly ObservedTool[] }>;

/** Views kept ready. */
const KEPT = 256;

/** What is offered to whom: computed once for each view and state of the catalogue. */
export class ToolOffers {
  readonly #catalog: ToolCatalog;
  readonly #kept = new LRUCache<string, ToolOffer>({ max: KEPT });
  readonly #plain = new WeakMap<CatalogTool, OfferedTool>();
  readonly #prefixed = new WeakMap<CatalogTool, OfferedTool>();
  #keptFor = -1;

  constructor(catalog: ToolCatalog) {
    this.#catalog = catalog;
  }

  /** Grows whenever offers may have changed. */
  get version(): number {
    return this.#catalog.version;
  }

  of(view: McpView, own?: OwnTools): ToolOffer {
    if (own && own.size > 0) return this.#make(view, own);
    if (this.#catalog.version !== this.#keptFor) {
      this.#kept.clear();
      this.#keptFor = this.#catalog.version;
    }
    let offer = this.#kept.get(view.key);
    if (!offer) {
      offer = this.#make(view, new Map());
      this.#kept.set(view.key, offer);
    }
    return offer;
  }

  #make(view: McpView, own: OwnTools): ToolOffer {
    const byName = new Map<string, OfferedTool>();
    const add = (entry: CatalogTool) => {
      if (!view.covers(entry.server) || !view.mayUse(entry.tool.name)) return;
      const offered = this.#offered(entry, view.serverId !== undefined);
      if (!byName.has(offered.name)) byName.set(offered.name, offered);
    };
    if (view.invokes) {
      for (const entry of this.#catalog.listed()) if (!own.has(entry.server.id)) add(entry);
      for (const { server, tools } of own.values()) for (const tool of tools) add({ tool, server, connected: true });
    }
    const tools = [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    const hash = createHash('sha256');
    for (const { json, entry } of tools) hash.update(entry.server.id).update(json);
    return { tag: hash.digest('base64url'), tools, byName };
  }

  #offered(entry: CatalogTool, plain: boolean): OfferedTool {
    const kept = plain ? this.#plain : this.#prefixed;
    let offered = kept.get(entry);
    if (!offered) {
      const { tool, server } = entry;
      const name = plain ? tool.name : exposedName(server, tool.name);
      const json = plain ? tool.definition : withMember(tool.definition, 'name', JSON.stringify(name));
      offered = { name, json, entry };
      kept.set(entry, offered);
    }
    return offered;
  }
}

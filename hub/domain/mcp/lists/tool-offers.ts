import { createHash } from 'node:crypto';
import { withMember } from '@roundhouse/proto/json';
import { LRUCache } from 'lru-cache';
import type { ObservedTool } from '../../servers/observed.js';
import type { ServerRecord } from '../../servers/record.js';
import type { CatalogTool, ToolCatalog } from '../../tools/catalog.js';
import type { McpView } from '../view.js';
import { exposedName } from './names.js';

/** A tool under the name by which a client calls it. */
export interface OfferedTool {
  readonly name: string;
  /** Its definition with that name (JSON text). */
  readonly json: string;
  readonly entry: CatalogTool;
}

/** All tools that a view shows. */
export interface ToolOffer {
  /** Changes whenever the content of the offer changes. */
  readonly tag: string;
  /** The listed tools, by name: of servers that are connected or reconnecting. */
  readonly tools: readonly OfferedTool[];
  /** All known tools: a call of a tool whose server is stopped gets an error that says so. */
  readonly byName: ReadonlyMap<string, OfferedTool>;
}

/** The tools of a client's private instance, in place of the tools of the shared instance. */
export type OwnTools = ReadonlyMap<string, { readonly server: ServerRecord; readonly tools: readonly ObservedTool[] }>;

/** Views kept ready. */
const KEPT = 256;

/** The tools that each view offers: computed once for each view and state of the catalogue. */
export class ToolOffers {
  readonly #catalog: ToolCatalog;
  readonly #kept = new LRUCache<string, ToolOffer>({ max: KEPT });
  /** Keyed by an object that outlasts the catalogue's entries: with many servers these change all the time. */
  readonly #plain = new WeakMap<ObservedTool, OfferedTool>();
  readonly #prefixed = new WeakMap<ObservedTool, OfferedTool>();
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
      const known = byName.get(offered.name)?.entry.server;
      // A caller's own server comes before a shared server of the same name.
      if (!known || (known.ownerId === undefined && entry.server.ownerId !== undefined))
        byName.set(offered.name, offered);
    };
    if (view.invokes) {
      for (const entry of this.#catalog.known()) if (!own.has(entry.server.id)) add(entry);
      for (const { server, tools } of own.values()) for (const tool of tools) add({ tool, server, connected: true });
    }
    const tools = this.#inOrder(
      [...byName.values()].filter(({ entry }) => isListed(entry)),
      own,
    );
    const hash = createHash('sha256');
    for (const { name, entry } of tools) hash.update(JSON.stringify([entry.server.id, name, entry.tool.digest]));
    return { tag: hash.digest('base64url'), tools, byName };
  }

  /** Sorts tools by server, and those of a server in the server's own order. */
  #inOrder(tools: OfferedTool[], own: OwnTools): OfferedTool[] {
    const ofServer = new Map<string, ReadonlyMap<ObservedTool, number>>();
    const positions = ({ id }: ServerRecord) => {
      const known = ofServer.get(id);
      if (known) return known;
      const listed = own.get(id)?.tools ?? this.#catalog.ofServer(id);
      const made = new Map(listed.map((tool, i) => [tool, i]));
      ofServer.set(id, made);
      return made;
    };
    const place = ({ entry: { server, tool } }: OfferedTool) => positions(server).get(tool) ?? 0;
    return tools.sort((a, b) => compare(a.entry.server.name, b.entry.server.name) || place(a) - place(b));
  }

  /** The tool with a name at an address, also for clients whose view does not let them use it. */
  hidden(view: McpView, name: string): CatalogTool | undefined {
    const isPlain = view.serverId !== undefined;
    return this.#catalog
      .known()
      .find((entry) => view.shows(entry.server) && this.#offered(entry, isPlain).name === name);
  }

  #offered(entry: CatalogTool, plain: boolean): OfferedTool {
    const kept = plain ? this.#plain : this.#prefixed;
    const { tool, server } = entry;
    let offered = kept.get(tool);
    if (offered?.entry.server !== server || offered.entry.connected !== entry.connected) {
      const name = plain ? tool.name : exposedName(server, tool.name);
      const json = plain ? tool.definition : withMember(tool.definition, 'name', JSON.stringify(name));
      offered = { name, json, entry };
      kept.set(tool, offered);
    }
    return offered;
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A server that starts, restarts or is out of reach for a while keeps its tools; the tools of a stopped server are not offered. */
function isListed({ connected, server: { enabled, wanted } }: CatalogTool): boolean {
  return connected || (enabled && wanted);
}

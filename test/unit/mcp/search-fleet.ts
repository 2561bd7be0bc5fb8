import { type OwnTools, ToolOffers } from '../../../hub/domain/mcp/lists/tool-offers.js';
import { ToolSearch } from '../../../hub/domain/mcp/search/tool-search.js';
import { McpView } from '../../../hub/domain/mcp/view.js';
import type { ServerRecord } from '../../../hub/domain/servers/record.js';
import type { CatalogTool, ToolCatalog } from '../../../hub/domain/tools/catalog.js';
import { caller } from '../mcp-door/caller.js';

export interface ListedTool {
  readonly name: string;
  readonly title?: string;
  readonly description: string;
  readonly inputSchema?: object;
  readonly annotations?: { readonly readOnlyHint?: boolean };
}

/** The search over servers' tools, which can be set to others. */
export function searchFleet(servers: Readonly<Record<string, readonly ListedTool[]>>, tags: readonly string[] = []) {
  let listed = entriesOf(servers, tags);
  let version = 1;
  const catalog = {
    servers: () => new Set(listed.map(({ server }) => server.id)),
    toolsOf: (id: string) => listed.filter(({ server }) => server.id === id),
    changedSince: () => undefined,
    get version() {
      return version;
    },
  } as unknown as ToolCatalog;
  const offers = new ToolOffers(catalog);
  const search = new ToolSearch(catalog);
  const everything = new McpView(caller, {});
  interface Asking {
    readonly limit?: number;
    readonly view?: McpView;
    readonly payer?: string;
    readonly own?: OwnTools;
  }
  /** The best, each as `SERVER/TOOL` of all servers that are named for it. */
  const findCopies = async (question: string, { limit = 5, view = everything, payer = 'p', own }: Asking = {}) => {
    const found = await search.find(payer, offers.of(view, own), question, limit);
    return found.map(({ entry, copies }) =>
      [entry, ...copies.map((copy) => copy.entry)].map((one) => `${one?.server.name}/${one?.tool.name}`),
    );
  };
  return {
    findCopies,
    /** `SERVER/TOOL` of the best. */
    async find(question: string, asking: Asking = {}): Promise<string[]> {
      return (await findCopies(question, asking)).map(([first = '']) => first);
    },
    get termCount() {
      return search.termCount;
    },
    get toolCount() {
      return search.toolCount;
    },
    /** The entries of a server in the catalog. */
    entries: (server: string) => listed.filter((entry) => entry.server.name === server),
    set(
      now: Readonly<Record<string, readonly ListedTool[]>>,
      tagsNow: readonly string[] = [],
      stopped: readonly string[] = [],
    ) {
      listed = entriesOf(now, tagsNow, stopped);
      version += 1;
    },
  };
}

function entriesOf(
  servers: Readonly<Record<string, readonly ListedTool[]>>,
  tags: readonly string[],
  stopped: readonly string[] = [],
): CatalogTool[] {
  return Object.entries(servers).flatMap(([name, tools]) => {
    const metadata = { category: null, tags, version: null };
    const server = { id: `id-${name}`, name, description: '', site: 'local', groupId: null, metadata };
    return tools.map((tool) => ({
      server: server as unknown as ServerRecord,
      connected: !stopped.includes(name),
      tool: {
        name: tool.name,
        description: tool.description,
        inputSchema: JSON.stringify(tool.inputSchema ?? {}),
        readOnly: tool.annotations?.readOnlyHint === true,
        definition: JSON.stringify(tool),
        digest: JSON.stringify(tool),
      },
    }));
  });
}

import MiniSearch from 'minisearch';
import type { CatalogTool, ToolCatalog } from '../tools/catalog.js';
import type { OfferedTool, ToolOffer } from './tool-offers.js';

interface Indexed {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly parameters: string;
  readonly server: string;
}

/** Documents that go into the index before others get a turn. */
const AT_ONCE = 100;

/** Words that say nothing about a tool. */
const idle = new Set(
  'a an the of to in on at for from with by and or is are be do does how can i me my we our you your it its this that what which when where want need please get some'.split(
    ' ',
  ),
);

/** Finds tools by what they are said to do: name, title, description, parameters and server. */
export class ToolSearch {
  readonly #catalog: ToolCatalog;
  readonly #index = new MiniSearch<Indexed>({
    fields: ['name', 'title', 'description', 'parameters', 'server'],
    tokenize: words,
    processTerm: termOf,
    searchOptions: {
      boost: { name: 3, title: 2, server: 1.5, parameters: 0.7 },
      prefix: (term) => term.length >= 4,
      fuzzy: (term) => (term.length >= 6 ? 0.2 : false),
      weights: { prefix: 0.4, fuzzy: 0.2 },
    },
  });
  /** What is in the index, by id. */
  readonly #indexed = new Map<string, string>();
  #builtFor = -1;
  #building: Promise<void> | undefined;

  constructor(catalog: ToolCatalog) {
    this.#catalog = catalog;
  }

  /** The tools of an offer that fit a question best, best first. */
  async find(offer: ToolOffer, question: string, limit: number): Promise<OfferedTool[]> {
    await this.#ready();
    const offered = new Map(offer.tools.map((tool) => [idOf(tool.entry), tool]));
    const found = this.#index.search(question, { filter: ({ id }) => offered.has(id) });
    return found.slice(0, limit).flatMap(({ id }) => offered.get(id) ?? []);
  }

  async #ready(): Promise<void> {
    while (this.#builtFor !== this.#catalog.version) {
      this.#building ??= this.#build().finally(() => {
        this.#building = undefined;
      });
      await this.#building;
    }
  }

  async #build(): Promise<void> {
    const { version } = this.#catalog;
    const wanted = new Map(this.#catalog.listed().map((entry) => [idOf(entry), entry]));
    for (const id of [...this.#indexed.keys()]) {
      if (!wanted.has(id)) this.#drop(id);
    }
    const documents: Indexed[] = [];
    for (const [id, entry] of wanted) {
      const text = `${entry.server.name}\n${entry.tool.definition}`;
      const known = this.#indexed.get(id);
      if (known === text) continue;
      if (known !== undefined) this.#drop(id);
      this.#indexed.set(id, text);
      documents.push(documentOf(id, entry));
    }
    await this.#index.addAllAsync(documents, { chunkSize: AT_ONCE });
    this.#builtFor = version;
  }

  #drop(id: string): void {
    this.#indexed.delete(id);
    this.#index.discard(id);
  }
}

function idOf({ server, tool }: CatalogTool): string {
  return `${server.id} ${tool.name}`;
}

function documentOf(id: string, { tool, server }: CatalogTool): Indexed {
  const { title, annotations } = JSON.parse(tool.definition) as {
    readonly title?: unknown;
    readonly annotations?: { readonly title?: unknown } | null;
  };
  const titles = [title, annotations?.title].filter((text) => typeof text === 'string');
  const { category, tags } = server.metadata;
  return {
    id,
    name: tool.name,
    title: titles.join(' '),
    description: tool.description,
    parameters: parametersOf(tool.inputSchema),
    server: [server.name, server.description, category ?? '', ...tags].join(' '),
  };
}

/** Names and descriptions of a schema's properties, the nested ones' names included. */
function parametersOf(schema: string): string {
  const found: string[] = [];
  const look = (value: unknown, depth: number) => {
    const { properties, items } = (value ?? {}) as { readonly properties?: unknown; readonly items?: unknown };
    if (depth > 4) return;
    if (typeof items === 'object') look(items, depth + 1);
    if (typeof properties !== 'object' || properties === null) return;
    for (const [name, property] of Object.entries(properties)) {
      const { description } = (property ?? {}) as { readonly description?: unknown };
      found.push(name);
      if (typeof description === 'string') found.push(description);
      look(property, depth + 1);
    }
  };
  look(JSON.parse(schema), 0);
  return found.join(' ');
}

/** Also `camelCase` and `snake_case` are several words. */
function words(text: string): string[] {
  return text
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean);
}

/** Singular and plural are one word, and so are the common forms of verbs. */
function termOf(word: string): string | null {
  const lower = word.toLowerCase();
  if (idle.has(lower)) return null;
  if (lower.length <= 3) return lower;
  return lower
    .replace(/ies$/, 'y')
    .replace(/(ss|sh|ch|x)es$/, '$1')
    .replace(/([^su])s$/, '$1')
    .replace(/(.{3,})(?:ing|ed)$/, '$1');
}

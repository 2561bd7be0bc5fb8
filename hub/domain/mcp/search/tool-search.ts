import MiniSearch from 'minisearch';
import type { ObservedTool } from '../../servers/observed.js';
import type { CatalogTool, ToolCatalog } from '../../tools/catalog.js';
import type { OfferedTool, ToolOffer } from '../lists/tool-offers.js';
import { documentOf, serverText, type ToolDocument } from './document.js';
import { Question } from './question.js';
import { isMeaning, meanings } from './thesaurus.js';
import { isIdle, stems } from './words.js';

/** Servers named beside a tool that several have alike. */
const MAX_COPIES = 20;

/** A tool that fits a question: a server's, or one of the hub's own. */
export interface FoundTool extends OwnTool {
  /** Whose it is; absent for the hub's own. */
  readonly entry?: CatalogTool;
  /** The same tool (name, description, parameters) of other servers, as far as they fit too. */
  readonly copies: readonly OfferedTool[];
}

/** Documents that go into the index before others get a turn. */
const AT_ONCE = 100;

/** How much it counts that a tool answers all of a question, and not only a part. */
const COVERAGE = 1.3;

/** The part of the score that a changing tool keeps if the question asks for information. */
const UNASKED_CHANGE = 0.5;

/**
 * Finds tools by what they are said to do: name, title, description, parameters and server, by their words and by what these mean (see `search/thesaurus.ts`).
 * What is tuned is tuned with the practice questions of `test/fixtures/find-tools`.
 */
export class ToolSearch {
  readonly #catalog: ToolCatalog;
  readonly #index = new MiniSearch<ToolDocument>({
    fields: ['name', 'title', 'summary', 'description', 'parameters', 'server'],
    storeFields: ['changes'],
    tokenize: termsOf,
    processTerm: (term) => term,
    searchOptions: {
      boost: { name: 3, title: 2, summary: 1.5, description: 0.3, parameters: 0.3, server: 4 },
      bm25: { k: 2, b: 0.9, d: 0 },
      prefix: (term) => !isMeaning(term) && term.length >= 4,
      fuzzy: (term) => (!isMeaning(term) && term.length >= 5 ? 0.2 : false),
      weights: { prefix: 0.3, fuzzy: 0.2 },
    },
  });
  /** What is in the index, by id. */
  readonly #indexed = new Map<string, string>();
  readonly #own = new Map<string, OwnTool>();
  readonly #offered = new WeakMap<ToolOffer, ReadonlyMap<string, OfferedTool>>();
  #builtFor = -1;
  #building: Promise<void> | undefined;

  constructor(catalog: ToolCatalog) {
    this.#catalog = catalog;
  }

  /**
   * The tools that fit a question best, best first: of an offer, and of the hub's own.
   * @param own those of them that are offered, too
   */
  async find(offer: ToolOffer, question: string, limit: number, own: readonly OwnTool[] = []): Promise<FoundTool[]> {
    await this.#ready();
    for (const tool of own) this.#addOwn(tool);
    const ofServers = this.#offeredIn(offer);
    const ofHub = new Map(own.map((tool) => [ownId(tool), tool]));
    const asked = new Question(question);
    const { weights } = asked;
    const found = this.#index.search(question, {
      tokenize: () => [...weights.keys()],
      boostTerm: (term) => weights.get(term) ?? 1,
      filter: ({ id }) => ofServers.has(id) || ofHub.has(id),
    });
    const covered = asked.coverage(
      found.map(({ queryTerms }) => queryTerms),
      ofServers.size + ofHub.size,
    );
    const scored = found.map(({ id, score, queryTerms, changes }, i) => {
      // The index multiplies by how many terms there are; here several may stand for one thing.
      const fit = (score / queryTerms.length) * (covered[i] ?? 0) ** COVERAGE;
      return { id, score: asked.wantsToKnow && changes ? fit * UNASKED_CHANGE : fit };
    });
    scored.sort((a, b) => b.score - a.score);
    return together(
      scored.flatMap(({ id }) => ofServers.get(id) ?? ofHub.get(id) ?? []),
      limit,
    );
  }

  /** The tools of an offer by their ids in the index. */
  #offeredIn(offer: ToolOffer): ReadonlyMap<string, OfferedTool> {
    let offered = this.#offered.get(offer);
    if (!offered) {
      offered = new Map(offer.tools.map((tool) => [idOf(tool.entry), tool]));
      this.#offered.set(offer, offered);
    }
    return offered;
  }

  /** They stay as they are as long as the hub runs. */
  #addOwn(tool: OwnTool): void {
    const id = ownId(tool);
    if (this.#own.has(id)) return;
    this.#own.set(id, tool);
    this.#index.add(documentOf(id, observedOf(tool), ''));
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
    const wanted = new Map(this.#catalog.known().map((entry) => [idOf(entry), entry]));
    for (const id of [...this.#indexed.keys()]) {
      if (!wanted.has(id)) this.#drop(id);
    }
    const documents: ToolDocument[] = [];
    for (const [id, entry] of wanted) {
      const text = `${serverText(entry.server)}\n${entry.tool.definition}`;
      const known = this.#indexed.get(id);
      if (known === text) continue;
      if (known !== undefined) this.#drop(id);
      this.#indexed.set(id, text);
      documents.push(documentOf(id, entry.tool, serverText(entry.server)));
    }
    await this.#index.addAllAsync(documents, { chunkSize: AT_ONCE });
    this.#builtFor = version;
  }

  #drop(id: string): void {
    this.#indexed.delete(id);
    this.#index.discard(id);
  }
}

/** What several servers have alike takes one place: that of the best of them. */
function together(found: readonly (OfferedTool | OwnTool)[], limit: number): FoundTool[] {
  const shown = new Map<string, OwnTool & { readonly entry?: CatalogTool; readonly copies: OfferedTool[] }>();
  for (const tool of found) {
    const what = 'entry' in tool ? tool.entry.tool : undefined;
    const key = what ? JSON.stringify([what.name, what.description, what.inputSchema]) : tool.name;
    const first = shown.get(key);
    if (!first && shown.size < limit) shown.set(key, { ...tool, copies: [] });
    else if (first && 'entry' in tool && first.copies.length < MAX_COPIES) first.copies.push(tool);
  }
  return [...shown.values()];
}

/** No server has this id. */
function ownId({ name }: OwnTool): string {
  return `hub ${name}`;
}

function idOf({ server, tool }: CatalogTool): string {
  return `${server.id} ${tool.name}`;
}

/** Fields that say more about how a tool is used than about what it is for: only their words count. */
const asides = new Set(['description', 'parameters']);

/** The terms by which a field's text is found. */
function termsOf(text: string, field: string | undefined): string[] {
  const words = stems(text);
  const named = words.filter((word) => !isIdle(word));
  return field !== undefined && asides.has(field) ? named : [...named, ...meanings(words)];
}

/** One of the hub's own tools. */
interface OwnTool {
  readonly name: string;
  /** Its definition (JSON text). */
  readonly json: string;
}

/** How their names begin; that says nothing about what they are for. */
const PREFIX = 'roundhouse_';

/** One of the hub's own tools as servers' are known. */
function observedOf({ name, json }: OwnTool): ObservedTool {
  const { description, inputSchema, annotations } = JSON.parse(json) as {
    readonly description: string;
    readonly inputSchema: object;
    readonly annotations: { readonly readOnlyHint: boolean };
  };
  return {
    name: name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name,
    description,
    inputSchema: JSON.stringify(inputSchema),
    readOnly: annotations.readOnlyHint,
    definition: json,
  };
}

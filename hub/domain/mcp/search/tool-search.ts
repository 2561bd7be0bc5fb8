import MiniSearch from 'minisearch';
import { Turns } from '../../event-loop.js';
import type { ObservedTool } from '../../servers/observed.js';
import type { CatalogTool, ToolCatalog } from '../../tools/catalog.js';
import type { OfferedTool, ToolOffer } from '../lists/tool-offers.js';
import { documentOf, serverText, type ToolDocument, Vocabulary } from './document.js';
import { isChange, isIdle, isMeaning, meanings, phrases, stems } from './thesaurus.js';

/** Servers that an answer names for a tool that several servers have. */
const MAX_COPIES = 20;

/** A tool that fits a question: a server's, or one of the hub's own. */
export interface FoundTool extends OwnTool {
  /** The server's tool; absent for a tool of the hub. */
  readonly entry?: CatalogTool;
  /** The same tool (name, description, parameters) of other servers, as far as they fit too. */
  readonly copies: readonly OfferedTool[];
}

/**
 * The most terms of one step of a search, and the tools that all of them together are looked for in: a step holds up other requests for some
 * milliseconds, and its time grows with both.
 */
const AT_ONCE = { terms: 8, tools: 16_000 };

/** How well a tool answers a question. */
interface Fit {
  score: number;
  readonly changes: boolean;
  /** The terms of the question that the tool has. */
  readonly terms: string[];
}

/** The number of removed tools, and their share of all tools, from which the index is cleaned of their words. */
const DIRT = { count: 20, share: 0.1 };
/** The clean-up goes over `batchSize` words at a time, and leaves `batchWait` milliseconds for other work in between. */
const SLICES = { batchSize: 200, batchWait: 1 };

/** The weight of an answer to the whole question over an answer to a part of it. */
const COVERAGE = 1.3;

/** The part of the score that a changing tool keeps if the question asks for information. */
const UNASKED_CHANGE = 0.5;

/**
 * Finds tools by name, title, description, parameters and server: by their words, and by the meanings of these (see `search/thesaurus.ts`).
 * The weights are tuned with the practice questions of `test/fixtures/find-tools`.
 */
export class ToolSearch {
  readonly #catalog: ToolCatalog;
  readonly #index = new MiniSearch<ToolDocument>({
    fields: ['name', 'title', 'summary', 'description', 'parameters', 'server'],
    storeFields: ['changes'],
    // The library would clean up in the background. A tool that is added or removed meanwhile makes the clean-up fail.
    autoVacuum: false,
    tokenize: termsOf,
    processTerm: (term) => term,
    searchOptions: {
      boost: { name: 3, title: 2, summary: 1.5, description: 0.3, parameters: 0.3, server: 4 },
      bm25: { k: 2, b: 0.9, d: 0 },
      weights: { prefix: 0.3, fuzzy: 0.2 },
    },
  });
  /** The documents of the index, by server and by id. */
  readonly #indexed = new Map<string, Map<string, Indexed>>();
  readonly #vocabularies = new Map<string, Vocabulary>();
  /** Servers with a full vocabulary of which a tool has left the index. */
  readonly #outdated = new Set<string>();
  readonly #own = new Map<string, OwnTool>();
  #builtFor = -1;
  /** Questions that wait, by payer (`payerOf`): one piece of work uses the index at a time, because each changes it. */
  readonly #waiting = new Map<string, (() => Promise<void>)[]>();
  #isBusy = false;

  constructor(catalog: ToolCatalog) {
    this.#catalog = catalog;
  }

  /**
   * The tools that fit a question best, best first: of an offer, and of the hub's own. Payers take turns, question by question.
   * @param own the hub's own tools that are offered
   */
  find(
    payer: string,
    offer: ToolOffer,
    question: string,
    limit: number,
    own: readonly OwnTool[] = [],
  ): Promise<FoundTool[]> {
    return new Promise((resolve, reject) => {
      const answer = async () => {
        await this.#build();
        for (const tool of own) this.#addOwn(tool);
        resolve(await this.#search(offer, question, limit, own));
      };
      const questions = this.#waiting.get(payer) ?? [];
      questions.push(() => answer().catch(reject));
      this.#waiting.set(payer, questions);
      void this.#answerAll();
    });
  }

  /** Answers the questions that wait. The payer whose question is answered goes to the end of the queue. */
  async #answerAll(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    for (const [payer, questions] of this.#waiting) {
      this.#waiting.delete(payer);
      const answer = questions.shift();
      if (questions.length > 0) this.#waiting.set(payer, questions);
      await answer?.();
    }
    this.#isBusy = false;
  }

  /** Searches a few terms at a time, and lets other requests run in between. */
  async #search(offer: ToolOffer, question: string, limit: number, own: readonly OwnTool[]): Promise<FoundTool[]> {
    const ofHub = new Map(own.map((tool) => [ownId(tool), tool]));
    const asked = new Question(question);
    const { weights, looseWords } = asked;
    const terms = [...weights.keys()];
    const found = new Map<string, Fit>();
    const offered = new Map<string, OfferedTool | undefined>();
    /** Many terms lead to the same tools. */
    const offeredAt = (id: string) => {
      if (!offered.has(id)) offered.set(id, offeredAs(offer, id));
      return offered.get(id);
    };
    const turns = new Turns();
    const atOnce = Math.max(1, Math.min(AT_ONCE.terms, Math.floor(AT_ONCE.tools / this.#index.documentCount)));
    while (terms.length > 0) {
      if (turns.due) await turns.next();
      const some = terms.splice(0, atOnce);
      const having = this.#index.search(question, {
        tokenize: () => some,
        boostTerm: (term) => weights.get(term) ?? 1,
        prefix: (term) => looseWords.has(term) && term.length >= 4,
        fuzzy: (term) => (looseWords.has(term) && term.length >= 5 ? 0.2 : false),
        filter: ({ id }) => ofHub.has(id) || offeredAt(id) !== undefined,
      });
      for (const { id, score, queryTerms, changes } of having) {
        const fit: Fit = found.get(id) ?? { score: 0, changes, terms: [] };
        // The index multiplies the score by the number of terms. Here several terms may stand for one thing.
        fit.score += score / queryTerms.length;
        fit.terms.push(...queryTerms);
        found.set(id, fit);
      }
    }
    const covered = asked.coverage(
      [...found.values()].map(({ terms }) => terms),
      offer.size + ofHub.size,
    );
    const scored = [...found].map(([id, { score, changes }], i) => {
      const fit = score * (covered[i] ?? 0) ** COVERAGE;
      return { id, score: asked.wantsToKnow && changes ? fit * UNASKED_CHANGE : fit };
    });
    scored.sort((a, b) => b.score - a.score);
    return together(
      scored.flatMap(({ id }) => ofHub.get(id) ?? offeredAt(id) ?? []),
      limit,
    );
  }

  /** Adds a tool of the hub: it does not change while the hub runs. */
  #addOwn(tool: OwnTool): void {
    const id = ownId(tool);
    if (this.#own.has(id)) return;
    this.#own.set(id, tool);
    this.#index.add(documentOf(id, observedOf(tool), ''));
  }

  /** Brings the index up to date: the tools of the servers that have changed since. */
  async #build(): Promise<void> {
    const { version } = this.#catalog;
    if (this.#builtFor === version) return;
    const turns = new Turns();
    const changed =
      this.#catalog.changedSince(this.#builtFor) ?? new Set([...this.#indexed.keys(), ...this.#catalog.servers()]);
    for (const serverId of changed) {
      if (turns.due) await turns.next();
      this.#dropOld(serverId);
    }
    this.#renewVocabularies();
    if (this.#index.dirtCount >= DIRT.count && this.#index.dirtFactor >= DIRT.share) await this.#index.vacuum(SLICES);
    for (const serverId of changed)
      for (const entry of this.#catalog.toolsOf(serverId)) {
        if (turns.due) await turns.next();
        this.#add(entry);
      }
    this.#builtFor = version;
  }

  /** Drops the tools that the server no longer has, or that are found by other texts now. */
  #dropOld(serverId: string): void {
    const wanted = new Map(this.#catalog.toolsOf(serverId).map((entry) => [idOf(entry), entry]));
    for (const [id, known] of this.#indexed.get(serverId) ?? []) {
      const entry = wanted.get(id);
      if (!entry || known.definition !== entry.tool.definition || known.server !== serverText(entry.server))
        this.#drop(serverId, id);
    }
  }

  #add(entry: CatalogTool): void {
    const { server, tool } = entry;
    const id = idOf(entry);
    const ofServer = this.#indexed.get(server.id) ?? new Map<string, Indexed>();
    if (ofServer.has(id)) return;
    const text = serverText(server);
    this.#index.add(documentOf(id, tool, text, this.#vocabularyOf(server.id)));
    this.#indexed.set(server.id, ofServer.set(id, { definition: tool.definition, server: text }));
  }

  /** A server with a full vocabulary whose tools have changed since gets a new one, and all its tools are read again. */
  #renewVocabularies(): void {
    for (const serverId of this.#outdated) {
      this.#vocabularies.delete(serverId);
      for (const id of [...(this.#indexed.get(serverId)?.keys() ?? [])]) this.#drop(serverId, id);
    }
    this.#outdated.clear();
  }

  #vocabularyOf(serverId: string): Vocabulary {
    const known = this.#vocabularies.get(serverId) ?? new Vocabulary();
    this.#vocabularies.set(serverId, known);
    return known;
  }

  /** The number of different terms in the index. */
  get termCount(): number {
    return this.#index.termCount;
  }

  #drop(serverId: string, id: string): void {
    const ofServer = this.#indexed.get(serverId);
    ofServer?.delete(id);
    this.#index.discard(id);
    if (this.#vocabularies.get(serverId)?.isFull) this.#outdated.add(serverId);
    if (ofServer?.size !== 0) return;
    this.#indexed.delete(serverId);
    this.#vocabularies.delete(serverId);
  }
}

/** Equal tools of several servers take one place: the place of the best of them. */
function together(found: readonly (OfferedTool | OwnTool)[], limit: number): FoundTool[] {
  const shown = new Map<string, OwnTool & { readonly entry?: CatalogTool; readonly copies: OfferedTool[] }>();
  /** Servers of one kind share their tools: their texts are compared once. */
  const keys = new Map<object, string>();
  for (const tool of found) {
    const what = 'entry' in tool ? tool.entry.tool : tool;
    const key = keys.get(what) ?? ('definition' in what ? contentOf(what) : tool.name);
    keys.set(what, key);
    const first = shown.get(key);
    if (!first && shown.size < limit) {
      const { name, json } = tool;
      shown.set(key, { name, json, copies: [], ...('entry' in tool ? { entry: tool.entry } : {}) });
    }
    if (first && 'entry' in tool && first.copies.length < MAX_COPIES) first.copies.push(tool);
  }
  return [...shown.values()];
}

/** The same text for equal tools. */
function contentOf({ name, description, inputSchema }: ObservedTool): string {
  return JSON.stringify([name, description, inputSchema]);
}

/** The id of a tool of the hub. The ids of servers' tools never begin like this. */
function ownId({ name }: OwnTool): string {
  return `hub ${name}`;
}

function idOf({ server, tool }: CatalogTool): string {
  return `${server.id} ${tool.name}`;
}

/** The texts by which a tool is found: if they change, it is another tool to the index. */
interface Indexed {
  readonly definition: string;
  readonly server: string;
}

/** The offered tool of an id of the index. */
function offeredAs(offer: ToolOffer, id: string): OfferedTool | undefined {
  const end = id.indexOf(' ');
  return offer.ofServer(id.slice(0, end), id.slice(end + 1));
}

/** Fields that tell more about a tool's use than about its purpose: only their words count. */
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

/** Common beginnings of tool names, which do not tell a tool's purpose. */
const PREFIX = 'roundhouse_';

/** A tool of the hub in the form of a server's tool. */
function observedOf({ name, json }: OwnTool): Omit<ObservedTool, 'digest'> {
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

/** Weight of a word that is only a part of a phrase with a meaning of its own: `data` in `data source`. */
const PART = 0.3;

/**
 * The most terms of a question that are searched, from its beginning: twice as many as a long question in plain words has. The time of a
 * search grows with them.
 */
const TERMS = 48;
/** The most words among them that are also searched with misspellings and as beginnings of longer words: this takes the most time. */
const LOOSE_WORDS = 12;

/** How questions begin that ask for information, and not for an action. */
const asking =
  /^\s*(?:which|what|who|whose|is|are|does|has|have|did|why|when|where|all|every|list|any|how (?!do (?:i|we)\b|can (?:i|we)\b|to\b))\b/i;

/** A question that only names things, such as `open issues of the project`, asks for a list, unless a verb comes before them. */
const naming =
  /^\s*(?:\S+ ){0,3}?\p{L}+[^s\P{L}]s (?:of|that|in|on|with|about|from|between|by|for|under|above|below)\b/iu;

/** A question in plain words, taken apart into its terms. */
class Question {
  /** Whether it asks for information, and not for an action. */
  readonly wantsToKnow: boolean;
  /** All terms to look for, with their weights. */
  readonly weights: ReadonlyMap<string, number>;
  /** The words whose similar words count, too. */
  readonly looseWords: ReadonlySet<string>;
  /** The terms for each thing that the question names. */
  readonly #things: readonly (readonly string[])[];

  constructor(text: string) {
    const weights = new Map<string, number>();
    const things: string[][] = [];
    for (const { words, meanings } of phrases(stems(text))) {
      const named = words.filter((word) => !isIdle(word));
      const terms = [...named, ...meanings];
      const more = terms.filter((term) => !weights.has(term));
      if (more.length === 0) continue;
      if (weights.size + more.length > TERMS) break;
      things.push(terms);
      const add = (term: string, weight: number) => weights.set(term, Math.max(weight, weights.get(term) ?? 0));
      for (const word of named) add(word, words.length > 1 ? PART : 1);
      // A word of many meanings says less of each.
      for (const meaning of meanings) add(meaning, 1 / Math.sqrt(meanings.length));
    }
    this.wantsToKnow = asking.test(text) || (naming.test(text) && !things[0]?.some(isChange));
    this.weights = weights;
    this.looseWords = new Set([...weights.keys()].filter((term) => !isMeaning(term)).slice(0, LOOSE_WORDS));
    this.#things = things;
  }

  /**
   * How much of the question tools answer: 0 to 1. A word that few tools contain counts for more.
   * @param found the terms that each of the tools found has; @param tools the number of all tools.
   */
  coverage(found: readonly (readonly string[])[], tools: number): number[] {
    const having = new Map<string, number>();
    for (const terms of found) for (const term of terms) having.set(term, (having.get(term) ?? 0) + 1);
    // The formula of BM25.
    const rarity = new Map([...having].map(([term, n]) => [term, Math.log(1 + (tools - n + 0.5) / (n + 0.5))]));
    const worth = (things: readonly (readonly string[])[], of: ReadonlyMap<string, number>) =>
      things.reduce((sum, terms) => sum + terms.reduce((most, term) => Math.max(most, of.get(term) ?? 0), 0), 0);
    const all = worth(this.#things, rarity);
    return found.map((terms) => {
      const own = new Map(terms.map((term) => [term, rarity.get(term) ?? 0]));
      return all > 0 ? worth(this.#things, own) / all : 0;
    });
  }
}

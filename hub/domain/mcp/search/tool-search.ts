import { Turns } from '../../event-loop.js';
import type { ObservedTool } from '../../servers/observed.js';
import type { CatalogTool, ToolCatalog } from '../../tools/catalog.js';
import type { OfferedTool } from '../lists/parts.js';
import type { ToolOffer } from '../lists/tool-offers.js';
import { Question } from './question.js';
import { Ranking } from './ranking.js';
import { type IndexedTool, ToolIndex } from './tool-index.js';

/** Servers that an answer names for a tool that several servers have. */
const MAX_COPIES = 20;

/** One of the hub's own tools. */
interface OwnTool {
  readonly name: string;
  /** Its definition (JSON text). */
  readonly json: string;
}

/** A tool that fits a question: a server's, or one of the hub's own. */
export interface FoundTool extends OwnTool {
  /** The server's tool; absent for a tool of the hub. */
  readonly entry?: CatalogTool;
  /** The same tool (name, description, parameters) of other servers, as far as they fit too. */
  readonly copies: readonly OfferedTool[];
}

/**
 * Finds tools by name, title, description, parameters and server: by their words, and by the meanings of these (see `search/thesaurus.ts`).
 * The weights are tuned with the practice questions of `test/fixtures/find-tools`.
 */
export class ToolSearch {
  readonly #catalog: ToolCatalog;
  readonly #index = new ToolIndex();
  /** The hub's own tools by name: they do not change while the hub runs. */
  readonly #own = new Map<string, IndexedTool>();
  #builtFor = -1;
  /** Questions that wait, by payer (`payerOf`): one piece of work uses the index at a time, because each changes it. */
  readonly #waiting = new Map<string, (() => Promise<void>)[]>();
  #isBusy = false;

  constructor(catalog: ToolCatalog) {
    this.#catalog = catalog;
  }

  /** The number of different terms in the index. */
  get termCount(): number {
    return this.#index.termCount;
  }

  /** The number of different tools in the index. */
  get toolCount(): number {
    return this.#index.size;
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

  async #search(offer: ToolOffer, text: string, limit: number, own: readonly OwnTool[]): Promise<FoundTool[]> {
    const index = this.#index;
    const turns = new Turns();
    const ofHub = new Map(own.map((tool) => [this.#indexed(tool), tool]));
    const question = new Question(text);
    const fits = await index.fits(question.terms, turns);
    const ranking = new Ranking(question, { index, fits, offer, ofHub, turns });
    const ranked = await ranking.best(limit, MAX_COPIES);
    return ranked.flatMap(({ tool, offered: [first, ...copies] }) => {
      const { name, json } = first ?? ofHub.get(tool) ?? {};
      if (name === undefined || json === undefined) return [];
      return { name, json, copies, ...(first ? { entry: first.entry } : {}) };
    });
  }

  #indexed(own: OwnTool): IndexedTool {
    const known = this.#own.get(own.name);
    if (known) return known;
    const tool = this.#index.addAlone(`hub ${own.name}`, observedOf(own));
    this.#own.set(own.name, tool);
    return tool;
  }

  /** Brings the index up to date: the tools of the servers that have changed since. */
  async #build(): Promise<void> {
    const { version } = this.#catalog;
    if (this.#builtFor === version) return;
    const turns = new Turns();
    const changed =
      this.#catalog.changedSince(this.#builtFor) ?? new Set([...this.#index.servers(), ...this.#catalog.servers()]);
    for (const serverId of changed) {
      if (turns.due) await turns.next();
      await this.#index.put(serverId, this.#catalog.toolsOf(serverId), turns);
    }
    this.#builtFor = version;
  }
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

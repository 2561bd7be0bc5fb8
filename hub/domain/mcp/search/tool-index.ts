import { createHash } from 'node:crypto';
import type { Turns } from '../../event-loop.js';
import type { ObservedTool } from '../../servers/observed.js';
import type { CatalogTool } from '../../tools/catalog.js';
import { documentOf, MOST_WORDS, serverText, type ToolDocument, Vocabulary, wordCount } from './document.js';
import { type Fit, fitsOf } from './fit.js';
import { type AskedTerm, TermIndex } from './term-index.js';
import { isIdle, meanings, stems } from './thesaurus.js';

/** A tool in the index: once, however many servers have it. */
export interface IndexedTool {
  /** Its name at its servers. */
  readonly name: string;
  /** Whether its name says that it changes something. */
  readonly changes: boolean;
  /** Equal for tools with the same name, description and input schema. */
  readonly content: string;
  /** The kinds of servers that have it. */
  readonly kinds: Set<Kind>;
  readonly key: string;
  /** Tells it from every other tool. */
  readonly number: number;
  /** The number of its different words. */
  readonly words: number;
}

/** Servers with the same tools: they run the same program. */
export interface Kind {
  readonly key: string;
  readonly tools: readonly IndexedTool[];
  readonly servers: Set<IndexedServer>;
}

export interface IndexedServer {
  readonly id: string;
  /** The texts by which its tools are found: if they change, the server is indexed again. */
  readonly text: string;
  readonly tools: readonly ObservedTool[];
  readonly kind: Kind;
}

/** The tools and the servers that have terms of a question. */
export interface Fits {
  readonly tools: Map<IndexedTool, Fit>;
  readonly servers: Map<IndexedServer, Fit>;
}

const fields = ['name', 'title', 'summary', 'description', 'parameters'] as const;
const boosts = { name: 3, title: 2, summary: 1.5, description: 0.3, parameters: 0.3, server: 4 } as const;

/** Fields that tell more about a tool's use than about its purpose: only their words count. */
const asides: ReadonlySet<string> = new Set(['description', 'parameters']);

/**
 * The tools of a fleet by their words, each different tool once, and the servers by theirs: memory and the time of a search follow the number of
 * different tools. The score of a tool at a server is the sum of both.
 */
export class ToolIndex {
  readonly #toolTerms = new TermIndex<IndexedTool>(fields.map((field) => boosts[field]));
  readonly #serverTerms = new TermIndex<IndexedServer>([boosts.server]);
  readonly #tools = new Map<string, IndexedTool>();
  readonly #byContent = new Map<string, Set<IndexedTool>>();
  readonly #kinds = new Map<string, Kind>();
  readonly #servers = new Map<string, IndexedServer>();
  #last = 0;

  /** The number of different tools. */
  get size(): number {
    return this.#tools.size;
  }

  /** The number of different terms of tools and of servers. */
  get termCount(): number {
    return this.#toolTerms.termCount + this.#serverTerms.termCount;
  }

  /** The servers with tools, by id. */
  servers(): Iterable<string> {
    return this.#servers.keys();
  }

  /** All tools with the same name, description and input schema. */
  equal({ content }: IndexedTool): Iterable<IndexedTool> {
    return this.#byContent.get(content) ?? [];
  }

  /** Searches tools and servers. The index must not change meanwhile. */
  async fits(terms: readonly AskedTerm[], turns: Turns): Promise<Fits> {
    const tools = await fitsOf(this.#toolTerms, terms, turns);
    return { tools, servers: await fitsOf(this.#serverTerms, terms, turns) };
  }

  /** Adds a tool that no server has. */
  addAlone(name: string, tool: Omit<ObservedTool, 'digest'>): IndexedTool {
    return this.#addTool(name, name, tool.name, documentOf(tool));
  }

  /** Takes in the tools of a server, in place of those that it had. */
  async put(serverId: string, entries: readonly CatalogTool[], turns: Turns): Promise<void> {
    const known = this.#servers.get(serverId);
    const [first] = entries;
    if (!first) {
      if (known) await this.#remove(known, turns);
      return;
    }
    const text = serverText(first.server);
    const tools = entries.map(({ tool }) => tool);
    const isSame = known?.tools.length === tools.length && known.tools.every((tool, i) => tool === tools[i]);
    if (isSame && known.text === text) return;
    const kind = isSame ? known.kind : await this.#kindOf(tools, turns);
    const server = { id: serverId, text, tools, kind };
    // Before the removal: tools that the server keeps stay in the index.
    kind.servers.add(server);
    if (known) await this.#remove(known, turns);
    this.#servers.set(serverId, server);
    this.#serverTerms.add(server, [termsOf(text, 'server')], kind.tools.length);
  }

  async #remove(server: IndexedServer, turns: Turns): Promise<void> {
    const { kind } = server;
    this.#servers.delete(server.id);
    this.#serverTerms.remove(server);
    kind.servers.delete(server);
    if (kind.servers.size > 0) return;
    this.#kinds.delete(kind.key);
    for (const tool of kind.tools) {
      if (turns.due) await turns.next();
      tool.kinds.delete(kind);
      if (tool.kinds.size === 0) this.#removeTool(tool);
    }
  }

  #removeTool(tool: IndexedTool): void {
    this.#tools.delete(tool.key);
    this.#toolTerms.remove(tool);
    const equal = this.#byContent.get(tool.content);
    equal?.delete(tool);
    if (equal?.size === 0) this.#byContent.delete(tool.content);
  }

  async #kindOf(observed: readonly ObservedTool[], turns: Turns): Promise<Kind> {
    const vocabulary = (await this.#hasManyWords(observed, turns)) ? new Vocabulary() : undefined;
    /** Of several tools with one name the first is offered. */
    const byName = new Map<string, IndexedTool>();
    for (const tool of observed) {
      if (turns.due) await turns.next();
      if (!byName.has(tool.name)) byName.set(tool.name, this.#toolOf(tool, vocabulary));
    }
    const tools = [...byName.values()];
    const key = tools
      .map(({ number }) => number)
      .sort()
      .join();
    const kind = this.#kinds.get(key) ?? { key, tools, servers: new Set() };
    this.#kinds.set(key, kind);
    for (const tool of kind.tools) tool.kinds.add(kind);
    return kind;
  }

  /** Whether the tools may have more different words than a server should: the sum of the words of each takes no memory. */
  async #hasManyWords(observed: readonly ObservedTool[], turns: Turns): Promise<boolean> {
    let words = 0;
    for (const tool of observed) {
      if (turns.due) await turns.next();
      words += this.#tools.get(keyOf(tool))?.words ?? wordCount(documentOf(tool));
      if (words > MOST_WORDS) return true;
    }
    return false;
  }

  /** @param vocabulary of a server whose tools may have too many words */
  #toolOf(tool: ObservedTool, vocabulary: Vocabulary | undefined): IndexedTool {
    const key = keyOf(tool);
    const known = this.#tools.get(key);
    if (known && !vocabulary) return known;
    const document = documentOf(tool, vocabulary);
    // Without some of its words it is another tool to the index.
    const own = vocabulary?.isFull ? `${key} ${hash(document)}` : key;
    return this.#tools.get(own) ?? this.#addTool(own, hash(contentOf(tool)), tool.name, document);
  }

  #addTool(key: string, content: string, name: string, document: ToolDocument): IndexedTool {
    const { changes } = document;
    this.#last += 1;
    const words = wordCount(document);
    const tool = { key, content, name, changes, words, kinds: new Set<Kind>(), number: this.#last };
    const terms = fields.map((field) => termsOf(document[field], field));
    this.#toolTerms.add(tool, terms);
    this.#tools.set(key, tool);
    const equal = this.#byContent.get(content) ?? new Set();
    this.#byContent.set(content, equal.add(tool));
    return tool;
  }
}

function keyOf({ name, digest }: ObservedTool): string {
  return `${digest} ${name}`;
}

function contentOf({ name, description, inputSchema }: ObservedTool): readonly string[] {
  return [name, description, inputSchema];
}

function hash(content: object): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('base64url');
}

/** The terms by which a field's text is found. */
function termsOf(text: string, field: string): string[] {
  const words = stems(text);
  const named = words.filter((word) => !isIdle(word));
  return asides.has(field) ? named : [...named, ...meanings(words)];
}

import type { ObservedTool } from '../../servers/observed.js';
import type { ServerRecord } from '../../servers/record.js';
import { isChange, meanings, spelledOut, stems } from './thesaurus.js';

/** The known texts about a tool, ordered by how much they say about its purpose. */
export interface ToolDocument {
  readonly name: string;
  /** Whether its name says that it changes something, and its server does not deny it. */
  readonly changes: boolean;
  readonly title: string;
  /** The description's beginning: the tool's purpose. */
  readonly summary: string;
  /** The rest of it: its use, its result, and related tools. */
  readonly description: string;
  readonly parameters: string;
}

/** The most different words of one server. Real servers with thousands of tools have fewer. */
export const MOST_WORDS = 5000;

/** Characters of a description that are its summary at most. */
const SUMMARY = 200;

/** Characters of a title, a description and a schema's texts that are searched: a tool that says more does not make the index grow. */
const most = { title: 400, description: 4000, parameters: 4000 };

/** Depth to which a schema is read. */
const DEPTH = 4;

/** @throws SyntaxError where the tool's definition or input schema is not JSON. */
export function documentOf(tool: Omit<ObservedTool, 'digest'>, vocabulary = new Vocabulary()): ToolDocument {
  const { title, annotations } = JSON.parse(tool.definition) as {
    readonly title?: unknown;
    readonly annotations?: { readonly title?: unknown } | null;
  };
  const titles = [title, annotations?.title].filter((text) => typeof text === 'string');
  const name = spelledOut(tool.name);
  const description = vocabulary.keep(tool.description.trim().slice(0, most.description));
  const end = summaryEnd(description);
  return {
    name,
    changes: !tool.readOnly && meanings(stems(name)).some(isChange),
    title: vocabulary.keep(titles.join(' ').slice(0, most.title)),
    summary: description.slice(0, end),
    description: description.slice(end),
    parameters: vocabulary.keep(parametersOf(tool.inputSchema).slice(0, most.parameters)),
  };
}

/** The number of different words by which a tool is found. */
export function wordCount({ title, summary, description, parameters }: ToolDocument): number {
  const vocabulary = new Vocabulary();
  for (const text of [title, summary, description, parameters]) vocabulary.keep(text);
  return vocabulary.size;
}

/**
 * The different words by which the tools of one server are found. The time of a search grows with the different words in the index: with a
 * million of them one question would hold up the hub for seconds.
 */
export class Vocabulary {
  readonly #words = new Set<string>();

  get size(): number {
    return this.#words.size;
  }

  get isFull(): boolean {
    return this.#words.size >= MOST_WORDS;
  }

  /** The text without its new words, once the server has too many. */
  keep(text: string): string {
    return text.replace(/[\p{L}\p{N}]+/gu, (word) => {
      const folded = word.toLowerCase();
      if (this.#words.has(folded)) return word;
      if (this.isFull) return ' ';
      this.#words.add(folded);
      return word;
    });
  }
}

/** The purpose of a server, from its registration. */
export function serverText({ name, description, metadata }: ServerRecord): string {
  return [spelledOut(name), description, metadata.category ?? '', ...metadata.tags].join(' ');
}

/** The first sentence or line. */
function summaryEnd(description: string): number {
  const end = /[.!?。](?=\s|$)|\n/.exec(description.slice(0, SUMMARY))?.index;
  return end === undefined ? SUMMARY : end + 1;
}

/** Names and descriptions of a schema's properties, the nested ones' names included. */
function parametersOf(schema: string): string {
  const found: string[] = [];
  const look = (value: unknown, depth: number) => {
    const { properties, items } = (value ?? {}) as { readonly properties?: unknown; readonly items?: unknown };
    if (depth > DEPTH) return;
    if (typeof items === 'object') look(items, depth + 1);
    if (typeof properties !== 'object' || properties === null) return;
    for (const [name, property] of Object.entries(properties)) {
      const { description } = (property ?? {}) as { readonly description?: unknown };
      found.push(spelledOut(name));
      if (typeof description === 'string') found.push(description);
      look(property, depth + 1);
    }
  };
  look(JSON.parse(schema), 0);
  return found.join(' ');
}

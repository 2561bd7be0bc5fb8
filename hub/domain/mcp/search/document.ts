import type { ObservedTool } from '../../servers/observed.js';
import type { ServerRecord } from '../../servers/record.js';
import { isChange, meanings } from './thesaurus.js';
import { spelledOut, stems } from './words.js';

/** What is known of a tool, as text, by how much it says about what the tool is for. */
export interface ToolDocument {
  readonly id: string;
  readonly name: string;
  /** Whether its name says that it changes something, and its server does not deny it. */
  readonly changes: boolean;
  readonly title: string;
  /** The description's beginning: what the tool does. */
  readonly summary: string;
  /** The rest of it: how it is used, what it returns, which others there are. */
  readonly description: string;
  readonly parameters: string;
  readonly server: string;
}

/** Characters of a description that are its summary at most. */
const SUMMARY = 200;

/** Depth to which a schema is read. */
const DEPTH = 4;

/**
 * @param server what is said of where it is, as `serverText` gives it
 * @throws SyntaxError where the tool's definition or input schema is not JSON.
 */
export function documentOf(id: string, tool: ObservedTool, server: string): ToolDocument {
  const { title, annotations } = JSON.parse(tool.definition) as {
    readonly title?: unknown;
    readonly annotations?: { readonly title?: unknown } | null;
  };
  const titles = [title, annotations?.title].filter((text) => typeof text === 'string');
  const name = spelledOut(tool.name);
  const description = tool.description.trim();
  const end = summaryEnd(description);
  return {
    id,
    name,
    changes: !tool.readOnly && meanings(stems(name)).some(isChange),
    title: titles.join(' '),
    summary: description.slice(0, end),
    description: description.slice(end),
    parameters: parametersOf(tool.inputSchema),
    server,
  };
}

/** What a server's registration says of what it is for. */
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

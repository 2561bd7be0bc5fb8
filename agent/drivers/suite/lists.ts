import type { Subject } from './instance/instance.js';
import { Finding } from './recorder.js';

export type Entry = Readonly<Record<string, unknown>>;

/** A kind of list that servers have. */
export interface ListKind {
  readonly capability: 'tools' | 'resources' | 'prompts';
  readonly method: string;
  /** The member of the result that holds the entries. */
  readonly member: string;
  /** The field that identifies an entry. */
  readonly key: string;
}

export const listKinds = {
  tools: { capability: 'tools', method: 'tools/list', member: 'tools', key: 'name' },
  resources: { capability: 'resources', method: 'resources/list', member: 'resources', key: 'uri' },
  templates: {
    capability: 'resources',
    method: 'resources/templates/list',
    member: 'resourceTemplates',
    key: 'uriTemplate',
  },
  prompts: { capability: 'prompts', method: 'prompts/list', member: 'prompts', key: 'name' },
} as const satisfies Record<string, ListKind>;
export type ListName = keyof typeof listKinds;

/** A list, read to its last page. */
export interface List {
  readonly entries: readonly Entry[];
  readonly pages: number;
}

/** The most pages of a list that are read, and the most entries. */
const most = { pages: 200, entries: 10_000 } as const;
const methodNotFound = -32_601;

/** The running server's description of itself. The suite uses it if the tested instance does not start. */
export interface Known {
  /** The answer to `initialize`. */
  readonly initialized: Entry;
  readonly tools: readonly Entry[];
}

/** A server's description of itself: its capabilities and lists, each read once. */
export class Lists {
  readonly #subject: Subject;
  readonly #known: Known | undefined;
  readonly #read = new Map<ListName, Promise<List>>();

  /** @param known used in place of the subject's answers */
  constructor(subject: Subject, known?: Known) {
    this.#subject = subject;
    this.#known = known;
  }

  /** The answer to `initialize`. */
  async initialized(): Promise<Entry> {
    if (this.#known !== undefined) return this.#known.initialized;
    const { initializeResult } = await this.#subject.peer();
    return initializeResult.length === 0 ? {} : JSON.parse(Buffer.from(initializeResult).toString());
  }

  /** Whether the server announces a capability. */
  async announces(capability: string): Promise<boolean> {
    const { capabilities } = await this.initialized();
    return typeof capabilities === 'object' && capabilities !== null && Object.hasOwn(capabilities, capability);
  }

  /** A list, to its last page. @throws Finding, AgentFailure */
  read(name: ListName): Promise<List> {
    let read = this.#read.get(name);
    if (read === undefined) {
      read = readList(this.#subject, listKinds[name], name === 'templates');
      this.#read.set(name, read);
    }
    return read;
  }

  /** The entries of a list; none if it is not announced or cannot be read, which another test reports. */
  async entries(name: ListName): Promise<readonly Entry[]> {
    if (this.#known !== undefined) return name === 'tools' ? this.#known.tools : [];
    try {
      if (!(await this.announces(listKinds[name].capability))) return [];
      const { entries } = await this.read(name);
      return entries.filter((entry) => typeof entry === 'object' && entry !== null);
    } catch {
      return [];
    }
  }

  /** The name of an entry, for people. The search for secrets comes before the cut: it does not find a part of a secret. */
  nameOf(entry: Entry, kind: ListKind): string {
    const { [kind.key]: key, name } = entry;
    return this.#subject.watch.hide(String(key ?? name ?? '(unnamed)')).slice(0, 128);
  }
}

/** Reads a list to its last page. @param optional a server need not have it */
export async function readList(subject: Subject, { method, member }: ListKind, optional = false): Promise<List> {
  const entries: Entry[] = [];
  const cursors = new Set<string>();
  for (let params: object = {}; ; ) {
    const { result, error } = await subject.ask(method, params);
    if (error && optional && error.code === methodNotFound) return { entries, pages: 1 };
    if (error) throw new Finding(`'${method}' is announced, and answered with error ${error.code}: ${error.message}`);
    const { [member]: page, nextCursor } = (result ?? {}) as Readonly<Record<string, unknown>>;
    if (!Array.isArray(page)) throw new Finding(`'${method}': \`${member}\` is not an array`);
    entries.push(...page.slice(0, most.entries));
    if (nextCursor === undefined || nextCursor === null) return { entries, pages: cursors.size + 1 };
    if (typeof nextCursor !== 'string') throw new Finding(`'${method}': \`nextCursor\` is not a string`);
    if (cursors.has(nextCursor)) throw new Finding(`'${method}' never ends: the cursor '${nextCursor}' came twice`);
    cursors.add(nextCursor);
    if (cursors.size >= most.pages || entries.length >= most.entries)
      throw new Finding(`'${method}' does not end: ${cursors.size} pages, ${entries.length} entries so far`);
    params = { cursor: nextCursor };
  }
}

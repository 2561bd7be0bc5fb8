import { entryBound, pageBound, toolsBound } from '@roundhouse/proto/bounds';
import { elementTexts, memberText } from '@roundhouse/proto/json';
import { jsonCost } from '@roundhouse/proto/json-cost';
import { readableText } from '../../agents/answer.js';
import { within } from '../../cancellation.js';
import { DomainError } from '../../errors.js';
import { mapInTurns, Turns } from '../../event-loop.js';
import { hasForm, listedForms, type ObservedServers, type ObservedTool } from '../../servers/observed.js';
import type { ServerRecord } from '../../servers/record.js';
import { handshakeOf } from '../handshake.js';
import type { McpPassThrough, Passing } from '../pass-through.js';

/** The lists of a server besides its tools. */
const listKinds = ['resources', 'templates', 'prompts'] as const;
export type ListKind = (typeof listKinds)[number];

/** One entry of a list: its name, and its whole JSON text. */
export interface Listed {
  readonly key: string;
  readonly json: string;
}

const kinds = {
  resources: { method: 'resources/list', member: 'resources', key: 'uri', capability: 'resources' },
  templates: {
    method: 'resources/templates/list',
    member: 'resourceTemplates',
    key: 'uriTemplate',
    capability: 'resources',
  },
  prompts: { method: 'prompts/list', member: 'prompts', key: 'name', capability: 'prompts' },
} as const;

/** Limits for one server's list. Entries beyond them are left out. */
const MAX_PAGES = 200;
const MiB = 1024 * 1024;
const MOST = { entries: 10_000, characters: 8 * MiB, values: 400_000 };
/** The limits of a list of tools, whichever instance of a server it is of. */
const MOST_TOOLS = { entries: toolsBound.tools, characters: toolsBound.bytes, values: toolsBound.values };
/** The most characters of the kept lists of all servers of an agent. */
const MAX_OF_AGENT = 64 * MiB;
/** A list that could not be read is tried again after this time, milliseconds. */
const RETRY_MS = 10_000;

interface Kept {
  /** The entries of the last reading. */
  entries: readonly Listed[];
  /** The agent of that reading, and the characters of the entries. */
  agentId: string;
  characters: number;
  /** Whether `entries` belong to the present connection, and the server has announced no change since. */
  fresh: boolean;
  reading: Promise<void> | undefined;
  /** When the present reading began, or the last one, `performance.now()`. */
  begun: number;
  /** The server announced a change during the present reading, and a client asked for it: the list is read once more. */
  again: boolean;
  retryAt: number;
}

/** Resources, templates and prompts of all servers as of the last reading. Clients wait only for lists that were never read. */
export class ServerLists {
  readonly #passThrough: McpPassThrough;
  readonly #observed: ObservedServers;
  readonly #onChange: (serverId: string, kind: ListKind) => void;
  readonly #mostOfAgent: number;
  readonly #kept = new Map<string, Kept>();

  /**
   * @param onChange called when a list that was read before has changed
   * @param mostOfAgent characters of the lists of all servers of an agent
   */
  constructor(
    passThrough: McpPassThrough,
    observed: ObservedServers,
    onChange: (serverId: string, kind: ListKind) => void,
    mostOfAgent = MAX_OF_AGENT,
  ) {
    this.#passThrough = passThrough;
    this.#observed = observed;
    this.#onChange = onChange;
    this.#mostOfAgent = mostOfAgent;
  }

  /** Whether a server says that it has such a list. */
  has(server: ServerRecord, kind: ListKind): boolean {
    const observation = this.#observed.get(server.id);
    return observation.state === 'connected' && kinds[kind].capability in handshakeOf(observation).capabilities;
  }

  /** Whether such a list of the server has been read at least once and is not empty. */
  isKnown(server: ServerRecord, kind: ListKind): boolean {
    return (this.#kept.get(keyOf(server.id, kind))?.entries.length ?? 0) > 0;
  }

  /**
   * The lists of several servers, as far as they are known. A caller waits for a list that was never read, until `waitMs` after its reading
   * began.
   */
  async gather(
    servers: readonly ServerRecord[],
    kind: ListKind,
    waitMs: number,
  ): Promise<Map<ServerRecord, readonly Listed[]>> {
    const asked = servers.filter((server) => this.has(server, kind));
    // A client that asks for one list asks for the others next.
    for (const server of servers)
      for (const other of listKinds)
        if (!this.#kept.has(keyOf(server.id, other)) && this.has(server, other)) this.#read(server, other);
    const now = performance.now();
    const unknown = asked
      .map((server) => this.#read(server, kind))
      // A timer may end up to a millisecond early: a rest of less than that counts as over.
      .filter(({ reading, entries, begun }) => reading && entries.length === 0 && begun + waitMs - now >= 1);
    const last = Math.max(...unknown.map(({ begun }) => begun + waitMs - now));
    if (unknown.length > 0) await within(last, Promise.all(unknown.map(({ reading }) => reading)));
    return new Map(asked.map((server) => [server, this.#kept.get(keyOf(server.id, kind))?.entries ?? []]));
  }

  /** The server announced a change, or restarted. The known list stays until it is read again. */
  invalidate(serverId: string, only?: 'resources' | 'prompts'): void {
    for (const kind of listKinds) {
      if (only !== undefined && kinds[kind].capability !== only) continue;
      const kept = this.#kept.get(keyOf(serverId, kind));
      if (kept) {
        kept.fresh = false;
        kept.retryAt = 0;
      }
    }
  }

  /** Reads again all lists of a server that were read before. */
  refresh(server: ServerRecord): void {
    this.invalidate(server.id);
    for (const kind of listKinds)
      if (this.#kept.has(keyOf(server.id, kind)) && this.has(server, kind)) this.#read(server, kind);
  }

  forget(serverId: string): void {
    for (const kind of listKinds) this.#kept.delete(keyOf(serverId, kind));
  }

  /** The first entries of a list, as far as the other lists of its agent leave room for them. */
  #fitting({ agentId }: ServerRecord, list: Kept, entries: Listed[]): Listed[] {
    let room = this.#mostOfAgent;
    for (const other of this.#kept.values()) if (other !== list && other.agentId === agentId) room -= other.characters;
    const end = entries.findIndex(({ json }) => {
      room -= json.length;
      return room < 0;
    });
    return end < 0 ? entries : entries.slice(0, end);
  }

  #read(server: ServerRecord, kind: ListKind): Kept {
    const key = keyOf(server.id, kind);
    const none = { entries: [], agentId: server.agentId, characters: 0 };
    const nothing = { ...none, fresh: false, reading: undefined, begun: 0, again: false, retryAt: 0 };
    const kept: Kept = this.#kept.get(key) ?? nothing;
    this.#kept.set(key, kept);
    if (kept.reading && !kept.fresh) kept.again = true;
    if (kept.fresh || kept.reading || performance.now() < kept.retryAt) return kept;
    kept.fresh = true;
    kept.again = false;
    kept.begun = performance.now();
    kept.reading = readList(this.#passThrough, { server, instanceId: '' }, kind)
      .then((read) => {
        const entries = this.#fitting(server, kept, read);
        const left = read.slice(entries.length).map(({ key }) => key);
        this.#passThrough.leftOut(
          server,
          kinds[kind].member,
          left,
          'the lists of all servers of the agent are too long',
        );
        const changed = !same(entries, kept.entries);
        Object.assign(kept, { entries, agentId: server.agentId, characters: charactersOf(entries) });
        if (changed) this.#onChange(server.id, kind);
      })
      .catch(() => {
        kept.fresh = false;
        kept.retryAt = performance.now() + RETRY_MS;
      })
      .finally(() => {
        kept.reading = undefined;
        if (kept.again && this.#kept.get(key) === kept && this.has(server, kind)) this.#read(server, kind);
      });
    return kept;
  }
}

/** Reads the definitions of the tools of an instance, to the last page or to the limits of such a list. @throws DomainError */
export async function readDefinitions(
  passThrough: McpPassThrough,
  from: Pick<Passing, 'server' | 'instanceId' | 'signal'>,
): Promise<string[]> {
  const tools = await readPages(passThrough, from, 'tools/list', 'tools', 'name', MOST_TOOLS);
  return tools.map(({ json }) => json);
}

/** Reads a list to its last page. @throws DomainError */
export async function readList(
  passThrough: McpPassThrough,
  from: Pick<Passing, 'server' | 'instanceId' | 'signal'>,
  kind: ListKind,
): Promise<Listed[]> {
  const { method, member, key } = kinds[kind];
  try {
    const all = await readPages(passThrough, from, method, member, key);
    const forms = await mapInTurns(all, ({ json }) => hasForm(JSON.parse(json), listedForms[kind]));
    const good = all.filter((_, i) => forms[i]);
    const isGood = new Set(good);
    passThrough.leftOut(
      from.server,
      member,
      all.flatMap((one) => (isGood.has(one) ? [] : [one.key])),
    );
    return good;
  } catch (error) {
    // Not every server that has resources has templates.
    if (error instanceof DomainError && rpcCodeOf(error) === -32601) return [];
    throw error;
  }
}

/** Reads the pages of any list. Entries that the hub leaves out count in the limits, too: it has read them. */
export async function readPages(
  passThrough: McpPassThrough,
  from: Pick<Passing, 'server' | 'instanceId' | 'signal'>,
  method: string,
  member: string,
  key: string,
  most = MOST,
): Promise<Listed[]> {
  const found = new Map<string, Listed>();
  let characters = 0;
  let values = 0;
  let bytes = 0;
  let params = '';
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = await passThrough.send({ ...from, method, params });
    bytes += answer.length;
    // A page has little besides its entries, and a character has up to three bytes.
    if (answer.length > pageBound.bytes || bytes > 4 * most.characters) break;
    const text = await readableText(answer, pageBound.values);
    const array = memberText(text, member);
    const turns = new Turns();
    for (const json of array?.startsWith('[') ? elementTexts(array) : []) {
      if (turns.due) await turns.next();
      characters += json.length;
      const cost = json.length > entryBound.bytes ? undefined : jsonCost(json, entryBound.values);
      values += cost ?? 0;
      if (characters > most.characters || values > most.values) return [...found.values()];
      if (cost === undefined || cost > entryBound.values) continue;
      const name: unknown = json.startsWith('{') ? (JSON.parse(json) as Record<string, unknown>)[key] : undefined;
      if (typeof name !== 'string' || found.has(name)) continue;
      if (found.size >= most.entries) return [...found.values()];
      // A part of a text keeps the whole text in memory: a copy does not.
      found.set(name, { key: name, json: Buffer.from(json).toString() });
    }
    const cursor = memberText(text, 'nextCursor');
    const next = cursor?.startsWith('"') ? `{"cursor":${cursor}}` : '';
    if (next === '' || next === params) break;
    params = next;
  }
  return [...found.values()];
}

/** The code of the error that a server answered with; `undefined` for any other failure. */
function rpcCodeOf(error: DomainError): unknown {
  return (error.details.jsonrpc as { readonly code?: unknown } | undefined)?.code;
}

function keyOf(serverId: string, kind: ListKind): string {
  return `${serverId} ${kind}`;
}

function charactersOf(entries: readonly Listed[]): number {
  return entries.reduce((sum, { json }) => sum + json.length, 0);
}

function same(a: readonly Listed[], b: readonly Listed[]): boolean {
  return a.length === b.length && a.every(({ json }, i) => json === b[i]?.json);
}

/** Reads the tools of servers again: the hub's list may be older than the call. */
export class FreshTools {
  readonly #passThrough: McpPassThrough;
  readonly #observed: ObservedServers;
  /** By server and instance: the reading that is under way, and the one after it. */
  readonly #readings = new Map<string, Promise<readonly ObservedTool[]>>();
  readonly #next = new Map<string, Promise<readonly ObservedTool[]>>();

  constructor(passThrough: McpPassThrough, observed: ObservedServers) {
    this.#passThrough = passThrough;
    this.#observed = observed;
  }

  /**
   * Reads the tools. The reading begins now, or after the reading that is under way: there is one reading of an instance at a time.
   * @param instanceId empty for the shared instance
   * @returns an empty list if the server cannot be asked
   */
  read(server: ServerRecord, instanceId: string): Promise<readonly ObservedTool[]> {
    const key = `${server.id} ${instanceId}`;
    const underWay = this.#readings.get(key);
    if (!underWay) return this.#begin(key, server, instanceId);
    const next = this.#next.get(key) ?? underWay.then(() => this.#begin(key, server, instanceId));
    this.#next.set(key, next);
    return next;
  }

  #begin(key: string, server: ServerRecord, instanceId: string): Promise<readonly ObservedTool[]> {
    this.#next.delete(key);
    const reading = this.#read(server, instanceId).finally(() => {
      if (this.#readings.get(key) === reading) this.#readings.delete(key);
    });
    this.#readings.set(key, reading);
    return reading;
  }

  async #read(server: ServerRecord, instanceId: string): Promise<readonly ObservedTool[]> {
    try {
      return await this.#observed.readTools(
        server.id,
        await readDefinitions(this.#passThrough, { server, instanceId }),
      );
    } catch (error) {
      if (error instanceof DomainError) return [];
      throw error;
    }
  }
}

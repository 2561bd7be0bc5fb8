import { payerOf } from '../../access/caller.js';
import { DomainError, type ErrorCode } from '../../errors.js';
import { isTurnOver, nextTurn } from '../../event-loop.js';
import type { ObservedServers, ObservedTool } from '../../servers/observed.js';
import type { ServerRecord } from '../../servers/record.js';
import type { ServerRegistry } from '../../servers/registry.js';
import type { McpClient } from './client.js';
import type { PrivateInstance, PrivateInstances } from './instances.js';

/** Instances that the hub opens at once for clients that list tools. */
const AT_ONCE = 4;
/** The instances of a server, and of an agent, from which a client's list opens no further instance: half of the agent's limits. */
const MOST = { ofServer: 8, ofAgent: 32 };
/** Kinds of clients that the hub tells apart for one server. */
const MOST_KINDS = 16;
/** Failures that say nothing about the server: the client has gone, or the server or its agent was slow or away. */
const passing = new Set<ErrorCode>(['cancelled', 'timeout', 'agent_unreachable']);

/** Which kinds of clients get other tools from a server than its shared instance has. */
interface Comparison {
  /** The tools of the shared instance. A new list begins the comparison again. */
  readonly shared: readonly ObservedTool[];
  /** Whether clients of a kind get other tools. */
  readonly differs: Map<string, boolean>;
}

/** A client that has listed tools. */
interface Waiting {
  readonly kind: string;
  /** The ids of the servers that the hub has not looked at yet; the last one is the next. */
  readonly serverIds: string[];
}

export interface PreviewParts {
  readonly registry: Pick<ServerRegistry, 'all' | 'byId'>;
  readonly observed: ObservedServers;
  readonly instances: PrivateInstances;
  /** A client may have other tools now. */
  readonly changed: () => void;
  /** Ends an instance whose tools are those of the shared instance. */
  readonly end: (instance: PrivateInstance) => void;
  readonly onError: (error: unknown) => void;
}

/**
 * Opens a client's own instances, once the client lists tools, of servers that have other tools for clients that they can ask. The first
 * client of a kind shows which servers do: the hub opens an instance for it, and ends the instance at once if its tools are those of the
 * shared instance. The hub looks at the servers of a client in turns with other work.
 */
export class Previews {
  readonly #parts: PreviewParts;
  readonly #known = new Map<string, Comparison>();
  readonly #waiting = new Map<McpClient, Waiting>();
  #running = 0;
  #isLooking = false;

  constructor(parts: PreviewParts) {
    this.#parts = parts;
  }

  /** A client lists tools. The list does not wait for the previews. */
  listed(client: McpClient): void {
    if (!client.answers || !client.view.invokes || this.#waiting.has(client)) return;
    const serverIds = Array.from(this.#parts.registry.all(), ({ id }) => id).reverse();
    this.#waiting.set(client, { kind: kindOf(client), serverIds });
    this.#look();
  }

  /** The client is gone. */
  drop(client: McpClient): void {
    this.#waiting.delete(client);
  }

  forget(serverId: string): void {
    this.#known.delete(serverId);
  }

  /** Opens instances of the next servers, unless it does so already. */
  #look(): void {
    if (!this.#isLooking) this.#openNext().catch(this.#parts.onError);
  }

  async #openNext(): Promise<void> {
    this.#isLooking = true;
    try {
      for (let [next] = this.#waiting; next && this.#running < AT_ONCE; [next] = this.#waiting) {
        const [client, { kind, serverIds }] = next;
        if (isTurnOver()) {
          await nextTurn(payerOf(client.view.caller));
          // The client may be gone.
          continue;
        }
        const server = this.#parts.registry.byId(serverIds.pop() ?? '');
        if (serverIds.length === 0) this.#waiting.delete(client);
        if (server && this.#isOpen(client, kind, server) && this.#hasRoom(server)) this.#preview(client, kind, server);
      }
    } finally {
      this.#isLooking = false;
    }
  }

  #preview(client: McpClient, kind: string, server: ServerRecord): void {
    this.#running += 1;
    this.#open(client, kind, server)
      .catch(this.#parts.onError)
      .finally(() => {
        this.#running -= 1;
        this.#look();
      });
  }

  async #open(client: McpClient, kind: string, server: ServerRecord): Promise<void> {
    const { instances, changed, end } = this.#parts;
    const { differs, shared } = this.#comparison(server);
    try {
      const instance = await instances.get(client, server, false);
      // There is no room for an instance: the question stays open.
      if (!instance) return;
      note(differs, kind, !same(instance.tools, shared));
      if (differs.get(kind)) changed();
      else if (!instance.wasUsed) end(instance);
    } catch (error) {
      // The hub does not try a failed instance again with every list; calls give the reason.
      if (!(error instanceof DomainError)) throw error;
      if (!passing.has(error.code)) note(differs, kind, false);
    }
  }

  /** Whether it is an open question if the client gets other tools from a server. */
  #isOpen(client: McpClient, kind: string, server: ServerRecord): boolean {
    const { instances, observed } = this.#parts;
    if (observed.get(server.id).state !== 'connected' || !client.view.covers(server)) return false;
    if (this.#comparison(server).differs.get(kind) === false) return false;
    return !instances.has(client, server.id);
  }

  #hasRoom({ id, agentId }: ServerRecord): boolean {
    const open = this.#parts.instances.at(agentId);
    return open.length < MOST.ofAgent && open.filter(({ server }) => server.id === id).length < MOST.ofServer;
  }

  #comparison({ id }: ServerRecord): Comparison {
    const shared = this.#parts.observed.get(id).tools;
    let known = this.#known.get(id);
    if (known?.shared !== shared) {
      known = { shared, differs: new Map() };
      this.#known.set(id, known);
    }
    return known;
  }
}

function note(differs: Map<string, boolean>, kind: string, value: boolean): void {
  if (differs.size >= MOST_KINDS) differs.clear();
  differs.set(kind, value);
}

/** Clients with the same capabilities get the same tools. */
function kindOf({ hello: { capabilities } }: McpClient): string {
  const { sampling, elicitation, roots } = capabilities;
  return JSON.stringify([sampling, elicitation, roots]).slice(0, 1000);
}

function same(a: readonly ObservedTool[], b: readonly ObservedTool[]): boolean {
  const definitions = new Map(b.map(({ name, definition }) => [name, definition]));
  const isAlike = ({ name, definition }: ObservedTool) => {
    const other = definitions.get(name);
    return other === definition || (other !== undefined && plain(other) === plain(definition));
  };
  return a.length === b.length && a.every(isAlike);
}

/** The same JSON without regard to spaces and escapes. */
function plain(json: string): string {
  return JSON.stringify(JSON.parse(json));
}

import type { Caller } from '../../access/caller.js';
import { DomainError } from '../../errors.js';
import { Turns } from '../../event-loop.js';
import type { RightsNow } from '../../people/creators.js';
import type { ObservedServers } from '../../servers/observed.js';
import type { ServerRecord } from '../../servers/record.js';
import type { ServerRegistry } from '../../servers/registry.js';
import { handshakeOf } from '../handshake.js';
import type { McpPassThrough } from '../pass-through.js';
import type { McpView } from '../view.js';
import { logLevels, type McpClient, type McpLogLevel } from './client.js';
import { isRefusal } from './interests.js';

export interface SharedLevelParts {
  /** All clients that are there. */
  readonly clients: ReadonlySet<McpClient>;
  readonly passThrough: McpPassThrough;
  readonly registry: Pick<ServerRegistry, 'all' | 'byId'>;
  readonly observed: ObservedServers;
  readonly rightsNow: RightsNow;
  readonly onError: (error: unknown) => void;
}

/** The most detailed level that a client with this view wants. */
interface Wish {
  readonly view: McpView;
  readonly level: McpLogLevel;
}

interface Told {
  readonly level: McpLogLevel;
  /** The server has refused the level: it is asked again once it has connected again, or for another level. */
  isRefused: boolean;
}

/**
 * The log levels of the shared instances. Each server gets the most detailed level that a client wants, of the clients that may call a tool of
 * the server. The hub works the levels out in rounds, in turns with other work, and there is one round at a time.
 */
export class SharedLevels {
  readonly #parts: SharedLevelParts;
  /** The last level that was sent, by server. */
  readonly #told = new Map<string, Told>();
  /** The servers of the next round. */
  readonly #due = new Set<string>();
  /** The next round is for all servers. */
  #isAllDue = false;
  #isRunning = false;

  constructor(parts: SharedLevelParts) {
    this.#parts = parts;
  }

  /** The level that a server has; `undefined` if no client has wanted one. */
  of(serverId: string): McpLogLevel | undefined {
    const told = this.#told.get(serverId);
    return told?.isRefused ? undefined : told?.level;
  }

  /** The wanted level of a server may have changed; without an id, that of any server. Changes during a round make one more round. */
  look(serverId?: string): void {
    if (serverId === undefined) this.#isAllDue = true;
    else this.#due.add(serverId);
    if (!this.#isRunning) this.#run().catch(this.#parts.onError);
  }

  /** A server has connected. */
  connected(serverId: string): void {
    if (this.#told.get(serverId)?.isRefused) this.#told.delete(serverId);
    this.look(serverId);
  }

  /** A server is deleted. */
  forget(serverId: string): void {
    this.#told.delete(serverId);
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    try {
      while (this.#isAllDue || this.#due.size > 0) {
        const serverIds = this.#isAllDue ? Array.from(this.#parts.registry.all(), ({ id }) => id) : [...this.#due];
        this.#isAllDue = false;
        this.#due.clear();
        await this.#round(serverIds);
      }
    } finally {
      this.#isRunning = false;
    }
  }

  /** A short round ends at once: servers get the level before the request that follows in the same turn. */
  async #round(serverIds: readonly string[]): Promise<void> {
    const { clients, registry, observed } = this.#parts;
    const turns = new Turns();
    const wishes = new Map<string, Wish>();
    for (const client of [...clients]) {
      if (client.logLevel === undefined) continue;
      if (turns.due) await turns.next();
      if (clients.has(client)) this.#note(wishes, client);
    }
    const inOrder = [...wishes.values()].sort((a, b) => logLevels.indexOf(a.level) - logLevels.indexOf(b.level));
    for (const id of serverIds)
      for (const { view, level } of inOrder) {
        if (turns.due) await turns.next();
        const server = registry.byId(id);
        // Without clients no level is wanted any more.
        if (!server || clients.size === 0 || !this.#takesLevels(id)) break;
        if (!view.covers(server) || !view.mayCallAny(observed.get(id).tools)) continue;
        this.#tell(server, level);
        break;
      }
  }

  /** Adds the wish of a client, with its rights as of now. */
  #note(wishes: Map<string, Wish>, client: McpClient): void {
    const { logLevel: level } = client;
    const now = this.#callerNow(client.view.caller);
    if (level === undefined || !now) return;
    const view = client.view.of(now);
    const { key } = view;
    const known = wishes.get(key);
    if (!known || logLevels.indexOf(level) < logLevels.indexOf(known.level)) wishes.set(key, { view, level });
  }

  /** @returns `undefined` if the caller has lost its access */
  #callerNow(caller: Caller): Caller | undefined {
    try {
      return this.#parts.rightsNow(caller);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      // The client of a user gets another token, and comes back.
      return error.code === 'expired_credential' && caller.kind === 'user' ? caller : undefined;
    }
  }

  #takesLevels(serverId: string): boolean {
    const observation = this.#parts.observed.get(serverId);
    return observation.state === 'connected' && 'logging' in handshakeOf(observation).capabilities;
  }

  #tell(server: ServerRecord, level: McpLogLevel): void {
    if (this.#told.get(server.id)?.level === level) return;
    const told = { level, isRefused: false };
    this.#told.set(server.id, told);
    const request = { server, instanceId: '', method: 'logging/setLevel', params: JSON.stringify({ level }) };
    this.#parts.passThrough.send(request).catch((error: unknown) => {
      if (isRefusal(error)) told.isRefused = true;
      // The server was not reached: the next round sends the level again.
      else if (this.#told.get(server.id) === told) this.#told.delete(server.id);
    });
  }
}

import type { McpInterest } from '../agents/fleet-mcp.js';
import type { ObservedServers } from '../servers/observed.js';
import type { ServerRecord } from '../servers/record.js';
import type { ServerRegistry } from '../servers/registry.js';
import type { McpClient } from './client.js';
import { handshakeOf } from './handshake.js';
import { logLevels, type McpLogLevel } from './listener.js';
import type { McpPassage } from './passage.js';

/** What all clients together want to hear of the servers that they share: subscriptions are counted, and of log levels the least wins. */
export class Interests {
  readonly #passage: McpPassage;
  readonly #registry: ServerRegistry;
  readonly #observed: ObservedServers;
  readonly #clients: () => Iterable<McpClient>;
  /** Who has subscribed to what: by server, by URI. */
  readonly #subscribers = new Map<string, Map<string, Set<McpClient>>>();
  readonly #levels = new Map<string, McpLogLevel>();

  constructor(
    passage: McpPassage,
    registry: ServerRegistry,
    observed: ObservedServers,
    clients: () => Iterable<McpClient>,
  ) {
    this.#passage = passage;
    this.#registry = registry;
    this.#observed = observed;
    this.#clients = clients;
  }

  subscribers(serverId: string, uri: string): Iterable<McpClient> {
    return this.#subscribers.get(serverId)?.get(uri) ?? [];
  }

  /** @throws DomainError what the server answers to the first to subscribe. */
  async subscribe(client: McpClient, server: ServerRecord, uri: string): Promise<void> {
    const ofServer = this.#subscribers.get(server.id) ?? new Map<string, Set<McpClient>>();
    this.#subscribers.set(server.id, ofServer);
    const all = ofServer.get(uri) ?? new Set<McpClient>();
    ofServer.set(uri, all);
    all.add(client);
    try {
      // Asked each time: the agent asks the server only where it has not done so already.
      await this.#send(server, 'resources/subscribe', { uri });
    } catch (error) {
      this.#leave(client, server.id, uri);
      throw error;
    }
  }

  async unsubscribe(client: McpClient, server: ServerRecord, uri: string): Promise<void> {
    if (this.#leave(client, server.id, uri)) await this.#send(server, 'resources/unsubscribe', { uri });
  }

  /** A client is gone, with all that it wanted. */
  drop(client: McpClient): void {
    for (const [serverId, ofServer] of this.#subscribers) {
      const server = this.#registry.byId(serverId);
      for (const uri of [...ofServer.keys()]) {
        if (!this.#leave(client, serverId, uri) || !server) continue;
        this.#send(server, 'resources/unsubscribe', { uri }).catch(() => {});
      }
    }
    this.applyLevels();
  }

  forget(serverId: string): void {
    this.#subscribers.delete(serverId);
    this.#levels.delete(serverId);
  }

  /** Tells servers of the level that is wanted now, where it is another than before. */
  applyLevels(servers: Iterable<ServerRecord> = this.#registry.all()): void {
    for (const server of servers) {
      const wanted = this.#levelOf(server);
      if (wanted === undefined || wanted === this.#levels.get(server.id)) continue;
      const observation = this.#observed.get(server.id);
      if (observation.state !== 'connected' || !('logging' in handshakeOf(observation).capabilities)) continue;
      this.#levels.set(server.id, wanted);
      this.#send(server, 'logging/setLevel', { level: wanted }).catch(() => this.#levels.delete(server.id));
    }
  }

  /** All that is wanted of an agent's servers. */
  at(agentId: string): McpInterest[] {
    return this.#registry.ofAgent(agentId).flatMap((server) => {
      const uris = [...(this.#subscribers.get(server.id)?.keys() ?? [])];
      const logLevel = this.#levels.get(server.id) ?? '';
      return uris.length === 0 && logLevel === '' ? [] : [{ serverId: server.id, uris, logLevel }];
    });
  }

  #levelOf(server: ServerRecord): McpLogLevel | undefined {
    let least: McpLogLevel | undefined;
    for (const { logLevel, view } of this.#clients()) {
      if (logLevel === undefined || !view.covers(server)) continue;
      if (least === undefined || logLevels.indexOf(logLevel) < logLevels.indexOf(least)) least = logLevel;
    }
    return least;
  }

  /** Whether that was the last one. */
  #leave(client: McpClient, serverId: string, uri: string): boolean {
    const ofServer = this.#subscribers.get(serverId);
    const all = ofServer?.get(uri);
    if (!all?.delete(client) || all.size > 0) return false;
    ofServer?.delete(uri);
    return true;
  }

  async #send(server: ServerRecord, method: string, params: object): Promise<void> {
    this.#passage.checkConnected(server);
    await this.#passage.send({ server, instanceId: '', method, params: JSON.stringify(params) });
  }
}

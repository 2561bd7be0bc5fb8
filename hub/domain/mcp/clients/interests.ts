import { payerOf } from '../../access/caller.js';
import type { McpInterest } from '../../agents/contract.js';
import type { Cancellation } from '../../cancellation.js';
import { DomainError, type ErrorCode } from '../../errors.js';
import type { ServerRecord } from '../../servers/record.js';
import type { ServerRegistry } from '../../servers/registry.js';
import type { McpPassThrough } from '../pass-through.js';
import type { McpClient, McpLogLevel } from './client.js';
import type { PrivateInstance, PrivateInstances } from './instances.js';

/** Subscriptions of one server: as many as its agent keeps. */
const MOST = 10_000;
/** Subscriptions of one payer (`payerOf`) at the shared instances of all servers: a quarter of one server's. It has as many at its clients' own instances. */
const MOST_OF_PAYER = 2500;
/** About the bytes that an interest, or a resource in it, takes in addition to its text. */
const INTEREST_BYTES = 64;
/** Failures that a second attempt does not change. */
const refusals = new Set<ErrorCode>(['invalid_input', 'unimplemented', 'refused']);

/** The subscriptions of all clients at the servers that they share. */
export class Interests {
  readonly #passThrough: McpPassThrough;
  readonly #registry: ServerRegistry;
  readonly #levelOf: (serverId: string) => McpLogLevel | undefined;
  /** The subscribers, by server and URI. */
  readonly #subscribers = new Map<string, Map<string, Set<McpClient>>>();
  /** The same by client and server, so that the end of a client does not look at the subscriptions of others. */
  readonly #ofClients = new WeakMap<McpClient, Map<string, Set<string>>>();
  /** The number of subscriptions of the clients of each payer. */
  readonly #ofPayers = new Map<string, number>();
  /** Subscriptions that did not reach their server, by server. The hub sends them when the server is connected again. */
  readonly #unsent = new Map<string, Set<string>>();

  /** @param levelOf the log level that a server has for all clients */
  constructor(
    passThrough: McpPassThrough,
    registry: ServerRegistry,
    levelOf: (serverId: string) => McpLogLevel | undefined,
  ) {
    this.#passThrough = passThrough;
    this.#registry = registry;
    this.#levelOf = levelOf;
  }

  subscribers(serverId: string, uri: string): Iterable<McpClient> {
    return this.#subscribers.get(serverId)?.get(uri) ?? [];
  }

  /** The resources of a server that a client has subscribed to. */
  uris(serverId: string): Iterable<string> {
    return this.#subscribers.get(serverId)?.keys() ?? [];
  }

  /** Whether a client has subscribed at the shared instance. */
  has(client: McpClient, serverId: string, uri: string): boolean {
    return this.#subscribers.get(serverId)?.get(uri)?.has(client) === true;
  }

  /** The number of a client's subscriptions at shared instances. */
  countOf(client: McpClient): number {
    let count = 0;
    for (const uris of this.#ofClients.get(client)?.values() ?? []) count += uris.size;
    return count;
  }

  /** The resources of a server that this client has subscribed to at the shared instance. */
  urisOf(client: McpClient, serverId: string): Iterable<string> {
    return this.#ofClients.get(client)?.get(serverId) ?? [];
  }

  /** @throws DomainError `unavailable` if the server or the caller has too many; the server's error for the first subscriber. */
  async subscribe(client: McpClient, server: ServerRecord, uri: string): Promise<void> {
    const isNew = !this.has(client, server.id, uri);
    if (!this.#add(client, server.id, uri)) {
      const full = this.#hasRoom(client) ? `The server has ${MOST}` : `The caller has ${MOST_OF_PAYER}`;
      throw new DomainError('unavailable', `${full} subscriptions already`, { retryAfter: 60 });
    }
    try {
      // The agent asks the server only if it has not subscribed yet.
      await this.#send(server, 'resources/subscribe', { uri }, client);
    } catch (error) {
      // An earlier subscription stays: the hub sends it again when the server is back.
      if (isNew) this.#leave(client, server.id, uri);
      throw error;
    }
  }

  /** Subscribes a client to a resource, also while the server is away. The subscription ends if the server refuses it or has too many. */
  adopt(client: McpClient, server: ServerRecord, uri: string): void {
    if (!this.#add(client, server.id, uri)) return;
    this.#send(server, 'resources/subscribe', { uri }, client).catch((error: unknown) => {
      if (isRefusal(error)) {
        this.#leave(client, server.id, uri);
        return;
      }
      const unsent = this.#unsent.get(server.id) ?? new Set();
      this.#unsent.set(server.id, unsent.add(uri));
    });
  }

  /** A server has connected: it gets the subscriptions that could not be sent before. */
  connected(server: ServerRecord): void {
    const unsent = this.#unsent.get(server.id) ?? [];
    this.#unsent.delete(server.id);
    for (const uri of unsent) for (const client of this.subscribers(server.id, uri)) this.adopt(client, server, uri);
  }

  async unsubscribe(client: McpClient, server: ServerRecord, uri: string): Promise<void> {
    if (this.#leave(client, server.id, uri)) await this.#send(server, 'resources/unsubscribe', { uri }, client);
  }

  /** Removes the subscriptions of a client that is gone. */
  drop(client: McpClient): void {
    for (const [serverId, uris] of [...(this.#ofClients.get(client) ?? [])]) {
      const server = this.#registry.byId(serverId);
      for (const uri of [...uris]) {
        if (!this.#leave(client, serverId, uri) || !server) continue;
        this.#send(server, 'resources/unsubscribe', { uri }, client).catch(() => {});
      }
    }
  }

  /** Removes the subscriptions at a deleted server. */
  forget(serverId: string): void {
    for (const [uri, all] of [...(this.#subscribers.get(serverId) ?? [])])
      for (const client of [...all]) this.#leave(client, serverId, uri);
    this.#unsent.delete(serverId);
  }

  /** The subscriptions and log levels at the servers of an agent. */
  at(agentId: string): McpInterest[] {
    return this.parts(agentId, Number.POSITIVE_INFINITY).next().value;
  }

  /**
   * The same in parts of about so many bytes; the last part is returned. A part has the state of the moment in which it is taken: a change
   * between two parts is in the later part, or goes to the agent as a request after the earlier one.
   */
  *parts(agentId: string, mostBytes: number): Generator<McpInterest[], McpInterest[]> {
    let part: McpInterest[] = [];
    let bytes = 0;
    for (const { id: serverId } of this.#registry.ofAgent(agentId)) {
      const logLevel = this.#levelOf(serverId) ?? '';
      let uris: string[] = [];
      const add = () => {
        if (uris.length > 0 || logLevel !== '') part.push({ serverId, uris, logLevel });
        bytes += INTEREST_BYTES;
      };
      for (const uri of this.#subscribers.get(serverId)?.keys() ?? []) {
        uris.push(uri);
        bytes += Buffer.byteLength(uri) + INTEREST_BYTES;
        if (bytes < mostBytes) continue;
        add();
        yield part;
        part = [];
        bytes = 0;
        uris = [];
      }
      add();
    }
    return part;
  }

  /** @returns `false` if the server or the payer has too many subscriptions */
  #add(client: McpClient, serverId: string, uri: string): boolean {
    const ofServer = this.#subscribers.get(serverId) ?? new Map<string, Set<McpClient>>();
    const all = ofServer.get(uri) ?? new Set<McpClient>();
    if (all.has(client)) return true;
    if ((all.size === 0 && ofServer.size >= MOST) || !this.#hasRoom(client)) return false;
    this.#subscribers.set(serverId, ofServer.set(uri, all.add(client)));
    const own = this.#ofClients.get(client) ?? new Map<string, Set<string>>();
    this.#ofClients.set(client, own.set(serverId, (own.get(serverId) ?? new Set()).add(uri)));
    this.#count(client, 1);
    return true;
  }

  #hasRoom({ view }: McpClient): boolean {
    return (this.#ofPayers.get(payerOf(view.caller)) ?? 0) < MOST_OF_PAYER;
  }

  #count(client: McpClient, more: 1 | -1): void {
    const payer = payerOf(client.view.caller);
    const ofPayer = (this.#ofPayers.get(payer) ?? 0) + more;
    if (ofPayer > 0) this.#ofPayers.set(payer, ofPayer);
    else this.#ofPayers.delete(payer);
  }

  /** @returns whether the client was the last subscriber */
  #leave(client: McpClient, serverId: string, uri: string): boolean {
    const ofServer = this.#subscribers.get(serverId);
    const all = ofServer?.get(uri);
    if (!all?.delete(client)) return false;
    const own = this.#ofClients.get(client);
    const uris = own?.get(serverId);
    uris?.delete(uri);
    if (uris?.size === 0) own?.delete(serverId);
    this.#count(client, -1);
    if (all.size > 0) return false;
    ofServer?.delete(uri);
    if (ofServer?.size === 0) this.#subscribers.delete(serverId);
    return true;
  }

  async #send(server: ServerRecord, method: string, params: object, client: McpClient): Promise<void> {
    this.#passThrough.checkConnected(server);
    const { caller } = client.view;
    await this.#passThrough.send({ server, caller, instanceId: '', method, params: JSON.stringify(params) });
  }
}

/** Whether a second attempt would fail as well. A server's own error is in `details.jsonrpc`; without it, the server has not answered. */
export function isRefusal(error: unknown): boolean {
  return error instanceof DomainError && (refusals.has(error.code) || error.details.jsonrpc !== undefined);
}

function tooMany(full: string): DomainError {
  return new DomainError('unavailable', `${full} subscriptions already: end some of them first`, { retryAfter: 60 });
}

/** The subscriptions of clients at instances of their own. When an instance ends, its subscriptions go on at the shared instance. */
export class OwnSubscriptions {
  readonly #passThrough: McpPassThrough;
  readonly #interests: Interests;
  readonly #instances: PrivateInstances;
  readonly #most: number;
  readonly #of = new WeakMap<PrivateInstance, Set<string>>();

  /** @param most subscriptions of one client at all instances */
  constructor(passThrough: McpPassThrough, interests: Interests, instances: PrivateInstances, most: number) {
    this.#passThrough = passThrough;
    this.#interests = interests;
    this.#instances = instances;
    this.#most = most;
  }

  of(instance: PrivateInstance): Iterable<string> {
    return this.#of.get(instance) ?? [];
  }

  /**
   * @param own the instance that is to be asked; absent for the shared instance
   * @throws DomainError `unavailable` where the client, or the payer at own instances, has as many subscriptions as it may, and not this one.
   */
  checkRoom(client: McpClient, server: ServerRecord, uri: string, own: PrivateInstance | undefined): void {
    if (own ? this.#of.get(own)?.has(uri) : this.#interests.has(client, server.id, uri)) return;
    const count = this.#interests.countOf(client) + this.#countAt(this.#instances.of(client));
    if (count >= this.#most) throw tooMany(`The client has ${this.#most}`);
    // The shared instances have a count of their own.
    if (own && this.#countAt(this.#instances.ofPayer(payerOf(client.view.caller))) >= MOST_OF_PAYER)
      throw tooMany(`The caller has ${MOST_OF_PAYER}`);
  }

  #countAt(instances: Iterable<PrivateInstance>): number {
    let count = 0;
    for (const instance of instances) count += this.#of.get(instance)?.size ?? 0;
    return count;
  }

  /** @throws DomainError the server's error. */
  async subscribe(instance: PrivateInstance, uri: string, signal: Cancellation): Promise<void> {
    await this.#ask(instance, 'resources/subscribe', uri, signal);
    const uris = this.#of.get(instance) ?? new Set();
    this.#of.set(instance, uris.add(uri));
  }

  /** @throws DomainError the server's error. */
  async unsubscribe(instance: PrivateInstance, uri: string, signal: Cancellation): Promise<void> {
    this.#of.get(instance)?.delete(uri);
    await this.#ask(instance, 'resources/unsubscribe', uri, signal);
  }

  /** Moves the subscriptions of an ended instance to the shared instance. */
  moveOn(instance: PrivateInstance): void {
    const { client, server } = instance;
    const uris = [...this.of(instance)];
    this.#of.delete(instance);
    for (const uri of uris) this.#interests.adopt(client, server, uri);
  }

  async #ask({ id: instanceId, server }: PrivateInstance, method: string, uri: string, signal: Cancellation) {
    await this.#passThrough.ask({ server, instanceId, method, params: JSON.stringify({ uri }), signal });
  }
}

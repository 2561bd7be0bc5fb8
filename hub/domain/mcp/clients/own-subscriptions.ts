import type { Cancellation } from '../../cancellation.js';
import { DomainError } from '../../errors.js';
import type { ServerRecord } from '../../servers/record.js';
import type { McpPassage } from '../passage.js';
import type { McpClient } from './client.js';
import type { PrivateInstance, PrivateInstances } from './instances.js';
import type { Interests } from './interests.js';

/** The subscriptions of clients at instances of their own. When an instance ends, its subscriptions go on at the shared instance. */
export class OwnSubscriptions {
  readonly #passage: McpPassage;
  readonly #interests: Interests;
  readonly #instances: PrivateInstances;
  readonly #most: number;
  readonly #of = new WeakMap<PrivateInstance, Set<string>>();

  /** @param most subscriptions of one client, wherever they are */
  constructor(passage: McpPassage, interests: Interests, instances: PrivateInstances, most: number) {
    this.#passage = passage;
    this.#interests = interests;
    this.#instances = instances;
    this.#most = most;
  }

  of(instance: PrivateInstance): Iterable<string> {
    return this.#of.get(instance) ?? [];
  }

  /**
   * @param own the instance that is to be asked; absent for the shared instance
   * @throws DomainError `unavailable` where the client has as many subscriptions as it may, and not this one.
   */
  checkRoom(client: McpClient, server: ServerRecord, uri: string, own: PrivateInstance | undefined): void {
    if (own ? this.#of.get(own)?.has(uri) : this.#interests.has(client, server.id, uri)) return;
    let count = this.#interests.countOf(client);
    for (const instance of this.#instances.of(client)) count += this.#of.get(instance)?.size ?? 0;
    if (count < this.#most) return;
    const message = `The client has ${this.#most} subscriptions already: end some of them first`;
    throw new DomainError('unavailable', message, { retryAfter: 60 });
  }

  /** @throws DomainError what the server answers. */
  async subscribe(instance: PrivateInstance, uri: string, signal: Cancellation): Promise<void> {
    await this.#ask(instance, 'resources/subscribe', uri, signal);
    const uris = this.#of.get(instance) ?? new Set();
    this.#of.set(instance, uris.add(uri));
  }

  /** @throws DomainError what the server answers. */
  async unsubscribe(instance: PrivateInstance, uri: string, signal: Cancellation): Promise<void> {
    this.#of.get(instance)?.delete(uri);
    await this.#ask(instance, 'resources/unsubscribe', uri, signal);
  }

  /** An instance is gone and its client is not. */
  moveOn(instance: PrivateInstance): void {
    const { client, server } = instance;
    const uris = [...this.of(instance)];
    this.#of.delete(instance);
    for (const uri of uris) this.#interests.adopt(client, server, uri);
  }

  async #ask({ id: instanceId, server }: PrivateInstance, method: string, uri: string, signal: Cancellation) {
    await this.#passage.ask({ server, instanceId, method, params: JSON.stringify({ uri }), signal });
  }
}

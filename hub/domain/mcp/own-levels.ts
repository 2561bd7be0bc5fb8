import { DomainError } from '../errors.js';
import type { PrivateInstance } from './instances.js';
import type { McpLogLevel } from './listener.js';
import type { McpPassage } from './passage.js';

/** How much of their logs clients want of instances of their own: each instance is told once, and again where its client wants another level. */
export class OwnLevels {
  readonly #passage: McpPassage;
  readonly #told = new WeakMap<PrivateInstance, McpLogLevel>();

  constructor(passage: McpPassage) {
    this.#passage = passage;
  }

  /** Sends the level where the instance does not know it. Nobody waits for the answer. */
  tell(instance: PrivateInstance): void {
    const { id: instanceId, server, client } = instance;
    const level = client.logLevel;
    if (level === undefined || level === this.#told.get(instance)) return;
    this.#told.set(instance, level);
    const request = { server, instanceId, method: 'logging/setLevel', params: JSON.stringify({ level }) };
    this.#passage.send(request).catch((error: unknown) => {
      // Not every server knows it; those that do not log as they do. One that was not reached is told with the next request.
      const answered = error instanceof DomainError && error.details.jsonrpc !== undefined;
      if (!answered && this.#told.get(instance) === level) this.#told.delete(instance);
    });
  }
}

import { DomainError } from '../../errors.js';
import type { McpPassThrough } from '../pass-through.js';
import type { McpLogLevel } from './client.js';
import type { PrivateInstance } from './instances.js';

/** The log levels of clients at their own instances. Each instance gets the level once, and again when its client sets another level. */
export class OwnLevels {
  readonly #passThrough: McpPassThrough;
  readonly #told = new WeakMap<PrivateInstance, McpLogLevel>();

  constructor(passThrough: McpPassThrough) {
    this.#passThrough = passThrough;
  }

  /** Sends the level to an instance that does not know it, without waiting for the answer. */
  tell(instance: PrivateInstance): void {
    const { id: instanceId, server, client } = instance;
    const level = client.logLevel;
    if (level === undefined || level === this.#told.get(instance)) return;
    this.#told.set(instance, level);
    const request = { server, instanceId, method: 'logging/setLevel', params: JSON.stringify({ level }) };
    this.#passThrough.send(request).catch((error: unknown) => {
      // A server without levels logs as before. A server that was not reached gets the level with the next request.
      const answered = error instanceof DomainError && error.details.jsonrpc !== undefined;
      if (!answered && this.#told.get(instance) === level) this.#told.delete(instance);
    });
  }
}

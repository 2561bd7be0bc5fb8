import { DomainError } from '../../errors.js';
import type { ObservedServers, ObservedTool } from '../../servers/observed.js';
import type { ServerRecord } from '../../servers/record.js';
import type { McpPassThrough } from '../pass-through.js';
import { readPages } from './lists.js';

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
      const listed = await readPages(this.#passThrough, { server, instanceId }, 'tools/list', 'tools', 'name');
      return listed.flatMap(
        ({ key: name, json }) => this.#observed.readTool(server.id, { name, definition: Buffer.from(json) }) ?? [],
      );
    } catch (error) {
      if (error instanceof DomainError) return [];
      throw error;
    }
  }
}

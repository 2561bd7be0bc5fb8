import type { PrivateInstance, PrivateInstances } from './instances.js';
import { readPages } from './lists.js';
import type { McpPassage } from './passage.js';

/** Reads the tools of private instances again: one reading of each at a time, and one more for all that was announced meanwhile. */
export class ToolReadings {
  readonly #passage: McpPassage;
  readonly #instances: PrivateInstances;
  readonly #onRead: () => void;
  /** Those that are being read, and whether something was announced since. */
  readonly #reading = new Map<PrivateInstance, boolean>();

  /** `onRead`: an instance may have other tools now. */
  constructor(passage: McpPassage, instances: PrivateInstances, onRead: () => void) {
    this.#passage = passage;
    this.#instances = instances;
    this.#onRead = onRead;
  }

  /** Its tools may be others: what is known stays until they have been read. */
  read(instance: PrivateInstance): void {
    if (this.#reading.has(instance)) {
      this.#reading.set(instance, true);
      return;
    }
    this.#reading.set(instance, false);
    this.#readOnce(instance)
      // What cannot be read stays as it was.
      .catch(() => {})
      .finally(() => {
        const again = this.#reading.get(instance);
        this.#reading.delete(instance);
        if (again && this.#instances.byId(instance.id) === instance) this.read(instance);
      });
  }

  async #readOnce(instance: PrivateInstance): Promise<void> {
    const { id: instanceId, server } = instance;
    const tools = await readPages(this.#passage, { server, instanceId }, 'tools/list', 'tools', 'name');
    instance.tools = tools.flatMap(({ json }) => this.#instances.readTool(server.id, json) ?? []);
    this.#onRead();
  }
}

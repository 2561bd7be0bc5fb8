import type { ClientListener, McpClient, McpLogLevel } from '../../../domain/mcp/clients/client.js';
import type { McpClients } from '../../../domain/mcp/clients/clients.js';
import type { McpView } from '../../../domain/mcp/view.js';

/** A level stays wanted for so long after the last request that named it, milliseconds: the hub does not tell servers again with each. */
const KEEP_MS = 60_000;
const MOST = 1000;

const deaf: ClientListener = { notify: () => {}, ask: () => {}, unask: () => {} };

/** Log levels that requests name, for servers that know only one level for all: the least that is wanted counts. */
export class LogLevels {
  readonly #clients: McpClients;
  readonly #wanted = new Map<string, { readonly client: McpClient; readonly timer: NodeJS.Timeout }>();

  constructor(clients: McpClients) {
    this.#clients = clients;
  }

  want(view: McpView, level: McpLogLevel): void {
    const key = `${level} ${view.key}`;
    const known = this.#wanted.get(key);
    if (known) {
      known.timer.refresh();
      return;
    }
    if (this.#wanted.size >= MOST) return;
    const client = this.#clients.open(view, { capabilities: {}, info: {} }, deaf);
    client.logLevel = level;
    const timer = setTimeout(() => this.#drop(key), KEEP_MS).unref();
    this.#wanted.set(key, { client, timer });
    this.#clients.interests.applyLevels();
  }

  close(): void {
    for (const key of [...this.#wanted.keys()]) this.#drop(key);
  }

  #drop(key: string): void {
    const wanted = this.#wanted.get(key);
    if (!wanted) return;
    clearTimeout(wanted.timer);
    this.#wanted.delete(key);
    this.#clients.close(wanted.client);
  }
}

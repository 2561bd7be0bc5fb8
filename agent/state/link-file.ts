import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';

/**
 * The file `link` in the data folder: `connected` while the hub has this agent, `disconnected` otherwise, absent while no agent runs.
 * For health checks of containers, which have no other way to look: an agent listens nowhere.
 */
export class LinkFile {
  readonly #path: string;
  readonly #log: Logger;

  constructor(dataDir: string, log: Logger) {
    this.#path = join(dataDir, 'link');
    this.#log = log;
    this.tell('disconnected');
  }

  /** A state that cannot be written is logged, and costs nothing else. */
  tell(state: 'connected' | 'disconnected'): void {
    try {
      writeFileSync(this.#path, `${state}\n`, { mode: 0o600 });
    } catch (err) {
      this.#log.warn({ err }, 'the state of the link cannot be written');
    }
  }

  remove(): void {
    rmSync(this.#path, { force: true });
  }
}

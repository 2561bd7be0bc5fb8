import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '@roundhouse/proto/log';
import { tryLock } from 'fs-native-extensions';

/**
 * Locks a data folder for this process; returns a function that unlocks it. Two agents of one identity would close each
 * other's connections and start every server twice. The lock ends with the process, even if the process is killed.
 * @throws Error when another agent has the folder.
 */
export function lockFolder(dir: string): () => void {
  const descriptor = openSync(join(dir, 'agent.lock'), 'a+', 0o600);
  if (tryLock(descriptor)) return () => closeSync(descriptor);
  closeSync(descriptor);
  throw new Error(`${dir} is in use by another agent`);
}

/**
 * The file `link` in the data folder: `connected` while the hub has this agent, `disconnected` otherwise, absent while no agent runs.
 * Health checks of containers read it, because an agent listens on no port.
 */
export class LinkFile {
  readonly #path: string;
  readonly #log: Logger;

  constructor(dataDir: string, log: Logger) {
    this.#path = join(dataDir, 'link');
    this.#log = log;
    this.tell('disconnected');
  }

  /** Writes the state. A failed write is only logged. */
  tell(state: 'connected' | 'disconnected'): void {
    try {
      writeFileSync(this.#path, `${state}\n`, { mode: 0o600 });
    } catch (err) {
      this.#log.warn({ event: 'state.link_file_not_written', err }, 'the state of the link cannot be written');
    }
  }

  remove(): void {
    rmSync(this.#path, { force: true });
  }
}

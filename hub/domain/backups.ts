import { authorize } from './access/authorize.js';
import type { RequestOrigin } from './access/caller.js';
import { changeAudit } from './audit/audit.js';
import { newId } from './ids.js';
import type { Store } from './store.js';

export interface BackupOptions {
  /** Whether the backup holds the sealing key. Without the key, no one can read the secrets of the backup. */
  readonly withSealingKey: boolean;
}

/** Copies the live store. Implemented by `hub/store`. */
export interface BackupSource {
  /** A consistent copy, as one file's bytes. */
  copy(options: BackupOptions): Promise<AsyncIterable<Uint8Array>>;
}

/** Backups of the live store. */
export class Backups {
  readonly #store: Store;
  readonly #source: BackupSource;

  constructor(store: Store, source: BackupSource) {
    this.#store = store;
    this.#source = source;
  }

  /** `name` is a file name to suggest. @throws DomainError `forbidden`. */
  async create(
    origin: RequestOrigin,
    options: BackupOptions,
  ): Promise<{ name: string; chunks: AsyncIterable<Uint8Array> }> {
    authorize(origin.caller, 'backup.create');
    const id = newId();
    const name = `roundhouse-${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}.backup`;
    await this.#store.apply({
      by: origin.caller,
      writes: [changeAudit(origin, 'backup.create', { type: 'backup', id }, { ...options })],
    });
    return { name, chunks: await this.#source.copy(options) };
  }
}

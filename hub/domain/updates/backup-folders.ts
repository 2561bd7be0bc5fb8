import type { Amount, Cleaned, CleanRequest, Folders, Measured } from '../cleanup/storage.js';
import { remove, type Store } from '../store.js';
import { type ServerBackup, serverBackups } from './backup.js';

const BACKUPS = 'backups';

/** The hub's folders, with the backups of servers, which lie in its store, among the backups. */
export class FoldersWithBackups implements Folders {
  readonly #folders: Folders;
  readonly #store: Store;

  constructor(folders: Folders, store: Store) {
    this.#folders = folders;
    this.#store = store;
  }

  async clean(request: CleanRequest): Promise<Cleaned> {
    const cleaned = await this.#folders.clean(request);
    if (!request.targets.includes(BACKUPS)) return cleaned;
    const old = this.#old(request);
    if (!request.dryRun && old.length > 0)
      await this.#store.apply({ writes: old.map(({ id }) => remove(serverBackups, id)) });
    return cleaned.map((one) => (one.target === BACKUPS ? { ...one, ...sum(one, amount(old)) } : one));
  }

  async measure(): Promise<Measured> {
    const measured = await this.#folders.measure();
    const all = amount([...this.#store.list(serverBackups)]);
    const targets = measured.targets.map((one) => (one.target === BACKUPS ? { ...one, ...sum(one, all) } : one));
    return { ...measured, targets };
  }

  /** The newest backup of each server stays, unless it is forced. */
  #old({ beforeMs, force }: CleanRequest): ServerBackup[] {
    const seen = new Set<string>();
    const old: ServerBackup[] = [];
    for (const backup of this.#store.list(serverBackups, { index: 'server', reverse: true })) {
      const newest = !seen.has(backup.serverId);
      seen.add(backup.serverId);
      if (backup.createdAt < beforeMs && (force || !newest)) old.push(backup);
    }
    return old;
  }
}

/** A backup is counted as a file of the size that its JSON has. */
function amount(backups: readonly ServerBackup[]): Amount {
  const bytes = backups.reduce((all, backup) => all + Buffer.byteLength(JSON.stringify(backup)), 0);
  return { files: backups.length, bytes };
}

function sum(a: Amount, b: Amount): Amount {
  return { files: a.files + b.files, bytes: a.bytes + b.bytes };
}

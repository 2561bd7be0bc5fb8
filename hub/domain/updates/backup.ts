import { createHash } from 'node:crypto';
import { canonicalJson } from '@roundhouse/proto/json';
import type { Amount, Cleaned, CleanRequest, Folders, Measured } from '../cleanup/storage.js';
import { mapInTurns } from '../event-loop.js';
import type { ObservedTool } from '../servers/observed.js';
import type { ServerRecord } from '../servers/record.js';
import { isPinned } from '../servers/record.js';
import { collection, remove, type Store, type Write } from '../store.js';

/** A backup for rollbacks: the version of its source that a server ran, and its tools. Secrets stay with the registration. */
export interface ServerBackup {
  readonly id: string;
  readonly serverId: string;
  /** The revision of the registration, when the backup was made. */
  readonly revision: number;
  readonly version: string;
  /** The source of the version; see `versionPin`. */
  readonly versionOf: string;
  readonly tools: readonly ToolPrint[];
  /** The update for which it was made. */
  readonly jobId: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

/** The digests of the members of a tool's definition. */
export interface ToolPrint {
  readonly name: string;
  readonly members: Readonly<Record<string, string>>;
}

/** The most backups of one server; the oldest go first. */
export const KEPT_BACKUPS = 5;

export const serverBackups = collection<ServerBackup>('server_backups', 'server backup', {
  server: { of: ({ serverId, createdAt }) => [serverId, createdAt] },
});

/** The backups of a server, newest first. */
export function backupsOf(store: Pick<Store, 'list'>, serverId: string): ServerBackup[] {
  return [...store.list(serverBackups, { index: 'server', equals: [serverId], reverse: true })];
}

/** The backups of the source that the registration names now. */
export function usableBackups(store: Pick<Store, 'list'>, { id, transport }: ServerRecord): ServerBackup[] {
  return backupsOf(store, id).filter(({ versionOf }) => isPinned(transport, versionOf));
}

/** The writes that remove the backups of a deleted server. */
export function backupsOfServer(store: Pick<Store, 'list'>, serverId: string): Write[] {
  return backupsOf(store, serverId).map(({ id }) => remove(serverBackups, id, 'any'));
}

/** The digests of a tool's definition. */
export function toolPrint(name: string, definition: Readonly<Record<string, unknown>>): ToolPrint {
  const members = Object.entries(definition).map(([key, value]) => [key, digest(value)] as const);
  return { name, members: Object.fromEntries(members) };
}

export function printsOf(tools: readonly ObservedTool[]): Promise<ToolPrint[]> {
  return mapInTurns(tools, ({ name, definition }) => toolPrint(name, JSON.parse(definition)));
}

function digest(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('base64url').slice(0, 16);
}

const BACKUPS = 'backups';

/** The hub's folders. The backups of servers, which are in its store, count among its backups. */
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
      await this.#store.apply({ by: null, writes: old.map(({ id }) => remove(serverBackups, id, 'any')) });
    return cleaned.map((one) => (one.target === BACKUPS ? { ...one, ...sum(one, amount(old)) } : one));
  }

  async measure(): Promise<Measured> {
    const measured = await this.#folders.measure();
    const all = amount([...this.#store.list(serverBackups)]);
    const targets = measured.targets.map((one) => (one.target === BACKUPS ? { ...one, ...sum(one, all) } : one));
    return { ...measured, targets };
  }

  /** The backups to remove. Without `force` the newest backup of each server stays. */
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

/** The number and size of backups. The size of a backup is the length of its JSON. */
function amount(backups: readonly ServerBackup[]): Amount {
  const bytes = backups.reduce((all, backup) => all + Buffer.byteLength(JSON.stringify(backup)), 0);
  return { files: backups.length, bytes };
}

function sum(a: Amount, b: Amount): Amount {
  return { files: a.files + b.files, bytes: a.bytes + b.bytes };
}

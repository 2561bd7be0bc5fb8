import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The versions that a server must be able to go back to. */
export interface Kept {
  readonly versions: readonly string[];
  /** The places of the versions. */
  readonly places: readonly string[];
}

/** The versions of each server that must stay for rollbacks. They are on disk, so that no cleanup after a restart deletes them. */
export class KeptVersions {
  readonly #folder: string;
  #all: Promise<Map<string, Kept>> | undefined;

  constructor(dataDir: string) {
    this.#folder = join(dataDir, 'sources', 'kept');
  }

  /** All places that must stay. */
  async places(): Promise<string[]> {
    return [...(await this.#read()).values()].flatMap(({ places }) => places);
  }

  /** Replaces a server's record; on disk when it resolves. */
  async set(serverId: string, kept: Kept): Promise<void> {
    const all = await this.#read();
    if (kept.versions.length === 0) {
      all.delete(serverId);
      await rm(this.#path(serverId), { force: true });
      return;
    }
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const path = this.#path(serverId);
    const file = await open(`${path}.new`, 'w', 0o600);
    try {
      await file.writeFile(JSON.stringify(kept));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.new`, path);
    all.set(serverId, kept);
  }

  async forget(serverId: string): Promise<void> {
    await this.set(serverId, { versions: [], places: [] });
  }

  #read(): Promise<Map<string, Kept>> {
    this.#all ??= this.#readAll();
    return this.#all;
  }

  async #readAll(): Promise<Map<string, Kept>> {
    const all = new Map<string, Kept>();
    for (const name of await readdir(this.#folder).catch(() => [])) {
      if (!name.endsWith('.json')) continue;
      const kept = parse(await readFile(join(this.#folder, name), 'utf8').catch(() => ''));
      if (kept !== undefined) all.set(name.slice(0, -'.json'.length), kept);
    }
    return all;
  }

  #path(serverId: string): string {
    return join(this.#folder, `${serverId}.json`);
  }
}

function parse(text: string): Kept | undefined {
  try {
    const { versions, places } = JSON.parse(text) as Partial<Kept>;
    return Array.isArray(versions) && Array.isArray(places) ? { versions, places } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The version that a server's source was resolved to, if its command names none. It is on disk, so that the server keeps its version until
 * it is updated.
 */
export class Resolutions {
  readonly #folder: string;

  constructor(dataDir: string) {
    this.#folder = join(dataDir, 'sources', 'resolved');
  }

  /** @param source the source in the command, such as `npm/name@^1`. */
  async get(serverId: string, source: string): Promise<string | undefined> {
    const text = await readFile(this.#path(serverId), 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    try {
      const kept = JSON.parse(text) as { source?: unknown; version?: unknown };
      return kept.source === source && typeof kept.version === 'string' ? kept.version : undefined;
    } catch {
      return undefined;
    }
  }

  async set(serverId: string, source: string, version: string): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const path = this.#path(serverId);
    // A cancelled attempt and the next one may write at the same time.
    const made = `${path}.${randomUUID()}.new`;
    await writeFile(made, JSON.stringify({ source, version }), { mode: 0o600 });
    await rename(made, path);
  }

  async forget(serverId: string): Promise<void> {
    await rm(this.#path(serverId), { force: true });
  }

  #path(serverId: string): string {
    return join(this.#folder, `${serverId}.json`);
  }
}

/**
 * The installed versions that are in use. A server uses the version that it runs or ran last; a second instance uses its version until its
 * end. Versions are given by their place (see `Registry.place`).
 */
export class Usage {
  readonly #places = new Map<string, string>();
  /** Replaced instances that have not ended yet. */
  readonly #leaving = new Set<string>();
  readonly #waiting = new Set<() => void>();

  /** From now on this holder uses this place, and no other. */
  hold(holder: string, place: string): void {
    this.#places.set(holder, place);
  }

  /** Records the version that a server would start from, unless it uses one. */
  expect(server: string, place: string): void {
    if (!this.#places.has(server)) this.#places.set(server, place);
  }

  release(holder: string): void {
    this.#places.delete(holder);
    if (!this.#leaving.delete(holder)) return;
    for (const look of [...this.#waiting]) look();
  }

  /** Exchanges the versions of server and instance: the instance has taken over. */
  exchange(server: string, instance: string): void {
    const [old, next] = [this.#places.get(server), this.#places.get(instance)];
    this.#places.delete(instance);
    if (next !== undefined) this.#places.set(server, next);
    if (old === undefined) return;
    this.#places.set(instance, old);
    this.#leaving.add(instance);
  }

  /** Whether all instances that use a place have been replaced by others. */
  isLeft(place: string): boolean {
    const holders = [...this.#places].filter(([, used]) => used === place);
    return holders.length > 0 && holders.every(([holder]) => this.#leaving.has(holder));
  }

  /** Resolves once no replaced instance uses the place. @throws the signal's reason. */
  async whileLeft(place: string, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw signal.reason;
    if (!this.isLeft(place)) return;
    await new Promise<void>((resolve, reject) => {
      const over = () => {
        this.#waiting.delete(look);
        signal.removeEventListener('abort', abort);
      };
      const look = () => {
        if (this.isLeft(place)) return;
        over();
        resolve();
      };
      const abort = () => {
        over();
        reject(signal.reason);
      };
      this.#waiting.add(look);
      signal.addEventListener('abort', abort);
    });
  }

  all(): Set<string> {
    return new Set(this.#places.values());
  }
}

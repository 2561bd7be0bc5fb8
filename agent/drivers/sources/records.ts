import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** What a server must be able to go back to. */
export interface Kept {
  readonly versions: readonly string[];
  /** Where they lie. */
  readonly places: readonly string[];
}

/** Which versions must stay for rollbacks, for each server: on disk, so that no cleanup after a restart takes them. */
export class KeptVersions {
  readonly #folder: string;
  #all: Promise<Map<string, Kept>> | undefined;

  constructor(dataDir: string) {
    this.#folder = join(dataDir, 'sources', 'kept');
  }

  /** Every place that must stay. */
  async places(): Promise<string[]> {
    return [...(await this.#read()).values()].flatMap(({ places }) => places);
  }

  /** Replaces what was said of a server; on disk when it resolves. */
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

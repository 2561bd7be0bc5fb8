import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Which version a server's source was resolved to, where its command names none: kept on disk, so that a server stays
 * at its version until it is told otherwise.
 */
export class Resolutions {
  readonly #folder: string;

  constructor(dataDir: string) {
    this.#folder = join(dataDir, 'sources', 'resolved');
  }

  /** @param source what the command names, such as `npm/name@^1`. */
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
    // Two may be at it at once: an attempt that was called off, and the next one.
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

import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { amountOf } from '../storage/walk.js';
import type { InstalledVersion } from './registry.js';

/** The content of a folder: a version of a package. `name` may contain slashes. */
export interface Place {
  readonly kind: string;
  readonly name: string;
  readonly version: string;
}

/** The folder of installed sources. It has a folder for each version, which is complete or does not exist. */
export class SourceFolder {
  readonly #root: string;
  readonly #installing = new Map<string, Promise<string>>();
  /** The last operation on each place: operations on a place run one after the other. */
  readonly #turns = new Map<string, Promise<unknown>>();
  #cleaned: Promise<void> | undefined;

  constructor(dataDir: string) {
    this.#root = join(dataDir, 'sources');
  }

  /** The folder of one version, whether it exists or not. */
  path({ kind, name, version }: Place): string {
    return join(this.#root, kind, ...name.split('/'), encodeURIComponent(version));
  }

  has(place: Place): Promise<boolean> {
    return exists(this.path(place));
  }

  /** The versions of a package that are installed, in no particular order. */
  async versions(kind: string, name: string): Promise<string[]> {
    const entries = await readdir(dirname(this.path({ kind, name, version: '0' })), { withFileTypes: true }).catch(
      () => [],
    );
    return entries
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map((entry) => decodeURIComponent(entry.name));
  }

  /** The installed versions with their installation times and sizes. */
  async list(kind: string, name: string): Promise<InstalledVersion[]> {
    const found: InstalledVersion[] = [];
    for (const version of await this.versions(kind, name)) {
      const path = this.path({ kind, name, version });
      const status = await stat(path).catch(() => undefined);
      if (status === undefined) continue;
      // The folder was created when the version was installed. Without a creation time, the time of the last use counts.
      const installedAt = status.birthtimeMs > 0 ? status.birthtime : status.ctime;
      found.push({ version, installedAt, bytes: (await amountOf(path)).bytes });
    }
    return found;
  }

  /**
   * Installs a version unless it exists. Callers that ask for the same version meanwhile share the work. `fill` installs into an empty
   * folder and returns the installed version, which becomes the folder's name.
   * @param version `undefined` if only the installer knows it.
   */
  install(
    { kind, name, version }: Omit<Place, 'version'> & { readonly version: string | undefined },
    key: string,
    fill: (folder: string) => Promise<string>,
  ): Promise<string> {
    let running = this.#installing.get(key);
    if (running === undefined) {
      const place = version === undefined ? undefined : { kind, name, version };
      const install = () => this.#install({ kind, name }, place, fill);
      running = (place === undefined ? install() : this.#inTurn(this.path(place), install)).finally(() =>
        this.#installing.delete(key),
      );
      this.#installing.set(key, running);
    }
    return running;
  }

  /**
   * Removes a version and returns its size in bytes; `undefined` if the version is not installed. No installation of it runs meanwhile.
   * @param mayGo called right before; throws to keep the version.
   */
  remove(place: Place, mayGo: () => void): Promise<number | undefined> {
    const path = this.path(place);
    return this.#inTurn(path, async () => {
      const { bytes } = await amountOf(path);
      const aside = await this.#temporary();
      mayGo();
      // Moved first, so that no server starts from a part of it.
      const moved = await rename(path, join(aside, 'removed')).then(
        () => true,
        (error: NodeJS.ErrnoException) => {
          if (error.code === 'ENOENT') return false;
          throw error;
        },
      );
      await rm(aside, { recursive: true, force: true });
      return moved ? bytes : undefined;
    });
  }

  /** Runs something with a new, empty folder that is deleted afterwards. */
  async withTemporary<T>(work: (folder: string) => Promise<T>): Promise<T> {
    const folder = await this.#temporary();
    try {
      return await work(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  #inTurn<T>(path: string, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(path) ?? Promise.resolve();
    const turn = before.then(work, work);
    this.#turns.set(path, turn);
    const forget = () => {
      if (this.#turns.get(path) === turn) this.#turns.delete(path);
    };
    turn.then(forget, forget);
    return turn;
  }

  async #install(
    { kind, name }: Omit<Place, 'version'>,
    place: Place | undefined,
    fill: (folder: string) => Promise<string>,
  ): Promise<string> {
    if (place !== undefined && (await this.has(place))) return place.version;
    return this.withTemporary(async (folder) => {
      const version = await fill(folder);
      const final = this.path({ kind, name, version });
      await mkdir(dirname(final), { recursive: true, mode: 0o700 });
      await rename(folder, final).catch(async (error) => {
        if (!(await exists(final))) throw error;
      });
      return version;
    });
  }

  async #temporary(): Promise<string> {
    // Unfinished work of an earlier agent.
    this.#cleaned ??= rm(join(this.#root, '.tmp'), { recursive: true, force: true });
    await this.#cleaned;
    const folder = join(this.#root, '.tmp', randomUUID());
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return folder;
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

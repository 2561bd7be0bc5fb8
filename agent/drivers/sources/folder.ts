import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Where installed sources lie: a folder for each version, complete or not there at all. */
export class SourceFolder {
  readonly #root: string;
  readonly #installing = new Map<string, Promise<string>>();
  #cleaned: Promise<void> | undefined;

  constructor(dataDir: string) {
    this.#root = join(dataDir, 'sources');
  }

  /** The folder of one version, whether it exists or not. `kind` is a registry, `name` may contain one slash. */
  path(kind: string, name: string, version: string): string {
    return join(this.#root, kind, ...name.split('/'), version);
  }

  /** The versions of a package that are installed, in no particular order. */
  async versions(kind: string, name: string): Promise<string[]> {
    const entries = await readdir(dirname(this.path(kind, name, '0')), { withFileTypes: true }).catch(() => []);
    return entries.filter((entry) => entry.isDirectory() && /^[0-9]/.test(entry.name)).map((entry) => entry.name);
  }

  /**
   * Installs a version unless it is there; who asks for the same meanwhile shares the work. `fill` installs into an empty
   * folder and returns the version that it found itself to be, which becomes the folder's name.
   * @param key what is being installed, such as `npm/name@1.2.3`.
   */
  install(
    key: string,
    target: { readonly kind: string; readonly name: string; readonly version: string | undefined },
    fill: (folder: string) => Promise<string>,
  ): Promise<string> {
    let running = this.#installing.get(key);
    if (running === undefined) {
      running = this.#install(target, fill).finally(() => this.#installing.delete(key));
      this.#installing.set(key, running);
    }
    return running;
  }

  async #install(
    { kind, name, version }: { readonly kind: string; readonly name: string; readonly version: string | undefined },
    fill: (folder: string) => Promise<string>,
  ): Promise<string> {
    if (version !== undefined && (await exists(this.path(kind, name, version)))) return version;
    // What an earlier agent left half done.
    this.#cleaned ??= rm(join(this.#root, '.tmp'), { recursive: true, force: true });
    await this.#cleaned;
    const folder = join(this.#root, '.tmp', randomUUID());
    await mkdir(folder, { recursive: true, mode: 0o700 });
    try {
      const found = await fill(folder);
      const final = this.path(kind, name, found);
      await mkdir(dirname(final), { recursive: true, mode: 0o700 });
      await rename(folder, final).catch(async (error) => {
        if (!(await exists(final))) throw error;
      });
      return found;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

import { randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** By which containers are known as an agent's own: a name kept in its data folder, made when its first container is. */
export class Owner {
  readonly #path: string;
  #made: Promise<string> | undefined;

  constructor(dataDir: string) {
    this.#path = join(dataDir, 'docker', 'owner');
  }

  /** The name; `undefined` where no container was ever made. */
  async known(): Promise<string | undefined> {
    const text = (await readFile(this.#path, 'utf8').catch(() => '')).trim();
    return text === '' ? undefined : text;
  }

  /** The name, made if there is none; on disk before it resolves. */
  get(): Promise<string> {
    this.#made ??= this.#get().catch((error) => {
      this.#made = undefined;
      throw error;
    });
    return this.#made;
  }

  async #get(): Promise<string> {
    const known = await this.known();
    if (known !== undefined) return known;
    const name = randomUUID();
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    await writeFile(this.#path, `${name}\n`, { mode: 0o600, flush: true });
    return name;
  }
}

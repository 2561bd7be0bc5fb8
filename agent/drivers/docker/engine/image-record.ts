import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** An image that this agent has used. */
export interface RecordedImage {
  /** Empty where the image has none. */
  readonly digest: string;
  /** This agent pulled it; else it was there before. */
  readonly pulled: boolean;
  readonly installedAt: Date;
}

type Content = Record<string, Record<string, { digest: string; pulled: boolean; at: string }>>;

/** Which versions of which images this agent's servers use or used, kept in its data folder. The engine's other images are not its business. */
export class ImageRecord {
  readonly #folder: string;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(dataDir: string) {
    this.#folder = join(dataDir, 'docker');
  }

  /** By version. */
  async of(name: string): Promise<Map<string, RecordedImage>> {
    const { [name]: versions = {} } = await this.#read();
    return new Map(
      Object.entries(versions).map(([version, { at, ...rest }]) => [version, { ...rest, installedAt: new Date(at) }]),
    );
  }

  /** Notes a version that is there; one that is noted already stays as it was. */
  async add(name: string, version: string, image: Omit<RecordedImage, 'installedAt'>): Promise<void> {
    const known = (await this.of(name)).get(version);
    if (known !== undefined && !(image.pulled && !known.pulled)) return;
    await this.#change((content) => {
      content[name] = { ...content[name], [version]: { ...image, at: new Date().toISOString() } };
    });
  }

  forget(name: string, version: string): Promise<void> {
    return this.#change((content) => {
      delete content[name]?.[version];
    });
  }

  #change(change: (content: Content) => void): Promise<void> {
    const done = this.#turn.then(async () => {
      const content = await this.#read();
      change(content);
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      const path = join(this.#folder, 'images.json');
      await writeFile(`${path}.new`, JSON.stringify(content), { mode: 0o600, flush: true });
      await rename(`${path}.new`, path);
    });
    this.#turn = done.catch(() => {});
    return done;
  }

  async #read(): Promise<Content> {
    try {
      return JSON.parse(await readFile(join(this.#folder, 'images.json'), 'utf8')) as Content;
    } catch {
      // None yet, or none that can be read: what it named is listed no more, and stays.
      return {};
    }
  }
}

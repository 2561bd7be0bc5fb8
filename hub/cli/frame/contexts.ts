import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CommandError } from './failures.js';

/** A named hub, and the key for it. */
export interface Context {
  readonly hub: string;
  readonly key: string;
  /** The MCP registry that commands ask in place of the official one. */
  readonly registry?: string;
}

interface Stored {
  readonly current: string | null;
  readonly contexts: Readonly<Record<string, Context>>;
}

const none: Stored = { current: null, contexts: {} };

/** The user's contexts: a file that only this user can read, as it holds keys. */
export class ContextFile {
  readonly path: string;

  constructor({ ROUNDHOUSE_CONTEXTS, XDG_CONFIG_HOME }: NodeJS.ProcessEnv, home: string) {
    this.path = ROUNDHOUSE_CONTEXTS || join(XDG_CONFIG_HOME || join(home, '.config'), 'roundhouse', 'contexts.json');
  }

  /** All contexts and the name of the current one. @throws CommandError if the file is not a file of contexts */
  async read(): Promise<Stored> {
    let text: string;
    try {
      text = await readFile(this.path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return none;
      throw error;
    }
    try {
      return { ...none, ...(JSON.parse(text) as Partial<Stored>) };
    } catch {
      throw new CommandError(`${this.path} is not valid JSON: mend it, or remove it and add your contexts again`);
    }
  }

  /** The current context, if there is one. */
  async current(): Promise<Context | undefined> {
    const { current, contexts } = await this.read();
    return current === null || !Object.hasOwn(contexts, current) ? undefined : contexts[current];
  }

  /** A context. @throws CommandError if no context has this name */
  async get(name: string): Promise<Context> {
    const { contexts } = await this.read();
    const context = Object.hasOwn(contexts, name) ? contexts[name] : undefined;
    if (!context)
      throw new CommandError(`there is no context '${name}': 'roundhouse context list' shows their names`, 'missing');
    return context;
  }

  /** Adds or replaces a context. With `mayBeCurrent` it becomes the current context if there is none. */
  async put(name: string, context: Context, mayBeCurrent = true): Promise<void> {
    const { current, contexts } = await this.read();
    await this.#write({ current: current ?? (mayBeCurrent ? name : null), contexts: { ...contexts, [name]: context } });
  }

  /** Makes a context the current one. @throws CommandError if no context has this name */
  async use(name: string): Promise<void> {
    await this.get(name);
    await this.#write({ ...(await this.read()), current: name });
  }

  /** Forgets a context. @throws CommandError if no context has this name */
  async remove(name: string): Promise<void> {
    await this.get(name);
    const { current, contexts } = await this.read();
    const { [name]: _, ...rest } = contexts;
    await this.#write({ current: current === name ? null : current, contexts: rest });
  }

  /** A crash leaves the old file or the new one. */
  async #write(stored: Stored): Promise<void> {
    await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
    const draft = `${this.path}.${randomUUID()}`;
    try {
      await writeFile(draft, `${JSON.stringify(stored, null, 2)}\n`, { mode: 0o600 });
      await rename(draft, this.path);
    } finally {
      await rm(draft, { force: true });
    }
  }
}

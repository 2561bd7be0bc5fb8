import { mkdir, stat, utimes } from 'node:fs/promises';
import type { Logger } from 'pino';
import semver from 'semver';
import { AgentFailure } from '../../failure.js';
import { parseSourceCommand, type SourceCommand } from './command.js';
import { SourceFolder } from './folder.js';
import { installedNpm, installNpm, npmProgram, resolveNpm } from './npm.js';
import type { Program } from './program.js';
import { exactPypi, installedPypi, installPypi, pypiFolderName, pypiProgram } from './pypi.js';
import { Resolutions } from './resolutions.js';

/** Where servers' code comes from: packages are installed once for each version, and run from their own folder. */
export interface Sources {
  /**
   * Turns a server's command line into the program to run; installs what is missing. What is no source comes back as it
   * is. The installation goes on for others when `signal` is aborted.
   * @throws AgentFailure `upstream` with the installer's reason, `cancelled`.
   */
  prepare(
    serverId: string,
    command: string,
    args: readonly string[],
    note: (line: string) => void,
    signal: AbortSignal,
  ): Promise<Program>;
  /** The folders of the versions that servers run, or were started from last. */
  inUse(): ReadonlySet<string>;
  /** Forgets which version a server was resolved to: its next start takes the newest. */
  forget(serverId: string): Promise<void>;
  /** Stops installations that still run. */
  close(): Promise<void>;
}

export function createSources({ dataDir, log }: { readonly dataDir: string; readonly log: Logger }): Sources {
  return new InstalledSources(dataDir, log);
}

class InstalledSources implements Sources {
  readonly #folder: SourceFolder;
  readonly #resolutions: Resolutions;
  readonly #stopping = new AbortController();
  readonly #running = new Set<Promise<unknown>>();
  readonly #used = new Map<string, string>();

  constructor(
    private readonly dataDir: string,
    private readonly log: Logger,
  ) {
    this.#folder = new SourceFolder(dataDir);
    this.#resolutions = new Resolutions(dataDir);
  }

  async prepare(
    serverId: string,
    command: string,
    args: readonly string[],
    note: (line: string) => void,
    signal: AbortSignal,
  ): Promise<Program> {
    const source = parseSourceCommand(command, args);
    if (source === undefined) return { command, args, path: [], version: '' };
    const work = this.#prepare(serverId, source, note);
    this.#running.add(work);
    const forget = () => this.#running.delete(work);
    work.then(forget, forget);
    return abortable(work, signal);
  }

  inUse(): ReadonlySet<string> {
    return new Set(this.#used.values());
  }

  async forget(serverId: string): Promise<void> {
    this.#used.delete(serverId);
    await this.#resolutions.forget(serverId);
  }

  async close(): Promise<void> {
    this.#stopping.abort(new AgentFailure('cancelled', 'the agent is stopping'));
    await Promise.allSettled(this.#running);
  }

  async #prepare(serverId: string, source: SourceCommand, note: (line: string) => void): Promise<Program> {
    await mkdir(this.dataDir, { recursive: true });
    const registry = source.kind === 'npm' ? this.#npm(source, note) : this.#pypi(source, note);
    const exact = registry.exact();
    if (exact !== undefined)
      return this.#use(serverId, source.kind, registry, await this.#installed(serverId, source.kind, registry, exact));
    const key = `${source.kind}/${registry.name}@${source.version}`;
    const kept = await this.#resolutions.get(serverId, key);
    const wanted = kept ?? (await this.#newest(registry, note));
    const version = await this.#installed(serverId, source.kind, registry, wanted);
    if (version !== kept) await this.#resolutions.set(serverId, key, version);
    return this.#use(serverId, source.kind, registry, version);
  }

  /** Installs a version; from before that on it counts as used, so that no cleanup takes it away. */
  #installed(serverId: string, kind: string, registry: Registry, version: string): Promise<string> {
    this.#used.set(serverId, this.#folder.path(kind, registry.name, version));
    return registry.install(version);
  }

  /** A version's folder is as old as its last use. */
  async #use(serverId: string, kind: string, registry: Registry, version: string): Promise<Program> {
    const folder = this.#folder.path(kind, registry.name, version);
    this.#used.set(serverId, folder);
    const now = new Date();
    await utimes(folder, now, now).catch(() => {});
    return registry.program(version);
  }

  /** The newest version of the registry; while that is out of reach, the newest one here. */
  async #newest(registry: Registry, note: (line: string) => void): Promise<string> {
    try {
      return await registry.newest();
    } catch (error) {
      const installed = await registry.installed();
      if (installed === undefined || this.#stopping.signal.aborted) throw error;
      note(`the registry does not answer; version ${installed} is installed and is used: ${(error as Error).message}`);
      this.log.warn({ err: error, version: installed }, 'a source could not be resolved; an installed version is used');
      return installed;
    }
  }

  #npm(source: SourceCommand, note: (line: string) => void): Registry {
    const folder = this.#folder;
    const { signal } = this.#stopping;
    return {
      name: source.name,
      exact: () => semver.valid(source.version) ?? undefined,
      newest: () => resolveNpm(source, this.dataDir, signal),
      installed: () => installedNpm(source, folder),
      install: async (version) => {
        await installNpm(source.name, version, folder, note, signal);
        return version;
      },
      program: (version) => npmProgram(source, version, folder),
    };
  }

  #pypi(source: SourceCommand, note: (line: string) => void): Registry {
    const folder = this.#folder;
    const { signal } = this.#stopping;
    const isThere = async (version: string) =>
      stat(folder.path('pypi', pypiFolderName(source), version)).then(
        () => true,
        () => false,
      );
    return {
      name: pypiFolderName(source),
      exact: () => exactPypi(source),
      newest: () => installPypi(source, undefined, folder, note, signal),
      installed: () => installedPypi(source, folder),
      install: async (version) =>
        (await isThere(version)) ? version : installPypi(source, version, folder, note, signal),
      program: (version) => pypiProgram(source, version, folder),
    };
  }
}

/** One package in one registry. */
interface Registry {
  /** Its name among the installed ones. */
  readonly name: string;
  /** The version that the command names, if it names exactly one. */
  exact(): string | undefined;
  /** The newest version that fits. */
  newest(): Promise<string>;
  /** The newest installed version that fits. */
  installed(): Promise<string | undefined>;
  /** Installs a version unless it is there; returns what it is called here. */
  install(version: string): Promise<string>;
  program(version: string): Promise<Program>;
}

function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort);
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

import { mkdir, utimes } from 'node:fs/promises';
import type { Logger } from '@roundhouse/proto/log';
import { AgentFailure } from '../../failure.js';
import { Docker } from '../docker/docker.js';
import { parseSourceCommand } from './command.js';
import { SourceFolder } from './folder.js';
import { GitRegistry } from './git/git.js';
import { checkImageCommand, imageRegistry } from './image.js';
import { NpmRegistry } from './npm/npm.js';
import type { RegistryContext } from './package-registry.js';
import { PypiRegistry } from './pypi/pypi.js';
import { KeptVersions, Resolutions, Usage } from './records.js';
import type { CommitTrust, Program, Registry } from './registry.js';
import { ServerSource } from './server-source.js';

/** A server's command line, as far as it matters for its source. */
export interface SourceRequest {
  readonly serverId: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Replaces the version that the command names; empty or absent: the command's version. */
  readonly version?: string;
}

export interface PrepareOptions {
  /** See {@link SourceRequest}. */
  readonly version?: string;
  /** The second instance that uses the version until {@link Sources.release}; default: the server itself. */
  readonly holder?: string | undefined;
}

/** The sources of servers' code. Packages are installed once for each version, and run from their folder. */
export interface Sources {
  /**
   * Turns a server's command line into the program to run, and installs missing packages. A command line without a source stays unchanged.
   * The installation goes on for other callers when `signal` is aborted.
   * @throws AgentFailure `upstream` with the installer's reason, `invalid_argument` (a version for a command without a source), `cancelled`.
   */
  prepare(
    serverId: string,
    command: string,
    args: readonly string[],
    note: (line: string) => void,
    signal: AbortSignal,
    options?: PrepareOptions,
  ): Promise<Program>;
  /** The source of a server; `undefined` for a server without one. */
  source(request: SourceRequest, note?: (line: string) => void): ServerSource | undefined;
  /** An instance has ended: its version is free. */
  release(holder: string): void;
  /** An instance has become the server: the two exchange their versions. */
  exchange(serverId: string, holder: string): void;
  /** Records the version that a server would start from: no cleanup removes it. */
  expect(request: SourceRequest): Promise<void>;
  /** The folders of the versions that servers run, were started from last, or must be able to go back to. */
  inUse(): Promise<ReadonlySet<string>>;
  /** Forgets a server: the versions that it was resolved to, used and kept. */
  forget(serverId: string): Promise<void>;
  /** Stops installations that still run. */
  close(): Promise<void>;
}

export interface SourcesOptions {
  readonly dataDir: string;
  readonly log: Logger;
  /** Default: the Docker Engine of this machine, without a policy. */
  readonly docker?: Docker;
  /**
   * Whether the site's policy lets the source of this command line be this commit, also outside of the repository's branches and tags.
   * Default: any commit.
   */
  readonly mayBeAnyCommit?: MayBeAnyCommit;
}

type MayBeAnyCommit = (command: string, args: readonly string[], version: string) => boolean;

export function createSources({ dataDir, log, docker, mayBeAnyCommit = () => true }: SourcesOptions): Sources {
  return new InstalledSources(dataDir, log, docker ?? new Docker({ dataDir, log }), mayBeAnyCommit);
}

class InstalledSources implements Sources {
  readonly #folder: SourceFolder;
  readonly #resolutions: Resolutions;
  readonly #kept: KeptVersions;
  readonly #usage = new Usage();
  readonly #stopping = new AbortController();
  readonly #running = new Set<Promise<unknown>>();

  constructor(
    private readonly dataDir: string,
    private readonly log: Logger,
    private readonly docker: Docker,
    private readonly mayBeAnyCommit: MayBeAnyCommit,
  ) {
    this.#folder = new SourceFolder(dataDir);
    this.#resolutions = new Resolutions(dataDir);
    this.#kept = new KeptVersions(dataDir);
    void docker.containers.sweepUntilDone();
  }

  async prepare(
    serverId: string,
    command: string,
    args: readonly string[],
    note: (line: string) => void,
    signal: AbortSignal,
    { version = '', holder = serverId }: PrepareOptions = {},
  ): Promise<Program> {
    checkImageCommand(command, args, note);
    const registry = this.#registry(command, args, note);
    if (registry !== undefined)
      return abortable(this.#track(this.#prepare(serverId, registry, note, version, holder)), signal);
    if (version === '') return { command, args, path: [], version: '' };
    throw new AgentFailure('invalid_argument', 'the command names no source that has versions', { field: 'version' });
  }

  source({ serverId, command, args, version = '' }: SourceRequest, note = (_: string) => {}): ServerSource | undefined {
    const registry = this.#registry(command, args, note);
    if (registry === undefined) return undefined;
    const parts = {
      usage: this.#usage,
      kept: this.#kept,
      resolutions: this.#resolutions,
      track: <T>(work: Promise<T>) => this.#track(work),
      stopping: this.#stopping.signal,
    };
    return new ServerSource(serverId, version, registry, parts);
  }

  release(holder: string): void {
    this.#usage.release(holder);
  }

  exchange(serverId: string, holder: string): void {
    this.#usage.exchange(serverId, holder);
  }

  async expect(request: SourceRequest): Promise<void> {
    const registry = this.#registry(request.command, request.args, () => {});
    const version = await this.source(request)?.current();
    if (registry !== undefined && version !== undefined) this.#usage.expect(request.serverId, registry.place(version));
  }

  async inUse(): Promise<ReadonlySet<string>> {
    return new Set([...this.#usage.all(), ...(await this.#kept.places())]);
  }

  async forget(serverId: string): Promise<void> {
    this.#usage.release(serverId);
    await this.#resolutions.forget(serverId);
    await this.#kept.forget(serverId);
  }

  async close(): Promise<void> {
    this.#stopping.abort(new AgentFailure('cancelled', 'the agent is stopping'));
    await Promise.allSettled(this.#running);
    await this.docker.containers.close();
  }

  /** Makes the registry for the kind of a source. */
  #registry(command: string, args: readonly string[], note: (line: string) => void): Registry | undefined {
    const image = imageRegistry(command, args, { docker: this.docker, note, stopping: this.#stopping.signal });
    if (image !== undefined) return image;
    const source = parseSourceCommand(command, args);
    if (source === undefined) return undefined;
    const context: RegistryContext = {
      dataDir: this.dataDir,
      folder: this.#folder,
      note,
      stopping: this.#stopping.signal,
      mayBeAnyCommit: (version) => this.mayBeAnyCommit(command, args, version),
    };
    switch (source.kind) {
      case 'npm':
        return new NpmRegistry(source, context);
      case 'pypi':
        return new PypiRegistry(source, context);
      case 'git':
        return new GitRegistry(source, context);
    }
  }

  async #prepare(
    serverId: string,
    registry: Registry,
    note: (line: string) => void,
    chosen: string,
    holder: string,
  ): Promise<Program> {
    await mkdir(this.dataDir, { recursive: true });
    if (chosen !== '') registry.check(chosen);
    const exact = chosen || registry.exact();
    if (exact !== undefined) return this.#use(holder, registry, await this.#installed(holder, registry, exact, 'any'));
    const kept = await this.#resolutions.get(serverId, registry.key);
    const wanted = kept ?? (await this.#newest(registry, note));
    const version = await this.#installed(holder, registry, wanted, 'found');
    if (version !== kept) await this.#resolutions.set(serverId, registry.key, version);
    return this.#use(holder, registry, version);
  }

  /** Installs a version. It counts as used before that, so that no cleanup deletes it. */
  #installed(holder: string, registry: Registry, version: string, trust: CommitTrust): Promise<string> {
    this.#usage.hold(holder, registry.place(version));
    return registry.install(version, trust);
  }

  /** The program of a version. Its folder gets the time of this use. */
  async #use(holder: string, registry: Registry, version: string): Promise<Program> {
    const place = registry.place(version);
    this.#usage.hold(holder, place);
    const now = new Date();
    await utimes(place, now, now).catch(() => {});
    return registry.program(version);
  }

  /** The newest version of the registry, or the newest installed version while the registry cannot be reached. */
  async #newest(registry: Registry, note: (line: string) => void): Promise<string> {
    try {
      return await registry.newest();
    } catch (error) {
      const installed = await registry.installed();
      if (installed === undefined || this.#stopping.signal.aborted) throw error;
      note(`the registry does not answer; version ${installed} is installed and is used: ${(error as Error).message}`);
      this.log.warn(
        { event: 'source.not_resolved', err: error, version: installed },
        'a source could not be resolved; an installed version is used',
      );
      return installed;
    }
  }

  /** The agent waits for this work when it stops. */
  #track<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work);
    const forget = () => this.#running.delete(work);
    work.then(forget, forget);
    return work;
  }
}

function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort);
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

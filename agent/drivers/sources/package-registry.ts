import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AgentFailure } from '../../failure.js';
import type { SourceCommand } from './command.js';
import type { SourceFolder } from './folder.js';
import { newestFirst } from './order.js';
import type {
  Changes,
  CommitTrust,
  Downloaded,
  InstalledVersion,
  Offer,
  Program,
  Registry,
  SourceKind,
} from './registry.js';

/** The parts that registries need. */
export interface RegistryContext {
  /** The agent's data folder. */
  readonly dataDir: string;
  readonly folder: SourceFolder;
  /** Called with the lines of an installation for the server's log. */
  readonly note: (line: string) => void;
  /** Aborted when the agent stops. Installations are shared, so the end of one server does not end them. */
  readonly stopping: AbortSignal;
  /** Whether the site's policy lets this version of the source be a commit outside of the repository's branches and tags. */
  readonly mayBeAnyCommit: (version: string) => boolean;
}

/** The common part of all sources whose versions are folders. */
export abstract class PackageRegistry<S extends Pick<SourceCommand, 'name' | 'version'> = SourceCommand>
  implements Registry
{
  constructor(
    protected readonly source: S,
    protected readonly context: RegistryContext,
  ) {}

  abstract readonly kind: SourceKind;

  get name(): string {
    return this.source.name;
  }

  get key(): string {
    return `${this.kind}/${this.folderName}@${this.source.version}`;
  }

  /** The name of the folder that holds the versions. */
  protected get folderName(): string {
    return this.name;
  }

  abstract exact(): string | undefined;
  abstract newest(): Promise<string>;
  abstract install(version: string, trust: CommitTrust): Promise<string>;
  abstract program(version: string): Promise<Program>;
  abstract versions(current: string | undefined, signal: AbortSignal): Promise<Offer>;
  abstract changes(from: string, to: string, signal: AbortSignal): Promise<Changes>;
  /** Whether this is the form of an exact version. */
  protected abstract isVersion(text: string): boolean;
  /** Fetches a version into an empty folder, from which it is installed later; returns its size in bytes. */
  protected abstract fetch(version: string, folder: string, signal: AbortSignal, trust: CommitTrust): Promise<number>;

  check(version: string): void {
    if (this.isVersion(version)) return;
    const reason = `${JSON.stringify(version.slice(0, 100))} is not an exact version of ${this.name}`;
    throw new AgentFailure('invalid_argument', reason, { field: 'version', reason });
  }

  async installed(): Promise<string | undefined> {
    const { folder } = this.context;
    return newestFirst((await folder.versions(this.kind, this.folderName)).filter((one) => this.fits(one)))[0];
  }

  place(version: string): string {
    return this.context.folder.path(this.at(version));
  }

  has(version: string): Promise<boolean> {
    return this.context.folder.has(this.at(version));
  }

  list(): Promise<InstalledVersion[]> {
    return this.context.folder.list(this.kind, this.folderName);
  }

  remove(version: string, mayGo: () => void): Promise<number | undefined> {
    return this.context.folder.remove(this.at(version), mayGo);
  }

  async download(version: string, signal: AbortSignal, trust: CommitTrust): Promise<Downloaded> {
    const path = this.downloads(version);
    if ((await this.has(version)) || (await isThere(path))) return { version, already: true };
    return this.context.folder.withTemporary(async (folder) => {
      const bytes = await this.fetch(version, folder, signal, trust);
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await rename(folder, path).catch(async (error) => {
        if (!(await isThere(path))) throw error;
      });
      return { version, already: false, bytes };
    });
  }

  /** Whether the command would take an installed version. */
  protected fits(_version: string): boolean {
    return this.source.version === '';
  }

  /** The fetched package of a version, if there is one. */
  protected async downloaded(version: string): Promise<string | undefined> {
    const path = this.downloads(version);
    return (await isThere(path)) ? path : undefined;
  }

  /** The fetched package is not needed any more. */
  protected async dropDownload(version: string): Promise<void> {
    await rm(this.downloads(version), { recursive: true, force: true });
  }

  protected at(version: string): { kind: string; name: string; version: string } {
    return { kind: this.kind, name: this.folderName, version };
  }

  protected downloads(version: string): string {
    const name = encodeURIComponent(this.folderName);
    return join(this.context.dataDir, 'sources', 'downloads', this.kind, name, encodeURIComponent(version));
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

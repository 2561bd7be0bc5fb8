import { realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import { AgentFailure } from '../../failure.js';
import type { StdioChild } from '../process/group.js';

/** The facts for a program that runs in place of a process of this machine. */
interface ProgramStart {
  /** The server's own variables. */
  readonly env: Readonly<Record<string, string>>;
  /** The server's id. */
  readonly label: string;
}

/** The program to run instead of a source's command line. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  /** Folders to be put in front of PATH. */
  readonly path: readonly string[];
  /** The installed version; empty for a command without a source. */
  readonly version: string;
  /** For a container: starts it. Command and arguments are then not used. @throws AgentFailure */
  readonly start?: (start: ProgramStart) => Promise<StdioChild>;
}

/**
 * Checks that a package's program is a file of the installation. A path that leads out of it could run any program of this machine in the
 * name of a package that the site allows. The caller notices a missing file.
 * @throws AgentFailure `refused`
 */
export async function checkWithin(installation: string, script: string): Promise<void> {
  const [home, file] = await Promise.all([realpath(installation), realpath(script).catch(() => undefined)]);
  if (file === undefined || file.startsWith(home + sep)) return;
  const reason = 'the program lies outside of the installation of its package';
  throw new AgentFailure('refused', reason, { reason });
}

/** The kinds of sources. */
export type SourceKind = 'npm' | 'pypi' | 'git' | 'image';

/**
 * A person without a right at a repository can make commits that its host serves, outside of the branches and tags. The trust in a version
 * that is a commit:
 * - `found`: the agent itself found it at a branch or tag.
 * - `published`: the agent looks for it among the branches and tags, unless it is installed.
 * - `any`: the caller may name any commit. The site's policy may still demand one of a branch or tag.
 */
export type CommitTrust = 'found' | 'published' | 'any';

/** The versions that a source's registry offers. */
export interface Offer {
  /** The version that a registration without a version would get now. */
  readonly latest: string;
  /** Newest first; the number is not limited here. */
  readonly versions: readonly string[];
  /** The address of a description for people, if the registry names one. */
  readonly url?: string | undefined;
  /** For versions that can move (an image's tags): the digest of the running version, and that of the registry. */
  readonly digest?: { readonly current: string; readonly latest: string } | undefined;
}

/** A source's own description of the changes between two versions. */
export interface Changes {
  /** Bounded in size. */
  readonly changelog?: string | undefined;
  /** The address at which people read it. */
  readonly url?: string | undefined;
}

/** A version that was fetched, but not installed. */
export interface Downloaded {
  readonly version: string;
  /** Whether it had been fetched before. */
  readonly already: boolean;
  readonly bytes?: number | undefined;
}

export interface InstalledVersion {
  readonly version: string;
  readonly installedAt: Date;
  readonly bytes: number;
}

/**
 * One server's source: a package in a registry, a repository, or an image. `sources.ts` makes it for each request from the server's
 * command line; `npm.ts`, `pypi.ts`, `git.ts` and `image.ts` implement it.
 * Failures are AgentFailures: `upstream` with a readable reason, `invalid_argument` (details.field `version`) for a text that cannot be a version.
 */
export interface Registry {
  readonly kind: SourceKind;
  /** The name for people: the package, the repository without its scheme, or the image without its tag. */
  readonly name: string;
  /** The package that the command names, with its version or range. A version that was chosen for it stays until this key changes. */
  readonly key: string;
  /** The version that the command names, if it names exactly one. */
  exact(): string | undefined;
  /** @throws AgentFailure `invalid_argument` for a text that cannot be an exact version; versions become names of folders. */
  check(version: string): void;
  /** The newest version that fits the command, by a request to the registry. */
  newest(): Promise<string>;
  /** The newest installed version that fits the command, for when the registry is out of reach. */
  installed(): Promise<string | undefined>;
  /**
   * Installs a version unless it is installed; returns its name. No part of a failed or killed installation can be run.
   * @throws AgentFailure `refused` for a commit outside of the repository's branches and tags, see {@link CommitTrust}.
   */
  install(version: string, trust: CommitTrust): Promise<string>;
  /** How an installed version is run. */
  program(version: string): Promise<Program>;
  /** The place of an installed version, such as its folder. Servers that share a version have the same place. */
  place(version: string): string;
  /** Whether a version is installed. */
  has(version: string): Promise<boolean>;
  /** Asks which versions there are. `current`: the version that runs or ran last, if it is known. */
  versions(current: string | undefined, signal: AbortSignal): Promise<Offer>;
  /** Fetches an exact version so that its installation needs no network. @throws AgentFailure as {@link Registry.install}. */
  download(version: string, signal: AbortSignal, trust: CommitTrust): Promise<Downloaded>;
  /** The changes after `from` up to `to`, if this kind of source has them. */
  changes?(from: string, to: string, signal: AbortSignal): Promise<Changes>;
  /** The installed versions, in no particular order. */
  list(): Promise<InstalledVersion[]>;
  /**
   * Removes an installed version and returns its bytes; `undefined` if it is not installed. `mayGo` is called last, when no server can start
   * from the version any more, and throws to keep it.
   */
  remove(version: string, mayGo: () => void): Promise<number | undefined>;
}

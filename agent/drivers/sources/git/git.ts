import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import semver from 'semver';
import { AgentFailure } from '../../../failure.js';
import { allowedAddresses, FORBIDDEN_ADDRESS } from '../../net/site-lookup.js';
import { installerEnvironment } from '../../process/environment.js';
import { amountOf } from '../../storage/walk.js';
import { changelogNames, changesBetween } from '../changelog.js';
import { npmFetchPacked, npmInstall, npmProgram } from '../npm/npm-install.js';
import { isPrerelease, newestFirst } from '../order.js';
import { PackageRegistry } from '../package-registry.js';
import { installedFromUrl, pypiProgram } from '../pypi/pypi-program.js';
import { Python } from '../pypi/python.js';
import type { Changes, CommitTrust, Offer, Program } from '../registry.js';
import { type RunOptions, run } from '../run-tool.js';
import { type GitCommand, isRef } from './git-command.js';

const commit = /^[0-9a-f]{40}$/;
/** In an environment: the name of the package that came from the repository. */
const nameFile = 'package-name';
/** In a fetched Python package: the repository and the commit that it came from. */
const specFile = 'specification';
/** In an installed commit: a branch or tag of the repository was at it. */
const admittedFile = 'admitted';

/** The way to another commit at a site whose policy lists the allowed commands. */
const anotherCommit =
  "The site's policy takes another commit only by a pattern in commands.allow that names its 40 digits";

/** The branches and tags of a repository, with their commits. */
interface Refs {
  readonly head: string | undefined;
  readonly tags: ReadonlyMap<string, string>;
  readonly heads: ReadonlyMap<string, string>;
}

/** A git repository. Its versions are its tags, or commits if it has no tags. */
export class GitRegistry extends PackageRegistry<GitCommand> {
  readonly kind = 'git';
  readonly #python = new Python(this.context);

  protected override get folderName(): string {
    return encodeURIComponent(`${this.source.installer}:${this.name}`);
  }

  /** A tag that is a version, or a commit. Only the repository can tell other tags from branches. */
  exact(): string | undefined {
    const { version } = this.source;
    return commit.test(version) || semver.valid(version) !== null ? version : undefined;
  }

  async newest(): Promise<string> {
    const { version } = this.source;
    const refs = await this.#refs(this.context.stopping);
    const found = version === '' ? newestOf(refs) : named(refs, version);
    if (found !== undefined) return found;
    throw this.#lacks(version === '' ? 'it has no commit' : `it has no tag or branch '${version}'`);
  }

  /** Of the installed commits, only those of branches and tags: the server starts from it for good. */
  override async installed(): Promise<string | undefined> {
    const versions = (await this.list()).map(({ version }) => version).filter((version) => this.fits(version));
    for (const version of newestFirst(versions))
      if (!commit.test(version) || (await this.#wasAdmitted(version))) return version;
    return undefined;
  }

  async install(version: string, trust: CommitTrust): Promise<string> {
    const { folder, note, dataDir, stopping: signal } = this.context;
    const isAdmitted = await this.#admit(version, trust, signal);
    await folder.install(this.at(version), `git/${this.folderName}@${version}`, async (cwd) => {
      note(`installing ${this.name} at ${version} from its repository`);
      const options = { cwd, note, signal, env: await gitEnvironment(this.source.url), dataDir };
      const downloaded = await this.downloaded(version);
      if (this.source.installer === 'pypi') await this.#installPython(version, options, downloaded);
      else await npmInstall(downloaded === undefined ? await this.#spec(version) : '', options, downloaded);
      return version;
    });
    // If the record cannot be written, the repository is asked again.
    if (isAdmitted) await writeFile(join(this.place(version), admittedFile), '').catch(() => {});
    await this.dropDownload(version);
    return version;
  }

  async program(version: string): Promise<Program> {
    const home = this.place(version);
    const { installer, program, args } = this.source;
    if (installer === 'pypi') {
      const name = await readFile(join(home, nameFile), 'utf8');
      return pypiProgram(home, { name, program, args }, version);
    }
    const manifest = JSON.parse(await readFile(join(home, 'package.json'), 'utf8')) as { dependencies?: object };
    const [name] = Object.keys(manifest.dependencies ?? {});
    if (name !== undefined) return npmProgram(home, { name, program, args }, version);
    throw new AgentFailure('upstream', `the repository ${this.name} holds no package`, { reason: 'no package' });
  }

  async versions(current: string | undefined, signal: AbortSignal): Promise<Offer> {
    const refs = await this.#refs(signal);
    const latest = newestOf(refs);
    if (latest === undefined) {
      throw new AgentFailure('upstream', `the repository ${this.name} has no commit`, { reason: 'no commit' });
    }
    const wanted = (one: string) => one === latest || !isPrerelease(one) || isPrerelease(current ?? '');
    const tags = releases(refs).filter(wanted);
    const url = /^https?:/.test(this.source.url) ? `https://${this.name}` : undefined;
    return { latest, versions: tags.length === 0 ? [latest] : tags, url };
  }

  /** Reads the changes from the change log in the repository. */
  async changes(from: string, to: string, signal: AbortSignal): Promise<Changes> {
    if (commit.test(to)) return {};
    return this.context.folder.withTemporary(async (cwd) => {
      const env = await gitEnvironment(this.source.url);
      const git = (...args: string[]) => run('git', args, { cwd, signal, env });
      await git('clone', '--quiet', '--bare', '--depth', '1', '--branch', to, '--', this.source.url, 'repository');
      const files = (await git('--git-dir=repository', 'ls-tree', '--name-only', 'HEAD')).split('\n');
      const file = files.find((name) => changelogNames.test(name));
      if (file === undefined) return {};
      return { changelog: await changesBetween(await git('--git-dir=repository', 'show', `HEAD:${file}`), from, to) };
    });
  }

  protected isVersion(text: string): boolean {
    return text !== '' && text.length <= 100 && isRef(text) && !text.startsWith('semver:');
  }

  protected async fetch(version: string, folder: string, signal: AbortSignal, trust: CommitTrust): Promise<number> {
    const { note, dataDir } = this.context;
    await this.#admit(version, trust, signal);
    const env = await gitEnvironment(this.source.url);
    const spec = await this.#spec(version);
    if (this.source.installer === 'pypi') {
      const options = { cwd: folder, note, signal, env };
      await this.#python.fetch(folder, spec, options);
      const { bytes } = await amountOf(folder);
      await writeFile(join(folder, specFile), spec);
      return bytes;
    }
    return this.context.folder.withTemporary((cwd) =>
      npmFetchPacked(spec, { cwd, note, signal, env, dataDir }, folder),
    );
  }

  /**
   * Refuses a commit that no branch or tag of the repository is at, as far as the trust in it and the site's policy demand it: a repository's
   * host also serves the commits of its forks, and of pull requests that are not merged. An ancestor of a branch is refused, too: each commit
   * of a merged pull request is one, and a later commit of that request may hide its changes from the review. An installed commit that was at
   * a branch or tag stays admitted, so that its server starts while the repository is out of reach.
   * @returns whether the version is a commit that is, or was, at a branch or tag
   * @throws AgentFailure `refused`
   */
  async #admit(version: string, trust: CommitTrust, signal: AbortSignal): Promise<boolean> {
    if (!commit.test(version)) return false;
    if (trust === 'found' || (await this.#wasAdmitted(version))) return true;
    const mayBeAny = this.context.mayBeAnyCommit(version);
    if (mayBeAny && (trust === 'any' || (await this.has(version)))) return false;
    const { head, tags, heads } = await this.#refs(signal);
    if ([head, ...tags.values(), ...heads.values()].includes(version)) return true;
    const way = mayBeAny ? 'Another commit takes the permission server.execute' : anotherCommit;
    const reason = `no branch or tag of ${this.name} is at commit ${version} now, and an older commit of a branch does not count. ${way}`;
    throw new AgentFailure('refused', reason, { field: 'version', reason });
  }

  #wasAdmitted(version: string): Promise<boolean> {
    return access(join(this.place(version), admittedFile)).then(
      () => true,
      () => false,
    );
  }

  /** Installs a fetched package by its name, because it has no address any more. */
  async #installPython(version: string, options: RunOptions, downloaded: string | undefined): Promise<void> {
    const home = options.cwd;
    const own = downloaded === undefined ? undefined : await this.#python.nameBuilt(downloaded);
    const fetched =
      downloaded === undefined ? undefined : await readFile(join(downloaded, specFile), 'utf8').catch(() => undefined);
    await this.#python.install(home, own ?? fetched ?? (await this.#spec(version)), options, downloaded);
    await writeFile(join(home, nameFile), own ?? (await installedFromUrl(home)));
  }

  /**
   * The package at the commit of a version, as npm, pip and uv take it. They get the commit only: git takes more texts for a name of a commit,
   * such as its first digits or the output of `git describe`, and would find commits outside of branches and tags by them.
   */
  async #spec(version: string): Promise<string> {
    const { installer, url } = this.source;
    const address = url.startsWith('git:') ? url : `git+${url}`;
    return `${address}${installer === 'npm' ? '#' : '@'}${await this.#commitOf(version)}`;
  }

  async #commitOf(version: string): Promise<string> {
    if (commit.test(version)) return version;
    const { tags, heads } = await this.#refs(this.context.stopping);
    const found = tags.get(version) ?? heads.get(version);
    if (found !== undefined) return found;
    throw this.#lacks(`it has no tag or branch '${version}', and another commit is named by its 40 digits`);
  }

  #lacks(reason: string): AgentFailure {
    const message = `the repository ${this.name} cannot be used: ${reason}`;
    return new AgentFailure('upstream', message, { reason, missing: true });
  }

  async #refs(signal: AbortSignal): Promise<Refs> {
    const args = ['ls-remote', '--', this.source.url, 'HEAD', 'refs/tags/*', 'refs/heads/*'];
    const env = await gitEnvironment(this.source.url);
    const printed = await run('git', args, { cwd: this.context.dataDir, signal, env });
    const lines = printed.split('\n').map((line) => line.split('\t'));
    const below = (folder: string) =>
      lines.flatMap(([id = '', ref = '']) => (ref.startsWith(folder) ? [[ref.slice(folder.length), id] as const] : []));
    return {
      head: lines.find(([, ref]) => ref === 'HEAD')?.[0],
      // The line `TAG^{}` has the commit of a tag with a message, and comes after the line of the tag itself.
      tags: new Map(below('refs/tags/').map(([tag, id]) => [tag.replace(/\^\{\}$/, ''), id])),
      heads: new Map(below('refs/heads/')),
    };
  }
}

/** The tags that are versions, newest first. */
function releases({ tags }: Refs): string[] {
  return newestFirst([...tags.keys()].filter((tag) => semver.valid(tag) !== null));
}

function newestOf(refs: Refs): string | undefined {
  const tags = releases(refs);
  return tags.find((tag) => !isPrerelease(tag)) ?? tags[0] ?? refs.head;
}

function named(refs: Refs, ref: string): string | undefined {
  const [, range] = /^semver:(.+)$/.exec(ref) ?? [];
  if (range !== undefined) return releases(refs).find((tag) => semver.satisfies(tag, range));
  return refs.tags.has(ref) ? ref : refs.heads.get(ref);
}

const always = {
  // The agent reads from git's messages whether a ref is missing, so they must be in English.
  LANGUAGE: 'en',
  GIT_TERMINAL_PROMPT: '0',
  GIT_SSH_COMMAND: 'ssh -o BatchMode=yes',
  GIT_ALLOW_PROTOCOL: 'https:http:ssh:git:file',
};

/**
 * The environment of git, also of a git that a package manager starts. The repository's host is looked up once, here. Git connects to the
 * allowed addresses, and follows no redirect to another host.
 * @throws AgentFailure `upstream` for a host that may not be dialled.
 */
export async function gitEnvironment(url: string): Promise<Record<string, string>> {
  const address = new URL(url);
  if (address.hostname === '') return always;
  const isHttp = /^https?:$/.test(address.protocol);
  const settings: [string, string][] = isHttp ? [['http.followRedirects', 'false']] : [];
  try {
    const found = await allowedAddresses(address, undefined);
    const port = address.port || (address.protocol === 'https:' ? '443' : '80');
    const addresses = found.map((entry) => (entry.family === 6 ? `[${entry.address}]` : entry.address));
    if (isHttp) settings.push(['http.curloptResolve', `${address.hostname}:${port}:${addresses.join(',')}`]);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === FORBIDDEN_ADDRESS) throw new AgentFailure('upstream', message, { reason: message });
    const hasProxy = Object.keys(installerEnvironment()).some((name) => /^(https?|all)_proxy$/i.test(name));
    // A proxy, or SSH's configuration, may know hosts that the agent cannot look up.
    if (isHttp && !hasProxy) {
      const reason = `${address.hostname} cannot be looked up: ${message}`;
      throw new AgentFailure('upstream', reason, { reason });
    }
  }
  const lines = settings.flatMap(([key, value], at) => [
    [`GIT_CONFIG_KEY_${at}`, key],
    [`GIT_CONFIG_VALUE_${at}`, value],
  ]);
  return { ...always, GIT_CONFIG_COUNT: String(settings.length), ...Object.fromEntries(lines) };
}

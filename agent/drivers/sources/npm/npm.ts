import { readdir } from 'node:fs/promises';
import { tooManyValues } from '@roundhouse/proto/work';
import semver from 'semver';
import { AgentFailure } from '../../../failure.js';
import { changelogNames, changesBetween } from '../changelog.js';
import { isPrerelease, newestFirst } from '../order.js';
import { PackageRegistry } from '../package-registry.js';
import type { Changes, Offer, Program } from '../registry.js';
import { run } from '../run-tool.js';
import { npmFetch, npmInstall, npmProgram } from './npm-install.js';

/** The largest package that is fetched for its change log, bytes. */
const largestForChangelog = 50 * 1024 * 1024;

/** The output of `npm view` about a package. */
interface View {
  readonly versions?: string | readonly string[];
  readonly 'dist-tags'?: Readonly<Record<string, string>>;
  readonly homepage?: string;
}

/** A package in the npm registry that npm is configured for at this site. */
export class NpmRegistry extends PackageRegistry {
  readonly kind = 'npm';

  exact(): string | undefined {
    return semver.valid(this.source.version) ?? undefined;
  }

  /** @throws AgentFailure `upstream` */
  async newest(): Promise<string> {
    const { name, version } = this.source;
    const spec = version === '' ? name : `${name}@${version}`;
    const found: unknown = await this.#view([spec, 'version'], this.context.stopping);
    const versions = (Array.isArray(found) ? found : [found]).filter(
      (one) => typeof one === 'string' && semver.valid(one),
    );
    const newest = semver.rsort(versions)[0];
    if (newest !== undefined) return newest;
    throw new AgentFailure('upstream', `npm has no version of ${spec}`, { reason: 'no such version', missing: true });
  }

  /** A failed installation is removed. A downloaded package is installed from the download, by its lock. */
  async install(version: string): Promise<string> {
    const { folder, note, dataDir, stopping: signal } = this.context;
    const { name } = this.source;
    await folder.install(this.at(version), `npm/${name}@${version}`, async (cwd) => {
      note(`installing ${name}@${version} from npm`);
      await npmInstall(`${name}@${version}`, { cwd, note, signal, dataDir }, await this.downloaded(version));
      return version;
    });
    await this.dropDownload(version);
    return version;
  }

  program(version: string): Promise<Program> {
    return npmProgram(this.place(version), this.source, version);
  }

  async versions(current: string | undefined, signal: AbortSignal): Promise<Offer> {
    const { name } = this.source;
    const found = (await this.#view([name, 'versions', 'dist-tags', 'homepage'], signal)) as View | undefined;
    const all = typeof found?.versions === 'string' ? [found.versions] : (found?.versions ?? []);
    const latest = found?.['dist-tags']?.latest ?? newestFirst(all)[0];
    if (latest === undefined) {
      throw new AgentFailure('upstream', `npm has no version of ${name}`, { reason: 'no such version', missing: true });
    }
    // Only a user who runs a pre-release wants pre-releases.
    const wanted = (one: string) => one === latest || !isPrerelease(one) || isPrerelease(current ?? '');
    return { latest, versions: newestFirst(all.filter(wanted)), url: httpUrl(found?.homepage) };
  }

  /** Reads the changes from the change log in the package: the registry has none. */
  async changes(from: string, to: string, signal: AbortSignal): Promise<Changes> {
    const spec = `${this.name}@${to}`;
    const size = await this.#view([spec, 'dist.unpackedSize'], signal);
    if (typeof size === 'number' && size > largestForChangelog) return {};
    return this.context.folder.withTemporary(async (cwd) => {
      const packed = ['pack', spec, '--pack-destination', cwd, '--ignore-scripts', '--loglevel=error'];
      packed.push('--prefix', this.context.dataDir);
      await run('npm', packed, { cwd, signal });
      const archive = (await readdir(cwd)).find((file) => file.endsWith('.tgz'));
      if (archive === undefined) return {};
      const files = (await run('tar', ['-tzf', archive], { cwd, signal })).split('\n');
      const file = files.find((path) => /^[^/]+\/[^/]+$/.test(path) && changelogNames.test(path.replace(/^.*\//, '')));
      if (file === undefined) return {};
      const text = await run('tar', ['-xzOf', archive, '--', file], { cwd, signal });
      return { changelog: await changesBetween(text, from, to) };
    });
  }

  protected isVersion(text: string): boolean {
    return semver.valid(text) === text;
  }

  protected override fits(installed: string): boolean {
    const { version } = this.source;
    const range = semver.validRange(version === '' || version === 'latest' ? '*' : version);
    return range !== null && semver.satisfies(installed, range);
  }

  protected fetch(version: string, folder: string, signal: AbortSignal): Promise<number> {
    const { note, dataDir } = this.context;
    return this.context.folder.withTemporary((cwd) =>
      npmFetch(`${this.name}@${version}`, { cwd, note, signal, dataDir }, folder),
    );
  }

  /** The parsed output of `npm view`; `undefined` if it is empty. It runs in the data folder, whose `.npmrc` is used. */
  async #view(what: readonly string[], signal: AbortSignal): Promise<unknown> {
    const { dataDir } = this.context;
    const args = ['view', ...what, '--json', '--loglevel=error', '--prefix', dataDir];
    const printed = await run('npm', args, { cwd: dataDir, signal });
    if (printed.trim() === '') return undefined;
    const problem = await tooManyValues(printed);
    if (problem !== undefined) {
      const reason = `the answer of npm view ${problem}`;
      throw new AgentFailure('upstream', reason, { reason });
    }
    try {
      return JSON.parse(printed);
    } catch {
      throw new AgentFailure('upstream', 'npm view printed no JSON', { reason: 'no JSON' });
    }
  }
}

/** An address that people may be shown; `undefined` for any other text. */
function httpUrl(text: unknown): string | undefined {
  return typeof text === 'string' && URL.canParse(text) && /^https?:/i.test(text) ? text : undefined;
}

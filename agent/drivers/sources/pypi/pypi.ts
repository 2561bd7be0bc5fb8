import { readdir } from 'node:fs/promises';
import { AgentFailure } from '../../../failure.js';
import { amountOf } from '../../storage/walk.js';
import { changesBetween } from '../changelog.js';
import { compareVersions, newestFirst } from '../order.js';
import { PackageRegistry } from '../package-registry.js';
import type { Changes, Offer, Program } from '../registry.js';
import { run } from '../run-tool.js';
import { pypiProgram, versionIn } from './pypi-program.js';
import { Python } from './python.js';

const exact = /^[0-9][a-z0-9.!+]*$/i;

/** Prints the metadata of the wheel in the working folder. */
const printMetadata =
  'import glob,zipfile\nz=zipfile.ZipFile(glob.glob("*.whl")[0])\nprint(z.read(next(n for n in z.namelist() if n.endswith(".dist-info/METADATA"))).decode())';

/** A package in the Python index that pip is configured for at this site. */
export class PypiRegistry extends PackageRegistry {
  readonly kind = 'pypi';
  readonly #python = new Python(this.context);

  /** Extras make another installation of a package. */
  protected override get folderName(): string {
    const { name, extras } = this.source;
    return extras.length === 0 ? name : `${name}[${extras.join(',')}]`;
  }

  exact(): string | undefined {
    return exact.test(this.source.version) ? this.source.version : undefined;
  }

  /** Installs the newest version: only the installer knows which versions this machine's Python can run. */
  newest(): Promise<string> {
    return this.#install(undefined);
  }

  async install(version: string): Promise<string> {
    // The package may write its version differently: `1.0` may come as `1.0.0`.
    const there = await this.context.folder.versions(this.kind, this.folderName);
    const same = there.find((one) => one === version) ?? there.find((one) => compareVersions(one, version) === 0);
    if (same !== undefined && (await this.has(same))) return same;
    const installed = await this.#install(version);
    await this.dropDownload(version);
    return installed;
  }

  program(version: string): Promise<Program> {
    return pypiProgram(this.place(version), this.source, version);
  }

  async versions(_current: string | undefined, signal: AbortSignal): Promise<Offer> {
    const python = await this.#python.tool(signal);
    const args = ['-m', 'pip', 'index', '--disable-pip-version-check', '--no-input', 'versions', this.name];
    const printed = await run(python, args, { cwd: this.context.dataDir, signal, env: pipIndex() });
    const [, list = ''] = /^Available versions:\s*(.+)$/m.exec(printed) ?? [];
    const versions = newestFirst(list.split(',').flatMap((one) => (exact.test(one.trim()) ? [one.trim()] : [])));
    const [latest] = versions;
    if (latest !== undefined) return { latest, versions };
    const reason = 'no such version';
    throw new AgentFailure('upstream', `the Python index has no version of ${this.name} for this machine`, { reason });
  }

  /** Reads the changes from the package's description, if it contains a change log. The address is that of the package. */
  async changes(from: string, to: string, signal: AbortSignal): Promise<Changes> {
    const python = await this.#python.tool(signal);
    return this.context.folder.withTemporary(async (cwd) => {
      // Wheels only: the metadata of a source archive are known only after its code has run.
      const args = ['--quiet', '--disable-pip-version-check', '--no-input', '--no-deps', '--only-binary', ':all:'];
      const options = { cwd, signal, env: pipIndex() };
      await run(python, ['-m', 'pip', 'download', ...args, '--dest', cwd, `${this.name}==${to}`], options);
      if (!(await readdir(cwd)).some((file) => file.endsWith('.whl'))) return {};
      const metadata = await run(python, ['-c', printMetadata], { cwd, signal });
      const [, url] =
        /^Project-URL:\s*(?:changelog|changes|release notes|history)\s*,\s*(https?:\S+)\s*$/im.exec(metadata) ?? [];
      const [, page] = /^(?:Home-page:|Project-URL:[^,\n]*,)\s*(https?:\S+)\s*$/im.exec(metadata) ?? [];
      return { changelog: await changesBetween(metadata, from, to), url: url ?? page };
    });
  }

  protected isVersion(text: string): boolean {
    return exact.test(text) && text.length <= 100;
  }

  protected async fetch(version: string, cwd: string, signal: AbortSignal): Promise<number> {
    const { note } = this.context;
    await this.#python.fetch(cwd, `${this.folderName}==${version}`, { cwd, note, signal });
    return (await amountOf(cwd)).bytes;
  }

  async #install(version: string | undefined): Promise<string> {
    const { folder, note, stopping: signal } = this.context;
    const spec = `${this.folderName}${version === undefined ? this.source.version : `==${version}`}`;
    const wheels = version === undefined ? undefined : await this.downloaded(version);
    const at = { kind: this.kind, name: this.folderName, version };
    return folder.install(at, `pypi/${spec}`, async (cwd) => {
      note(`installing ${spec} from PyPI`);
      await this.#python.install(cwd, spec, { cwd, note, signal }, wheels);
      return versionIn(cwd, this.name);
    });
  }
}

/** If uv is configured for an index and pip is not, uv's settings for pip, which lists the index. */
function pipIndex(): Record<string, string> {
  const { PIP_INDEX_URL, PIP_EXTRA_INDEX_URL, UV_DEFAULT_INDEX, UV_INDEX_URL, UV_INDEX, UV_EXTRA_INDEX_URL } =
    process.env;
  const index = PIP_INDEX_URL ?? UV_DEFAULT_INDEX ?? UV_INDEX_URL;
  const extra = PIP_EXTRA_INDEX_URL ?? UV_INDEX ?? UV_EXTRA_INDEX_URL;
  // uv allows a name before an index.
  const bare = (text: string) => text.replace(/(^|\s)[A-Za-z0-9_-]+=(?=https?:)/g, '$1');
  return {
    ...(index === undefined ? {} : { PIP_INDEX_URL: bare(index) }),
    ...(extra === undefined ? {} : { PIP_EXTRA_INDEX_URL: bare(extra) }),
  };
}

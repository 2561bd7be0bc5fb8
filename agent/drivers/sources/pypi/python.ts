import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AgentFailure } from '../../../failure.js';
import type { RegistryContext } from '../package-registry.js';
import { onPath, type RunOptions, run } from '../run-tool.js';
import { canonical } from './pypi-program.js';

/** The file that names the wheel of the package itself in a folder of wheels. */
const nameFile = 'package-name';

const pipFlags = ['--quiet', '--disable-pip-version-check', '--no-input'];

/** Installs Python packages with the tools of this machine: uv, or Python's own venv and pip. */
export class Python {
  constructor(private readonly context: RegistryContext) {}

  /**
   * Makes an environment and installs a package into it.
   * @param wheels a folder with all needed wheels; for uv any text, because its cache has them.
   * @throws AgentFailure `upstream`, `cancelled`
   */
  async install(home: string, spec: string, options: RunOptions, wheels?: string): Promise<void> {
    const python = join(home, 'bin', 'python');
    if (await onPath('uv')) {
      await run('uv', ['venv', '--quiet', '--allow-existing', home], options);
      const install = ['pip', 'install', '--quiet', '--python', python];
      if (wheels !== undefined) {
        const offline = await run('uv', [...install, '--offline', spec], { ...options, note: () => {} }).catch(
          () => undefined,
        );
        if (offline !== undefined) return;
      }
      await run('uv', [...install, spec], options);
    } else {
      await makeEnvironment(home, options);
      const from = wheels === undefined ? [] : ['--no-index', '--find-links', wheels];
      await run(python, ['-m', 'pip', 'install', ...pipFlags, ...from, spec], options);
    }
  }

  /** Fetches a package with its dependencies into a folder, or into the cache of uv. Packages without wheels are built. */
  async fetch(folder: string, spec: string, options: RunOptions): Promise<void> {
    if (await onPath('uv')) {
      await this.context.folder.withTemporary((trial) => this.install(trial, spec, { ...options, cwd: trial }));
      return;
    }
    const python = await this.tool(options.signal);
    const wheel = ['-m', 'pip', 'wheel', ...pipFlags, '--wheel-dir', folder];
    if (spec.includes('://')) {
      await run(python, [...wheel, '--no-deps', spec], options);
      const [built = ''] = (await readdir(folder)).filter((file) => file.endsWith('.whl'));
      await writeFile(join(folder, nameFile), built.replace(/-.*/s, ''));
      await run(python, [...wheel, join(folder, built)], options);
    } else {
      await run(python, [...wheel, spec], options);
    }
  }

  /** The name of the package that {@link Python.fetch} got by an address, if it built wheels. */
  async nameBuilt(folder: string): Promise<string | undefined> {
    const name = await readFile(join(folder, nameFile), 'utf8').catch(() => undefined);
    return name === undefined ? undefined : canonical(name);
  }

  /** A Python environment of the agent with pip, made once. */
  async tool(signal: AbortSignal | undefined): Promise<string> {
    const home = join(this.context.dataDir, 'sources', 'tools', 'python');
    const python = join(home, 'bin', 'python');
    if (await isThere(python)) return python;
    await this.context.folder.withTemporary(async (folder) => {
      if (await onPath('uv'))
        await run('uv', ['venv', '--quiet', '--seed', '--allow-existing', folder], { cwd: folder, signal });
      else await makeEnvironment(folder, { cwd: folder, signal });
      await mkdir(join(home, '..'), { recursive: true, mode: 0o700 });
      // The environment stops working if the machine's Python is removed. It is then replaced.
      if (!(await isThere(python))) await rm(home, { recursive: true, force: true });
      await rename(folder, home).catch(async (error) => {
        if (!(await isThere(python))) throw error;
      });
    });
    return python;
  }
}

async function makeEnvironment(folder: string, options: RunOptions): Promise<void> {
  try {
    await run('python3', ['-m', 'venv', folder], options);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    const reason = `Python packages need uv, or python3 with venv, at this agent: ${(error as Error).message}`;
    throw new AgentFailure('upstream', reason, { reason }, { cause: error });
  }
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

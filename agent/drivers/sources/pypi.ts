import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AgentFailure } from '../../failure.js';
import type { SourceCommand } from './command.js';
import type { SourceFolder } from './folder.js';
import { onPath } from './on-path.js';
import type { Program } from './program.js';
import { run } from './run.js';

const exact = /^[0-9][a-z0-9.!+]*$/i;

/** The exact version that a command names, if it does. */
export function exactPypi({ version }: SourceCommand): string | undefined {
  return exact.test(version) ? version : undefined;
}

/** A folder name for a package: extras make another installation of it. */
export function pypiFolderName({ name, extras }: SourceCommand): string {
  return extras.length === 0 ? name : `${name}[${extras.join(',')}]`;
}

/** The newest installed version, for when the registry is out of reach; only where the command names no range. */
export async function installedPypi(command: SourceCommand, folder: SourceFolder): Promise<string | undefined> {
  if (command.version !== '') return undefined;
  const versions = await folder.versions('pypi', pypiFolderName(command));
  return versions.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1);
}

/**
 * Installs a package into an environment of its own and returns the version that was installed. Without an exact version
 * the installer chooses: only it knows which versions this machine's Python can run.
 */
export function installPypi(
  command: SourceCommand,
  version: string | undefined,
  folder: SourceFolder,
  note: (line: string) => void,
  signal: AbortSignal,
): Promise<string> {
  const name = pypiFolderName(command);
  const wanted = version === undefined ? command.version : `==${version}`;
  const spec = `${name}${wanted}`;
  return folder.install(`pypi/${spec}`, { kind: 'pypi', name, version }, async (cwd) => {
    note(`installing ${spec} from PyPI`);
    const python = join(cwd, 'bin', 'python');
    if (await onPath('uv')) {
      await run('uv', ['venv', '--quiet', '--allow-existing', cwd], { cwd, note, signal });
      await run('uv', ['pip', 'install', '--quiet', '--python', python, spec], { cwd, note, signal });
    } else {
      await makeEnvironment(cwd, note, signal);
      const flags = ['--quiet', '--disable-pip-version-check', '--no-input'];
      await run(python, ['-m', 'pip', 'install', ...flags, spec], { cwd, note, signal });
    }
    return versionIn(cwd, command.name);
  });
}

/** How to run a program of an installed package: by the environment's own Python. */
export async function pypiProgram(command: SourceCommand, version: string, folder: SourceFolder): Promise<Program> {
  const home = folder.path('pypi', pypiFolderName(command), version);
  const bin = join(home, 'bin');
  const script = join(bin, await scriptName(home, command));
  const path = [bin];
  // Scripts name the folder they were installed in, which is not where they are now: Python is told what to run.
  if (await isPythonScript(script)) {
    return { command: join(bin, 'python'), args: [script, ...command.args], path, version };
  }
  return { command: script, args: command.args, path, version };
}

async function makeEnvironment(folder: string, note: (line: string) => void, signal: AbortSignal): Promise<void> {
  try {
    await run('python3', ['-m', 'venv', folder], { cwd: folder, note, signal });
  } catch (error) {
    if (signal.aborted) throw error;
    const reason = `Python packages need uv, or python3 with venv, at this agent: ${(error as Error).message}`;
    throw new AgentFailure('upstream', reason, { reason }, { cause: error });
  }
}

/** The program to run: the named one, or else the only one that the package brings. */
async function scriptName(home: string, { name, program }: SourceCommand): Promise<string> {
  const found = await stat(join(home, 'bin', program)).catch(() => undefined);
  if (found?.isFile()) return program;
  const points = await readFile(join(await distInfo(home, name), 'entry_points.txt'), 'utf8').catch(() => '');
  const [, section = ''] = /^\[console_scripts\]\s*$([^[]*)/m.exec(points) ?? [];
  const scripts = [...section.matchAll(/^\s*([^\s=#;]+)\s*=/gm)].map(([, script = '']) => script);
  if (scripts.length === 1 && scripts[0] !== undefined) return scripts[0];
  const offered = scripts.length === 0 ? 'it has none' : `it has ${scripts.join(', ')}`;
  const reason = `the package ${name} has no program '${program}'; ${offered}`;
  throw new AgentFailure('upstream', reason, { reason });
}

/** The version of a package in an environment, as its metadata say. */
async function versionIn(home: string, name: string): Promise<string> {
  const metadata = await readFile(join(await distInfo(home, name), 'METADATA'), 'utf8');
  const [, version] = /^Version:\s*([0-9][A-Za-z0-9.!+]*)\s*$/m.exec(metadata) ?? [];
  if (version === undefined) throw new AgentFailure('upstream', `the package ${name} does not say its version`);
  return version;
}

async function distInfo(home: string, name: string): Promise<string> {
  const lib = join(home, 'lib');
  for (const python of await readdir(lib)) {
    const packages = join(lib, python, 'site-packages');
    for (const entry of await readdir(packages).catch(() => [])) {
      const [, found = ''] = /^(.+)-[^-]+\.dist-info$/.exec(entry) ?? [];
      if (found.toLowerCase().replace(/[-_.]+/g, '-') === name) return join(packages, entry);
    }
  }
  throw new AgentFailure('upstream', `the package ${name} was installed without metadata`);
}

async function isPythonScript(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512, 0);
    const text = buffer.toString('latin1', 0, bytesRead);
    return /^#!.*python/.test(text) || /^#!\/bin\/sh\n'''exec' /.test(text);
  } finally {
    await file.close();
  }
}

import { readFile, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import semver from 'semver';
import { AgentFailure } from '../../failure.js';
import type { SourceCommand } from './command.js';
import type { SourceFolder } from './folder.js';
import type { Program } from './program.js';
import { run } from './run.js';

interface Manifest {
  readonly version?: string;
  readonly bin?: string | Readonly<Record<string, string>>;
}

/** The newest version in the registry that fits. @throws AgentFailure `upstream` */
export async function resolveNpm({ name, version }: SourceCommand, cwd: string, signal: AbortSignal): Promise<string> {
  const spec = version === '' ? name : `${name}@${version}`;
  const printed = await run('npm', ['view', spec, 'version', '--json', '--loglevel=error'], { cwd, signal });
  const found: unknown = printed.trim() === '' ? [] : JSON.parse(printed);
  const versions = (Array.isArray(found) ? found : [found]).filter(
    (one) => typeof one === 'string' && semver.valid(one),
  );
  const newest = semver.rsort(versions)[0];
  if (newest !== undefined) return newest;
  throw new AgentFailure('upstream', `npm has no version of ${spec}`, { reason: 'no such version' });
}

/** The newest installed version that fits, for when the registry is out of reach. */
export async function installedNpm(
  { name, version }: SourceCommand,
  folder: SourceFolder,
): Promise<string | undefined> {
  const range = semver.validRange(version === '' || version === 'latest' ? '*' : version);
  if (range === null) return undefined;
  const fitting = (await folder.versions('npm', name)).filter((one) => semver.satisfies(one, range));
  return semver.rsort(fitting)[0];
}

/** Installs one exact version, unless it is there. Nothing of a failed installation stays. */
export async function installNpm(
  name: string,
  version: string,
  folder: SourceFolder,
  note: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  await folder.install(`npm/${name}@${version}`, { kind: 'npm', name, version }, async (cwd) => {
    note(`installing ${name}@${version} from npm`);
    await writeFile(join(cwd, 'package.json'), '{"private":true}\n');
    const flags = ['--no-audit', '--no-fund', '--omit=dev', '--ignore-scripts=false', '--loglevel=error'];
    await run('npm', ['install', '--prefix', cwd, ...flags, `${name}@${version}`], { cwd, note, signal });
    return version;
  });
}

/** How to run a program of an installed package: by node directly where it is a script for node. */
export async function npmProgram(command: SourceCommand, version: string, folder: SourceFolder): Promise<Program> {
  const modules = join(folder.path('npm', command.name, version), 'node_modules');
  const home = join(modules, ...command.name.split('/'));
  const manifest = JSON.parse(await readFile(join(home, 'package.json'), 'utf8')) as Manifest;
  const file = binFile(manifest, command);
  const path = [join(modules, '.bin')];
  const script = file === undefined ? join(modules, '.bin', command.program) : join(home, file);
  if (await isNodeScript(script, command)) {
    return { command: process.execPath, args: [script, ...command.args], path, version };
  }
  return { command: script, args: command.args, path, version };
}

/** The file of the wanted program as `npx` picks it; `undefined` where another package has to bring it. */
function binFile({ bin }: Manifest, { name, program }: SourceCommand): string | undefined {
  const unscoped = name.slice(name.indexOf('/') + 1);
  const bins = typeof bin === 'string' ? { [unscoped]: bin } : (bin ?? {});
  if (program !== '') return bins[program];
  const files = [...new Set(Object.values(bins))];
  const file = files.length === 1 ? files[0] : bins[unscoped];
  if (file !== undefined) return file;
  const reason = `the package ${name} has no program to run`;
  throw new AgentFailure('upstream', reason, { reason, programs: Object.keys(bins) });
}

async function isNodeScript(script: string, { name, program }: SourceCommand): Promise<boolean> {
  const text = await readFile(script, 'latin1').catch(() => {
    const reason = `the package ${name} has no program '${program}'`;
    throw new AgentFailure('upstream', reason, { reason });
  });
  const first = text.slice(0, 200).split('\n', 1)[0] ?? '';
  if (first.startsWith('#!')) return /^#!\s*(\/usr\/bin\/env\s+|\S*\/)node\s*$/.test(first);
  return ['.js', '.mjs', '.cjs'].includes(extname(script));
}

import { copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { AgentFailure } from '../../../failure.js';
import { amountOf } from '../../storage/walk.js';
import { checkWithin, type Program } from '../registry.js';
import { type RunOptions, run } from '../run-tool.js';

const quiet = ['--no-audit', '--no-fund', '--omit=dev', '--loglevel=error'];
const files = ['package.json', 'package-lock.json'];

/** The folder and settings of npm. */
export interface NpmOptions extends RunOptions {
  /** The agent's data folder. An `.npmrc` there is used. */
  readonly dataDir: string;
}

/** Installs one package into a folder; `downloaded`: a folder that {@link npmFetch} has filled, whose lock names the packages. */
export function npmInstall(spec: string, options: NpmOptions, downloaded: string | undefined): Promise<void> {
  return withSettings(options, () => install(spec, options, downloaded));
}

/**
 * Makes a trial installation without the packages' scripts. The packages are then in npm's cache, and the lock in `folder` names them.
 * Returns its size in bytes.
 */
export function npmFetch(spec: string, options: NpmOptions, folder: string): Promise<number> {
  return withSettings(options, () => fetch(spec, options, folder));
}

/** Fetches a package that is not in npm's registry. It is packed first, so that its installation does not need its address. */
export function npmFetchPacked(spec: string, options: NpmOptions, folder: string): Promise<number> {
  return withSettings(options, async () => {
    const flags = ['--pack-destination', folder, '--ignore-scripts=false', '--loglevel=error'];
    await run('npm', ['pack', spec, '--prefix', options.cwd, ...flags], options);
    const [archive = ''] = await readdir(folder);
    await copyFile(join(folder, archive), join(options.cwd, archive));
    return fetch(`./${archive}`, options, folder);
  });
}

/** npm reads the settings of the folder that it installs into. They may hold a token, so they are removed afterwards. */
async function withSettings<T>({ cwd, dataDir }: NpmOptions, work: () => Promise<T>): Promise<T> {
  const settings = join(cwd, '.npmrc');
  await copyFile(join(dataDir, '.npmrc'), settings).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  try {
    return await work();
  } finally {
    await rm(settings, { force: true });
  }
}

async function install(spec: string, options: RunOptions, downloaded: string | undefined): Promise<void> {
  const { cwd } = options;
  if (downloaded === undefined) {
    await writeFile(join(cwd, 'package.json'), '{"private":true}\n');
    const flags = ['--no-audit', '--no-fund', '--omit=dev', '--ignore-scripts=false', '--loglevel=error'];
    await run('npm', ['install', '--prefix', cwd, ...flags, spec], options);
    return;
  }
  for (const file of await readdir(downloaded)) await copyFile(join(downloaded, file), join(cwd, file));
  await run('npm', ['ci', '--prefix', cwd, '--prefer-offline', ...quiet, '--ignore-scripts=false'], options);
}

async function fetch(spec: string, options: RunOptions, folder: string): Promise<number> {
  const { cwd } = options;
  await writeFile(join(cwd, 'package.json'), '{"private":true}\n');
  // The lock has the address of each package, so that npm finds it in its cache without a request to the registry.
  const flags = [
    ...quiet,
    '--ignore-scripts',
    '--package-lock=true',
    '--omit-lockfile-registry-resolved=false',
    '--save-exact',
  ];
  await run('npm', ['install', '--prefix', cwd, ...flags, spec], options);
  for (const file of files) await copyFile(join(cwd, file), join(folder, file));
  return (await amountOf(cwd)).bytes;
}

interface Manifest {
  readonly bin?: string | Readonly<Record<string, string>>;
}

/** The program of a package to run, and its arguments. */
export interface WantedProgram {
  /** The package's name. */
  readonly name: string;
  /** The program of the package to run; empty for the package's default. */
  readonly program: string;
  readonly args: readonly string[];
}

/** How to run a program of a package in a folder's `node_modules`. A script for node is run by node directly. */
export async function npmProgram(folder: string, wanted: WantedProgram, version: string): Promise<Program> {
  const modules = join(folder, 'node_modules');
  const home = join(modules, ...wanted.name.split('/'));
  const manifest = JSON.parse(await readFile(join(home, 'package.json'), 'utf8')) as Manifest;
  const file = binFile(manifest, wanted);
  const path = [join(modules, '.bin')];
  const script = file === undefined ? join(modules, '.bin', wanted.program) : join(home, file);
  await checkWithin(modules, script);
  if (await isNodeScript(script, wanted)) {
    return { command: process.execPath, args: [script, ...wanted.args], path, version };
  }
  return { command: script, args: wanted.args, path, version };
}

/** The file of the wanted program, chosen as `npx` does; `undefined` if another package has to provide it. */
function binFile({ bin }: Manifest, { name, program }: WantedProgram): string | undefined {
  const unscoped = name.slice(name.indexOf('/') + 1);
  const bins = typeof bin === 'string' ? { [unscoped]: bin } : (bin ?? {});
  // A name such as `toString` or `__proto__` is no entry of the package.
  const fileOf = (entry: string) => (Object.hasOwn(bins, entry) ? bins[entry] : undefined);
  if (program !== '') return fileOf(program);
  const files = [...new Set(Object.values(bins))];
  const file = files.length === 1 ? files[0] : fileOf(unscoped);
  if (file !== undefined) return file;
  const reason = `the package ${name} has no program to run`;
  throw new AgentFailure('upstream', reason, { reason, programs: Object.keys(bins) });
}

async function isNodeScript(script: string, { name, program }: WantedProgram): Promise<boolean> {
  const text = await readFile(script, 'latin1').catch(() => {
    const reason = `the package ${name} has no program '${program}'`;
    throw new AgentFailure('upstream', reason, { reason });
  });
  const first = text.slice(0, 200).split('\n', 1)[0] ?? '';
  if (first.startsWith('#!')) return /^#!\s*(\/usr\/bin\/env\s+|\S*\/)node\s*$/.test(first);
  return ['.js', '.mjs', '.cjs'].includes(extname(script));
}

import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AgentFailure } from '../../../failure.js';
import type { WantedProgram } from '../npm/npm-install.js';
import { checkWithin, type Program } from '../registry.js';

/** How to run a program of a package in an environment: by the environment's own Python. */
export async function pypiProgram(home: string, wanted: WantedProgram, version: string): Promise<Program> {
  const bin = join(home, 'bin');
  const script = join(bin, await scriptName(home, wanted));
  const path = [bin];
  await checkWithin(home, script);
  // Scripts name the folder in which they were installed, and the folder was moved. So Python gets the module to run.
  if (await isPythonScript(script)) {
    return { command: join(bin, 'python'), args: [script, ...wanted.args], path, version };
  }
  return { command: script, args: wanted.args, path, version };
}

/** The version of a package in an environment, by its metadata. */
export async function versionIn(home: string, name: string): Promise<string> {
  const metadata = await readFile(join(await distInfo(home, name), 'METADATA'), 'utf8');
  const [, version] = /^Version:\s*([0-9][A-Za-z0-9.!+]*)\s*$/m.exec(metadata) ?? [];
  if (version === undefined) throw new AgentFailure('upstream', `the package ${name} does not say its version`);
  return version;
}

/** The name of the package that was installed into an environment from an address. @throws AgentFailure */
export async function installedFromUrl(home: string): Promise<string> {
  for (const packages of await sitePackages(home)) {
    for (const entry of await readdir(packages)) {
      const [, name] = /^(.+)-[^-]+\.dist-info$/.exec(entry) ?? [];
      const origin = await readFile(join(packages, entry, 'direct_url.json'), 'utf8').catch(() => '');
      if (name !== undefined && origin.includes('"vcs_info"')) return canonical(name);
    }
  }
  throw new AgentFailure('upstream', 'the installed package does not tell its name');
}

/** A package's name in PyPI's own form. */
export function canonical(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

/** The program to run: the named one, or else the only program of the package. */
async function scriptName(home: string, { name, program }: WantedProgram): Promise<string> {
  const found = program === '' ? undefined : await stat(join(home, 'bin', program)).catch(() => undefined);
  if (found?.isFile()) return program;
  const points = await readFile(join(await distInfo(home, name), 'entry_points.txt'), 'utf8').catch(() => '');
  const [, section = ''] = /^\[console_scripts\]\s*$([^[]*)/m.exec(points) ?? [];
  const scripts = [...section.matchAll(/^[ \t]*([^\s=#;]+)[ \t]*=/gm)].map(([, script = '']) => script);
  if (scripts.length === 1 && scripts[0] !== undefined) return scripts[0];
  const offered = scripts.length === 0 ? 'it has none' : `it has ${scripts.join(', ')}`;
  const reason = `the package ${name} has no program '${program}'; ${offered}`;
  throw new AgentFailure('upstream', reason, { reason });
}

async function distInfo(home: string, name: string): Promise<string> {
  for (const packages of await sitePackages(home)) {
    for (const entry of await readdir(packages)) {
      const [, found = ''] = /^(.+)-[^-]+\.dist-info$/.exec(entry) ?? [];
      if (canonical(found) === name) return join(packages, entry);
    }
  }
  throw new AgentFailure('upstream', `the package ${name} was installed without metadata`);
}

async function sitePackages(home: string): Promise<string[]> {
  const lib = join(home, 'lib');
  const folders = (await readdir(lib)).map((python) => join(lib, python, 'site-packages'));
  const found = await Promise.all(folders.map((folder) => stat(folder).catch(() => undefined)));
  return folders.filter((_, i) => found[i]?.isDirectory());
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

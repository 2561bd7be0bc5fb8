import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { AgentFailure } from '../../../failure.js';
import { checkWithin, type Program } from '../program.js';

interface Manifest {
  readonly bin?: string | Readonly<Record<string, string>>;
}

/** The program of a package to run, and its arguments. */
export interface WantedProgram {
  /** The package's name. */
  readonly name: string;
  /** The program of the package to run; empty: the package's own. */
  readonly program: string;
  readonly args: readonly string[];
}

/** How to run a program of a package that lies in a folder's `node_modules`: by node directly where it is a script for node. */
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

/** The file of the wanted program as `npx` picks it; `undefined` where another package has to bring it. */
function binFile({ bin }: Manifest, { name, program }: WantedProgram): string | undefined {
  const unscoped = name.slice(name.indexOf('/') + 1);
  const bins = typeof bin === 'string' ? { [unscoped]: bin } : (bin ?? {});
  if (program !== '') return bins[program];
  const files = [...new Set(Object.values(bins))];
  const file = files.length === 1 ? files[0] : bins[unscoped];
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

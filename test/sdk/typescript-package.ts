import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Test } from 'tap';
import { tempFolder } from '../temp-folder.js';

const source = fileURLToPath(new URL('../../sdk/typescript/', import.meta.url));

/** Runs a program to its end. @throws with its output, if it fails */
export const run = promisify(execFile);

/** A project that installed the published package, as users do. Returns its folder, and the files of the package. */
export async function project(
  t: Test,
  files: Readonly<Record<string, string>>,
): Promise<{ folder: string; packed: string[] }> {
  const folder = tempFolder(t, { ...files, 'package.json': '{"name":"project","private":true,"type":"module"}' });
  const options = ['--loglevel=error', '--no-audit', '--no-fund'];
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder, ...options], { cwd: source });
  const [pack] = JSON.parse(stdout) as [{ filename: string; files: readonly { path: string }[] }];
  // Packages of the clone are not fetched again.
  await run('npm', ['install', '--prefer-offline', ...options, `./${pack.filename}`, 'ws@8'], { cwd: folder });
  return { folder, packed: pack.files.map(({ path }) => path) };
}

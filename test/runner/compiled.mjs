// Where the compiled sources are. Every test's process loads this file, so it imports no other of the project.
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The clone's folder. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** The folder of the compiled sources; it has the same folders as the clone. */
export const compiledFolder = join(root, '.cache', 'compiled');

/** tap in one file. tap leaves the functions of its own packages out of stacks, and knows them by this folder. */
export const tapBundle = join(compiledFolder, 'node_modules', '@tapjs', 'tap.cjs');

/** The MCP project's server-everything, over stdio, in one file. */
export const everythingBundle = join(compiledFolder, 'everything.cjs');

/** Servers of the MCP project over stdio that need no `await` while they load: a bundle cannot have it. Each is in one file, too. */
export const referenceServers = /** @type {const} */ (['memory', 'sequential-thinking']);

/** @param {typeof referenceServers[number]} name */
export const referenceBundle = (name) => join(compiledFolder, `server-${name}.cjs`);

/** The servers' half of the MCP SDK for the versions with sessions, and of the SDK for 2026-07-28, in one file each. */
export const sessionSdkBundle = join(compiledFolder, 'session-sdk.cjs');
export const statelessSdkBundle = join(compiledFolder, 'stateless-sdk.cjs');

/** The program that runs several test files in one process. */
export const severalProgram = join(root, 'test', 'runner', 'several.mjs');

/** @param {string} path a source, relative to the clone @returns {string} its compiled file, absolute */
export const compiledPath = (path) => join(compiledFolder, path.replace(/\.ts$/, '.js'));

/** @param {string} path a compiled file, absolute @returns {string} its source, absolute */
export const sourcePath = (path) => join(root, relative(compiledFolder, path).replace(/\.js$/, '.ts'));

/**
 * @template {{ url: string }} Found
 * @param {Found} found the file that Node would load
 * @returns {Found} the compiled file, if it is a TypeScript source of the clone
 */
export function compiled(found) {
  if (!found.url.startsWith('file:') || !found.url.endsWith('.ts')) return found;
  const path = relative(root, fileURLToPath(found.url));
  if (/^(?:\.\.|node_modules)[\\/]/.test(path)) return found;
  return { ...found, url: pathToFileURL(compiledPath(path)).href, format: 'module' };
}

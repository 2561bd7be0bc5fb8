// Gets a clone ready to run: Node's version, dependencies, build. Plain Node, because it runs before `npm ci`.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkNode as checkNodeVersion, Stop, say } from '../cli/terminal.mjs';

export { main, Stop, say } from '../cli/terminal.mjs';

/** The clone's folder. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** @throws {Stop} where this Node is older than package.json allows */
export function checkNode(version = process.versions.node) {
  checkNodeVersion(readJson(join(root, 'package.json')).engines.node, version);
}

/**
 * Runs a program to its end. A signal that ends this process ends the program first.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions} options
 * @returns {Promise<[code: number | null, signal: NodeJS.Signals | null]>}
 * @throws {Stop} where it cannot be started
 */
export async function ended(program, args, options) {
  const child = spawn(program, args, { cwd: root, ...options });
  const forward = (/** @type {NodeJS.Signals} */ signal) => child.kill(signal);
  const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
  for (const signal of signals) process.on(signal, forward);
  try {
    const [code, signal] = await once(child, 'exit');
    return [code, signal];
  } catch (error) {
    throw new Stop(`Cannot run ${program}: ${error instanceof Error ? error.message : error}`);
  } finally {
    for (const signal of signals) process.off(signal, forward);
  }
}

/**
 * Runs a program that has to succeed, its output going to standard error.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @throws {Stop} where it cannot be started or fails
 */
export async function run(program, args, env = process.env) {
  const [code, signal] = await ended(program, args, { env, stdio: ['ignore', 2, 2] });
  if (code !== 0) throw new Stop(`\`${program} ${args.join(' ')}\` failed (${signal ?? `exit code ${code}`}).`);
}

/** The environment with this Node and the clone's own tools first in PATH. */
export function toolPath() {
  const path = [dirname(process.execPath), join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
  return { ...process.env, PATH: path };
}

/** @param {string} path @returns {any} the content of the JSON file; `undefined` if the file is missing */
function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Whether node_modules matches package-lock.json: npm keeps its own record of the installed packages. */
export function installed() {
  const wanted = readJson(join(root, 'package-lock.json'));
  const present = readJson(join(root, 'node_modules', '.package-lock.json'));
  if (!wanted || !present) return false;
  return Object.entries(wanted.packages).every(([path, entry]) => {
    if (path === '') return true;
    const found = present.packages[path];
    if (found) return found.version === entry.version && found.integrity === entry.integrity;
    // Packages for other platforms are optional, and absent here; packages in a workspace's own folder stand in no record.
    return entry.optional === true || readJson(join(root, path, 'package.json'))?.version === entry.version;
  });
}

/** Installs the dependencies, unless they are there. */
export async function install() {
  if (!installed()) {
    say('Installing dependencies (npm ci) …');
    await run('npm', ['ci', '--include=dev', '--no-fund', '--no-audit'], toolPath());
  }
}

/** @param {string} folder @param {(path: string) => void} each called with every source file below the folder */
function sources(folder, each) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!['bundle', 'dist', 'node_modules'].includes(entry.name)) sources(path, each);
    } else if (/\.(?:[cm]?[jt]sx?|json|css|html)$/.test(entry.name)) {
      each(path);
    }
  }
}

/** A hash over names, sizes and times of everything the build reads: a few milliseconds, where tsc needs a second. */
function fingerprint() {
  const hash = createHash('sha256');
  const add = (/** @type {string} */ path) => {
    const { mtimeMs, size } = statSync(path);
    hash.update(`${relative(root, path)} ${mtimeMs} ${size}\n`);
  };
  for (const folder of ['hub', 'agent', 'proto', 'sdk/typescript']) sources(join(root, folder), add);
  for (const file of ['package-lock.json', 'tsconfig.base.json', 'deploy/local/bundle.mjs']) add(join(root, file));
  return hash.digest('hex');
}

/**
 * Bundles hub and agent, unless the bundles are newer than every source. Types are checked by `npm run typecheck`.
 * @returns whether it had to bundle
 */
export async function build() {
  const stamp = join(root, '.cache', 'build-stamp');
  const outputs = [
    'hub/bundle/hub.cjs',
    'hub/bundle/cli.cjs',
    'agent/bundle/agent.cjs',
    'proto/dist/work/worker.js',
  ].map((path) => join(root, path));
  const now = fingerprint();
  if (outputs.every(existsSync) && existsSync(stamp) && readFileSync(stamp, 'utf8') === now) return false;
  say('Building …');
  const { bundle } = await import('./bundle.mjs');
  await bundle();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, now);
  return true;
}

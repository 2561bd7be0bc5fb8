// Puts hub, agent or both into a folder from which they run: the bundles, and the packages with native parts that they need.
//   npm run build && node deploy/assemble.mjs /opt/roundhouse hub agent
// Run from a clone; the folder must be empty or not there.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { native, preload } from './local/bundle.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * The programs of each workspace. The agent's workspace has the command, which loads the hub's commands. A hub also hands out the agent.
 */
const content = {
  hub: [
    'hub/bundle',
    'hub/domain/workflows/definitions',
    'hub/install/agent.sh',
    'agent/bin',
    'agent/bundle',
    'agent/systemd',
  ],
  agent: ['agent/bundle', 'agent/bin', 'agent/systemd'],
};
const shared = ['LICENSE', 'package.json', 'package-lock.json'];
/** npm wants all of them to be there. */
const workspaces = ['proto', 'agent', 'hub', 'hub/console', 'sdk/typescript', 'deploy/cli'];

/** @param {string} message @returns {never} */
function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

/** @param {string} name @returns {name is keyof typeof content} */
const isPart = (name) => Object.hasOwn(content, name);

const [folder, ...given] = process.argv.slice(2);
const parts = given.filter(isPart);
if (folder === undefined || parts.length === 0 || parts.length < given.length)
  fail('Usage: node deploy/assemble.mjs FOLDER hub|agent…');
const target = resolve(folder);
for (const part of parts)
  if (!existsSync(join(root, part, `bundle/${part}.cjs`))) fail(`${part} has not been built: run 'npm run build'.`);
if (existsSync(target) && readdirSync(target).length > 0) fail(`${target} is not empty.`);

/** The workspaces whose packages are installed: a hub has the agent that it hands out. */
const workspacesUsed = parts.includes('hub') ? ['hub', 'agent'] : ['agent'];
mkdirSync(target, { recursive: true });
const files = new Set([
  ...shared,
  ...workspaces.map((name) => `${name}/package.json`),
  ...parts.flatMap((part) => content[part]),
]);
for (const path of files)
  cpSync(join(root, path), join(target, path), {
    recursive: true,
    // Compiled code is kept for one version of Node, which may be another one there.
    filter: (from) => !/\.cache$|bundle.cache$/.test(from),
  });

// All other packages are in the bundles.
for (const name of workspaces) {
  const path = join(target, name, 'package.json');
  const {
    dependencies = {},
    devDependencies: _,
    peerDependencies: __,
    ...manifest
  } = JSON.parse(readFileSync(path, 'utf8'));
  const kept = Object.entries(dependencies).filter(([dependency]) => native.includes(dependency));
  writeFileSync(path, JSON.stringify({ ...manifest, dependencies: Object.fromEntries(kept) }, null, 2));
}
/** Runs npm in the folder. No package's script runs: every native module comes with its binary. @param {string[]} args */
function npm(...args) {
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status, error } = spawnSync('npm', [...args, ...flags], { cwd: target, stdio: 'inherit' });
  if (status !== 0) fail(`npm could not install the packages${error ? `: ${error.message}` : '.'}`);
}

// The lockfile holds more packages than this installation needs. Without the network npm can only remove some; it checks the rest by hash.
npm('install', '--package-lock-only', '--offline');
npm('ci', '--omit=dev', '--prefer-offline', ...workspacesUsed.map((name) => `--workspace=${name}`));

// uWebSockets comes with binaries for every system and version of Node, 260 MB of them.
const sockets = join(target, 'node_modules/uWebSockets.js');
if (existsSync(sockets)) {
  const own = `uws_${process.platform}_${process.arch}_${process.versions.modules}.node`;
  for (const name of readdirSync(sockets)) if (name.endsWith('.node') && name !== own) rmSync(join(sockets, name));
}
// The first start would write this, into a folder that may then be another user's.
for (const name of workspacesUsed) await preload(target, name);
if (workspacesUsed.includes('hub')) await preload(target, 'hub', 'cli');
// npm has linked all workspaces. Links to workspaces outside this installation lead nowhere.
for (const name of readdirSync(join(target, 'node_modules/@roundhouse')))
  if (!workspacesUsed.includes(name) && name !== 'proto')
    rmSync(join(target, 'node_modules/@roundhouse', name), { recursive: true });

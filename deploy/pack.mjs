// Packs the five packages that are published on npm, as files that `npm install` takes.
//   node deploy/pack.mjs FOLDER
// It installs and builds first, as far as the clone needs that.
// Hub and agent are bundles: they keep only dependencies with native parts, in the versions of the lockfile.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { main, Stop, say } from './cli/terminal.mjs';
import { build, install, root } from './local/prepare.mjs';

/** Folder of each package, and the file that shows that it was built. */
const packages = {
  proto: 'proto/dist/work/worker.js',
  agent: 'agent/bundle/agent.cjs',
  hub: 'hub/bundle/hub.cjs',
  'sdk/typescript': 'sdk/typescript/index.ts',
  'deploy/cli': 'deploy/cli/roundhouse.mjs',
};
/** Packages whose other dependencies lie in their bundles. */
const bundled = ['hub', 'agent'];

/** @param {string} path @returns {any} */
const readJson = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'));

/** @param {string} name of a dependency @param {string} range @param {any} lock @returns {string} the same at exactly the lockfile's version */
function pinned(name, range, lock) {
  const { version } = lock.packages[`node_modules/${name}`];
  const [, alias] = /^(npm:[^@]+)@/.exec(range) ?? [];
  return alias ? `${alias}@${version}` : version;
}

/** @param {string} folder of a package @param {any} lock @param {readonly string[]} native @returns {any} its package.json as it is published */
function manifestOf(folder, lock, native) {
  const { license, repository, homepage, bugs, author, engines, version } = readJson('package.json');
  const { devDependencies: _, dependencies = {}, ...own } = readJson(`${folder}/package.json`);
  const entries = Object.entries(dependencies).flatMap(([name, range]) => {
    // Hub, agent and command line of one release belong together.
    if (name.startsWith('@roundhouse/')) return bundled.includes(folder) ? [] : [[name, version]];
    if (!bundled.includes(folder)) return [[name, range]];
    return native.includes(name) ? [[name, pinned(name, range, lock)]] : [];
  });
  const directory = { repository: { ...repository, directory: folder } };
  const shared = { license, author, homepage, bugs, ...directory, engines, publishConfig: { access: 'public' } };
  return { ...own, version, ...shared, dependencies: Object.fromEntries(entries) };
}

/**
 * Compiles a package for itself: compiled files in the clone may be older than its sources. @param {string} folder @param {string} output
 */
function compile(folder, output) {
  const state = join(output, '.tsbuildinfo');
  const compiler = join(root, 'node_modules/typescript-native/bin/tsc');
  const args = [compiler, '-p', folder, '--outDir', output, '--tsBuildInfoFile', state];
  execFileSync(process.execPath, args, { cwd: root, stdio: ['ignore', 2, 2] });
  for (const name of readdirSync(output, { recursive: true, encoding: 'utf8' }))
    if (/\.map$|\.tsbuildinfo$/.test(name)) rmSync(join(output, name));
}

await main(async () => {
  const [given] = process.argv.slice(2);
  if (given === undefined) throw new Stop('Usage: node deploy/pack.mjs FOLDER');
  await install();
  await build();
  // It imports packages that `install` has installed.
  const { native } = await import('./local/bundle.mjs');
  const target = resolve(given);
  mkdirSync(target, { recursive: true });
  const lock = readJson('package-lock.json');
  const staging = mkdtempSync(join(tmpdir(), 'roundhouse-pack-'));
  try {
    for (const [folder, built] of Object.entries(packages)) {
      if (!existsSync(join(root, built))) throw new Stop(`${built} is missing: run 'npm run build'.`);
      const stage = join(staging, folder);
      const { files } = readJson(`${folder}/package.json`);
      mkdirSync(stage, { recursive: true });
      if (folder === 'sdk/typescript') compile(folder, join(stage, 'dist'));
      for (const path of files.filter(
        (/** @type {string} */ path) => /^[\w/.-]+$/.test(path) && !existsSync(join(stage, path)) && path !== 'LICENSE',
      ))
        cpSync(join(root, folder, path), join(stage, path), {
          recursive: true,
          // Compiled code is kept for one version of Node, and build state for one clone.
          filter: (from) => !/\.(?:cache|tsbuildinfo)$|\.(?:js|d\.ts)\.map$|bundle.cache$/.test(from),
        });
      for (const path of ['LICENSE', `${folder}/README.md`])
        cpSync(join(root, path), join(stage, path.split('/').at(-1) ?? ''));
      writeFileSync(join(stage, 'package.json'), `${JSON.stringify(manifestOf(folder, lock, native), null, 2)}\n`);
      const packed = execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', target], {
        cwd: stage,
        encoding: 'utf8',
      });
      say(join(target, packed.trim()));
    }
  } finally {
    rmSync(staging, { recursive: true });
  }
  return 0;
});

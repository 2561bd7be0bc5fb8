// Installs the parts of parts.mjs that are missing. A part that cannot be installed is an error at once, with the reason.
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { goPath, kubernetesFolder, kubernetesScript, missingParts, parts, pythonPath, system } from './parts.mjs';
import { root, run, Stop, say, toolPath } from './prepare.mjs';

/** @typedef {typeof parts[import('./parts.mjs').PartName]} Part */

/** @param {Part['from']} from @returns {Part[]} */
const missing = (from) => missingParts().flatMap((name) => (parts[name].from === from ? [parts[name]] : []));

/**
 * Whether these parts may be installed here; prints the parts, and the reason if they may not.
 * @param {readonly Part[]} wanted
 * @param {boolean} asRoot whether Debian's package manager or an engine of its own is needed for it
 */
function mayInstall(wanted, asRoot) {
  if (wanted.length === 0) return false;
  const list = wanted.map((part) => `${part.package} (${part.purpose})`).join(', ');
  if (process.env.ROUNDHOUSE_TEST_INSTALL === '0') say(`Not installed, as ROUNDHOUSE_TEST_INSTALL=0: ${list}`);
  else if (asRoot && (!/debian/.test(system) || process.getuid?.() !== 0))
    say(`Not installed, as that needs Debian and root: ${list}`);
  else {
    say(`Installing for the tests: ${list}`);
    return true;
  }
  return false;
}

/** Installs Debian's packages of parts. One at a time: dpkg has one lock. @param {readonly Part[]} wanted */
async function fromApt(wanted) {
  if (!mayInstall(wanted, true)) return;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const names = wanted.flatMap((part) => part.package.split(' '));
  const options = ['-q=2', '-o', 'DPkg::Lock::Timeout=600', '-o', 'Dpkg::Use-Pty=0', '-o', 'Acquire::Retries=3'];
  await run('apt-get', [...options, 'update'], env);
  await run('apt-get', [...options, 'install', '-y', '--no-install-recommends', ...names], env);
}

/**
 * Fills each folder that a missing part needs. Works in a second folder first, so that the folder is either whole or missing.
 * @param {'npm' | 'pip' | 'go'} from
 * @param {(folder: string, packages: string[], versions: string) => Promise<void>} install `versions` is the file that pins them, empty for the others
 */
async function fillFolders(from, install) {
  const wanted = missing(from);
  if (!mayInstall(wanted, false)) return;
  const foldersOf = (/** @type {readonly Part[]} */ some) =>
    some.flatMap((part) => ('folder' in part ? part.folder : []));
  for (const folder of new Set(foldersOf(wanted))) {
    const inIt = Object.values(parts).filter((part) => 'folder' in part && part.folder === folder);
    const partial = `${folder}.${process.pid}.partial`;
    mkdirSync(dirname(folder), { recursive: true });
    try {
      const versions = inIt.flatMap((part) => ('versions' in part ? part.versions : []));
      await install(
        partial,
        inIt.flatMap((part) => part.package.split(' ')),
        versions[0] ?? '',
      );
      rmSync(folder, { recursive: true, force: true });
      renameSync(partial, folder);
    } catch (error) {
      // Another run may have filled it meanwhile.
      if (!inIt.every((part) => part.present())) throw error;
    } finally {
      rmSync(partial, { recursive: true, force: true });
    }
  }
}

const fromNpm = () =>
  fillFolders('npm', (folder, packages) =>
    run('npm', ['install', '--prefix', folder, '--no-save', '--no-package-lock', ...packages], toolPath()),
  );

const fromPip = () =>
  fillFolders('pip', (folder, packages, versions) => {
    const quiet = ['--quiet', '--disable-pip-version-check', '--root-user-action=ignore'];
    const hashed = readFileSync(versions, 'utf8').includes('--hash=');
    const exactly = hashed
      ? ['--require-hashes', '--no-deps', '--requirement', versions]
      : ['--constraint', versions, ...packages];
    return run(pythonPath, ['-m', 'pip', 'install', ...quiet, '--target', folder, ...exactly], process.env);
  });

const fromGo = () =>
  fillFolders('go', async (folder, packages) => {
    // Go makes the files of its cache read-only, unless it is told otherwise.
    const env = { ...process.env, GOMODCACHE: folder, GOFLAGS: '-modcacherw', GOTOOLCHAIN: 'local' };
    await run(goPath, ['mod', 'download', ...packages], env);
    // A module has no executable files, and a newer Go comes as a module.
    for (const name of packages.filter((one) => one.startsWith('golang.org/toolchain@')))
      for (const programs of ['bin', 'pkg/tool'])
        for (const path of readdirSync(join(folder, name, programs), { recursive: true }))
          chmodSync(join(folder, name, programs, String(path)), 0o755);
  });

/**
 * Installs the packages that build Kubernetes, before Debian's other packages: its build is the longest of all.
 * @throws {Stop} where a package manager fails
 */
export async function installTools() {
  await fromApt(missing('apt').filter((part) => part === parts['kubernetes-tools']));
}

/**
 * Installs the missing packages, and says so.
 * @throws {Stop} where a package manager fails, and where `CI` is set and a package is missing afterwards
 */
export async function installParts() {
  const npm = fromNpm();
  // Each waits for the network more than for the machine; pip and Go are Debian's packages.
  await Promise.all([npm, fromApt(missing('apt')).then(() => Promise.all([fromPip(), fromGo()]))]);
  const left = missingParts().filter((name) => !['source', 'docker'].includes(parts[name].from));
  if (process.env.CI && left.length > 0) throw new Stop(`Missing parts:\n${left.map(describePart).join('\n')}`);
}

/** @param {import('./parts.mjs').PartName} name @returns {string} a line about a part, for people */
function describePart(name) {
  const { package: source, purpose, from } = parts[name];
  return `${name}: ${purpose} (${from}: ${source})`;
}

/** Says which parts are missing. @returns {0 | 1} the exit code: 1 where one is */
export function listMissingParts() {
  const names = missingParts();
  process.stdout.write(`${[...names.map(describePart), `${names.length} parts are missing`].join('\n')}\n`);
  return names.length > 0 ? 1 : 0;
}

/** Builds Kubernetes, unless it is there. Two runs at once build it once. @throws {Stop} where that fails */
export async function buildKubernetes() {
  if (mayInstall(missing('source'), true)) await run(kubernetesScript, [kubernetesFolder], process.env);
}

/** Builds the images of hub and agent, unless they are there. @throws {Stop} where that fails */
export async function buildImages() {
  const script = join(root, 'test', 'fixtures', 'deploy', 'build.mjs');
  if (mayInstall(missing('docker'), true)) await run('nice', ['-n', '5', process.execPath, script], process.env);
}

// Installs the parts of parts.mjs that are missing.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { kubernetesFolder, otherNodeFolder, parts, pythonFolder } from './parts.mjs';
import { root, run, say, toolPath } from './prepare.mjs';

/** @param {'apt' | 'npm' | 'pip' | 'source' | 'docker'} from */
const missing = (from) => Object.values(parts).filter((part) => part.from === from && !part.present());

/** Where a part of npm's is installed. @param {object} part */
const folderOf = (part) => ('folder' in part ? String(part.folder) : otherNodeFolder);

/** Where a part of pip's is installed. @param {object} part */
const pipFolderOf = (part) => ('folder' in part ? String(part.folder) : pythonFolder);

function onDebianAsRoot() {
  try {
    return process.getuid?.() === 0 && /^ID(?:_LIKE)?=.*debian/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false;
  }
}

/**
 * Whether these may be installed; says what is, and what is not.
 * @param {readonly { package: string, purpose: string }[]} wanted
 */
function mayInstall(wanted) {
  if (wanted.length === 0) return false;
  const list = wanted.map((part) => `${part.package} (${part.purpose})`).join(', ');
  const allowed = process.env.ROUNDHOUSE_TEST_INSTALL !== '0';
  say(allowed ? `Installing for the tests: ${list}` : `Not installed, as ROUNDHOUSE_TEST_INSTALL=0: ${list}`);
  return allowed;
}

async function fromNpm() {
  for (const folder of new Set(missing('npm').map(folderOf))) {
    // All that belongs there: npm takes away what it is not asked for.
    const there = Object.values(parts).filter((part) => part.from === 'npm' && folderOf(part) === folder);
    const names = there.map((part) => part.package);
    await run('npm', ['install', '--prefix', folder, '--no-save', '--no-package-lock', ...names], toolPath());
  }
}

async function fromPip() {
  const quiet = ['--quiet', '--disable-pip-version-check', '--root-user-action=ignore'];
  for (const folder of new Set(missing('pip').map(pipFolderOf))) {
    const wanted = missing('pip').filter((part) => pipFolderOf(part) === folder);
    const names = wanted.flatMap((part) => part.package.split(' '));
    // Without pip, or out of a registry's reach, the tests that need the part say that it is missing.
    await run('python3', ['-m', 'pip', 'install', ...quiet, '--target', folder, ...names], process.env).catch(() =>
      say(`Python could not install ${names.join(', ')}`),
    );
  }
}

async function fromApt() {
  const names = missing('apt').flatMap((part) => part.package.split(' '));
  if (names.length === 0) return;
  if (!onDebianAsRoot()) return say('Packages of Debian are installed on Debian and as root only.');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['-q', 'update'], env);
  await run('apt-get', ['-q', 'install', '-y', '--no-install-recommends', ...names], env);
}

/**
 * Installs the missing packages, and says so; where it may not or cannot, the tests that need a part say that it is missing.
 * @throws {import('./prepare.mjs').Stop} where a package manager fails
 */
export async function installParts() {
  if (!mayInstall([...missing('apt'), ...missing('npm'), ...missing('pip')])) return;
  // Each waits for the network more than for the machine.
  await Promise.all([fromApt(), fromNpm(), fromPip()]);
}

/** Builds the missing parts that no package brings: minutes, at a low priority, so that tests can run meanwhile. */
export async function buildParts() {
  const [sources, images] = [missing('source'), missing('docker')];
  if (!mayInstall([...sources, ...images])) return;
  if (!onDebianAsRoot()) return say('Kubernetes and images are built on Debian and as root only.');
  if (images.length > 0) {
    const script = join(root, 'test', 'fixtures', 'deploy', 'build.mjs');
    await run('nice', ['-n', '15', process.execPath, script], process.env).catch(() =>
      say('No images could be built.'),
    );
  }
  // Without the source package, the tests that need the part say that it is missing.
  const script = join(root, 'test', 'fixtures', 'kubernetes', 'build.sh');
  if (sources.length > 0)
    await run(script, [kubernetesFolder], process.env).catch(() => say('Kubernetes could not be built.'));
}

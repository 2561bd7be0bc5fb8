// The real parts beside npm's dependencies that tests run against, and where they come from.
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { root, run, say, toolPath } from './prepare.mjs';

/** The major version that the smoke test runs on, besides the one that runs everything. */
const otherNode = 22;
const otherNodePackage = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
const otherNodeFolder = join(root, '.cache', `node-${otherNode}`);

/** Path of the other Node, where it is installed. */
export const otherNodePath = join(otherNodeFolder, 'node_modules', otherNodePackage, 'bin', 'node');

/** The MCP conformance suite, which needs the other Node. */
export const conformancePath = join(otherNodeFolder, 'node_modules/@modelcontextprotocol/conformance/dist/index.js');

/** The MCP Inspector, which needs the other Node. */
const inspectorFolder = join(root, '.cache', 'inspector');
/** Its program. */
export const inspectorPath = join(
  inspectorFolder,
  'node_modules',
  '@modelcontextprotocol',
  'inspector',
  'clients',
  'launcher',
  'build',
  'index.js',
);

/** Where Python packages for tests are installed: a value for `PYTHONPATH`. */
export const pythonFolder = join(root, '.cache', 'python');

/** @param {string} program @returns {boolean} whether PATH has it */
function inPath(program) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * Each part: what it is for, the package that brings it, and how to see that it is there.
 * npm's package `node` needs an install script to fetch its binary; the package it fetches does not.
 * @satisfies {Record<string, { purpose: string, package: string, from: 'apt' | 'npm' | 'pip', folder?: string, present: () => boolean }>}
 */
export const parts = {
  wrk: { purpose: 'load on HTTP', package: 'wrk', from: 'apt', present: () => inPath('wrk') },
  prometheus: { purpose: 'reading metrics', package: 'prometheus', from: 'apt', present: () => inPath('prometheus') },
  chromium: {
    purpose: 'the documented examples in a browser',
    package: 'chromium',
    from: 'apt',
    present: () => existsSync('/usr/bin/chromium'),
  },
  curl: { purpose: 'the documented cURL examples', package: 'curl', from: 'apt', present: () => inPath('curl') },
  ip: { purpose: 'network namespaces', package: 'iproute2', from: 'apt', present: () => inPath('ip') },
  requests: {
    purpose: 'the documented Python examples',
    package: 'python3-requests python3-prometheus-client',
    from: 'apt',
    present: () => existsSync('/usr/lib/python3/dist-packages/prometheus_client'),
  },
  pushgateway: {
    purpose: 'the documented monitoring example',
    package: 'prometheus-pushgateway',
    from: 'apt',
    present: () => inPath('prometheus-pushgateway'),
  },
  docker: {
    purpose: 'servers that are images, in a Docker Engine of the test',
    package: 'docker.io',
    from: 'apt',
    present: () => inPath('dockerd'),
  },
  'docker-registry': {
    purpose: 'versions of images',
    package: 'docker-registry',
    from: 'apt',
    present: () => inPath('docker-registry'),
  },
  frr: {
    purpose: 'a real router',
    package: 'frr',
    from: 'apt',
    present: () => existsSync('/usr/lib/frr/zebra') && inPath('vtysh'),
  },
  sshd: {
    purpose: 'the way to it',
    package: 'openssh-server',
    from: 'apt',
    present: () => existsSync('/usr/sbin/sshd'),
  },
  node22: {
    purpose: `the smoke test on Node ${otherNode}`,
    package: `${otherNodePackage}@${otherNode}`,
    from: 'npm',
    present: () => existsSync(otherNodePath),
  },
  conformance: {
    purpose: 'the conformance suite of the Model Context Protocol',
    package: '@modelcontextprotocol/conformance@0.2.0-alpha.12',
    from: 'npm',
    present: () => existsSync(otherNodePath) && existsSync(conformancePath),
  },
  inspector: {
    purpose: 'the MCP Inspector against /mcp',
    package: '@modelcontextprotocol/inspector@2.12.0',
    from: 'npm',
    folder: inspectorFolder,
    present: () => existsSync(otherNodePath) && existsSync(inspectorPath),
  },
  'mcp-python': {
    purpose: 'the Python SDK against /mcp',
    package: 'mcp',
    from: 'pip',
    present: () => inPath('python3') && existsSync(join(pythonFolder, 'mcp', 'client', 'client.py')),
  },
  netmiko: {
    purpose: 'a second opinion on network devices',
    package: 'netmiko',
    from: 'pip',
    present: () => inPath('python3') && existsSync(join(pythonFolder, 'netmiko')),
  },
};

/** @typedef {keyof typeof parts} PartName */

/** @param {'apt' | 'npm' | 'pip'} from */
const missing = (from) => Object.values(parts).filter((part) => part.from === from && !part.present());

/** Where a part of npm's is installed. @param {object} part */
const folderOf = (part) => ('folder' in part ? String(part.folder) : otherNodeFolder);

function onDebianAsRoot() {
  try {
    return process.getuid?.() === 0 && /^ID(?:_LIKE)?=.*debian/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false;
  }
}

/** Installs what is missing, and says so; where it may not or cannot, the tests that need a part say that it is missing. */
export async function installParts() {
  const fromApt = missing('apt');
  const fromNpm = missing('npm');
  const fromPip = missing('pip');
  const wanted = [...fromApt, ...fromNpm, ...fromPip];
  if (wanted.length === 0) return;
  const list = wanted.map((part) => `${part.package} (${part.purpose})`).join(', ');
  if (process.env.ROUNDHOUSE_TEST_INSTALL === '0') return say(`Not installed, as ROUNDHOUSE_TEST_INSTALL=0: ${list}`);
  say(`Installing for the tests: ${list}`);
  if (fromNpm.length > 0) {
    for (const folder of new Set(fromNpm.map(folderOf))) {
      // All that belongs there: npm takes away what it is not asked for.
      const there = Object.values(parts).filter((part) => part.from === 'npm' && folderOf(part) === folder);
      const names = there.map((part) => part.package);
      await run('npm', ['install', '--prefix', folder, '--no-save', '--no-package-lock', ...names], toolPath());
    }
  }
  if (fromPip.length > 0) {
    const names = fromPip.map((part) => part.package);
    const quiet = ['--quiet', '--disable-pip-version-check', '--root-user-action=ignore'];
    // Without pip, or out of a registry's reach, the tests that need the part say that it is missing.
    await run('python3', ['-m', 'pip', 'install', ...quiet, '--target', pythonFolder, ...names], process.env).catch(
      () => say(`Python could not install ${names.join(', ')}`),
    );
  }
  if (fromApt.length === 0) return;
  if (!onDebianAsRoot()) return say('Packages of Debian are installed on Debian and as root only.');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['-q', 'update'], env);
  await run(
    'apt-get',
    ['-q', 'install', '-y', '--no-install-recommends', ...fromApt.flatMap((part) => part.package.split(' '))],
    env,
  );
}

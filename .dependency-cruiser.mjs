// Who may import whom: design, "Rules of dependency". `.ci/dependency-rules.mjs` runs these rules, and checks that each of them bites.

/** Source files, tests and compiled output apart. */
const ours = '^(?:hub|agent|proto|sdk)/';
/** The compiled code of `proto/` that hub and agent share: it knows neither of them. */
const shared = '^proto/dist/';
/** The composition roots, which see everything. */
const roots = '^hub/(?:index\\.ts|main\\.ts|membership\\.ts|cli/)';

/**
 * A part may import these parts of ours and no others.
 * @param {string} name @param {string} part @param {readonly string[]} allowed @param {string} comment
 * @returns {import('dependency-cruiser').IRegularForbiddenRuleType}
 */
const only = (name, part, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: part },
  to: { path: ours, pathNot: [part, '/node_modules/', shared, ...allowed] },
});

/**
 * An external library has one home.
 * @param {string} library @param {string[]} homes
 * @returns {import('dependency-cruiser').IRegularForbiddenRuleType}
 */
const home = (library, homes) => ({
  name: `home-of-${library
    .replace(/^@/, '')
    .replaceAll(/[^a-z0-9]+/gi, '-')
    .toLowerCase()}`,
  comment: `${library} is imported only in ${homes.join(', ')}`,
  severity: 'error',
  from: { path: '^(?:hub|agent)/', pathNot: homes },
  to: { path: `(?:^|/)node_modules/${library.replace('.', '\\.')}(?:/|$)|^${library.replace('.', '\\.')}$` },
});

const errorsAndCaller = [
  '^hub/domain/errors\\.ts$',
  '^hub/domain/ids\\.ts$',
  '^hub/domain/moments\\.ts$',
  '^hub/domain/cancellation\\.ts$',
  '^hub/domain/event-loop\\.ts$',
  '^hub/domain/json-body\\.ts$',
  '^hub/domain/access/caller\\.ts$',
  '^hub/domain/access/permissions\\.ts$',
];

/** @type {import('dependency-cruiser').IForbiddenRuleType[]} */
const forbidden = [
  only('domain-stands-alone', '^hub/domain/', ['^proto/gen/'], 'domain imports nothing of ours but the contract'),
  {
    name: 'domain-takes-types-of-the-contract',
    comment: 'domain takes only types of the contract: `hub/fleet` writes and reads its messages',
    severity: 'error',
    from: { path: '^hub/domain/' },
    to: { path: '^proto/gen/', dependencyTypesNot: ['type-only'] },
  },
  only('store-knows-domain', '^hub/store/', ['^hub/domain/'], 'store imports domain only'),
  only('fleet-knows-domain', '^hub/fleet/', ['^hub/domain/', '^proto/gen/'], 'fleet imports domain and the contract'),
  only(
    'cluster-knows-domain',
    '^hub/cluster/',
    ['^hub/domain/', '^proto/gen/'],
    'cluster imports domain and the contract',
  ),
  {
    name: 'only-main-joins-the-cluster',
    comment: 'one hub by itself loads no code of the cluster: main.ts loads membership.ts where it is set',
    severity: 'error',
    from: { path: '^hub/', pathNot: '^hub/(?:cluster/|membership\\.ts$)' },
    to: { path: '^hub/cluster/' },
  },
  only('api-knows-domain-and-http', '^hub/api/', ['^hub/domain/', '^hub/http/'], 'api never sees store or fleet'),
  only(
    'http-knows-errors-and-caller',
    '^hub/http/',
    errorsAndCaller,
    'http takes only errors, cancellation, the turns of the event loop, ids, times, the reading of JSON bodies, the caller and the names of permissions',
  ),
  only('config-stands-alone', '^hub/config\\.ts$', [], 'settings are read by themselves'),
  only(
    'hub-and-agent-share-the-contract',
    '^hub/',
    ['^proto/gen/', '^sdk/typescript/'],
    'hub and agent share only proto; the rule below says who may use the SDK',
  ),
  {
    name: 'only-the-command-line-uses-the-sdk',
    comment: 'the command line is a client of the hub; the hub itself is not',
    severity: 'error',
    from: { path: '^(?:hub|agent)/', pathNot: '^hub/cli/' },
    to: { path: '^sdk/|(?:^|/)node_modules/@roundhouse/sdk(?:/|$)' },
  },
  only('agent-and-hub-share-the-contract', '^agent/', ['^proto/gen/'], 'agent and hub share only proto'),
  only('contract-stands-alone', '^proto/', [], 'the contract knows neither side'),
  only('sdk-stands-alone', '^sdk/', [], 'the SDK imports only its own'),
  {
    name: 'apis-are-strangers',
    comment: 'an API never imports another one; both import shared',
    severity: 'error',
    from: { path: '^hub/api/([^/]+)/' },
    to: { path: '^hub/api/[^/]+/', pathNot: '^hub/api/(?:$1|shared)/' },
  },
  {
    name: 'only-roots-see-everything',
    comment: 'nothing imports the composition roots',
    severity: 'error',
    from: { path: '^(?:hub|agent)/', pathNot: roots },
    to: { path: `${roots}|^agent/main\\.ts$` },
  },
  {
    name: 'operations-know-no-link',
    comment: 'operations import drivers, never the link or gRPC',
    severity: 'error',
    from: { path: '^agent/operations/' },
    to: { path: '^agent/link/|node_modules/@grpc/' },
  },
  {
    name: 'drivers-stand-alone',
    comment: 'drivers know neither the operations that use them nor the link',
    severity: 'error',
    from: { path: '^agent/drivers/' },
    to: { path: '^agent/(?:operations|link)/' },
  },
  home('@grpc/grpc-js', ['^hub/fleet/', '^agent/link/']),
  home('lmdb', ['^hub/store/', '^agent/link/journal']),
  home('pg', ['^hub/cluster/', '^agent/drivers/databases/']),
  home('uWebSockets.js', ['^hub/http/']),
  home('@modelcontextprotocol/sdk', ['^agent/drivers/mcp/']),
  home('ssh2', ['^agent/drivers/network/']),
  home('dockerode', ['^agent/drivers/docker/']),
  home('@kubernetes/client-node', ['^agent/drivers/kubernetes/']),
  {
    name: 'no-circular',
    comment: 'a cycle of values has no first file to read',
    severity: 'error',
    from: { path: ours },
    to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
  },
  {
    name: 'no-circle-of-types',
    comment: 'in hub and agent files do not refer to each other in a circle for types, either',
    severity: 'error',
    from: { path: '^(?:hub|agent)/' },
    to: { circular: true },
  },
  {
    name: 'no-orphans',
    comment: 'a file that nothing imports is dead',
    severity: 'error',
    from: {
      path: ours,
      orphan: true,
      pathNot: '\\.d\\.ts$|^sdk/typescript/index\\.ts$|^proto/(?:files|link|net|text)/',
    },
    to: {},
  },
  {
    name: 'no-unreachable',
    comment: 'every file of hub and agent is reached from a composition root',
    severity: 'error',
    from: { path: `${roots}|^agent/(?:main\\.ts|bin/)` },
    to: {
      path: '^(?:hub|agent)/',
      pathNot: `${roots}|^agent/(?:main\\.ts|bin/)|\\.d\\.ts$`,
      reachable: false,
    },
  },
  {
    name: 'no-unresolvable',
    comment: 'what cannot be resolved cannot be checked; the `roundhouse` command runs without a hub beside it, too',
    severity: 'error',
    from: { path: ours, pathNot: '^agent/bin/' },
    to: { couldNotResolve: true },
  },
  {
    name: 'no-undeclared',
    comment: "a library must stand in the workspace's own package.json",
    severity: 'error',
    from: { path: '^(?:hub|agent)/', pathNot: '^agent/bin/' },
    to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
  },
];

export default {
  forbidden,
  options: {
    doNotFollow: { path: ['node_modules', '^proto/(?:gen|dist)/', '^sdk/typescript/dist/'] },
    // The compiler keeps the console within its own folder and the SDK: its `rootDir`.
    exclude: { path: ['^(?:hub|agent)/(?:dist|bundle)/', '^hub/console/'] },
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['types', 'import', 'node', 'default'],
      extensions: ['.ts', '.d.ts', '.mjs', '.js'],
    },
  },
};

// Checks the dependency rules, after making sure that each of them finds a violation planted for it. Three rules are not of dependency-cruiser:
// the folders of a room form no circle, each dependency that a workspace declares is imported, and no folder has more than 20 files.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cruise } from 'dependency-cruiser';
import rules from '../.dependency-cruiser.mjs';
import { main, root, Stop, say } from '../deploy/local/prepare.mjs';

/** For each rule a file and its imports that the rule must object to. `type` before an import: it takes types only. @type {Record<string, readonly [string, ...string[]]>} */
const planted = {
  'domain-stands-alone': ['hub/domain/a.ts', '../http/target.js'],
  'domain-takes-types-of-the-contract': ['hub/domain/d.ts', '../../proto/gen/target.js'],
  'store-knows-domain': ['hub/store/a.ts', '../http/target.js'],
  'fleet-knows-domain': ['hub/fleet/a.ts', '../store/target.js'],
  'cluster-knows-domain': ['hub/cluster/a.ts', '../store/target.js'],
  'only-main-joins-the-cluster': ['hub/host/a.ts', '../cluster/target.js'],
  'api-knows-domain-and-http': ['hub/api/connect/a.ts', '../../fleet/target.js'],
  'http-knows-errors-and-caller': ['hub/http/a.ts', '../domain/target.js'],
  'config-stands-alone': ['hub/config.ts', './domain/target.js'],
  'hub-and-agent-share-the-contract': ['hub/fleet/b.ts', '../../agent/link/target.js'],
  'only-the-command-line-uses-the-sdk': ['hub/http/c.ts', '../../sdk/typescript/target.js'],
  'agent-and-hub-share-the-contract': ['agent/link/a.ts', '../../hub/domain/target.js'],
  'contract-stands-alone': ['proto/a.ts', '../hub/domain/target.js'],
  'sdk-stands-alone': ['sdk/typescript/a.ts', '../../hub/domain/target.js'],
  'apis-are-strangers': ['hub/api/connect/b.ts', '../portal/target.js'],
  'only-roots-see-everything': ['hub/http/b.ts', '../main.js'],
  'operations-know-no-link': ['agent/operations/a.ts', '../link/target.js'],
  'drivers-stand-alone': ['agent/drivers/mcp/a.ts', '../../operations/target.js'],
  'home-of-grpc-grpc-js': ['agent/operations/b.ts', '@grpc/grpc-js'],
  'home-of-lmdb': ['hub/domain/b.ts', 'lmdb'],
  'home-of-pg': ['hub/domain/e.ts', 'pg'],
  'home-of-uwebsockets-js': ['hub/api/connect/c.ts', 'uWebSockets.js'],
  'home-of-modelcontextprotocol-sdk': ['hub/domain/c.ts', '@modelcontextprotocol/sdk/client/index.js'],
  'home-of-ssh2': ['agent/operations/c.ts', 'ssh2'],
  'home-of-dockerode': ['agent/operations/d.ts', 'dockerode'],
  'home-of-kubernetes-client-node': ['agent/operations/e.ts', '@kubernetes/client-node'],
  'no-circular': ['hub/store/b.ts', './b.js'],
  'no-circle-of-types': ['agent/link/c.ts', 'type ./c.js'],
  'no-orphans': ['hub/store/orphan.ts'],
  'no-unreachable': ['hub/store/unreachable.ts', './b.js'],
  'no-unresolvable': ['hub/store/d.ts', './nowhere.js'],
  'no-undeclared': ['hub/store/e.ts', 'typescript'],
};

/** Rooms whose folders form no circle. */
const roomsWithoutCircles = ['agent/drivers', 'hub/domain', 'hub/http', 'hub/fleet'];

/** A circle of folders in each of these rooms, without a circle of files. @type {Record<string, string>} */
const plantedRooms = Object.fromEntries(
  roomsWithoutCircles.flatMap((room) => [
    [`${room}/one/a.ts`, 'type ../two/b.js'],
    [`${room}/two/c.ts`, 'type ../one/d.js'],
  ]),
);

/** Files that the planted ones import. */
const targets = [
  'hub/main.ts',
  'hub/domain/target.ts',
  'hub/http/target.ts',
  'hub/store/target.ts',
  'hub/cluster/target.ts',
  'hub/fleet/target.ts',
  'hub/api/portal/target.ts',
  'agent/main.ts',
  'agent/link/target.ts',
  'agent/operations/target.ts',
  ...roomsWithoutCircles.flatMap((room) => [`${room}/two/b.ts`, `${room}/one/d.ts`]),
  'proto/gen/target.ts',
  'sdk/typescript/target.ts',
];

/** @param {string} baseDir @param {string[]} folders */
async function read(baseDir, folders) {
  const { forbidden, options } = rules;
  const { output } = await cruise(folders, { ...options, ruleSet: { forbidden }, validate: true, baseDir });
  if (typeof output === 'string') throw new Error('dependency-cruiser returned text');
  return output;
}

/** @typedef {import('dependency-cruiser').IModule} Module */

/**
 * Circles of folders that lie side by side, types included. Files that lie directly in a room belong to none of its folders.
 * @param {readonly Module[]} modules @param {string} part
 */
function roomCircles(modules, part) {
  /** For each room its folders, and the folders that they import from. @type {Map<string, Map<string, Set<string>>>} */
  const rooms = new Map();
  for (const { source, dependencies } of modules) {
    for (const { resolved } of dependencies) {
      if (![source, resolved].every((path) => path.startsWith(part) && path.endsWith('.ts'))) continue;
      const [from, to] = [source.split('/'), resolved.split('/')];
      const shared = from.findIndex((name, i) => name !== to[i]);
      if (shared === -1 || shared >= from.length - 1 || shared >= to.length - 1) continue;
      const room = from.slice(0, shared).join('/');
      const folders = rooms.get(room) ?? new Map();
      rooms.set(room, folders.set(from[shared], (folders.get(from[shared]) ?? new Set()).add(to[shared])));
    }
  }
  return [...rooms].flatMap(([room, folders]) => {
    const inCircle = [...folders.keys()].filter((folder) => reached(folders, folder).has(folder));
    return inCircle.length === 0 ? [] : [`${room}: ${inCircle.join(', ')}`];
  });
}

/** @param {readonly Module[]} modules */
function circlesOfRooms(modules) {
  return ['agent/', 'hub/'].flatMap((part) => roomCircles(modules, part));
}

/** @param {ReadonlyMap<string, ReadonlySet<string>>} folders @param {string} from */
function reached(folders, from) {
  const found = new Set(folders.get(from));
  for (const folder of found) for (const next of folders.get(folder) ?? []) found.add(next);
  return found;
}

/** Dependencies that a workspace declares and none of its files imports. @param {readonly Module[]} modules @param {string} workspace @param {string} folder */
function unused(modules, workspace, folder = join(root, workspace)) {
  const { dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const imported = modules
    .filter(({ source }) => source.startsWith(`${workspace}/`))
    .flatMap(({ dependencies }) => dependencies.map(({ module }) => module));
  // The cruise does not read generated code.
  const gen = join(folder, 'gen');
  const generated = existsSync(gen) ? readdirSync(gen, { recursive: true, encoding: 'utf8' }) : [];
  for (const file of generated.filter((name) => /\.[jt]s$/.test(name)))
    for (const [, module = ''] of readFileSync(join(gen, file), 'utf8').matchAll(/ from ["']([^"']+)["']/g))
      imported.push(module);
  return Object.keys(dependencies).filter(
    (name) => !imported.some((module) => module === name || module.startsWith(`${name}/`)),
  );
}

/** Workspaces whose dependencies must be imported. */
const workspaces = ['hub', 'agent', 'proto', 'sdk/typescript'];

const mostFiles = 20;

/** Folders of hub and agent with more files than a reader takes in at once. They need sub-rooms. @param {readonly Module[]} modules */
function crowded(modules) {
  const folders = modules
    .filter(({ source }) => /^(?:hub|agent)\/.*\.ts$/.test(source))
    .map(({ source }) => dirname(source));
  return [...new Set(folders)]
    .map((folder) => ({ folder, files: folders.filter((other) => other === folder).length }))
    .filter(({ files }) => files > mostFiles)
    .map(({ folder, files }) => `${folder}: ${files} files`);
}

/** @throws {Stop} naming the rules that let their violation pass */
async function selfCheck() {
  const folder = mkdtempSync(join(tmpdir(), 'roundhouse-rules-'));
  try {
    const write = (/** @type {string} */ file, /** @type {readonly string[]} */ imports) => {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      const lines = imports.map((name, i) =>
        name.startsWith('type ')
          ? `export type * from '${name.slice('type '.length)}';\n`
          : `import * as import${i} from '${name}';\nexport const value${i} = import${i};\n`,
      );
      writeFileSync(join(folder, file), lines.join('') || 'export const nothing = 0;\n');
    };
    for (const file of targets) write(file, []);
    for (const [file, ...imports] of Object.values(planted)) write(file, imports);
    for (const [file, name] of Object.entries(plantedRooms)) write(file, [name]);
    for (let n = 0; n <= mostFiles; n++) write(`agent/crowd/${n}.ts`, []);
    for (let n = 0; n < mostFiles; n++) write(`hub/crowd/${n}.ts`, []);
    for (const name of workspaces) writeFileSync(join(folder, name, 'package.json'), '{"dependencies":{"semver":"1"}}');
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    const { modules, summary } = await read(folder, ['hub', 'agent', 'proto', 'sdk']);
    const caught = new Set(
      summary.violations.map(
        ({ rule, from, to }) => `${rule.name} ${from} ${rule.name === 'no-unreachable' ? to : ''}`,
      ),
    );
    const missed = rules.forbidden.filter(({ name }) => {
      const file = planted[name ?? '']?.[0];
      return !file || ![...caught].some((entry) => entry.startsWith(`${name} `) && entry.includes(` ${file} `));
    });
    if (missed.length > 0)
      throw new Stop(`These rules miss what was planted: ${missed.map(({ name }) => name).join(', ')}`);
    for (const room of roomsWithoutCircles)
      if (!circlesOfRooms(modules).includes(`${room}: one, two`))
        throw new Stop(`The rule of rooms misses the circle that was planted in ${room}.`);
    for (const workspace of workspaces)
      if (!unused(modules, workspace, join(folder, workspace)).includes('semver'))
        throw new Stop(`The rule of dependencies misses the unused one that was planted in ${workspace}.`);
    if (crowded(modules).join() !== `agent/crowd: ${mostFiles + 1} files`)
      throw new Stop(`The rule of folders finds not just the one of ${mostFiles + 1} files that was planted.`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await main(async () => {
  await selfCheck();
  const { modules, summary } = await read(root, [
    'hub',
    'agent',
    'proto/gen',
    'proto/files',
    'proto/link',
    'proto/net',
    'proto/text',
    'proto/work',
    'sdk/typescript',
  ]);
  const found = [
    ...summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`),
    ...circlesOfRooms(modules).map((circle) => `rooms-without-circles: ${circle}`),
    ...workspaces.flatMap((workspace) =>
      unused(modules, workspace).map((name) => `no-unused-dependency: ${workspace}/package.json → ${name}`),
    ),
    ...crowded(modules).map((folder) => `folders-have-sub-rooms: ${folder}, and at most ${mostFiles} are allowed`),
  ];
  for (const line of found) say(line);
  say(`${rules.forbidden.length + 3} dependency rules, ${found.length} violations`);
  return found.length > 0 ? 1 : 0;
});

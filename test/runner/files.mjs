// Which test files there are, and in which group each of them runs.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, normalize, relative } from 'node:path';
import { root, Stop } from '../../deploy/local/prepare.mjs';

/**
 * Tests that assert about time or memory, such as that a good server is quick enough for the suites of the product, or that an official
 * suite holds to limits of its own. They run one at a time after all others; so do the tests below `test/serial`.
 */
const serialFiles = new Set([
  'test/e2e/automation-tests-planted.test.ts',
  'test/e2e/conformance-client.test.ts',
  'test/e2e/conformance.test.ts',
  'test/stream/idle-subscribers.test.ts',
  'test/stream/slow-reader.test.ts',
  'test/stream/link/bandwidth.test.ts',
  'test/parts/suite/published.test.ts',
  'test/parts/suite/remote.test.ts',
]);

/** @param {string} file */
export const isSerial = (file) => serialFiles.has(file) || file.startsWith('test/serial/');

/** Tiers whose files share processes, so that Node, tap and the product are loaded once for several of them. */
const sharingTiers = new Set(['api', 'domain', 'e2e', 'parts', 'stream', 'unit']);

/** Files of these tiers that assert about their process: its memory, its processor time, or its open handles. */
const aloneFiles = new Set([
  'test/api/http/streams.test.ts',
  'test/parts/agent/logs.test.ts',
  'test/parts/agent/mcp-hostile.test.ts',
  'test/parts/agent/process-leaks.test.ts',
  'test/parts/databases/references.test.ts',
  'test/parts/devices-fixture/many.test.ts',
  'test/unit/audit/export.test.ts',
]);

/** A file that costs more runs alone; a group costs no more than that, seconds. */
const [dear, mostTogether] = [8, 20];

/** @param {string} file whether it measures, or waits for a part that another file may hold */
const runsAlone = (file) => aloneFiles.has(file) || isSerial(file) || scarcePart(file) !== undefined;

/**
 * The files that run in one process.
 * @param {readonly string[]} files
 * @param {Readonly<Record<string, number>>} costs of each known file, in seconds
 * @param {(file: string) => boolean} isAlone whether a file has a process of its own
 * @returns {string[][]} groups; neighbours in `files` come together
 */
export function grouped(files, costs, isAlone = runsAlone) {
  /** @type {string[][]} */
  const groups = [];
  /** @type {Map<string, { group: string[], cost: number }>} the group of each tier that has room */
  const open = new Map();
  for (const file of files) {
    const [tier, cost] = [tierOf(file), costs[file] ?? dear / 4];
    if (!sharingTiers.has(tier) || cost > dear || isAlone(file)) {
      groups.push([file]);
      continue;
    }
    const found = open.get(tier);
    if (found && found.cost + cost <= mostTogether) {
      found.group.push(file);
      found.cost += cost;
    } else {
      const group = [file];
      groups.push(group);
      open.set(tier, { group, cost });
    }
  }
  return groups;
}

/**
 * Real parts of which a run has few: a test file that names one has it to itself. So many of these files run at a time that none waits for
 * another. `built`: the part is built on this machine, for minutes. `pool`: the pool of the lender that lends it.
 * @type {readonly { named: RegExp, atOnce: number, built?: 'kubernetes' | 'images', pool?: 'cluster' | 'engine' }[]}
 */
export const scarceParts = [
  { named: /borrowCluster/, atOnce: 1, built: 'kubernetes', pool: 'cluster' },
  { named: /startImageEngine/, atOnce: 1, built: 'images' },
  { named: /borrowEngine/, atOnce: 2, pool: 'engine' },
  // The second file finds the standard library compiled.
  { named: /from '\.\/go\.js'/, atOnce: 1 },
];

/** @param {string} file @returns {typeof scarceParts[number] | undefined} the part that the test holds while it runs */
export function scarcePart(file) {
  const text = readFileSync(join(root, file), 'utf8');
  return scarceParts.find(({ named }) => named.test(text));
}

/** @param {string} file @returns {string} the tier: the folder below `test` */
export const tierOf = (file) => file.split('/')[1] ?? '';

/** @param {string} folder @returns {string[]} every test file below it, relative to the clone */
function testsBelow(folder) {
  const paths = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  return paths
    .filter((path) => path.endsWith('.test.ts'))
    .map((path) => join(folder, path).replaceAll('\\', '/'))
    .sort();
}

/** @returns {string[]} the test files of every tier */
export const testFiles = () => testsBelow('test');

/** @returns {string[]} the names that stand for several files */
export const groups = () => ['serial', ...new Set(testFiles().map(tierOf))];

/**
 * @param {readonly string[]} names tiers, files and folders
 * @returns {string[]} their test files
 * @throws {Stop} where a name stands for none
 */
export function namedFiles(names) {
  const all = testFiles();
  const found = names.flatMap((name) => {
    if (name === 'serial') return all.filter(isSerial);
    if (groups().includes(name)) return all.filter((file) => tierOf(file) === name);
    const path = normalize(relative(root, join(process.cwd(), name))).replaceAll('\\', '/');
    const isFolder = statSync(join(root, path), { throwIfNoEntry: false })?.isDirectory();
    const files = isFolder ? testsBelow(path) : all.filter((file) => file === path);
    if (files.length === 0)
      throw new Stop(
        `No test is named by ${JSON.stringify(name)}: expected ${groups().join(', ')}, a test file or a folder of them.`,
      );
    return files;
  });
  return [...new Set(found)];
}

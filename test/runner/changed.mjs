// Which tests a change can break.
import { execFileSync } from 'node:child_process';
import { root, Stop } from '../../deploy/local/prepare.mjs';
import { areas } from './areas.mjs';
import { reach, readGraph } from './graph.mjs';

/** The files that start the built product: the tests that need one of them run the built sources. */
const starters = ['agent/bin/roundhouse.mjs', 'deploy/local/up.mjs', 'deploy/cli/up.mjs', 'test/kit/product.ts'];
/** The sources of the product. */
const product = /^(?:agent|deploy|hub|proto|sdk)\//;
/** The files that run the tests. */
const everything =
  /^(?:package(?:-lock)?\.json|tsconfig[^/]*\.json|test\/runner\/|deploy\/local\/(?:bundle|prepare|install-parts|parts)\.mjs$)/;
/** Files that no test depends on, unless a test names them. */
const inert = /(?:\.md|^LICENSE|^\.(?:editorconfig|git\w+))$|^(?:\.ci|test\/(?:bench|conformance|smoke))\//;

/** @param {readonly string[]} args @returns {string} */
function git(args) {
  try {
    return execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const { stderr } = /** @type {{ stderr?: string }} */ (error);
    throw new Stop(`\`git ${args.join(' ')}\` failed: ${stderr?.trim() || error}`);
  }
}

/** @returns {string} where the branch left main; without a main branch the last commit */
function defaultRevision() {
  try {
    return git(['merge-base', 'HEAD', 'main']).trim();
  } catch {
    return 'HEAD';
  }
}

/** @param {string} revision empty for the default one @returns {string[]} every file that is different now, new ones included */
export function changedFiles(revision) {
  const since = revision || defaultRevision();
  const changed = git(['diff', '--name-only', '--no-renames', '-z', since, '--']);
  const added = git(['ls-files', '-o', '--exclude-standard', '-z']);
  return [...new Set(`${changed}${added}`.split('\0').filter(Boolean))];
}

/**
 * @param {readonly string[]} changed
 * @param {readonly string[]} tests
 * @param {import('./graph.mjs').Graph} graph
 * @returns {{ tests: string[], unknown: string | undefined }} `unknown`: the changed file that selects all tests, because nothing says which
 */
export function affectedTests(changed, tests, graph) {
  const needs = new Map(tests.map((test) => [test, reach(graph, test)]));
  const starting = tests.filter((test) => starters.some((starter) => needs.get(test)?.has(starter)));
  /** @type {Set<string>} */
  const selected = new Set();
  for (const path of changed) {
    if (everything.test(path)) return { tests: [...tests], unknown: path };
    const found = new Set(tests.filter((test) => needs.get(test)?.has(path)));
    if (product.test(path)) {
      const [, mine] = areas.find(([source]) => source.test(path)) ?? [];
      for (const test of starting) if (!mine || mine.test(test)) found.add(test);
      for (const test of tests) if (mine?.test(test) && test.startsWith('test/deploy/')) found.add(test);
    }
    if (found.size === 0 && !inert.test(path)) return { tests: [...tests], unknown: path };
    for (const test of found) selected.add(test);
  }
  return { tests: tests.filter((test) => selected.has(test)), unknown: undefined };
}

/** @param {string} revision @param {readonly string[]} tests */
export const testsChangedSince = (revision, tests) => affectedTests(changedFiles(revision), tests, readGraph());

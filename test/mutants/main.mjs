// `npm run test:mutants`: plants faults in hub and agent, one at a time, and runs the tests that `npm test -- --changed` chooses for the changed
// file. A fault that no test notices is a claim that nothing proves. The seed chooses the places; `--help` lists the options.
import { execFileSync } from 'node:child_process';
import { appendFileSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { main, root, run, Stop, say } from '../../deploy/local/prepare.mjs';
import { affectedTests } from '../runner/changed.mjs';
import { testFiles } from '../runner/files.mjs';
import { readGraph } from '../runner/graph.mjs';
import { knownCosts } from '../runner/ledger.mjs';
import { shuffled } from '../runner/schedule.mjs';
import { mutantsOf, placeOf, planted } from './mutate.mjs';

const help = `npm run test:mutants -- [options]

  --seed N       chooses the places (1)
  --count N      how many faults are planted (20)
  --list         prints the faults and plants none
  --out FILE     also appends each result to a file
`;

/** How many test files run before a fault counts as noticed or not: the nearest first, as most faults are noticed there. */
const portions = [6, 30, Number.POSITIVE_INFINITY];

/** Sources of hub and agent that decide something. The contract's generated code is tested by its own project. */
const isSource = (/** @type {string} */ path) => /^(?:hub|agent)\/.*\.ts$/.test(path) && !path.endsWith('.d.ts');

/**
 * @param {import('../runner/graph.mjs').Graph} graph
 * @param {string} from a test file
 * @param {string} to a source
 * @returns {number} how many imports lie between them; infinite where none leads there
 */
function distance(graph, from, to) {
  const steps = new Map([[from, 0]]);
  for (const [file, step] of steps) {
    if (file === to) return step;
    for (const next of graph.get(file) ?? []) if (!steps.has(next)) steps.set(next, step + 1);
  }
  return Number.POSITIVE_INFINITY;
}

/** @param {string} file the source that has the fault @returns {string[]} the tests that a change of it selects, the nearest and cheapest first */
function testsFor(file) {
  const graph = readGraph();
  const costs = knownCosts();
  const { tests } = affectedTests([file], testFiles(), graph);
  const order = new Map(tests.map((test) => [test, [distance(graph, test, file), costs[test] ?? 0]]));
  return tests.toSorted((a, b) => {
    const [distanceA = 0, costA = 0] = order.get(a) ?? [];
    const [distanceB = 0, costB = 0] = order.get(b) ?? [];
    return distanceA === distanceB ? costA - costB : distanceA - distanceB;
  });
}

/** @param {string} copy a clone @param {readonly string[]} tests @returns {string[]} the test files that failed */
function failing(copy, tests) {
  const runner = join(copy, 'test', 'runner', 'main.mjs');
  rmSync(join(copy, '.tap', 'failed.json'), { force: true });
  try {
    execFileSync(process.execPath, [runner, '--bail', '--reruns', '0', ...tests], { cwd: copy, stdio: 'pipe' });
    return [];
  } catch (error) {
    const list = join(copy, '.tap', 'failed.json');
    if (existsSync(list)) return JSON.parse(readFileSync(list, 'utf8'));
    // It does not build, or the run itself broke.
    throw new Stop(`The tests did not run: ${/** @type {{ stderr?: Buffer }} */ (error).stderr}`);
  }
}

/**
 * @param {string} copy
 * @param {import('./mutate.mjs').Mutant} mutant
 * @returns {string | undefined} the test that noticed it
 */
function caughtBy(copy, mutant) {
  const path = join(copy, mutant.file);
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, planted(text, mutant));
  try {
    let rest = testsFor(mutant.file);
    for (const portion of portions) {
      if (rest.length === 0) return undefined;
      const [caught] = failing(copy, rest.slice(0, portion));
      if (caught) return caught;
      rest = rest.slice(portion);
    }
    return undefined;
  } finally {
    writeFileSync(path, text);
  }
}

/** @returns {Promise<string>} a copy of the last commit, with the packages of this clone, ready to build */
async function copyOfClone() {
  const copy = mkdtempSync(join(tmpdir(), 'roundhouse-mutants-'));
  await run('git', ['clone', '-q', root, copy]);
  for (const folder of ['.', 'hub', 'agent', 'proto', 'sdk/typescript']) {
    const packages = join(folder, 'node_modules');
    if (existsSync(join(root, packages))) await run('cp', ['-al', join(root, packages), join(copy, packages)]);
  }
  cpSync(join(root, '.tap'), join(copy, '.tap'), {
    recursive: true,
    force: true,
    filter: (path) => !/results/.test(path),
  });
  return copy;
}

await main(async () => {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      count: { type: 'string', default: '20' },
      list: { type: 'boolean' },
      out: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const listed = execFileSync('git', ['ls-files', '-z', 'hub', 'agent'], { cwd: root, encoding: 'utf8' });
  const sources = listed.split('\0').filter(isSource);
  const all = new Map(
    sources.flatMap((file) =>
      mutantsOf(file, readFileSync(join(root, file), 'utf8')).map((one) => [placeOf(one), one]),
    ),
  );
  const places = shuffled([...all.keys()], Number(values.seed)).slice(0, Number(values.count));
  say(`${places.length} of ${all.size} possible faults, seed ${values.seed}`);
  const copy = values.list ? '' : await copyOfClone();
  let survived = 0;
  try {
    for (const place of places) {
      const mutant = all.get(place);
      if (!mutant) continue;
      const what = `${mutant.file}:${mutant.line}  ${mutant.before.split('\n')[0]}  →  ${mutant.after.split('\n')[0]}`;
      const caught = values.list ? undefined : caughtBy(copy, mutant);
      if (!values.list && !caught) survived += 1;
      const line = values.list ? what : `${caught ? 'caught  ' : 'SURVIVED'}  ${what}${caught ? `  by ${caught}` : ''}`;
      say(line);
      if (values.out) appendFileSync(values.out, `${line}\n`);
    }
  } finally {
    if (copy) rmSync(copy, { recursive: true, force: true });
  }
  if (!values.list) say(`${places.length - survived} of ${places.length} faults were noticed`);
  return survived > 0 ? 1 : 0;
});

// The steps of `.ci/run`, side by side where one does not need the other. Plain Node: it runs before `npm ci`.
// A step's output is printed whole when it ends. The last line is `N passed, N failed`: assertions of the tests, and one for each other step.
import { spawn } from 'node:child_process';
import { otherNodePath } from '../deploy/local/parts.mjs';
import { checkNode, main, toolPath } from '../deploy/local/prepare.mjs';

/**
 * A step runs once all of `after` have ended and all of `needs` have succeeded; if one of these fails, it fails without running.
 * @typedef {{ command: readonly string[], needs?: readonly string[], after?: readonly string[] }} Step
 * @type {Record<string, Step>}
 */
const steps = {
  // Kubernetes takes longest to build, so it begins first. There is one apt-get at a time.
  'tools to build Kubernetes': { command: ['node', '.ci/parts.mjs', 'tools'] },
  'Kubernetes for the tests': {
    command: ['node', '.ci/parts.mjs', 'kubernetes'],
    needs: ['tools to build Kubernetes'],
  },
  'parts for the tests': { command: ['node', '.ci/parts.mjs', 'parts'], after: ['tools to build Kubernetes'] },
  'packages (npm ci)': { command: ['npm', 'ci', '--include=dev'] },
  'signatures of the packages': { command: ['node', '.ci/signatures.mjs'], needs: ['packages (npm ci)'] },
  'regular expressions': { command: ['node', '.ci/regular-expressions.mjs'], needs: ['packages (npm ci)'] },
  'rules for tests': { command: ['node', '.ci/test-rules.mjs'], needs: ['packages (npm ci)'] },
  'workflows of GitHub (actionlint)': { command: ['node', '.ci/workflows.mjs'], needs: ['parts for the tests'] },
  'one version everywhere': { command: ['node', 'deploy/version.mjs'], needs: ['packages (npm ci)'] },
  // It writes the files again that the steps after it read.
  'generated files': { command: ['node', '.ci/generated.mjs'], needs: ['packages (npm ci)'] },
  'type check': {
    command: ['npm', 'run', '-s', 'typecheck'],
    needs: ['packages (npm ci)'],
    after: ['generated files'],
  },
  'lint (Biome)': {
    command: ['biome', 'ci', '--colors=off'],
    needs: ['packages (npm ci)'],
    after: ['generated files'],
  },
  'contract (buf lint)': {
    command: ['npm', 'run', '-s', 'lint:proto'],
    needs: ['packages (npm ci)'],
    after: ['generated files'],
  },
  // Imports of the shared code lead to the files that the type check compiles.
  'dependency rules': {
    command: ['node', '.ci/dependency-rules.mjs'],
    needs: ['packages (npm ci)'],
    after: ['type check'],
  },
  // The tests that need a cluster wait for it themselves.
  tests: {
    command: ['node', 'test/runner/main.mjs'],
    needs: ['packages (npm ci)', 'parts for the tests'],
    // Both compile the packages of the SDK.
    after: ['type check'],
  },
  'smoke test on Node 22': {
    command: [otherNodePath, 'test/smoke/call-a-tool.mjs'],
    needs: ['packages (npm ci)', 'parts for the tests'],
    after: ['tests'],
  },
  // Alone on the machine, as it measures. The ratios are for people to read: they are no mark to pass.
  'cost of a command and of a tool call beside their floors': {
    command: ['node', 'test/bench/run.mjs', '--short', 'command', 'tool'],
    needs: ['packages (npm ci)', 'parts for the tests'],
    after: ['smoke test on Node 22', 'Kubernetes for the tests'],
  },
};

const env = {
  ...toolPath(),
  CI: 'true',
  NO_COLOR: '1',
  npm_config_fund: 'false',
  npm_config_audit: 'false',
  npm_config_update_notifier: 'false',
};
const total = { passed: 0, failed: 0 };
/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
let interrupted = false;

/** @param {string} text */
const print = (text) => process.stdout.write(`${text}\n`);

/**
 * Runs a command, and gives all that it writes.
 * @param {readonly string[]} command @returns {Promise<{ output: string, failure: string }>} an empty failure is success
 */
function runCommand([program = '', ...args]) {
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  /** @type {Buffer[]} */
  const chunks = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => chunks.push(chunk));
  return new Promise((resolve) => {
    const end = (/** @type {string} */ failure) => {
      running.delete(child);
      resolve({ output: Buffer.concat(chunks).toString().trimEnd(), failure });
    };
    child.on('error', (error) => end(error.message));
    child.on('close', (code, signal) => end(code === 0 ? '' : (signal ?? `exit code ${code}`)));
  });
}

/** Counts a step's outcome. The last line `N passed, N failed` of its output counts in place of the step. @param {string} output @param {boolean} ok */
function count(output, ok) {
  const counts = [...output.matchAll(/^(\d+) passed, (\d+) failed$/gm)].at(-1);
  const [passed, failed] = counts ? [Number(counts[1]), Number(counts[2])] : [ok ? 1 : 0, ok ? 0 : 1];
  total.passed += passed;
  total.failed += failed;
  // A failure that the counts do not show.
  if (!ok && failed === 0) total.failed += 1;
}

/** @type {Map<string, Promise<boolean>>} whether each step succeeds */
const outcomes = new Map();

/** @param {string} name @param {Step} step @returns {Promise<boolean>} */
async function take(name, { command, needs = [], after = [] }) {
  const outcomesOf = (/** @type {readonly string[]} */ names) => Promise.all(names.map((other) => outcomes.get(other)));
  const [, succeeded] = await Promise.all([outcomesOf(after), outcomesOf(needs)]);
  const lost = needs.filter((_, n) => !succeeded[n]);
  if (lost.length > 0 || interrupted) {
    total.failed += 1;
    print(`── ${name}: FAILED (not run${lost.length > 0 ? `, as it needs: ${lost.join(', ')}` : ''})\n`);
    return false;
  }
  const started = performance.now();
  const { output, failure } = await runCommand(command);
  const seconds = Math.round((performance.now() - started) / 1000);
  count(output, failure === '');
  if (output !== '') print(`── ${name}\n${output}`);
  print(`── ${name}: ${failure === '' ? 'ok' : `FAILED (${failure})`}, ${seconds} s\n`);
  return failure === '';
}

await main(async () => {
  checkNode();
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
    process.on(signal, () => {
      interrupted = true;
      for (const child of running) child.kill(signal);
    });
  for (const [name, step] of Object.entries(steps)) outcomes.set(name, take(name, step));
  await Promise.all(outcomes.values());
  print(`${total.passed} passed, ${total.failed} failed`);
  return total.failed > 0 ? 1 : 0;
});

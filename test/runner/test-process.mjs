// Runs test files in a process.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root, toolPath } from '../../deploy/local/prepare.mjs';
import { compiledPath, severalProgram } from './compiled.mjs';
import { tallies } from './tally.mjs';

const preload = join(dirname(fileURLToPath(import.meta.url)), 'preload.mjs');

/** A test file that has reached its limit has so long to say where it hangs, and then so long to end, milliseconds. */
const [reportMs, endMs] = [1000, 5000];
/** So long a process may go on after its last test, milliseconds: it keeps other files waiting. */
const lingerMs = 60_000;
/** How much of a file's standard error is kept: its end, characters. */
const errorsKept = 20_000;

/**
 * @typedef {object} RunSettings
 * @property {number} timeoutMs limit of a file, unless it runs alone and sets its own
 * @property {readonly string[]} nodeArgs
 * @property {readonly string[]} testArgs
 * @property {boolean} bail
 * @property {Readonly<Record<string, string>>} env
 * @property {AbortSignal} signal ends the process at once
 * @property {number} [mayLingerMs] so long the process may go on after its last test
 *
 * @typedef {{ cpu: { own: number, children: number }, seconds: number, programs: import('./programs.mjs').Programs }} Ledger `cpu`:
 *   processor time, seconds; `seconds`: how long it took
 *
 * @typedef {import('./tally.mjs').Tally & {
 *   ok: boolean, wallMs: number, ledger: Ledger | undefined, errors: string,
 * }} Outcome `ledger`: `undefined` for a file that was killed; `wallMs`, `errors`: of the process
 */

/** The tests run without the settings of the caller's own hub. Programs on Node 22 and later keep V8's compiled code for their next start. */
export function testEnvironment() {
  const entries = Object.entries(toolPath()).filter(([name]) => !/^ROUNDHOUSE_(?!TEST_)/.test(name));
  return { ...Object.fromEntries(entries), NODE_COMPILE_CACHE: join(root, '.cache', 'v8') };
}

/** The time and the programs between two lines of a ledger. @param {Ledger} now @param {Ledger | undefined} before @returns {Ledger} */
function spent(now, before) {
  if (!before) return now;
  const { cpu, seconds, programs } = now;
  return {
    seconds: seconds - before.seconds,
    cpu: { own: cpu.own - before.cpu.own, children: cpu.children - before.cpu.children },
    programs: { hub: programs.hub - before.programs.hub, agent: programs.agent - before.programs.agent },
  };
}

/** @param {string} path of a ledger, in which each line has the cost up to the end of a file @returns {Ledger[]} of each file */
function ledgersOf(path) {
  try {
    /** @type {Ledger[]} */
    const lines = readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    return lines.map((line, at) => spent(line, lines[at - 1]));
  } catch {
    return [];
  } finally {
    rmSync(path, { force: true });
  }
}

/**
 * Ends a file at its limit the way that tap does: asked by message, tap reports the open test and the handles that are left.
 * @param {import('node:child_process').ChildProcess} child @param {Readonly<Record<string, string>>} address that tap answers to
 */
function timeOut(child, address) {
  if (child.connected) child.send({ tapAbort: 'timeout', ...address }, () => {});
  const alarm = setTimeout(() => child.kill('SIGALRM'), reportMs);
  const kill = setTimeout(() => child.kill('SIGKILL'), reportMs + endMs);
  child.once('close', () => [alarm, kill].forEach(clearTimeout));
}

/**
 * Runs a test file in a process of its own.
 * @param {string} file @param {RunSettings} settings
 * @returns {Promise<Outcome>}
 */
export async function runFile(file, settings) {
  const [outcome] = await runFiles([file], settings);
  return /** @type {Outcome} */ (outcome);
}

/**
 * Runs test files in one process, one after the other.
 * @param {readonly string[]} files @param {RunSettings} settings
 * @returns {Promise<Outcome[]>} of each file
 */
export async function runFiles(files, { timeoutMs, nodeArgs, testArgs, bail, env, signal, mayLingerMs = lingerMs }) {
  const [file = ''] = files;
  const program =
    files.length === 1 ? [compiledPath(file), ...testArgs] : [severalProgram, String(timeoutMs), ...files];
  // The process ends a file at its limit by itself, as long as it is able to.
  let limitMs = files.length === 1 ? timeoutMs : 2 * timeoutMs;
  const record = join(root, '.tap', 'results', `${file}.tap`);
  mkdirSync(dirname(record), { recursive: true });
  const ledger = `${record}.cpu`;
  rmSync(ledger, { force: true });
  // tap answers to messages that carry these only.
  const address = { key: file, child: '0' };
  const started = performance.now();
  const options = ['--enable-source-maps', `--import=${preload}`, ...nodeArgs];
  const child = spawn(process.execPath, [...options, ...program], {
    cwd: root,
    env: {
      ...testEnvironment(),
      TAP: '1',
      TAP_CHILD_ID: address.child,
      TAP_CHILD_KEY: address.key,
      TAP_TIMEOUT: String(limitMs / 1000),
      TAP_BAIL: bail ? '1' : '0',
      ROUNDHOUSE_TEST_LEDGER: ledger,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const { stdout, stderr } = child;
  if (!stdout || !stderr) throw new Error('The test process has no output.');

  let timedOut = false;
  const expire = () => {
    timedOut = true;
    timeOut(child, address);
  };
  let timer = setTimeout(expire, limitMs);
  child.on('message', (/** @type {any} */ message) => {
    if (message?.key !== address.key || typeof message.setTimeout !== 'number') return;
    limitMs = message.setTimeout;
    clearTimeout(timer);
    if (limitMs > 0) timer = setTimeout(expire, limitMs);
  });
  const stop = () => child.kill('SIGTERM');
  signal.addEventListener('abort', stop);

  let errors = '';
  stderr.setEncoding('utf8').on('data', (text) => {
    errors = (errors + text).slice(-errorsKept);
  });
  stdout.pipe(createWriteStream(record));
  let lingered = false;
  const testsOver = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      lingered = true;
      child.kill('SIGKILL');
    }, mayLingerMs);
  };
  const report = tallies(files, stdout, testsOver);
  const [{ totals, fault, open }, [code, ending]] = await Promise.all([report, once(child, 'close')]);
  clearTimeout(timer);
  signal.removeEventListener('abort', stop);

  const [ender, ...notRun] = open.length > 0 ? open : totals.slice(-1);
  for (const total of notRun) total.fault = 'not run: an earlier file ended the process of both';
  const isUnexplained = open.length > 0 || totals.every(({ failed }) => failed === 0);
  if (ender?.failed === 0 && isUnexplained) {
    if (lingered)
      ender.fault = `its process went on for ${mayLingerMs / 1000} s after its last test: something is still open`;
    else if (timedOut) ender.fault = `not done after its ${limitMs / 1000} s`;
    else if (code !== 0) ender.fault = `ended with ${ending ?? `exit code ${code}`}`;
    else if (fault !== undefined) ender.fault = fault;
  }
  const [wallMs, ledgers] = [performance.now() - started, ledgersOf(ledger)];
  return totals.map((total, at) => {
    const ok = total.failed === 0 && total.fault === undefined;
    return { ...total, ok, wallMs, ledger: ledgers[at], errors };
  });
}

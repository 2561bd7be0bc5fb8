// Runs one test file in a process of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root, toolPath } from '../../deploy/local/prepare.mjs';
import { compiledPath } from './compiled.mjs';
import { tally } from './tally.mjs';

const preload = join(dirname(fileURLToPath(import.meta.url)), 'preload.mjs');

/** A test file that has reached its limit has so long to say where it hangs, and then so long to end, milliseconds. */
const [reportMs, endMs] = [1000, 5000];
/** How much of a file's standard error is kept: its end, characters. */
const errorsKept = 20_000;

/**
 * @typedef {object} RunSettings
 * @property {number} timeoutMs limit of the file, unless the file sets its own
 * @property {readonly string[]} nodeArgs
 * @property {readonly string[]} testArgs
 * @property {boolean} bail
 * @property {Readonly<Record<string, string>>} env
 * @property {AbortSignal} signal ends the file at once
 *
 * @typedef {{ cpu: { own: number, children: number }, programs: import('./programs.mjs').Programs }} Ledger `cpu`: seconds
 *
 * @typedef {import('./tally.mjs').Tally & {
 *   file: string, ok: boolean, wallMs: number, ledger: Ledger | undefined, errors: string,
 * }} Outcome `ledger`: `undefined` for a file that was killed
 */

/** The tests run without the settings of the caller's own hub. */
export function testEnvironment() {
  return Object.fromEntries(Object.entries(toolPath()).filter(([name]) => !/^ROUNDHOUSE_(?!TEST_)/.test(name)));
}

/** @param {string} path of a ledger of one line @returns {Ledger | undefined} */
function ledgerOf(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
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
 * @param {string} file @param {RunSettings} settings
 * @returns {Promise<Outcome>}
 */
export async function runFile(file, { timeoutMs, nodeArgs, testArgs, bail, env, signal }) {
  const record = join(root, '.tap', 'results', `${file}.tap`);
  mkdirSync(dirname(record), { recursive: true });
  const ledger = `${record}.cpu`;
  rmSync(ledger, { force: true });
  // tap answers to messages that carry these only.
  const address = { key: file, child: '0' };
  const started = performance.now();
  const options = ['--enable-source-maps', `--import=${preload}`, ...nodeArgs];
  const child = spawn(process.execPath, [...options, compiledPath(file), ...testArgs], {
    cwd: root,
    env: {
      ...testEnvironment(),
      TAP: '1',
      TAP_CHILD_ID: address.child,
      TAP_CHILD_KEY: address.key,
      TAP_TIMEOUT: String(timeoutMs / 1000),
      TAP_BAIL: bail ? '1' : '0',
      ROUNDHOUSE_TEST_LEDGER: ledger,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const { stdout, stderr } = child;
  if (!stdout || !stderr) throw new Error('The test process has no output.');

  let limitMs = timeoutMs;
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
  const [counted, [code, ending]] = await Promise.all([tally(file, stdout), once(child, 'close')]);
  clearTimeout(timer);
  signal.removeEventListener('abort', stop);

  if (timedOut && counted.failed === 0) counted.fault = `not done after its ${limitMs / 1000} s`;
  else if (counted.failed === 0 && code !== 0) counted.fault = `ended with ${ending ?? `exit code ${code}`}`;
  const ok = counted.failed === 0 && counted.fault === undefined;
  return { ...counted, file, ok, wallMs: performance.now() - started, ledger: ledgerOf(ledger), errors };
}

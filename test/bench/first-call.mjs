// The time from an empty folder to the first tool call, and from a pasted line to a second site. The test of the packages does both.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../deploy/local/prepare.mjs';

/** @param {(() => Promise<void>)[]} cleanup @returns {Promise<import('./measurements.mjs').Measured>} */
export async function firstCall(cleanup) {
  const folder = mkdtempSync(join(tmpdir(), 'roundhouse-bench-'));
  cleanup.push(async () => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'figures.json');
  const child = spawn(process.execPath, ['test/runner/main.mjs', '--reruns', '0', 'test/deploy/npm-packages.test.ts'], {
    cwd: root,
    env: { ...process.env, BENCH_FIRST_CALL: file },
    stdio: ['ignore', 2, 2],
  });
  const ended = once(child, 'exit');
  cleanup.push(async () => {
    child.kill();
    await ended;
  });
  const [code] = await ended;
  if (code !== 0) throw new Error(`The test of the packages ended with ${code}.`);
  const figures = /** @type {Record<string, number>} */ (JSON.parse(readFileSync(file, 'utf8')));
  return {
    title: 'From an empty folder, without a clone',
    columns: ['s'],
    rows: Object.entries(figures).map(([name, ms]) => [name, (ms / 1000).toFixed(1)]),
  };
}

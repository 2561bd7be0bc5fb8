// The processor time of each command, its start included. The tests that run every command measure each of them once, as a process of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../deploy/local/prepare.mjs';

/** They start hubs with two sites, a Docker Engine, a Kubernetes cluster and a router. */
const tests = ['cli-matrix', 'cli-parts', 'cli-registry'].map((name) => `test/e2e/${name}.test.ts`);

/** @param {(() => Promise<void>)[]} cleanup @returns {Promise<import('./measurements.mjs').Measured>} */
export async function commandLine(cleanup) {
  const folder = mkdtempSync(join(tmpdir(), 'roundhouse-bench-'));
  cleanup.push(async () => rmSync(folder, { recursive: true, force: true }));
  const child = spawn(process.execPath, ['test/runner/main.mjs', '--reruns', '0', ...tests], {
    cwd: root,
    env: { ...process.env, BENCH_COMMANDS: folder },
    stdio: ['ignore', 2, 2],
  });
  const ended = once(child, 'exit');
  cleanup.push(async () => {
    child.kill();
    await ended;
  });
  const [code] = await ended;
  if (code !== 0) throw new Error(`The tests that run each command ended with ${code}.`);
  // Two tests run some commands: the first measurement counts.
  const figures = readdirSync(folder).map((name) => {
    const [user, system, wall] = readFileSync(join(folder, name), 'utf8').split(/\s+/).map(Number);
    return { name, cpu: ((user ?? Number.NaN) + (system ?? Number.NaN)) * 1000, wall: (wall ?? Number.NaN) * 1000 };
  });
  if (figures.length === 0) throw new Error('No command was measured.');
  const rows = figures
    .toSorted((a, b) => b.cpu - a.cpu)
    .map(({ name, cpu, wall }) => [`\`${name}\``, cpu.toFixed(0), wall.toFixed(0)]);
  return {
    title: `${rows.length} commands, each once, its start included`,
    columns: ['own CPU, ms', 'wall, ms'],
    rows,
  };
}

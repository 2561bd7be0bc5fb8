import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { Child } from '../../../deploy/cli/child.mjs';
import { isRunning } from '../../bench/cpu.mjs';
import { tempFolder } from '../../temp-folder.js';

/** Ends gracefully at SIGTERM and when its standard input closes, as hub and agent do; the file says that it is ready. */
const polite = `
  const { writeFileSync } = await import('node:fs');
  const end = () => process.exit(0);
  process.on('SIGTERM', end);
  if (process.env.ROUNDHOUSE_PARENT === 'stdin') process.stdin.on('end', end).resume();
  writeFileSync(process.env.READY, String(process.pid));
`;

const args = (script: string) => ['--input-type=module', '-e', script];

/** Resolves with the process id that the script wrote. */
async function ready(file: string): Promise<number> {
  while (!existsSync(file) || readFileSync(file, 'utf8') === '') await pause(10);
  return Number(readFileSync(file, 'utf8'));
}

t.test('a child that dies at start fails with how it died', async (t) => {
  const child = new Child('hub', args('process.exit(3)'), process.env);
  await t.rejects(child.failed, { message: /hub ended with exit code 3 at start/ });
  await child.stop();
});

t.test('a child that dies later is started again', async (t) => {
  const file = join(tempFolder(t), 'ready');
  const child = new Child('agent', args(polite), { ...process.env, READY: file });
  t.teardown(() => child.stop());
  const first = await ready(file);
  child.started();
  process.kill(first, 'SIGKILL');
  while (child.pid === first || child.pid === 0) await pause(10);
  t.ok(isRunning(child.pid));
});

t.test('stop ends the child, and nothing starts it again', async (t) => {
  const file = join(tempFolder(t), 'ready');
  const child = new Child('agent', args(polite), { ...process.env, READY: file });
  const pid = await ready(file);
  child.started();
  await child.stop();
  t.notOk(isRunning(pid));
  t.equal(child.pid, 0);
});

t.test('a child ends with its parent, even a killed one', async (t) => {
  const file = join(tempFolder(t), 'ready');
  const module = new URL('../../../deploy/cli/child.mjs', import.meta.url).href;
  const script = `
    const { Child } = await import(${JSON.stringify(module)});
    new Child('agent', ${JSON.stringify(args(polite))}, process.env);
  `;
  const parent = spawn(process.execPath, args(script), { env: { ...process.env, READY: file }, stdio: 'ignore' });
  const pid = await ready(file);
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  while (isRunning(pid)) await pause(10);
  t.pass('it is gone');
});

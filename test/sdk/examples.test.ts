import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';
import t, { type Test } from 'tap';
import { part } from '../parts.js';
import { installPythonSdk } from '../python-sdk.js';
import { ADMIN_KEY, everything, type Hub, startAgent, startHub } from '../roundhouse.js';
import { tempFolder } from '../temp-folder.js';
import { go } from './go.js';

const examples = fileURLToPath(new URL('../../sdk/examples/', import.meta.url));

let hub: Hub;
t.before(async () => {
  hub = await startHub(t);
  await startAgent(t, hub);
  const transport = { type: 'stdio', command: process.execPath, args: [everything] };
  await hub.connectServer({ name: 'reference', transport });
});

/** A dashboard shows the server, the call as it goes, and what happens then. */
async function shows(t: Test, child: ChildProcess) {
  t.teardown(() => child.kill('SIGKILL'));
  if (!child.stdout) throw new Error('its output is not read');
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async () => (await lines.next()).value as string | undefined;
  t.match(await next(), /^reference {2}connected {2}\d+ tools$/);
  t.equal(await next(), 'step 1 of 2');
  t.equal(await next(), 'step 2 of 2');
  t.match(await next(), /^Long running operation completed/);
  t.equal(await next(), 'trigger-long-running-operation was called');
  await hub.call('POST', '/api/servers/reference/disconnect');
  t.equal(await next(), 'reference is away');
  await hub.call('POST', '/api/servers/reference/connect');
  t.match(await next(), /^reference has \d+ tools$/);
}

const env = () => ({ ...process.env, HUB: hub.url, KEY: ADMIN_KEY });

t.test('the dashboard in TypeScript', async (t) => {
  const { code } = await transform(readFileSync(join(examples, 'dashboard.ts'), 'utf8'), { loader: 'ts' });
  // Within the clone, whose packages have the SDK.
  const folder = tempFolder(t, { 'dashboard.mjs': code });
  await shows(t, spawn(process.execPath, [join(folder, 'dashboard.mjs')], { env: env() }));
});

t.test('the dashboard in Python', async (t) => {
  if (!part(t, 'python-sdk')) return;
  const sdk = await installPythonSdk(t);
  const path = join(examples, 'dashboard.py');
  const { child, exit } = sdk.start(['-m', 'mypy', '--strict', '--cache-dir', tempFolder(t), path], {});
  child.stdout.resume();
  t.equal(await exit, 0, 'its types hold');
  await shows(t, sdk.start([path], { HUB: hub.url, KEY: ADMIN_KEY }).child);
});

t.test('the dashboard in Go', async (t) => {
  if (!part(t, 'go')) return;
  const folder = tempFolder(t);
  await go(['build', '-o', `${folder}/`, '.'], join(examples, 'go'));
  await shows(t, spawn(join(folder, 'dashboard'), { env: env() }));
});

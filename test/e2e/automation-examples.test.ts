import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import { pythonPath } from '../../deploy/local/parts.mjs';
import { until } from '../automation.js';
import { freePort } from '../free-port.mjs';
import { part } from '../parts.js';
import { ADMIN_PASSWORD, everything, type Hub, startAgent, startHub } from '../roundhouse.js';
import { tempFolder } from '../temp-folder.js';
import { sample } from '../updates.js';

const examples = new URL('../fixtures/data/examples/', import.meta.url);

/** An example of `seeds/000`, "API Examples", as printed but for host and credentials. */
function example(name: string, replaced: Readonly<Record<string, string>>): string {
  let code = readFileSync(new URL(name, examples), 'utf8');
  for (const [printed, here] of Object.entries(replaced)) {
    if (!code.includes(printed)) throw new Error(`the example does not say ${printed}`);
    code = code.replaceAll(printed, here);
  }
  return code;
}

async function token(hub: Hub): Promise<string> {
  const { body } = await hub.call('POST', '/api/v1/auth/token', { username: 'admin', password: ADMIN_PASSWORD }, null);
  return body.access_token;
}

/** Runs a program to its end. */
async function run(command: string, args: readonly string[]) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { output, errors, code };
}

async function hubWithEverything(t: Test): Promise<Hub> {
  const hub = await startHub(t);
  await startAgent(t, hub);
  const transport = { type: 'stdio', command: process.execPath, args: [everything] };
  await hub.connectServer({ name: 'everything', transport });
  return hub;
}

t.test('complete update flow, in Python', async (t) => {
  if (!part(t, 'requests')) return;
  const { hub } = await sample(t, { '1.0.0': 'works', '2.0.0': 'works' });
  // The example asks once: the answer of a slow registry must be known before.
  await until(hub, '/automation/api/v1/updates/check', ({ data }) => data.servers[0].error === null);
  const script = example('automation-complete-update-flow.py', {
    'http://localhost:8080': hub.url,
    'your-bearer-token': await token(hub),
  });
  const { output, errors, code } = await run(pythonPath, ['-c', script]);
  t.equal(code, 0, errors);
  t.equal(output, 'Updating sample from 1.0.0 to 2.0.0\nUpdate completed for sample\n');
  t.equal((await hub.call('GET', '/api/v1/servers/sample')).body.data.version, '2.0.0');
  const again = await run(pythonPath, ['-c', script]);
  t.same(again, { output: '', errors: '', code: 0 }, 'nothing is left to update');
});

t.test('automated testing, in JavaScript', async (t) => {
  const hub = await hubWithEverything(t);
  const code = example('automation-automated-testing.cjs', {
    'http://localhost:8080': hub.url,
    'your-token': await token(hub),
  });
  const script = join(tempFolder(t), 'example.cjs');
  writeFileSync(script, code);
  const { output, errors, code: exitCode } = await run(process.execPath, [script]);
  t.equal(exitCode, 0, errors);
  const [, passed, total] = /^Test started: \S+\nTests completed: (\d+)\/(\d+) passed\n$/.exec(output) ?? [];
  t.ok(Number(total) > 0, output);
  t.equal(errors, '', 'no failures');
  t.ok(Number(passed) <= Number(total));
});

t.test('monitoring integration, in Python', async (t) => {
  if (!part(t, 'requests') || !part(t, 'pushgateway')) return;
  const hub = await hubWithEverything(t);
  const gateway = await startGateway(t);
  const status = '/api/v1/status"';
  const script = example('automation-monitoring-integration.py', {
    [status]: `${status}, headers={"Authorization": "Bearer ${await token(hub)}"}`,
    'http://localhost:8080': hub.url,
    'localhost:9091': gateway,
  });
  const { errors, code } = await run(pythonPath, ['-c', script]);
  t.equal(code, 0, errors);
  const pushed = await (await fetch(`http://${gateway}/metrics`)).text();
  t.match(pushed, /^mcp_servers_healthy\{.*job="mcp_monitor".*\} 1$/m);
});

/** A Prometheus push gateway on a free port; resolves with its address once it answers. */
async function startGateway(t: Test): Promise<string> {
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn('prometheus-pushgateway', [`--web.listen-address=${address}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  t.teardown(async () => {
    child.kill();
    await once(child, 'exit');
  });
  // The receiver says on standard error when it listens. Its later output is read too, or it would end.
  const listening = new Promise<void>((resolve) => {
    child.stderr.on('data', (chunk) => String(chunk).includes('Listening on') && resolve());
  });
  await listening;
  return address;
}

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { wait } from '../kit/wait.js';
import { fixture, type Hub, startAgent, startHub } from '../roundhouse.js';
import { documented, sameShape } from '../shape.js';
import { tempFolder } from '../temp-folder.js';

/** Long enough for all that is to happen meanwhile on a busy machine. */
const COOLDOWN_MS = 8000;

/** A hub whose circuits open after three failures in a row, and a server that does what it is told. */
async function start(t: Test, more: Readonly<Record<string, unknown>> = {}) {
  const env = { ROUNDHOUSE_BREAKER_FAILURES: '3', ROUNDHOUSE_BREAKER_COOLDOWN: String(COOLDOWN_MS / 1000) };
  const folder = tempFolder(t, { files: { mood: 'well', calls: '0' }, data: {} });
  const hub = await startHub(t, { data: join(folder, 'data'), env });
  await startAgent(t, hub);
  const files = { MOOD: join(folder, 'files', 'mood'), CALLS: join(folder, 'files', 'calls') };
  const transport = { type: 'stdio', command: process.execPath, args: [fixture('moody')], env: files };
  const id = await hub.connectServer({ name: 'moody', transport, ...more });
  const mood = (text: string) => writeFileSync(files.MOOD, text);
  const calls = () => Number(readFileSync(files.CALLS, 'utf8'));
  return { hub, id, mood, calls, transport };
}

const call = (hub: Hub, more: object = {}) => hub.call('POST', '/api/tools/read/invoke', { arguments: {}, ...more });

async function circuit(hub: Hub) {
  const { body } = await hub.call('GET', '/api/monitor/circuit-breakers');
  return body.data[0];
}

async function metric(hub: Hub): Promise<string | undefined> {
  const { body } = await hub.call('GET', '/metrics');
  return /^mcp_connect_circuit_breaker_state\{server="moody"\} (\d)$/m.exec(body)?.[1];
}

/** Types of the circuit's events so far, oldest first. */
async function events(hub: Hub): Promise<string[]> {
  const { body } = await hub.call('GET', '/api/monitor');
  const types: string[] = body.data.recentActivity.map(({ type }: { type: string }) => type);
  return types.filter((type) => type.startsWith('circuit.')).reverse();
}

t.test('a server that fails, recovers, and fails in half-open', async (t) => {
  const { hub, mood, calls } = await start(t);
  await call(hub);
  await call(hub);
  const closed = await circuit(hub);
  t.match(closed, { serverName: 'moody', state: 'closed', failures: 0, successCount: 2 });
  t.notOk('cooldownEndsAt' in closed);
  t.equal(await metric(hub), '0');

  mood('rpc-error');
  t.match((await call(hub)).body, { code: 'INTERNAL_ERROR' });
  await call(hub);
  t.match(await circuit(hub), { state: 'closed', failures: 2 });
  t.same(await events(hub), []);
  await call(hub);
  const opened = await circuit(hub);
  t.match(opened, { state: 'open', failures: 3, successCount: 0 });
  t.equal(Date.parse(opened.cooldownEndsAt) - Date.parse(opened.lastStateChange), COOLDOWN_MS);
  t.same(await events(hub), ['circuit.opened']);
  t.equal(await metric(hub), '2');
  const list = await hub.call('GET', '/api/monitor/circuit-breakers');
  sameShape(t, list.body, documented('GET /api/monitor/circuit-breakers'));

  const before = calls();
  const refused = await call(hub);
  t.equal(refused.status, 503);
  t.match(refused.body, { success: false, code: 'CIRCUIT_OPEN', details: { serverName: 'moody' } });
  t.match(refused.headers.get('retry-after'), /^[1-8]$/);
  t.equal(calls(), before, 'the server was not asked');

  await pause(Date.parse(opened.cooldownEndsAt) - Date.now() + 20);
  t.match(await circuit(hub), { state: 'half-open', lastStateChange: opened.cooldownEndsAt });
  t.equal(await metric(hub), '1');
  t.match((await call(hub)).body, { code: 'INTERNAL_ERROR' }, 'the probe fails');
  const again = await circuit(hub);
  t.match(again, { state: 'open', failures: 4 });
  t.match((await call(hub)).body, { code: 'CIRCUIT_OPEN' });
  t.same(await events(hub), ['circuit.opened', 'circuit.opened']);

  await pause(Date.parse(again.cooldownEndsAt) - Date.now() + 20);
  mood('well');
  t.equal((await call(hub)).status, 200, 'the probe succeeds');
  t.match(await circuit(hub), { state: 'closed', failures: 0, successCount: 1 });
  t.equal(await metric(hub), '0');
  t.same(await events(hub), ['circuit.opened', 'circuit.opened', 'circuit.closed']);
  const monitor = await hub.call('GET', '/api/monitor');
  t.match(monitor.body.data.circuitBreakers[0], { state: 'closed', failures: 0, lastFailure: String });
});

t.test('one probe at a time, and one that is called off proves nothing', async (t) => {
  const { hub, mood, calls } = await start(t);
  mood('rpc-error');
  for (let i = 0; i < 3; i += 1) await call(hub);
  const { cooldownEndsAt } = await circuit(hub);
  await pause(Date.parse(cooldownEndsAt) - Date.now() + 20);
  mood('silent');
  const hangUp = new AbortController();
  const body = JSON.stringify({ arguments: {} });
  const probe = hub.call('POST', '/api/tools/read/invoke', body, undefined, { signal: hangUp.signal });
  const gone = t.rejects(probe);
  await wait('the fourth call has reached the server', () => calls() === 4);
  const second = await call(hub, { timeoutMs: 30_000 });
  t.match(second.body, { code: 'CIRCUIT_OPEN' }, 'a second call does not wait for the first');
  hangUp.abort();
  await gone;
  // By its events: the state itself is another one as soon as the cooldown is over.
  await wait('the second event has come', async () => (await events(hub)).length > 1);
  t.same(await events(hub), ['circuit.opened', 'circuit.opened']);
});

t.test('what does not count', async (t) => {
  const { hub, mood, id } = await start(t);
  mood('tool-error');
  for (let i = 0; i < 4; i += 1) t.equal((await call(hub)).body.data.isError, true);
  mood('bad-arguments');
  for (let i = 0; i < 4; i += 1) await call(hub);
  mood('silent');
  for (let i = 0; i < 4; i += 1) t.match((await call(hub, { timeoutMs: 20 })).body, { code: 'TIMEOUT' });
  await hub.call('POST', `/api/servers/${id}/disconnect`);
  for (let i = 0; i < 4; i += 1) t.match((await call(hub, { serverId: id })).body, { code: 'SERVER_DISCONNECTED' });
  t.match(await circuit(hub), { state: 'closed', failures: 0 });
});

t.test('time-outs and servers that die count', async (t) => {
  const { hub, mood } = await start(t, { healthCheck: { timeoutMs: 500 } });
  mood('silent');
  for (let i = 0; i < 3; i += 1) t.match((await call(hub, { timeoutMs: 1000 })).body, { code: 'TIMEOUT' });
  t.match((await call(hub)).body, { code: 'CIRCUIT_OPEN' });
});

t.test('a server that is connected anew by hand gets a fresh start', async (t) => {
  const { hub, mood, id } = await start(t);
  mood('rpc-error');
  for (let i = 0; i < 3; i += 1) await call(hub);
  t.equal((await circuit(hub)).state, 'open');
  mood('well');
  await hub.call('POST', `/api/servers/${id}/disconnect`);
  await hub.call('POST', `/api/servers/${id}/connect`);
  t.equal((await call(hub)).status, 200);
  t.same(await events(hub), ['circuit.opened', 'circuit.closed']);
});

t.test('a deleted server takes its circuit and series with it', async (t) => {
  const { hub, id } = await start(t);
  await call(hub);
  t.equal(await metric(hub), '0');
  await hub.call('DELETE', `/api/servers/${id}`);
  t.equal(await metric(hub), undefined);
  t.equal(await circuit(hub), undefined);
  t.notMatch((await hub.call('GET', '/metrics')).body, /server="moody"/);
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { wait } from '../kit/wait.js';
import { fixture, type Hub, startAgent, startHub } from '../roundhouse.js';
import { documented, sameShape } from '../shape.js';
import { tempFolder } from '../temp-folder.js';

// The rules of the breakers are proved in test/domain/breakers.test.ts; here that clients and real servers meet them.

/** Long enough for all that is to happen while a circuit is open. */
const COOLDOWN_MS = 5000;

const call = (hub: Hub) => hub.call('POST', '/api/tools/read/invoke', { arguments: {} });

async function circuit(hub: Hub) {
  const { body } = await hub.call('GET', '/api/monitor/circuit-breakers');
  return body.data[0];
}

async function metric(hub: Hub): Promise<string | undefined> {
  const { body } = await hub.call('GET', '/metrics');
  return /^mcp_connect_circuit_breaker_state\{server="moody"\} (\d)$/m.exec(body)?.[1];
}

t.test('a client sees the circuit of a failing server open, let a call through, and close', async (t) => {
  const env = { ROUNDHOUSE_BREAKER_FAILURES: '3', ROUNDHOUSE_BREAKER_COOLDOWN: String(COOLDOWN_MS / 1000) };
  const hub = await startHub(t, { env });
  await startAgent(t, hub);
  const mood = join(tempFolder(t, { mood: 'well' }), 'mood');
  const transport = { type: 'stdio', command: process.execPath, args: [fixture('moody')], env: { MOOD: mood } };
  const id = await hub.connectServer({ name: 'moody', transport });
  await call(hub);
  const closed = await circuit(hub);
  t.match(closed, { serverName: 'moody', state: 'closed', failures: 0, successCount: 1 });
  t.notOk('cooldownEndsAt' in closed);
  t.equal(await metric(hub), '0');

  writeFileSync(mood, 'rpc-error');
  for (let i = 0; i < 3; i += 1) t.match((await call(hub)).body, { code: 'UPSTREAM_ERROR' });
  const opened = await circuit(hub);
  t.match(opened, { state: 'open', failures: 3, successCount: 0 });
  const cooldownMs = Date.parse(opened.cooldownEndsAt) - Date.parse(opened.lastStateChange);
  t.ok(Math.abs(cooldownMs - COOLDOWN_MS) <= 1, `${cooldownMs} ms, but for what two clocks round`);
  t.equal(await metric(hub), '2');
  const list = await hub.call('GET', '/api/monitor/circuit-breakers');
  sameShape(t, list.body, documented('GET /api/monitor/circuit-breakers'));
  const refused = await call(hub);
  t.equal(refused.status, 503);
  t.match(refused.body, { success: false, code: 'CIRCUIT_OPEN', details: { serverName: 'moody' } });
  t.match(refused.headers.get('retry-after'), /^[1-5]$/);

  await wait('the circuit is half-open', async () => (await circuit(hub)).state === 'half-open');
  t.equal(await metric(hub), '1');
  writeFileSync(mood, 'well');
  t.equal((await call(hub)).status, 200);
  t.match(await circuit(hub), { state: 'closed', failures: 0, successCount: 1 });
  t.equal(await metric(hub), '0');
  const { circuitBreakers } = (await hub.call('GET', '/api/monitor')).body.data;
  t.match(circuitBreakers[0], { state: 'closed', failures: 0, lastFailure: String });

  await hub.call('DELETE', `/api/servers/${id}`);
  t.equal(await circuit(hub), undefined, 'a deleted server takes its circuit with it');
  t.notMatch((await hub.call('GET', '/metrics')).body, /server="moody"/, 'and its series');
});

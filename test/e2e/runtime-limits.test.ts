import t from 'tap';
import { until } from '../automation.js';
import { websocketServer } from '../fixtures/mcp/websocket-server.js';
import { wait } from '../kit/wait.js';
import { fixture, startAgent, startHub } from '../roundhouse.js';
import { SseClient } from '../stream/sse-client.js';

const stdio = (name: string, env = {}) => ({
  type: 'stdio',
  command: process.execPath,
  args: [fixture(name)],
  env,
});

t.test('limits of a server: shown, changed, and beyond them 503 with Retry-After', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  const limits = { maxConcurrentCalls: 1, maxQueue: 1 };
  const serverId = await hub.connectServer({ name: 'slow', transport: stdio('slow'), limits });
  const shown = await hub.call('GET', '/api/servers/slow');
  t.match(shown.body.data.limits, { ...limits, maxResultBytes: 33_554_432, callsPerSecond: null });

  const abort = new AbortController();
  const init = { signal: abort.signal };
  // A call that finds both places taken, by the other call and by a call below, tries again.
  const hang = async () => {
    for (let status = 503; status === 503; )
      status = await hub.call('POST', '/api/tools/wait/invoke', { serverId }, undefined, init).then(
        (answer) => answer.status,
        () => 0,
      );
  };
  const hung = [hang(), hang()];
  const call = () => hub.call('POST', '/api/tools/quick/invoke', { serverId, timeoutMs: 300 });
  let refused = await call();
  // The two may not have arrived yet: then this one was answered, or waited in their place, and ran out of time.
  await wait('the call is refused', async () => {
    if (refused.status === 200 || refused.status === 504) refused = await call();
    return refused.status !== 200 && refused.status !== 504;
  });
  t.equal(refused.status, 503);
  t.match(refused.headers.get('retry-after'), /^[1-9]\d*$/);
  t.match(refused.body, { success: false, error: /takes no more calls now/, details: { outcome: 'not_run' } });
  abort.abort();
  await Promise.all(hung);

  const changed = await hub.call('PUT', '/api/servers/slow', { limits: { maxConcurrentCalls: 8 } });
  t.match(changed.body.data.limits, { maxConcurrentCalls: 8, maxQueue: 1 });
  const quick = await Promise.all(
    Array.from({ length: 8 }, () => hub.call('POST', '/api/tools/quick/invoke', { serverId })),
  );
  t.same([...new Set(quick.map(({ status }) => status))], [200]);
  const reset = await hub.call('PUT', '/api/servers/slow', { limits: null });
  t.match(reset.body.data.limits, { maxConcurrentCalls: 256, maxQueue: 1024 });

  const bad = await hub.call('PUT', '/api/servers/slow', { limits: { maxQueue: -1 } });
  t.equal(bad.status, 400);
});

t.test('health: degraded while connected, with reason, event and the last checks; well again', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  const client = await SseClient.open(t, hub, { query: 'types=server.health' });
  const healthCheck = { enabled: true, intervalMs: 1000, timeoutMs: 60_000 };
  const transport = stdio('sluggish', { DELAY_MS: '1200' });
  const id = await hub.connectServer({ name: 'sluggish', transport, healthCheck });
  const at = async (wanted: string | null) =>
    (await until(hub, `/api/servers/${id}`, ({ data }) => data.runtime.health === wanted)).body.data;
  t.equal((await at('healthy')).status, 'connected');
  const degraded = await at('degraded');
  t.equal(degraded.status, 'connected', 'the state stays');
  t.match(degraded.runtime.healthReason, /answers to pings take longer than 1000 ms/);
  t.match(degraded.healthChecks[0], { status: 'passed', timestamp: /Z$/, durationMs: Number });
  await hub.call('POST', '/api/tools/delay/invoke', { serverId: id, arguments: { ms: 0 } });
  t.equal((await at('healthy')).runtime.healthReason, null);
  const told = await client.until(({ length }) => length >= 2);
  t.match(
    told.map(({ data }) => JSON.parse(data)),
    [
      { serverId: id, health: 'degraded', reason: /answers to pings/ },
      { serverId: id, health: 'healthy' },
    ],
  );
  await hub.call('POST', `/api/servers/${id}/disconnect`);
  t.equal((await at(null)).status, 'disconnected');
});

t.test('a server over WebSocket, registered as documented, and with half of its options left out', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  const { url } = await websocketServer(t);
  const reconnect = { enabled: true, maxAttempts: 10, initialDelayMs: 1000, maxDelayMs: 30_000, backoffMultiplier: 2 };
  const heartbeat = { enabled: true, intervalMs: 30_000, timeoutMs: 10_000 };
  const full = { type: 'websocket', url, headers: { 'X-A': 'b' }, reconnect, heartbeat };
  const serverId = await hub.connectServer({ name: 'full', transport: full });
  const called = await hub.call('POST', '/api/tools/echo/invoke', { serverId });
  t.equal(called.status, 200);
  const half = { type: 'websocket', url, reconnect: { maxAttempts: 3 }, heartbeat: {} };
  await hub.connectServer({ name: 'half', transport: half });
  const shown = await hub.call('GET', '/api/servers/half');
  t.match(shown.body.data.transport, { reconnect: { ...reconnect, maxAttempts: 3 }, heartbeat });
});

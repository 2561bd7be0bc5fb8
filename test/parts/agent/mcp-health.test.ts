import { ServerState } from '@roundhouse/proto/agent/v1/server';
import t, { type Test } from 'tap';
import { defaultThresholds } from '../../../agent/drivers/mcp/limits.js';
import { wait } from '../../kit/wait.js';
import { fixture, harness, isConnected, isError, never } from './harness.js';

/** Pings are frequent, and a busy machine has time to answer each: only a test that wants one to count as late has shorter limits. */
const check = { enabled: true, intervalMs: 100, timeoutMs: 5000 };
const thresholds = { ...defaultThresholds, latencyMs: 5000, latencyBackMs: 2500 };

async function watched(t: Test, name: string, env: Record<string, string> = {}, healthCheck = check, limits = {}) {
  const h = harness(t, { health: thresholds, backoffFirstMs: 20, backoffMaxMs: 50, ...limits });
  h.servers.put(fixture(name, env, { healthCheck }));
  const report = await h.servers.connect('s1', never);
  const call = (tool: string, args = '{}') => h.servers.callTool('s1', tool, Buffer.from(args), { signal: never });
  return { ...h, call, connectReport: report };
}

t.test('pings are sent as configured, and the last of them are in the reports', async (t) => {
  const begun = Date.now();
  const { report, servers, call } = await watched(t, 'answers', {}, check, { healthReportMs: 50 });
  const seen = await report(({ pings }) => pings.length >= 3);
  t.match(seen.pings[0], { passed: true, durationMs: Number });
  const time = Number(seen.pings[0]?.timeMs);
  t.ok(time >= begun && time <= Date.now(), 'milliseconds since 1970');
  t.match(seen, { state: ServerState.CONNECTED, degraded: false });
  servers.put(fixture('answers', {}, { healthCheck: { ...check, enabled: false }, connected: true }));
  // Answers come in order: with this one, a ping that was on its way has its own.
  await call('args');
  const before = servers.reports()[0]?.pings.length;
  // The pings of another server tell that there was time for some.
  servers.put(fixture('answers', {}, { id: 's2', name: 'server two', healthCheck: check }));
  await servers.connect('s2', never);
  const other = () => servers.reports().find(({ serverId }) => serverId === 's2');
  await wait('the other server had three pings', () => Number(other()?.pings.length) >= 3);
  t.equal(servers.reports()[0]?.pings.length, before, 'none when switched off');
});

t.test('a server that answers no ping is down: the agent connects again', async (t) => {
  const { report, reports, connectReport } = await watched(t, 'answers', {}, { ...check, timeoutMs: 1000 });
  process.kill(connectReport.pid, 'SIGSTOP');
  const degraded = await report((one) => one.degraded);
  t.match(degraded, { state: ServerState.CONNECTED, degradedReason: /a ping had no answer: no answer within 1 s/ });
  const down = await report(isError);
  t.match(down, { error: /3 pings in a row had no answer/, degraded: false });
  t.equal(down.pings.filter(({ passed }) => !passed).length, 3);
  const again = await report((one) => isConnected(one) && reports.indexOf(one) > reports.indexOf(down));
  t.not(again.pid, connectReport.pid);
});

t.test('errors: a high rate makes a server degraded until they end; the connection stays', async (t) => {
  const health = { ...thresholds, windowMs: 3000 };
  const { call, report, reports, connectReport, servers } = await watched(t, 'answers', {}, check, { health });
  await Promise.all(Array.from({ length: 10 }, () => call('no-object').catch(() => {})));
  const degraded = await report((one) => one.degraded);
  t.match(degraded, { state: ServerState.CONNECTED, degradedReason: '25 % or more of its calls failed within 3 s' });
  await report((one) => !one.degraded && reports.indexOf(one) > reports.indexOf(degraded));
  t.match(servers.reports()[0], { state: ServerState.CONNECTED, pid: connectReport.pid });
});

t.test("errors that are the caller's say nothing about the server", async (t) => {
  const { call, reports } = await watched(t, 'answers');
  for (let i = 0; i < 20; i++) await call('rpc-error').catch(() => {});
  t.notOk(reports.some(({ degraded }) => degraded));
});

t.test('latency: slow answers to pings make a server degraded until they are fast again', async (t) => {
  const health = { ...thresholds, latencyMs: 500, latencyBackMs: 250 };
  const { call, report, reports } = await watched(t, 'sluggish', { DELAY_MS: '900' }, check, { health });
  const degraded = await report((one) => one.degraded);
  t.match(degraded, { state: ServerState.CONNECTED, degradedReason: 'its answers to pings take longer than 500 ms' });
  await call('delay', '{"ms":0}');
  await report((one) => !one.degraded && reports.indexOf(one) > reports.indexOf(degraded));
});

t.test('a server that does not know pings is healthy', async (t) => {
  const { report, reports } = await watched(t, 'sluggish', { NO_PING: '1' }, check, { healthReportMs: 50 });
  await report(({ pings }) => pings.length >= 4);
  t.notOk(reports.some(({ degraded, state }) => degraded || state === ServerState.ERROR));
});

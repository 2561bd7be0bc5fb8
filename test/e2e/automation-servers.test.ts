import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ended, example, fixtureServer, until } from '../automation.js';
import { runs } from '../parts/agent/harness.js';
import { runAgent, startAgent, startHub } from '../roundhouse.js';
import { sameShape } from '../shape.js';
import { fixedAddresses } from '../stream/ledger.js';

const base = '/automation/api/v1';

t.test('status, information and servers look as documented', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  await hub.connectServer({
    ...fixtureServer('github', 'moody'),
    description: 'GitHub API integration',
    healthCheck: { enabled: true, intervalMs: 1000, timeoutMs: 60_000 },
    metadata: { version: '1.2.3' },
  });
  await hub.call('POST', '/api/tools/read/invoke', { arguments: {} });
  await hub.call('POST', '/api/tools/leak/invoke', { arguments: {} });

  const status = await hub.call('GET', `${base}/status`);
  sameShape(t, status.body, example('GET /api/v1/status'));
  t.equal(status.headers.get('x-api-version'), 'v1');
  t.match(status.body.data, { status: 'healthy', servers: { total: 1, healthy: 1, unhealthy: 0, updating: 0 } });
  const info = await hub.call('GET', `${base}/info`);
  sameShape(t, info.body, example('GET /api/v1/info'));
  sameShape(t, (await hub.call('GET', `${base}/health`)).body, example('GET /api/v1/health'));

  const list = await hub.call('GET', `${base}/servers`);
  sameShape(t, list.body, example('GET /api/v1/servers'));
  t.match(list.body.data, { total: 1, healthy: 1, unhealthy: 0 });
  t.match(list.body.data.servers[0], {
    name: 'github',
    status: 'healthy',
    version: '1.2.3',
    metrics: { request_count: 2, error_rate: 0.5 },
  });
  const details = await until(hub, `${base}/servers/github`, ({ data }) => data.health_checks.length > 0);
  sameShape(t, details.body, example('GET /api/v1/servers/{server_name}'));
  t.match(details.body.data, {
    configuration: { health_check_interval: 1, auto_update: false },
    metrics: { request_count: 2, response_time_avg: Number, last_error: { message: String } },
  });
  t.equal((await hub.call('GET', `${base}/servers/nobody`)).status, 404);
});

t.test('servers are filtered and sorted', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  await hub.connectServer({ ...fixtureServer('b', 'moody'), metadata: { version: '1.10.0' } });
  await hub.call('POST', '/api/servers', { ...fixtureServer('a', 'moody'), metadata: { version: '1.9.0' } });
  const names = async (query: string) =>
    (await hub.call('GET', `${base}/servers?${query}`)).body.data.servers.map(({ name }: { name: string }) => name);
  t.same(await names(''), ['a', 'b']);
  t.same(await names('order=desc'), ['b', 'a']);
  t.same(await names('sort=status'), ['b', 'a']);
  t.same(await names('sort=version'), ['a', 'b'], '1.9 comes before 1.10');
  t.same(await names('status=healthy'), ['b']);
  t.same(await names('status=unhealthy'), ['a']);
  t.same(await names('status=updating'), []);
  t.equal((await hub.call('GET', `${base}/servers?sort=size`)).status, 422);
});

t.test('a server is started and stopped, and stays so over restarts of hub and agent', async (t) => {
  const env = await fixedAddresses();
  const hub = await startHub(t, { env });
  const agent = await startAgent(t, hub);
  await hub.call('POST', '/api/servers', fixtureServer('naps'));
  await hub.connectServer(fixtureServer('runs', 'moody'));
  const started = await hub.call('POST', `${base}/servers/naps/start`);
  t.equal(started.status, 202);
  sameShape(t, started.body, example('POST /api/v1/servers/{server_name}/start'));
  t.match(await ended(hub, `${base}/jobs/${started.body.data.job_id}`), { kind: 'server.start', status: 'completed' });
  t.match((await hub.call('GET', `${base}/servers/naps`)).body.data, { status: 'healthy', state: 'running' });

  const stopped = await hub.call('POST', `${base}/servers/naps/stop`, { force: false, timeout: 30 });
  t.equal(stopped.status, 202);
  sameShape(t, stopped.body, example('POST /api/v1/servers/{server_name}/stop'));
  t.match(await ended(hub, `${base}/jobs/${stopped.body.data.job_id}`), { status: 'completed' });
  t.match((await hub.call('GET', `${base}/servers/naps`)).body.data, { status: 'unhealthy', state: 'stopped' });

  const wrong = await hub.call('POST', `${base}/servers/naps/stop`, { timeout: 'soon' });
  t.equal(wrong.status, 422);
  t.match(wrong.body.error, { code: 'VALIDATION_ERROR', details: { field: 'timeout' } });

  await hub.stop();
  const again = await startHub(t, { data: hub.data, env });
  await again.logged(({ body }) => body === 'agent connected');
  t.match((await again.call('GET', `${base}/servers/naps`)).body.data, { state: 'stopped' }, 'it stays stopped');
  await agent.stop();
  const from = again.log.length;
  runAgent(t, ['--hub', again.agentAddress, '--data', agent.data]);
  await again.logged(({ body }) => body === 'agent connected', from);
  await until(again, `${base}/servers/runs`, ({ data }) => data.state === 'running');
  t.match((await again.call('GET', `${base}/servers/naps`)).body.data, { state: 'stopped' }, 'at the agent, too');
});

t.test('a graceful restart lets running calls finish', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  await hub.connectServer(fixtureServer('naps'));
  const nap = (ms: number) => hub.call('POST', '/api/tools/nap/invoke', { arguments: { ms } });
  const before = await nap(0);
  const napping = nap(8000);
  await until(hub, '/metrics', (text) => /roundhouse_commands_pending [1-9]/.test(text));
  const restarted = await hub.call('POST', `${base}/servers/naps/restart`, { graceful: true, timeout: 30 });
  t.equal(restarted.status, 202);
  t.match((await napping).body.data?.content?.[0]?.text, before.body.data.content[0].text, 'the old process answered');
  t.match(await ended(hub, `${base}/jobs/${restarted.body.data.job_id}`), { status: 'completed' });
  t.not((await nap(0)).body.data.content[0].text, before.body.data.content[0].text, 'and there is a new one');

  const cut = nap(20_000);
  await until(hub, '/metrics', (text) => /roundhouse_commands_pending [1-9]/.test(text));
  await hub.call('POST', `${base}/servers/naps/restart`, { graceful: false, timeout: 1 });
  t.equal((await cut).status, 503, 'a stop that is not graceful does not wait for calls');
});

t.test(
  'a server that does not heed is killed with its children: after the time-out, or at once by force',
  async (t) => {
    const hub = await startHub(t);
    await startAgent(t, hub);
    const file = join(hub.data, 'pids');
    const asked = join(hub.data, 'asked');
    await hub.connectServer(fixtureServer('stubborn', 'stubborn', { PIDS_FILE: file, ASKED_FILE: asked }));
    const pids = () => JSON.parse(readFileSync(file, 'utf8')) as number[];
    const stop = async (body: object) => {
      t.ok(existsSync(file) && pids().every(runs), 'both run');
      const began = Date.now();
      const { body: answer } = await hub.call('POST', `${base}/servers/stubborn/stop`, body);
      t.match(await ended(hub, `${base}/jobs/${answer.data.job_id}`), { status: 'completed' });
      t.notOk(pids().some(runs), 'nothing is left');
      return Date.now() - began;
    };
    // More than an agent gives by itself (5 s), and less than the default of the endpoint (30 s).
    const took = await stop({ timeout: 8 });
    t.ok(took >= 7900 && took < 24_000, `it had its eight seconds: ${took} ms`);
    t.ok(existsSync(asked), 'and was asked to end');
    rmSync(asked);
    await hub.call('POST', '/api/servers/stubborn/connect');
    await stop({ force: true, timeout: 30 });
    t.notOk(existsSync(asked), 'a forced stop does not ask the server to end');
  },
);

t.test('an agent that is away: no start, and a stop is done when it is back', async (t) => {
  const hub = await startHub(t);
  const agent = await startAgent(t, hub);
  await hub.connectServer(fixtureServer('naps'));
  const from = hub.log.length;
  await agent.stop();
  await hub.logged(({ body }) => body === 'agent disconnected' || body === 'agent gone', from);
  const refused = await hub.call('POST', `${base}/servers/naps/start`);
  t.equal(refused.status, 503);
  t.match(refused.body.error, { code: 'SERVICE_UNAVAILABLE', details: { outcome: 'not_run' } });
  const stopped = await hub.call('POST', `${base}/servers/naps/stop`);
  t.match(await ended(hub, `${base}/jobs/${stopped.body.data.job_id}`), { status: 'completed' });
  t.match((await hub.call('GET', `${base}/status`)).body.data, { components: { monitoring: 'unhealthy' } });
});

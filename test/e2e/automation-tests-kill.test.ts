import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { ended, until } from '../automation.js';
import { wait } from '../kit/wait.js';
import { runs } from '../parts/agent/harness.js';
import { startAgent, startAgentProcess, startHub, startHubProcess } from '../roundhouse.js';
import { fixedAddresses } from '../stream/ledger.js';

const base = '/automation/api/v1';
const slow = fileURLToPath(new URL('../fixtures/faulty-servers/slow-tool.mjs', import.meta.url));
const server = { name: 'slow', transport: { type: 'stdio', command: process.execPath, args: [slow] } };
const body = { test_type: 'performance', servers: ['slow'] };

t.test('the hub is killed in the middle: the run goes on', async (t) => {
  const env = await fixedAddresses();
  const hub = await startHubProcess(t, { env });
  await startAgent(t, hub);
  await hub.call('POST', '/api/servers', server);
  await hub.call('PUT', `${base}/servers/slow/tests`, { safe_tools: ['report'] });
  const made = await hub.call('POST', `${base}/tests/run`, body);
  const path = `${base}/tests/${made.body.data.test_id}`;
  await until(hub, path, ({ data }) => data.status === 'running');
  await until(hub, '/metrics', (text) => /roundhouse_commands_pending [1-9]/.test(text));
  await hub.stop('SIGKILL');
  const again = await startHub(t, { data: hub.data, env });
  const done = await ended(again, path);
  t.match(done, {
    status: 'completed',
    results: [{ server: 'slow', failures: [{ test: 'test_latency[report]', type: 'performance' }] }],
  });
});

t.test('the agent is killed in the middle: said to have failed', async (t) => {
  const hub = await startHub(t);
  const agent = await startAgentProcess(t, hub);
  await hub.call('POST', '/api/servers', server);
  await hub.call('PUT', `${base}/servers/slow/tests`, { safe_tools: ['report'] });
  const made = await hub.call('POST', `${base}/tests/run`, body);
  await until(hub, '/metrics', (text) => /roundhouse_commands_pending [1-9]/.test(text));
  await agent.stop('SIGKILL');
  const done = await ended(hub, `${base}/tests/${made.body.data.test_id}`);
  t.match(done, {
    status: 'completed',
    summary: { total: 1, failed: 1 },
    results: [{ subject: 'none', failures: [{ test: 'test_reachable', error: /agent/i }] }],
  });
});

t.test('a run is cancelled: the tested server is ended in the middle of a call', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  const reports = join(hub.data, 'reports');
  // The report would take far longer than this test waits.
  const env = { REPORTS: reports, REPORT_MS: '3600000' };
  await hub.call('POST', '/api/servers', { ...server, transport: { ...server.transport, env } });
  await hub.call('PUT', `${base}/servers/slow/tests`, { safe_tools: ['report'] });
  const made = await hub.call('POST', `${base}/tests/run`, { ...body, timeout: 3600 });
  const id = made.body.data.test_id;
  const pid = await wait('the slow tool runs', () => existsSync(reports) && Number(readFileSync(reports, 'utf8')));
  t.equal(runs(pid), true);
  t.equal((await hub.call('POST', `${base}/jobs/${id}/cancel`)).status, 200);
  t.match((await hub.call('GET', `${base}/tests/${id}`)).body.data, { status: 'cancelled' });
  await wait('the process of the slow tool has ended', () => !runs(pid));
  // Without the cancellation a time-out of the tests would end this call after 15 seconds, and the next one would begin.
  t.equal(readFileSync(reports, 'utf8'), `${pid}\n`, 'no further call of the tool began');
  await until(hub, '/metrics', (text) => /roundhouse_commands_pending 0/.test(text));
});

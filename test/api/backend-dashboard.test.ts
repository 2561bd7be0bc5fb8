import t from 'tap';
import { fixtureServer, until } from '../automation.js';
import { as, base } from '../backend.js';
import { ADMIN_KEY, startAgent, startHub } from '../roundhouse.js';

t.test('the figures count all requests and tool calls, also after a restart', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  await hub.connectServer(fixtureServer('flow', 'held'));
  const call = as(hub, ADMIN_KEY);
  const figures = async () => (await call('GET', '/metrics/summary')).body;
  const steps = ['echo', 'no-such-tool', 'echo'].map((tool, at) => ({
    name: `${at}`,
    kind: 'tool_call',
    on_error: 'fail_at_end',
    with: { tool, server: 'flow', arguments: { text: 'x' } },
  }));
  const before = await figures();
  const definition = { name: 'three', mcp_type: 'workflow', config: { type: 'workflow', steps } };
  t.equal((await call('POST', '/mcp-definitions', definition)).status, 201);
  t.equal((await call('GET', '/mcp-definitions/none')).status, 404);
  for (let i = 0; i < 5; i += 1) await call('GET', '/mcp-definitions');
  const between = await figures();
  t.equal(between.http_requests.total - before.http_requests.total, 8, 'seven, and the request before');
  t.equal(between.http_requests.success_rate, 1, 'a refusal counts as a success');
  t.ok(between.database_operations.total > before.database_operations.total);
  const { body: run } = await call('POST', '/workflow-runs', { workflow_definition_id: 'three' });
  const over = ({ status }: { status: string }) => status === 'failed';
  const { body: ended } = await until(hub, `${base}/workflow-runs/${run.id}`, over);
  t.match(ended, { steps: [{ status: 'completed' }, { status: 'failed' }, { status: 'completed' }] });
  const after = await figures();
  t.match(after.workflow_steps, { total: 3, success_rate: 2 / 3 });
  const text = (await call('GET', '/metrics')).body;
  t.match(text, 'roundhouse_workflow_steps_total{status="completed"} 2');
  t.match(text, 'roundhouse_workflow_steps_total{status="failed"} 1');
  const { body: summary } = await call('GET', '/dashboard/summary');
  t.match(summary, { total_mcps: 1, active_workflows: 0, recent_workflow_runs: [{ id: run.id, status: 'failed' }] });
  t.match(summary.system_health.metrics, {
    servers_total: 1,
    servers_healthy: 1,
    agents_total: 1,
    agents_connected: 1,
  });
  const elsewhere = as(hub, await hub.key('viewer', { grants: { sites: ['berlin'] } }));
  const { metrics } = (await elsewhere('GET', '/dashboard/summary')).body.system_health;
  t.match(metrics, { servers_total: 0, agents_total: 0, agents_connected: 0 }, 'within the view of the caller');
  const today = async (of: typeof hub) => (await of.call('GET', '/api/monitor')).body.data.overview.requestsToday;
  const counted = await today(hub);
  await hub.stop();
  const again = await startHub(t, { data: hub.data });
  const { http_requests, workflow_steps } = (await as(again, ADMIN_KEY)('GET', '/metrics/summary')).body;
  t.same([http_requests.total, workflow_steps], [0, after.workflow_steps]);
  t.ok(counted > 15 && (await today(again)) > counted, 'the day’s are counted on');
});

t.test('an agent that is not connected: the dashboard shows it at once, and a run reports it', async (t) => {
  const hub = await startHub(t);
  const agent = await startAgent(t, hub);
  await hub.connectServer(fixtureServer('flow', 'held'));
  const call = as(hub, ADMIN_KEY);
  const database = {
    name: 'd',
    db_type: 'redis',
    host: '127.0.0.1',
    port: 1,
    db_name: '0',
    username: '',
    password: '',
  };
  await call('POST', '/external-db-configs', database);
  const config = {
    type: 'workflow',
    steps: [{ name: 'one', kind: 'tool_call', with: { tool: 'echo', server: 'flow' } }],
  };
  await call('POST', '/mcp-definitions', { name: 'w', mcp_type: 'workflow', config });
  await agent.stop();
  await hub.logged(({ body }) => body === 'agent disconnected');
  const check = await call('POST', '/external-db-configs/d/check');
  t.match([check.status, check.body.code, check.headers.get('retry-after')], [503, 'agent_unreachable', String]);
  const { body: run } = await call('POST', '/workflow-runs', { workflow_definition_id: 'w' });
  const over = ({ status }: { status: string }) => status === 'failed';
  const { body } = await until(hub, `${base}/workflow-runs/${run.id}`, over);
  t.match(body, {
    error: { code: 'server_disconnected', message: /agent .* is not connected/ },
    steps: [{ status: 'failed' }],
  });
});

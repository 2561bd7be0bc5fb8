import t from 'tap';
import { ended, example, fixtureServer, until } from '../automation.js';
import { type Hub, startAgent, startHub } from '../roundhouse.js';
import { sameShape } from '../shape.js';

const base = '/automation/api/v1';
const workflows = `${base}/orchestration/workflows`;

/** One hub and one agent for all tests but those that count all runs or all servers of a hub. */
let hub: Hub;
t.before(async () => {
  hub = await startHub(t);
  await startAgent(t, hub);
});

t.test('daily maintenance does all that it says', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  const parameters = { cleanup: true, update_check: true, test_run: true };
  const body = { workflow: 'daily_maintenance', parameters, schedule: 'immediate' };
  const made = await hub.call('POST', `${workflows}/execute`, body);
  t.equal(made.status, 202);
  sameShape(t, made.body, example('POST /api/v1/orchestration/workflows/execute'));
  t.equal(made.body.data.status, 'queued');
  const path = `${workflows}/${made.body.data.workflow_id}`;
  const done = await ended(hub, path);
  sameShape(t, (await hub.call('GET', path)).body, example('GET /api/v1/orchestration/workflows/{workflow_id}'));
  t.match(done, {
    status: 'completed',
    steps: [
      { name: 'cleanup', status: 'completed', duration_seconds: Number },
      { name: 'update_check', status: 'completed' },
      { name: 'test_run', status: 'completed' },
    ],
  });
  t.same(Object.keys(done.results), ['cleanup', 'update_check', 'test_run']);
  t.match(done.results.test_run, { test_id: String, total: 0, failed: 0 });
  const cleanup = await hub.call('GET', `${base}/cleanup/${done.results.cleanup.cleanup_id}`);
  t.match(cleanup.body.data, { status: 'completed' }, 'the cleanup is there by itself');

  const status = await hub.call('GET', `${base}/orchestration/status`);
  sameShape(t, status.body, example('GET /api/v1/orchestration/status'));
  t.match(status.body.data, {
    status: 'running',
    workers: { active: 0, idle: 10, total: 10 },
    queue: { pending: 0, processing: 0, completed: 3 },
    configuration: { max_workers: 10, queue_size: 1000, timeout_seconds: 300 },
  });
  const { body: metrics } = await hub.call('GET', '/metrics');
  t.match(metrics, /roundhouse_jobs_total\{kind="workflow",status="completed"\} 1/);
});

t.test('a step that is not asked for is skipped, too', async (t) => {
  const parameters = { cleanup: false, update_check: false, test_run: false };
  const made = await hub.call('POST', `${workflows}/execute`, { workflow: 'daily_maintenance', parameters });
  const { steps } = await ended(hub, `${workflows}/${made.body.data.workflow_id}`);
  t.same([...new Set(steps.map(({ status }: { status: string }) => status))], ['skipped']);
  t.match(steps[0].reason, /not asked for/);
});

t.test('bad requests are refused, with the field named', async (t) => {
  const workflow = 'daily_maintenance';
  for (const [field, body] of [
    ['parameters.cleanup', { workflow, parameters: { cleanup: 'yes' } }],
    ['parameters.clean', { workflow, parameters: { clean: true } }],
    ['schedule', { workflow, schedule: 'tomorrow' }],
    ['schedule', { workflow, schedule: '2020-01-01T00:00:00Z' }],
    ['schedule', { workflow, schedule: '61 * * * *' }],
    ['timezone', { workflow, schedule: '0 3 * * *', timezone: 'Europe/Nowhere' }],
  ] as const) {
    const { status, body: answer } = await hub.call('POST', `${workflows}/execute`, body);
    t.equal(status, 422, JSON.stringify(body));
    t.equal(answer.error.details.field, field);
  }
  t.equal((await hub.call('POST', `${workflows}/execute`, { workflow: 'nothing' })).status, 404);
});

t.test('the health sweep asks each server, and restarts where it is told to', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  await hub.connectServer(fixtureServer('well', 'moody'));
  await hub.call('POST', '/api/servers', {
    name: 'sick',
    transport: { type: 'stdio', command: process.execPath, args: ['-e', 'process.exit(3)'] },
  });
  await hub.call('POST', '/api/servers/sick/connect');
  const made = await hub.call('POST', `${workflows}/execute`, { workflow: 'health_sweep' });
  const { results } = await ended(hub, `${workflows}/${made.body.data.workflow_id}`);
  t.match(results.health_sweep, {
    total: 2,
    healthy: 1,
    unhealthy: 1,
    servers: [
      { name: 'sick', healthy: false, error: /3/ },
      { name: 'well', healthy: true, duration_ms: Number, tools: 5 },
    ],
  });
});

t.test('a definition of one’s own: tools are called and servers restarted in the caller’s name', async (t) => {
  await hub.connectServer(fixtureServer('naps'));
  const definition = {
    name: 'nap_and_restart',
    description: 'naps',
    parameters: { ms: { type: 'number', default: 1 } },
    steps: [
      // biome-ignore lint/suspicious/noTemplateCurlyInString: how a definition names a parameter
      { name: 'nap', kind: 'tool_call', with: { server: 'naps', tool: 'nap', arguments: { ms: '${ms}' } } },
      { name: 'restart', kind: 'server_restart', with: { servers: ['naps'], timeout: 5 } },
      { name: 'broken', kind: 'tool_call', with: { server: 'naps', tool: 'no_such_tool' } },
      { name: 'never', kind: 'health_sweep' },
    ],
  };
  const made = await hub.call('POST', workflows, definition);
  t.equal(made.status, 201);
  t.equal((await hub.call('POST', workflows, definition)).status, 409);
  const unknown = { ...definition, name: 'other', steps: [{ name: 'x', kind: 'dance' }] };
  t.match((await hub.call('POST', workflows, unknown)).body.error, { details: { field: 'steps.0.kind' } });
  const listed = (await hub.call('GET', workflows)).body.data;
  t.match(
    listed.workflows.map(({ name, shipped }: { name: string; shipped: boolean }) => [name, shipped]),
    [
      ['backup_configs', true],
      ['daily_maintenance', true],
      ['health_sweep', true],
      ['nap_and_restart', false],
    ],
  );
  const run = await hub.call('POST', `${workflows}/execute`, { workflow: 'nap_and_restart', parameters: { ms: 20 } });
  const done = await ended(hub, `${workflows}/${run.body.data.workflow_id}`);
  t.match(done, {
    status: 'failed',
    error: { code: 'not_found' },
    steps: [
      { name: 'nap', status: 'completed' },
      { name: 'restart', status: 'completed' },
      { name: 'broken', status: 'failed', reason: /no_such_tool/ },
      { name: 'never', status: 'pending' },
    ],
    results: { nap: { result: { content: [{ type: 'text' }] } }, restart: { servers: ['naps'] } },
  });
});

t.test('a run at a time of its own, and a series that goes on until it is called off', async (t) => {
  const hub = await startHub(t);
  const workflow = 'health_sweep';
  const at = new Date(Date.now() + 8000).toISOString();
  const once = await hub.call('POST', `${workflows}/execute`, { workflow, schedule: at });
  t.match(once.body.data, { status: 'scheduled', scheduled_at: at });
  const done = await ended(hub, `${workflows}/${once.body.data.workflow_id}`);
  t.ok(Date.parse(done.started_at) >= Date.parse(at), 'not before its time');

  const series = await hub.call('POST', `${workflows}/execute`, { workflow, schedule: '* * * * * *' });
  const first = series.body.data.workflow_id;
  t.match(await ended(hub, `${workflows}/${first}`), { status: 'completed' });
  const { schedule } = (await hub.call('GET', `${workflows}/${first}`)).body.data;
  t.match(schedule, { cron: '* * * * * *', timezone: 'UTC' });
  t.not(schedule.next_workflow_id, first, 'the next one is there already');
  t.match(await ended(hub, `${workflows}/${schedule.next_workflow_id}`), { status: 'completed' });
  t.equal((await hub.call('POST', `${workflows}/${first}/cancel`)).status, 200);
  t.equal((await hub.call('GET', `${workflows}/${first}`)).body.data.schedule, null);
  await until(hub, `${base}/orchestration/status`, ({ data }) => data.queue.scheduled + data.queue.processing === 0);

  const daily = await hub.call('POST', `${workflows}/execute`, {
    workflow,
    schedule: '30 3 * * *',
    timezone: 'Asia/Kolkata',
  });
  t.match(daily.body.data, { status: 'scheduled', scheduled_at: /T22:00:00/ }, 'in its time zone');
});

t.test('roles: a viewer looks on, an operator runs, an admin defines', async (t) => {
  const [viewer, operator] = await Promise.all([hub.key('viewer'), hub.key('operator')]);
  const body = { workflow: 'health_sweep' };
  t.equal((await hub.call('POST', `${workflows}/execute`, body, viewer)).status, 403);
  const run = await hub.call('POST', `${workflows}/execute`, body, operator);
  t.equal(run.status, 202);
  t.equal((await hub.call('GET', `${workflows}/${run.body.data.workflow_id}`, undefined, viewer)).status, 200);
  const definition = { name: 'x', description: '', parameters: {}, steps: [{ name: 's', kind: 'cleanup' }] };
  t.equal((await hub.call('POST', workflows, definition, operator)).status, 403);
  const narrow = await hub.key('operator', { grants: { sites: ['oslo'] } });
  t.equal((await hub.call('POST', `${workflows}/execute`, body, narrow)).status, 403);
  t.equal((await hub.call('GET', `${base}/jobs/${run.body.data.workflow_id}`, undefined, narrow)).status, 404);
});

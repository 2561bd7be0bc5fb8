import t from 'tap';
import { ended, example, fixtureServer } from '../automation.js';
import { wait } from '../kit/wait.js';
import { type Hub, startAgent, startHub } from '../roundhouse.js';
import { sameShape } from '../shape.js';

const base = '/automation/api/v1';
const workflows = `${base}/orchestration/workflows`;

// The rules of workflows are proved in test/domain/workflows.test.ts; here that clients, agents and real servers meet them.

/** One hub and one agent for all tests. */
let hub: Hub;
t.before(async () => {
  hub = await startHub(t);
  await startAgent(t, hub);
});

t.test('daily maintenance does all that it says', async (t) => {
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
  t.match(done.results.test_run, { test_id: String, failed: 0 });
  const cleanup = await hub.call('GET', `${base}/cleanup/${done.results.cleanup.cleanup_id}`);
  t.match(cleanup.body.data, { status: 'completed' }, 'the cleanup is there by itself');

  const status = await hub.call('GET', `${base}/orchestration/status`);
  sameShape(t, status.body, example('GET /api/v1/orchestration/status'));
  t.match(status.body.data, {
    status: 'running',
    workers: { active: 0, idle: 10, total: 10 },
    queue: { pending: 0, processing: 0 },
    configuration: { max_workers: 10, queue_size: 1000, timeout_seconds: 300 },
  });
  t.ok(status.body.data.queue.completed >= 3, 'the run with its cleanup and its tests');
  const { body: metrics } = await hub.call('GET', '/metrics');
  t.match(metrics, /roundhouse_jobs_total\{kind="workflow",status="completed"\} [1-9]/);
});

t.test('a request with a wrong field is refused, with the field named', async (t) => {
  const body = { workflow: 'daily_maintenance', parameters: { clean: true } };
  const { status, body: answer } = await hub.call('POST', `${workflows}/execute`, body);
  t.equal(status, 422);
  t.equal(answer.error.details.field, 'parameters.clean');
  t.equal((await hub.call('POST', `${workflows}/execute`, { workflow: 'nothing' })).status, 404);
});

t.test('the health sweep asks each server', async (t) => {
  await hub.connectServer(fixtureServer('well', 'moody'));
  await hub.call('POST', '/api/servers', {
    name: 'sick',
    transport: { type: 'stdio', command: process.execPath, args: ['-e', 'process.exit(3)'] },
  });
  await hub.call('POST', '/api/servers/sick/connect');
  const made = await hub.call('POST', `${workflows}/execute`, {
    workflow: 'health_sweep',
    parameters: { servers: ['well', 'sick'] },
  });
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

t.test('a series goes on until it is cancelled', async (t) => {
  const body = { workflow: 'health_sweep', schedule: '* * * * * *' };
  const series = await hub.call('POST', `${workflows}/execute`, body);
  t.match(series.body.data.status, /^(?:scheduled|queued|running|completed)$/, 'its second may have come already');
  const first = series.body.data.workflow_id;
  t.match(await ended(hub, `${workflows}/${first}`), { status: 'completed' });
  const { schedule } = (await hub.call('GET', `${workflows}/${first}`)).body.data;
  t.match(schedule, { cron: '* * * * * *', timezone: 'UTC' });
  t.not(schedule.next_workflow_id, first, 'the next one is there already');
  t.equal((await hub.call('POST', `${workflows}/${first}/cancel`)).status, 200);
  t.equal((await hub.call('GET', `${workflows}/${first}`)).body.data.schedule, null);
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
});

t.test('a hub keeps as many runs and other jobs, and as long, as its operator says', async (t) => {
  let small = await startHub(t);
  const steps = [{ id: 'clean', kind: 'cleanup', with: { targets: ['cache'], dry_run: true } }];
  await small.call('POST', workflows, { name: 'clean', description: '', parameters: {}, steps });
  for (let n = 0; n < 4; n += 1) {
    const { body } = await small.call('POST', `${workflows}/execute`, { workflow: 'clean' });
    t.equal((await ended(small, `${workflows}/${body.data.workflow_id}`)).status, 'completed');
  }
  const audited = async () => (await small.call('GET', '/api/audit?action=workflow&limit=100')).body.data.total;
  const before = await audited();
  const kept = async () => {
    const runs = await small.call('GET', '/backend/api/v1/workflow-runs');
    const all = await small.call('GET', `${base}/jobs`);
    return `${runs.body.total} runs, ${all.body.data.pagination.total - runs.body.total} other jobs`;
  };
  t.equal(await kept(), '4 runs, 4 other jobs');
  for (const [expected, env] of [
    ['2 runs, 3 other jobs', { ROUNDHOUSE_RUN_COUNT: '2', ROUNDHOUSE_JOB_COUNT: '3' }],
    ['0 runs, 3 other jobs', { ROUNDHOUSE_RUN_DAYS: '0.0000001' }],
    ['0 runs, 0 other jobs', { ROUNDHOUSE_JOB_DAYS: '0.0000001' }],
  ] as const) {
    await small.stop();
    small = await startHub(t, { data: small.data, env });
    await wait(expected, async () => (await kept()) === expected);
  }
  t.equal(await audited(), before, 'the audit log keeps its entries');
});

import t, { type Test } from 'tap';
import { DomainError } from '../../hub/domain/errors.js';
import { type OnErrorChoice, onErrorChoices, type WorkflowDefinition } from '../../hub/domain/workflows/definition.js';
import { shippedWorkflows } from '../../hub/host/package.js';
import { startDomain } from '../kit/domain.js';
import { json, readOnly, ScriptedServer, ToolError } from '../kit/scripted-site.js';
import { wait } from '../kit/wait.js';

/** A hub with the workflows that ship; its agent has nothing to clean up. */
async function start(t: Test) {
  const hub = await startDomain(t, { ports: { workflows: shippedWorkflows() } });
  hub.fleet.answers.set('cleanup', () => json({ targets: [] }));
  const { workflows } = hub.domain;
  const execute = (input: Parameters<typeof workflows.execute>[1], as = hub.admin) => workflows.execute(as, input);
  /** Runs a workflow to its end. */
  const run = async (workflow: string, parameters = {}) => hub.over((await execute({ workflow, parameters })).job.id);
  return { hub, workflows, execute, run };
}

/** The health sweep finds that servers of these names are sick. */
function sick({ fleet, domain }: Awaited<ReturnType<typeof startDomain>>, ...names: string[]) {
  fleet.answers.set('inspectServer', (_, operation) => {
    const { name } = domain.registry.get((operation.value as { serverId: string }).serverId);
    if (names.includes(name)) throw new DomainError('upstream_failed', 'it does not answer');
    return json({ durationMs: 2, tools: 5 });
  });
}

t.test('daily maintenance cleans up, looks for updates and tests', async (t) => {
  const { hub, run } = await start(t);
  const { status, steps } = await run('daily_maintenance');
  t.equal(status, 'completed');
  t.match(steps, [
    { name: 'cleanup', status: 'completed', result: { filesDeleted: 0 } },
    { name: 'update_check', status: 'completed', result: { checked: 0 } },
    { name: 'test_run', status: 'completed', result: { total: 0, failed: 0 } },
  ]);
  const cleanup = (steps[0]?.result ?? {}) as { readonly cleanupId?: string };
  t.match(
    hub.domain.cleanup.get(hub.admin, cleanup.cleanupId ?? ''),
    { status: 'completed' },
    'the cleanup is a job of its own',
  );
});

t.test('a step that is not asked for is skipped, with the reason', async (t) => {
  const { run } = await start(t);
  const { steps } = await run('daily_maintenance', { cleanup: false, update_check: false, test_run: false });
  for (const step of steps) t.match(step, { status: 'skipped', reason: /not asked for/ });
});

t.test('a workflow with wrong parameters, schedules or names is refused, with the field named', async (t) => {
  const { hub, execute } = await start(t);
  const workflow = 'daily_maintenance';
  for (const [field, input] of [
    ['parameters.cleanup', { workflow, parameters: { cleanup: 'yes' } }],
    ['parameters.clean', { workflow, parameters: { clean: true } }],
    ['schedule', { workflow, schedule: 'tomorrow' }],
    ['schedule', { workflow, schedule: '2020-01-01T00:00:00Z' }],
    ['schedule', { workflow, schedule: '61 * * * *' }],
    ['timezone', { workflow, schedule: '0 3 * * *', timezone: 'Europe/Nowhere' }],
  ] as const)
    await t.rejects(execute(input), { code: 'invalid_input', details: { field } }, JSON.stringify(input));
  await t.rejects(execute({ workflow: 'nothing' }), { code: 'not_found' });
  t.equal((await hub.domain.jobs.list(hub.admin, {}, 10)).total, 0, 'no job was made');
});

t.test('the health sweep asks each server that should run', async (t) => {
  const { hub, run } = await start(t);
  await hub.connect('well', { read: readOnly() });
  await hub.connect('sick', { read: readOnly() });
  await hub.register('idle', { read: readOnly() });
  sick(hub, 'sick');
  const { steps } = await run('health_sweep');
  t.match(steps[0]?.result, {
    total: 2,
    healthy: 1,
    unhealthy: 1,
    servers: [
      { name: 'sick', healthy: false, error: 'it does not answer', restarted: undefined },
      { name: 'well', healthy: true, durationMs: 2, tools: 5 },
    ],
  });
});

t.test('the health sweep restarts a sick server if it should', async (t) => {
  const { hub, run } = await start(t);
  const { id, server } = await hub.connect('sick', { read: readOnly() });
  await hub.connect('broken', { read: readOnly() });
  sick(hub, 'sick', 'broken');
  const before = hub.domain.observed.get(id).pid;
  const broken = hub.fleet.servers.get('broken');
  if (broken) broken.failure = 'it does not start';
  const { steps } = await run('health_sweep', { restart: true });
  t.match(steps[0]?.result, {
    servers: [
      { name: 'broken', healthy: false, restarted: false },
      { name: 'sick', healthy: false, restarted: true },
    ],
  });
  t.not(hub.domain.observed.get(id).pid, before, 'it runs in a new process');
  t.equal(server.calls, 0);
});

const definition: WorkflowDefinition = {
  name: 'call_and_restart',
  description: 'calls',
  parameters: { ms: { type: 'number', default: 1 } },
  steps: [
    // biome-ignore lint/suspicious/noTemplateCurlyInString: how a definition names a parameter
    { name: 'call', kind: 'tool_call', with: { server: 'naps', tool: 'nap', arguments: { ms: '${ms}' } } },
    { name: 'restart', kind: 'server_restart', with: { servers: ['naps'], timeout: 5 } },
    { name: 'broken', kind: 'tool_call', with: { server: 'naps', tool: 'no_such_tool' } },
    { name: 'never', kind: 'health_sweep' },
  ],
};

t.test('an admin defines a workflow, once and of known kinds of steps', async (t) => {
  const { hub, workflows } = await start(t);
  await workflows.catalog.add(hub.admin, definition);
  await t.rejects(workflows.catalog.add(hub.admin, definition), { code: 'already_exists' });
  const unknown = { ...definition, name: 'other', steps: [{ name: 'x', kind: 'dance' }] };
  await t.rejects(workflows.catalog.add(hub.admin, unknown), {
    code: 'invalid_input',
    details: { field: 'steps.0.kind' },
  });
  const known = workflows.catalog.list(null).map(({ name, shipped }) => [name, shipped]);
  t.ok(known.some(([name, shipped]) => name === 'daily_maintenance' && shipped));
  t.same(
    known.filter(([, shipped]) => !shipped),
    [['call_and_restart', false]],
  );
});

t.test("a run calls tools and restarts servers in its caller's name, and ends at the step that fails", async (t) => {
  const { hub, workflows, run } = await start(t);
  await hub.connect('naps', { nap: readOnly(({ arguments: { ms } }) => `slept ${ms} ms`) });
  await workflows.catalog.add(hub.admin, definition);
  const done = await run('call_and_restart', { ms: 20 });
  t.match(done, {
    status: 'failed',
    error: { code: 'not_found' },
    steps: [
      { name: 'call', status: 'completed', result: { result: { content: [{ text: '"slept 20 ms"' }] } } },
      { name: 'restart', status: 'completed', result: { servers: ['naps'] } },
      { name: 'broken', status: 'failed', toolText: /no_such_tool/ },
      { name: 'never', status: 'pending' },
    ],
  });
  const { entries } = await hub.domain.audit.page(hub.admin.caller, { action: 'tool.invoke' }, 10, 0);
  t.match(
    entries.map(({ actor }) => actor?.id),
    [hub.admin.caller.id, hub.admin.caller.id],
  );
});

/** A workflow of two calls of `sum`, the first of which may fail in the given way. */
function twoSums(onError: OnErrorChoice): WorkflowDefinition {
  const sum = { kind: 'tool_call', with: { server: 'sums', tool: 'sum' } };
  const steps = [
    { name: 'first', on_error: onError, ...sum },
    { name: 'second', ...sum },
  ];
  return { name: onError, description: '', parameters: {}, steps };
}

t.test('a step that a tool fails says why, to callers who may see answers of tools', async (t) => {
  const { hub, workflows, execute } = await start(t);
  const secret = 'planted-password';
  const transport = { type: 'stdio', command: 'sums', args: [], env: { P: secret } } as const;
  const { server } = await hub.connect('sums', { sum: readOnly() }, { transport });
  server.tools = {
    sum: readOnly(() => {
      throw new ToolError(`expected number, received string; ${secret} ${'x'.repeat(5000)}`);
    }),
  };
  await workflows.catalog.add(hub.admin, twoSums('stop'));
  const { job } = await execute({ workflow: 'stop' });
  const ended = await hub.over(job.id);
  const why =
    /^step 'first' failed \(upstream_failed\): the tool 'sum' reported an error: expected number, received string; \S+ x{1000}x* \[…\]$/;
  const { jobs } = hub.domain;
  const seen = jobs.shown(hub.admin, ended);
  t.match(seen, { steps: [{ reason: why }], error: { message: why } });
  t.notMatch(JSON.stringify(seen), secret);
  const viewer = await hub.caller('viewer');
  const reason = "step 'first' failed (upstream_failed)";
  const hidden = jobs.shown(viewer, ended);
  t.match(hidden, { steps: [{ reason }], error: { message: reason } });
  t.notMatch(JSON.stringify(hidden), 'expected number');
  t.notMatch(JSON.stringify(await hub.events('job.')), 'expected number', 'events are for everyone');
});

t.test('a failed step ends its run, does not count, or fails the run at its end', async (t) => {
  const { hub, workflows, run } = await start(t);
  const { server } = await hub.connect('sums', { sum: readOnly() });
  server.tools = {
    sum: readOnly(({ calls }) => {
      if (calls % 2 === 1) throw new ToolError('no');
      return 'done';
    }),
  };
  for (const choice of onErrorChoices) await workflows.catalog.add(hub.admin, twoSums(choice));
  const summary = '1 of 2 steps failed: first';
  const failed = { name: 'first', status: 'failed' };
  const second = { name: 'second', status: 'completed' };
  t.match(await run('continue'), { status: 'completed', message: summary, error: null, steps: [failed, second] });
  t.match(await run('fail_at_end'), { status: 'failed', error: { message: summary }, steps: [failed, second] });
  t.match(await run('stop'), { status: 'failed', steps: [failed, { status: 'pending' }] });
});

t.test('the error for an unknown run calls it a run', async (t) => {
  const { hub, workflows, run } = await start(t);
  t.throws(() => workflows.get(hub.admin, 'x'), { code: 'not_found', message: "run 'x' not found" });
  const { id } = await run('health_sweep');
  await wait('the engine has put the run away', () => hub.domain.jobs.status().queue.processing === 0);
  await t.rejects(workflows.cancel(hub.admin, id), { code: 'conflict', message: 'the run is over: completed' });
});

t.test('a run waits for its time', async (t) => {
  const { hub, execute } = await start(t);
  const at = hub.clock.now + 3_600_000;
  const { job } = await execute({ workflow: 'health_sweep', schedule: new Date(at).toISOString() });
  t.match(job, { status: 'scheduled', dueAt: at });
  await hub.clock.move(3_600_000 - 1);
  hub.domain.jobs.look();
  t.match(hub.domain.jobs.get(hub.admin, job.id), { status: 'scheduled' }, 'a millisecond early');
  await hub.clock.move(1);
  hub.domain.jobs.look();
  t.match(await hub.over(job.id), { status: 'completed', startedAt: at });
});

t.test('a run whose time passed while the hub was stopped runs at the next start', async (t) => {
  const { hub, execute } = await start(t);
  const at = hub.clock.now + 3_600_000;
  const { job } = await execute({ workflow: 'health_sweep', schedule: new Date(at).toISOString() });
  await hub.stop();
  await hub.clock.move(7_200_000);
  await hub.start();
  hub.domain.jobs.look();
  t.match(await hub.over(job.id), { status: 'completed', startedAt: at + 3_600_000 });
});

t.test('a series goes on until it is cancelled, and repeats no missed run', async (t) => {
  const { hub, workflows, execute } = await start(t);
  const { job, schedule } = await execute({ workflow: 'health_sweep', schedule: '0 * * * *' });
  t.match(schedule, { cron: '0 * * * *', timezone: 'UTC', nextJobId: job.id, nextAt: hub.clock.now + 3_600_000 });
  await hub.clock.move(3 * 3_600_000 + 60_000);
  hub.domain.jobs.look();
  await hub.over(job.id);
  const { schedule: later } = workflows.get(hub.admin, job.id);
  t.not(later?.nextJobId, job.id, 'the next run is there');
  t.equal(later?.nextAt, hub.clock.now + 3_540_000, 'at the next full hour from now');
  await hub.clock.move(3_540_000);
  hub.domain.jobs.look();
  t.match(await hub.over(later?.nextJobId ?? ''), { status: 'completed' });

  await workflows.cancel(hub.admin, job.id);
  t.equal(workflows.get(hub.admin, job.id).schedule, null);
  t.equal((await hub.domain.jobs.list(hub.admin, { status: 'scheduled' }, 10)).total, 0);
  await t.rejects(workflows.cancel(hub.admin, job.id), { code: 'conflict' }, 'once');
});

t.test('series are listed, the next one first, for callers who may see their runs', async (t) => {
  const { hub, workflows, execute } = await start(t);
  const series = async (schedule: string) => (await execute({ workflow: 'health_sweep', schedule })).schedule?.id;
  const [daily, hourly] = [await series('0 3 * * *'), await series('59 * * * *')];
  await execute({ workflow: 'health_sweep', schedule: new Date(hub.clock.now + 60_000).toISOString() });
  const listed = async (as = hub.admin) => (await workflows.schedules(as)).map(({ id }) => id);
  t.same(await listed(), [hourly, daily]);
  t.same(await listed(await hub.caller('viewer')), [hourly, daily]);
  t.same(await listed(await hub.caller('operator', { sites: ['oslo'] })), [], 'a narrowed key sees no run of others');
  await workflows.cancel(hub.admin, (await workflows.schedules(hub.admin))[0]?.nextJobId ?? '');
  t.same(await listed(), [daily]);
});

t.test('a series runs in its time zone', async (t) => {
  const { execute } = await start(t);
  const { job } = await execute({ workflow: 'health_sweep', schedule: '30 3 * * *', timezone: 'Asia/Kolkata' });
  t.match(new Date(job.dueAt).toISOString(), /T22:00:00/);
});

t.test("a caller whose key's grants narrow anything runs no workflow, and sees no run of others", async (t) => {
  const { hub, workflows, execute } = await start(t);
  const narrow = await hub.caller('operator', { sites: ['oslo'] });
  await t.rejects(execute({ workflow: 'health_sweep' }, narrow), { code: 'forbidden' });
  const { job } = await execute({ workflow: 'health_sweep' });
  await hub.over(job.id);
  t.throws(() => workflows.get(narrow, job.id), { code: 'not_found' });
});

t.test('a narrowed key sees the workflows that ship with the hub only', async (t) => {
  const { hub, workflows } = await start(t);
  const step = { name: 'call', kind: 'tool_call', with: { tool: 'echo', server: 'paris-1', arguments: { text: 'x' } } };
  await workflows.catalog.add(hub.admin, { name: 'paris', description: '', parameters: {}, steps: [step] });
  const shown = async (grants: { sites: string[] } | null) => {
    const { caller } = await hub.caller('viewer', grants);
    return workflows.catalog.list(caller).map(({ name, steps }) => (name === 'paris' ? steps : name));
  };
  t.ok((await shown({ sites: ['berlin'] })).includes('health_sweep'));
  t.equal((await shown(null)).length, (await shown({ sites: ['berlin'] })).length + 1);
  t.same(
    (await shown(null)).find((one) => Array.isArray(one)),
    [step],
  );
});

t.test('the settings of a database go to the command of an admin, and to no other server', async (t) => {
  const { hub, workflows, run } = await start(t);
  const heard: unknown[] = [];
  const tools = { hear: readOnly(({ arguments: given }) => heard.push(given)) };
  const { id } = await hub.connect('ears', tools);
  await hub.domain.databases.create(hub.admin, {
    name: 'prod',
    type: 'postgresql',
    host: 'db.example.org',
    port: 5432,
    databaseName: 'app',
    username: 'app',
    password: 'a long password',
    site: null,
  });
  const given = { tool: 'hear', server: id, arguments: { text: '{{database:prod|username}}' } };
  const steps = [{ name: 'tell', kind: 'tool_call', with: given }];
  await workflows.catalog.add(hub.admin, { name: 'tell', description: '', parameters: {}, steps });
  t.match(await run('tell'), { status: 'completed' });
  t.same(heard, [{ text: 'app' }]);
  const operator = await hub.caller('operator');
  const transport = { type: 'http', url: 'http://127.0.0.1:9/mcp' } as const;
  await hub.domain.lifecycle.update(operator, id, { transport });
  await hub.domain.lifecycle.connect(operator, id);
  t.match(await run('tell'), { status: 'failed', error: { code: 'conflict', toolText: /runs by a command/ } });
  await hub.domain.lifecycle.delete(operator, id);
  await hub.connect('ears', tools);
  t.match(await run('tell'), { status: 'failed', error: { code: 'not_found' } });
  t.equal(heard.length, 1);
});

t.test('a call that names no server goes to no personal server: others read the run', async (t) => {
  const { hub, workflows, execute } = await start(t);
  const ada = await hub.caller('operator');
  const tools = { read: readOnly() };
  hub.fleet.servers.set('of-ada', new ScriptedServer(tools));
  const transport = { type: 'stdio', command: 'x', args: [] } as const;
  const belonging = { ownerId: ada.caller.id, curated: true };
  const { record } = await hub.domain.lifecycle.create(ada, { name: 'of-ada', transport }, {}, belonging);
  await hub.domain.lifecycle.connect(ada, record.id);
  const step = (server?: string) => ({
    name: 'call',
    kind: 'tool_call',
    with: { tool: 'read', ...(server ? { server } : {}) },
  });
  for (const [name, server] of [['unnamed'], ['named', record.id]] as const)
    await workflows.catalog.add(hub.admin, { name, description: '', parameters: {}, steps: [step(server)] });
  const over = async (workflow: string) => hub.over((await execute({ workflow }, ada)).job.id);
  t.match(await over('unnamed'), { status: 'failed', error: { code: 'conflict', toolText: /belongs to one person/ } });
  t.match(await over('named'), { status: 'completed', ownerId: ada.caller.id }, 'such a run is for its caller');
});

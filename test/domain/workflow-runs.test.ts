import t, { type Test } from 'tap';
import { SYSTEM } from '../../hub/domain/audit/audit.js';
import { DomainError } from '../../hub/domain/errors.js';
import { historyOf } from '../../hub/domain/jobs/history.js';
import { defaultJobSettings } from '../../hub/domain/jobs/kind.js';
import type { StepDefinition, WorkflowDefinition } from '../../hub/domain/workflows/definition.js';
import { type Asker, startDomain, type TestDomain } from '../kit/domain.js';
import { gate, readOnly, ScriptedServer, ToolError, writing } from '../kit/scripted-site.js';
import { wait } from '../kit/wait.js';

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: expressions of workflows

/** A hub with a server of the tools `echo`, which gives its arguments back, and those of the test. */
async function start(t: Test, tools: ConstructorParameters<typeof ScriptedServer>[0] = {}, settings = {}) {
  const hub = await startDomain(t, { settings });
  const calls: unknown[] = [];
  const echo = writing(({ arguments: given }) => {
    calls.push(given);
    return given;
  });
  const { id, server } = await hub.connect('echoes', { echo, ...tools });
  /** The server is connected again after that. */
  const restart = async () => {
    await hub.restart();
    await hub.domain.lifecycle.connect(hub.admin, id);
  };
  return { hub, calls, server, restart };
}

type Parameters = WorkflowDefinition['parameters'];

/** Defines a workflow and begins a run of it. */
async function begin({ domain, admin }: TestDomain, steps: StepDefinition[], parameters: Parameters = {}, as = admin) {
  const name = `w${domain.workflows.catalog.list(null).length}`;
  await domain.workflows.catalog.add(admin, { name, description: '', parameters, steps });
  const { job } = await domain.workflows.execute(as, { workflow: name });
  return job.id;
}

const call = (id: string, given: Record<string, unknown>, more: Partial<StepDefinition> = {}): StepDefinition => ({
  id,
  kind: 'tool_call',
  with: { server: 'echoes', tool: 'echo', arguments: given },
  ...more,
});
const text = '${{ fromJson(result.result.content[0].text) }}';
const running = (hub: TestDomain, id: string, name: string) =>
  wait(`step '${name}' runs`, () => statusOf(hub, id, name) === 'running');
const statusOf = ({ domain, admin }: TestDomain, id: string, name: string) =>
  domain.jobs.get(admin, id).steps.find((step) => step.name === name)?.status;

t.test('results flow: into arguments, conditions, loops, outputs and other workflows', async (t) => {
  const { hub, calls } = await start(t);
  await hub.domain.workflows.catalog.add(hub.admin, {
    name: 'inner',
    description: '',
    parameters: { whom: { type: 'string', default: '' } },
    steps: [{ id: 'say', kind: 'set', with: { greeting: 'hello ${{ inputs.whom }}' } }],
  });
  const steps: StepDefinition[] = [
    call('ask', { names: '${{ inputs.names }}' }, { outputs: { answer: text } }),
    { id: 'chosen', kind: 'set', with: { list: '${{ steps.ask.outputs.answer.names.filter(n, n != "b") }}' } },
    { id: 'never', kind: 'set', if: '${{ size(steps.chosen.outputs.list) > 5 }}' },
    call('each', { n: '${{ item }}!' }, { for_each: '${{ steps.chosen.outputs.list }}', outputs: { got: text } }),
    {
      id: 'nested',
      kind: 'workflow',
      if: '${{ steps.never.status == "skipped" }}',
      with: { workflow: 'inner', parameters: { whom: '${{ steps.each.outputs[1].got.n }}' } },
    },
    { id: 'last', kind: 'set', with: { all: '${{ steps.nested.outputs.say.greeting }} of ${{ run.workflow }}' } },
  ];
  const id = await begin(hub, steps, { names: { type: 'strings', default: ['a', 'b', 'c'] } });
  const { status, steps: done } = await hub.over(id);
  t.equal(status, 'completed');
  t.same(calls, [{ names: ['a', 'b', 'c'] }, { n: 'a!' }, { n: 'c!' }]);
  t.match(
    done.map((step) => [step.name, step.status, step.result]),
    [
      ['ask', 'completed', { answer: { names: ['a', 'b', 'c'] } }],
      ['chosen', 'completed', { list: ['a', 'c'] }],
      ['never', 'skipped', null],
      ['each', 'completed', { items: 2 }],
      ['nested', 'completed', { say: { greeting: 'hello c!' } }],
      ['last', 'completed', { all: 'hello c! of w1' }],
      ['each[0]', 'completed', { got: { n: 'a!' } }],
      ['each[1]', 'completed', { got: { n: 'c!' } }],
      ['nested/say', 'completed', { greeting: 'hello c!' }],
    ],
  );
});

t.test('steps run side by side where the graph allows it, and members as many at once as the step says', async (t) => {
  const doors = new Map(['left', 'right', 'a', 'b', 'c'].map((name) => [name, gate()]));
  const inside = new Set<unknown>();
  const hold = writing(async ({ arguments: { at } }) => {
    inside.add(at);
    await doors.get(String(at))?.opened;
    inside.delete(at);
    return at;
  });
  const { hub } = await start(t, { hold });
  const held = (id: string, at: string, more: Partial<StepDefinition>) =>
    ({ id, kind: 'tool_call', with: { server: 'echoes', tool: 'hold', arguments: { at } }, ...more }) as const;
  const id = await begin(hub, [
    held('one', 'left', { needs: [] }),
    held('two', 'right', { needs: [] }),
    held('three', '${{ item }}', { needs: ['one', 'two'], for_each: ['a', 'b', 'c'], max_parallel: 2 }),
  ]);
  await wait('both branches are inside', () => inside.size === 2);
  doors.get('right')?.open();
  await wait('one branch is over', () => statusOf(hub, id, 'two') === 'completed');
  t.equal(statusOf(hub, id, 'three'), 'pending', 'it needs both');
  const told = historyOf(hub.domain.jobs.get(hub.admin, id));
  doors.get('left')?.open();
  await wait('two members are inside', () => inside.has('a') && inside.has('b'));
  t.equal(statusOf(hub, id, 'three[2]'), undefined, 'the third waits');
  for (const name of ['b', 'c', 'a']) doors.get(name)?.open();
  const done = await hub.over(id);
  t.match(done, { status: 'completed' });
  t.same(historyOf(done).slice(0, told.length), told, 'a reader has missed nothing, and nothing is told twice');
});

t.test('a step begins again after the failures that it lists, and never after an unknown outcome', async (t) => {
  let failures = 2;
  const doubt = new DomainError('timeout', 'no answer', { outcome: 'unknown' });
  const { hub } = await start(t, {
    sometimes: writing(({ calls }) => {
      if (calls <= failures) throw new ToolError('not yet');
      return calls;
    }),
    lost: writing(() => {
      throw doubt;
    }),
  });
  const step = (tool: string, retry: StepDefinition['retry']): StepDefinition[] => [
    { id: 'try', kind: 'tool_call', with: { server: 'echoes', tool }, ...(retry ? { retry } : {}) },
  ];
  const id = await begin(hub, step('sometimes', { attempts: 3, backoff_seconds: 60 }));
  for (const [retries, pause] of [
    [1, 60_000],
    [2, 120_000],
  ] as const) {
    const waiting = () => hub.domain.jobs.get(hub.admin, id).steps[0];
    await wait('the step waits', () => waiting()?.retries === retries);
    t.equal(waiting()?.dueAt, hub.clock.now + pause);
    await hub.clock.move(pause);
    hub.domain.jobs.look();
  }
  t.match(await hub.over(id), {
    status: 'completed',
    steps: [{ retries: 2, result: { result: { content: [{ text: '3' }] } } }],
  });
  failures = 100;
  const other = step('sometimes', { attempts: 3, on: ['timeout'] });
  t.match(await hub.over(await begin(hub, other)), { status: 'failed', error: { code: 'upstream_failed' } });
  const { error, steps } = await hub.over(await begin(hub, step('lost', { attempts: 3 })));
  t.match(error, { code: 'timeout' });
  t.notOk(steps[0]?.retries, 'the first call may have taken effect');
});

t.test('an attempt that takes too long ends', async (t) => {
  const door = gate();
  t.teardown(() => door.open());
  const { hub } = await start(t, { hang: writing(() => door.opened) });
  const id = await begin(hub, [
    { id: 'hang', kind: 'tool_call', timeout: 1, with: { server: 'echoes', tool: 'hang', timeout: 3000 } },
  ]);
  t.match(await hub.over(id), {
    status: 'failed',
    error: { code: 'timeout', toolText: 'the step took longer than 1 s' },
  });
});

t.test('the steps that compensate for a failure run in order, and not otherwise', async (t) => {
  const fail = writing(() => {
    throw new ToolError('no');
  });
  const { hub, calls } = await start(t, { fail });
  const steps = (tool: string): StepDefinition[] => [
    call('made', { made: 7 }, { outputs: { id: '${{ fromJson(result.result.content[0].text).made }}' } }),
    { id: 'use', kind: 'tool_call', with: { server: 'echoes', tool }, on_error: { compensate: ['broken', 'unmake'] } },
    { id: 'broken', kind: 'tool_call', with: { server: 'echoes', tool: 'fail' } },
    call('unmake', { unmade: '${{ steps.made.outputs.id }}', why: '${{ steps.use.status }}' }),
    call('after', { after: true }),
  ];
  t.match(await hub.over(await begin(hub, steps('fail'))), {
    status: 'failed',
    error: { toolText: /'fail' reported/ },
    steps: [
      { status: 'completed' },
      { status: 'failed' },
      { status: 'failed' },
      { status: 'completed' },
      { status: 'pending' },
    ],
  });
  t.same(calls.splice(0), [{ made: 7 }, { unmade: 7, why: 'failed' }]);
  t.match(await hub.over(await begin(hub, steps('echo'))), { status: 'completed' });
  t.same(calls, [{ made: 7 }, {}, { after: true }]);
});

t.test('steps that fail side by side are all compensated', async (t) => {
  const fail = writing(() => {
    throw new ToolError('no');
  });
  const { hub, calls } = await start(t, { fail });
  const failing = (id: string): StepDefinition => ({
    id,
    kind: 'tool_call',
    needs: [],
    with: { server: 'echoes', tool: 'fail' },
    on_error: { compensate: [`undo_${id}`] },
  });
  const steps = [failing('a'), failing('b'), call('undo_a', { undone: 'a' }), call('undo_b', { undone: 'b' })];
  t.match(await hub.over(await begin(hub, steps)), { status: 'failed' });
  t.same(calls, [{ undone: 'a' }, { undone: 'b' }]);
});

t.test('a run that waits gives its place to others, and outlives any number of restarts', async (t) => {
  const { hub, calls, restart } = await start(
    t,
    {},
    { jobs: { ...defaultJobSettings, maxWorkers: 1, queueSize: 9, perSite: 9, timeoutMs: 1e6 } },
  );
  const id = await begin(hub, [{ id: 'pause', kind: 'wait', with: { seconds: 3600 } }, call('after', { n: 1 })]);
  await wait('it waits', () => hub.domain.jobs.get(hub.admin, id).steps[0]?.dueAt !== undefined);
  t.match(await hub.over(await begin(hub, [call('other', { n: 2 })])), { status: 'completed' });
  for (let restarts = 0; restarts < 4; restarts += 1) {
    await restart();
    await running(hub, id, 'pause');
  }
  await hub.clock.move(3_600_000 - 1);
  hub.domain.jobs.look();
  t.equal(statusOf(hub, id, 'pause'), 'running', 'a millisecond early');
  await hub.clock.move(1);
  hub.domain.jobs.look();
  t.match(await hub.over(id), { status: 'completed' });
  t.same(calls, [{ n: 2 }, { n: 1 }]);
});

t.test('a run goes on after its last finished steps; it fails after three stops without progress', async (t) => {
  let door = gate();
  let inside = 0;
  const hold = writing(() => {
    inside += 1;
    return door.opened;
  });
  const { hub, calls, restart } = await start(t, { hold });
  /** Waits until the tool has been called this many times. */
  const entered = (times: number) => wait(`the tool is called ${times} times`, () => inside === times);
  const held = (id: string): StepDefinition => ({ id, kind: 'tool_call', with: { server: 'echoes', tool: 'hold' } });
  const id = await begin(hub, [
    call('each', { n: '${{ item }}' }, { for_each: [1, 2] }),
    held('h1'),
    held('h2'),
    held('h3'),
  ]);
  for (let times = 1; times <= 9; times += 1) {
    await entered(times);
    if (times % 3 !== 0) {
      await restart();
      continue;
    }
    const open = door;
    door = gate();
    open.open();
  }
  t.match(await hub.over(id), { status: 'completed' }, 'six stops, each two with progress in between');
  t.same(calls, [{ n: 1 }, { n: 2 }], 'each member once');
  const stuck = await begin(hub, [held('h')]);
  for (let stops = 1; stops <= 3; stops += 1) {
    await entered(9 + stops);
    await restart();
  }
  t.match(await hub.over(stuck), { status: 'failed', error: { message: /3 times without progress/ } });
  door.open();
});

t.test('each step checks the current rights of its caller', async (t) => {
  const door = gate();
  const { hub } = await start(t, { hold: writing(() => door.opened) });
  const { users } = hub.domain;
  const user = await users.create(SYSTEM, { username: 'ada', password: 'a long password', role: 'operator' });
  const ada = await hub.caller('operator', null, { userId: user.id });
  const hold = { id: 'hold', kind: 'tool_call', with: { server: 'echoes', tool: 'hold' } };
  const id = await begin(hub, [hold, { id: 'after', kind: 'set', with: { n: 1 } }], {}, ada);
  await running(hub, id, 'hold');
  await users.bring(SYSTEM, user.id, { role: 'viewer' });
  door.open();
  t.match(await hub.over(id), { status: 'failed', error: { code: 'forbidden' } });
});

t.test('a result is for callers that may read all of its sources', async (t) => {
  const { hub } = await start(t);
  const operator = await hub.caller('operator');
  const viewer = await hub.caller('viewer');
  const secret = 'for-readers-only';
  const inner: StepDefinition[] = [{ id: 'give', kind: 'set', with: { word: secret } }];
  await hub.domain.workflows.catalog.add(hub.admin, { name: 'inner', description: '', parameters: {}, steps: inner });
  const seen = async (steps: StepDefinition[], as: Asker) => {
    const done = await hub.over(await begin(hub, steps));
    return (
      JSON.stringify(hub.domain.jobs.shown(as, done).steps.map(({ result, reason }) => [result, reason])) +
      JSON.stringify(hub.domain.jobs.shown(as, done).error)
    );
  };
  const told = call('tell', { word: secret });
  const copied: StepDefinition = { id: 'copy', kind: 'set', with: { all: '${{ toJson(steps.tell.outputs) }}' } };
  const nested: StepDefinition = { id: 'tell', kind: 'workflow', with: { workflow: 'inner' } };
  const failing = { id: 'copy', kind: 'health_sweep', with: { servers: ['${{ steps.tell.outputs.give.word }}'] } };
  for (const [title, steps, readers] of [
    ['the answer of a tool, and its copy', [told, copied], [operator, hub.admin]],
    ['a nested run, and the copy of its result', [nested, copied], [hub.admin]],
    ['an error that holds what a nested run gave', [nested, failing], [hub.admin]],
  ] as const)
    for (const as of [viewer, operator, hub.admin]) {
      const found = await seen([...steps], as);
      t.equal(
        found.includes(secret),
        readers.some((one) => one === as),
        `${title}: ${as.caller.role}`,
      );
    }
  t.notMatch(JSON.stringify(await hub.events('job.')), secret, 'events are for everyone');
});

t.test('a personal server that an expression names does nothing in a run that others read', async (t) => {
  const { hub } = await start(t);
  const ada = await hub.caller('operator');
  const server = new ScriptedServer({ read: readOnly() });
  hub.fleet.servers.set('of-ada', server);
  const transport = { type: 'stdio', command: 'x', args: [] } as const;
  const belonging = { ownerId: ada.caller.id, curated: true };
  const { record } = await hub.domain.lifecycle.create(ada, { name: 'of-ada', transport }, {}, belonging);
  await hub.domain.lifecycle.connect(ada, record.id);
  const pid = hub.domain.observed.get(record.id).pid;
  const parameters = { id: { type: 'string', default: record.id } } as const;
  const named = '${{ inputs.id }}';
  for (const step of [
    { id: 'call', kind: 'tool_call', with: { tool: 'read', server: named } },
    { id: 'restart', kind: 'server_restart', with: { servers: [named] } },
    { id: 'sweep', kind: 'health_sweep', with: { servers: '${{ [inputs.id] }}' } },
    { id: 'update', kind: 'update', with: { servers: [named] } },
    { id: 'test', kind: 'test_run', with: { servers: [named] } },
  ]) {
    const { status, error, ownerId, ...done } = await hub.over(await begin(hub, [step], parameters, ada));
    t.match(
      { status, error, ownerId },
      step.id === 'test'
        ? { status: 'failed', error: { code: 'invalid_input', toolText: /there is no server/ } }
        : { status: 'failed', error: { code: 'conflict', toolText: /belongs to one person/ } },
      step.id,
    );
    t.equal(ownerId, undefined);
    t.notMatch(JSON.stringify(done.steps), 'of-ada', step.id);
  }
  t.equal(server.calls, 0);
  t.equal(hub.domain.observed.get(record.id).pid, pid);
});

t.test('a value is never a placeholder, an expression or a reference to a database', async (t) => {
  const { hub, calls } = await start(t);
  const planted = ['${other}', '${{ 1 + 1 }}', '{{database:prod|password}}'];
  const steps = [
    call(
      'echo',
      { given: '${{ inputs.planted }}', one: '${{ inputs.planted[2] }}', old: '${planted}' },
      { outputs: { back: text } },
    ),
    call('again', { back: '${{ steps.echo.outputs.back.given }}' }),
  ];
  const parameters: Parameters = {
    planted: { type: 'strings', default: planted },
    other: { type: 'string', default: 'x' },
  };
  t.match(await hub.over(await begin(hub, steps, parameters)), { status: 'completed' });
  t.same(calls, [{ given: planted, one: planted[2], old: planted }, { back: planted }]);
});

t.test('after the failure of a step loops, other workflows and attempts begin nothing more', async (t) => {
  const door = gate();
  const inside = new Set<unknown>();
  const hold = writing(async ({ arguments: { at } }) => {
    inside.add(at);
    await door.opened;
    return at;
  });
  const no = writing(() => {
    throw new ToolError('no');
  });
  const { hub, calls, server } = await start(t, { hold, no });
  const held = (id: string, more: Partial<StepDefinition> = {}): StepDefinition => ({
    id,
    kind: 'tool_call',
    with: { server: 'echoes', tool: 'hold', arguments: { at: '${{ run.id }}' } },
    ...more,
  });
  const inner = [held('hold'), call('after', { from: 'inner' })];
  await hub.domain.workflows.catalog.add(hub.admin, { name: 'inner', description: '', parameters: {}, steps: inner });
  const id = await begin(hub, [
    held('loop', {
      needs: [],
      for_each: ['one', 'two'],
      with: { server: 'echoes', tool: 'hold', arguments: { at: '${{ item }}' } },
    }),
    { id: 'nested', kind: 'workflow', needs: [], with: { workflow: 'inner' } },
    {
      id: 'again',
      kind: 'tool_call',
      needs: [],
      retry: { attempts: 2, backoff_seconds: 60 },
      with: { server: 'echoes', tool: 'no' },
    },
    { id: 'fails', kind: 'tool_call', needs: ['gate'], with: { server: 'echoes', tool: 'no' } },
    { id: 'gate', kind: 'wait', needs: [], with: { seconds: 30 } },
  ]);
  await wait('the loop and the other workflow are inside', () => inside.size === 2);
  const again = () => hub.domain.jobs.get(hub.admin, id).steps.find(({ name }) => name === 'again');
  await wait('an attempt waits', () => again()?.retries === 1);
  await hub.clock.move(30_000);
  hub.domain.jobs.look();
  await wait('a step has failed', () => statusOf(hub, id, 'fails') === 'failed');
  await hub.clock.move(60_000);
  hub.domain.jobs.look();
  const before = server.calls;
  door.open();
  const { status, error, steps } = await hub.over(id);
  t.match({ status, error }, { status: 'failed', error: { toolText: /the tool 'no' reported an error/ } });
  t.equal(server.calls, before, 'no further call');
  t.same(calls, []);
  const ended = steps.filter(({ name }) => ['loop', 'nested', 'again'].includes(name));
  t.match(
    ended.map(({ name, status }) => [name, status]),
    [
      ['loop', 'failed'],
      ['nested', 'failed'],
      ['again', 'failed'],
    ],
  );
});

t.test('the workflows of a run have a bound together', async (t) => {
  const { hub } = await start(t);
  const { domain, admin } = hub;
  // A value of an argument has 2,000 characters at most.
  const long = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`v${at}`, 'x'.repeat(2000)]));
  const nested: StepDefinition[] = [];
  for (const name of ['one', 'two', 'three', 'four']) {
    await domain.workflows.catalog.add(admin, { name, description: '', parameters: {}, steps: [call('say', long)] });
    nested.push({ id: name, kind: 'workflow', with: { workflow: name } });
  }
  const done = await hub.over(await begin(hub, nested));
  t.equal(done.status, 'completed');
  const tooLong = { code: 'conflict', message: /have at most 262144 characters as JSON together/ };
  await t.rejects(begin(hub, [...nested, call('own', long)]), tooLong);
});

t.test('the results of a run have a bound together: later ones leave a note of their size', async (t) => {
  const { hub } = await start(t);
  const members = Array.from({ length: 80 }, (_, at) => at);
  const steps = [{ id: 'each', kind: 'set', for_each: members, with: { text: '${{ inputs.text }}' } }];
  const parameters: Parameters = { text: { type: 'string', default: 'x'.repeat(60_000) } };
  const done = await hub.over(await begin(hub, steps, parameters));
  t.equal(done.status, 'completed');
  t.match(done.steps.find(({ name }) => name === 'each[0]')?.result, { text: /^x+$/ });
  t.match(done.steps.find(({ name }) => name === 'each[79]')?.result, { truncated: true, limit: 'run' });
  t.ok(JSON.stringify(done.steps).length < 4.2 * 1024 * 1024);
});

t.test('the expressions of a step share one bound, and the error names the expression at which it ends', async (t) => {
  const { hub } = await start(t);
  const texts = Array.from({ length: 100 }, (_, at) => `\${{ inputs.l.all(a, a != "${at}x") }}`);
  const parameters: Parameters = { l: { type: 'strings', default: Array.from({ length: 1000 }, () => 'a') } };
  const one = { id: 'one', kind: 'set', with: { texts: texts.slice(0, 2) } };
  t.match(await hub.over(await begin(hub, [one], parameters)), { status: 'completed' });
  const all = { id: 'all', kind: 'set', with: { texts } };
  t.match(await hub.over(await begin(hub, [all], parameters)), {
    status: 'failed',
    error: { toolText: /^the expression 'inputs\.l\.all\(a, a != "\d+x"\)' takes too much work: .* 100000 units/ },
  });
});

t.test('the audit entry of a run holds no secret of its parameters and its definition', async (t) => {
  const { hub } = await start(t);
  const steps = [call('use', { password: 'literal-in-definition' })];
  const parameters: Parameters = { api_token: { type: 'string', default: 'given-to-the-run' } };
  await hub.over(await begin(hub, steps, parameters));
  const { entries } = await hub.domain.audit.page(hub.admin.caller, { action: 'workflow' }, 10, 0);
  t.match(entries, [{ details: { params: { parameters: { api_token: '[REDACTED]' } } } }]);
  t.notMatch(JSON.stringify(entries), /literal-in-definition|given-to-the-run/);
});

// biome-ignore-end lint/suspicious/noTemplateCurlyInString: expressions of workflows

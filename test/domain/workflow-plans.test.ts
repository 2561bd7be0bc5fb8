import t from 'tap';
import { stepOperations } from '../../hub/api/mcp/operations/table.js';
import type { Domain } from '../../hub/domain/domain.js';
import type { ParameterDefinition, StepDefinition } from '../../hub/domain/workflows/definition.js';
import { kindForms } from '../../hub/domain/workflows/kinds.js';
import { type Asker, startDomain, type TestDomain } from '../kit/domain.js';
import { ScriptedServer, writing } from '../kit/scripted-site.js';

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: expressions of workflows

type Inputs = Readonly<Record<string, ParameterDefinition>>;

async function define({ domain, admin }: TestDomain, name: string, steps: StepDefinition[], parameters: Inputs = {}) {
  await domain.workflows.catalog.add(admin, { name, description: '', parameters, steps });
}

/** A hub with the real operations, and a tool whose calls count. */
async function withOperations(t: Parameters<typeof startDomain>[0]) {
  let domain: Domain | undefined;
  const requests: unknown[] = [];
  const sender = { request: async (request: unknown) => requests.push(request) };
  const outbound = { guard: { check: async () => {} }, sender } as never;
  const hub = await startDomain(t, { ports: { stepOperations: stepOperations(() => domain as Domain), outbound } });
  domain = hub.domain;
  const { server, id } = await hub.connect('books', { note: writing() });
  const execute = hub.fleet.execute.bind(hub.fleet);
  const commands: string[] = [];
  hub.fleet.execute = (agentId, operation, options) => {
    commands.push(String(operation.case));
    return execute(agentId, operation, options);
  };
  /** What a dry run says about each step, by name; it fails the test if anything happens meanwhile. */
  const plan = async (workflow: string, parameters: object = {}, as: Asker = hub.admin) => {
    const before = [hub.store.latestSeq, server.calls, commands.length, requests.length];
    const { steps } = await hub.domain.workflows.plan(as, { workflow, parameters: { ...parameters } });
    await hub.store.flush();
    const after = [hub.store.latestSeq, server.calls, commands.length, requests.length];
    t.same(after, before, 'no event, no call, no command and no request');
    return Object.fromEntries(steps.map(({ name, ...step }) => [name, step]));
  };
  return { hub, server, serverId: id, plan };
}

const note = (id: string, text: string, more: Partial<StepDefinition> = {}): StepDefinition => ({
  id,
  kind: 'tool_call',
  with: { server: 'books', tool: 'note', arguments: { text } },
  ...more,
});

t.test('a dry run has a call for every kind of step, and makes none', async (t) => {
  const { hub, plan } = await withOperations(t);
  const address = { host: 'db.test', port: 5432, databaseName: 'app', username: 'app', password: 'a long password' };
  await hub.domain.databases.create(hub.admin, { name: 'prod', type: 'postgresql', ...address, site: 'local' });
  await define(hub, 'inner', [{ id: 'one', kind: 'set', with: { a: 1 } }]);
  const given: Readonly<Record<keyof typeof kindForms, object>> = {
    approval: { question: 'Go on?' },
    backup_configs: {},
    cleanup: { targets: ['logs'] },
    device: { operation: 'list_devices' },
    docker: { operation: 'restart_container', container: 'web' },
    health_sweep: { restart: true },
    http: { url: 'http://a.test/', method: 'POST' },
    kubernetes: { operation: 'scale_deployment', cluster: 'main', namespace: 'a', deployment: 'b', replicas: 2 },
    server: { operation: 'restart_server', server: 'books' },
    server_restart: { servers: ['books'] },
    server_start: { servers: ['books'] },
    server_stop: { servers: ['books'] },
    set: { a: 1 },
    sql: { database: 'prod', statement: 'delete from a', change: true },
    test_run: { servers: ['books'] },
    tool_call: { server: 'books', tool: 'note' },
    update: { servers: ['books'] },
    update_check: {},
    wait: { seconds: 100 },
    workflow: { workflow: 'inner' },
  };
  const kinds = Object.keys(kindForms).sort();
  t.same(Object.keys(given).sort(), kinds);
  await define(
    hub,
    'all',
    Object.entries(given).map(([kind, args]) => ({ id: `a_${kind}`, kind, with: args })) as StepDefinition[],
  );
  const all = await plan('all');
  for (const [kind, args] of Object.entries(given))
    t.same(all[`a_${kind}`], { kind, outlook: 'run', reason: null, arguments: args, unknown: [], problem: null }, kind);
  t.match(all['a_workflow/one'], { kind: 'set', outlook: 'run', arguments: { a: 1 } });
});

t.test('a dry run fills in what is known before a run, and names the rest', async (t) => {
  const { hub, plan } = await withOperations(t);
  await define(hub, 'inner', [note('write', '${{ inputs.a }} and ${{ inputs.b }}'), note('plain', '${{ inputs.b }}')], {
    a: { type: 'string', default: '' },
    b: { type: 'string', default: 'of the inner one' },
  });
  const steps: StepDefinition[] = [
    { id: 'names', kind: 'set', with: { list: ['x', 'y'] } },
    note('first', '${{ inputs.word }} of ${{ run.started_by }}'),
    note('each', '${{ item }}', { for_each: '${{ steps.names.outputs.list }}' }),
    note('later', '${{ steps.first.outputs.result.content[0].text }}', {
      if: '${{ steps.first.status == "completed" }}',
    }),
    note('never', 'never', { if: '${{ inputs.word == "other" }}', for_each: [1, 2] }),
    note('asked', 'asked', { when: 'on' }),
    note('after', '${{ steps.never.status }} ${{ size(steps.never.outputs) }}'),
    note('many', '${{ item.id }} ${{ inputs.word }}', { for_each: '${{ steps.first.outputs.result.content }}' }),
    {
      id: 'inside',
      kind: 'workflow',
      on_error: { compensate: ['undo'] },
      with: { workflow: 'inner', parameters: { a: '${{ steps.first.outputs.result.id }}' } },
    },
    note('undo', 'undo ${{ run.id }}'),
  ];
  await define(hub, 'outer', steps, {
    word: { type: 'string', default: 'hello' },
    on: { type: 'boolean', default: false },
  });
  const found = await plan('outer', { word: 'hi' });
  const texts = Object.entries(found).map(([name, { outlook, arguments: given, unknown }]) => {
    const { text } = (given.arguments ?? {}) as { readonly text?: unknown };
    return [name, outlook, text, ...unknown];
  });
  const isOpen = 'with.arguments.text';
  t.same(texts, [
    ['names', 'run', undefined],
    ['first', 'run', 'hi of admin'],
    ['each', 'run', undefined],
    ['each[0]', 'run', 'x'],
    ['each[1]', 'run', 'y'],
    ['later', 'depends', '${{ steps.first.outputs.result.content[0].text }}', 'if', isOpen],
    ['never', 'skip', undefined],
    ['asked', 'skip', undefined],
    ['after', 'run', 'skipped 0'],
    ['many[*]', 'depends', '${{ item.id }} ${{ inputs.word }}', 'for_each', isOpen],
    ['inside', 'run', undefined, 'with.parameters.a'],
    ['inside/write', 'run', '${{ inputs.a }} and ${{ inputs.b }}', isOpen],
    ['inside/plain', 'run', 'of the inner one'],
    ['undo', 'compensate', 'undo ${{ run.id }}', isOpen],
  ]);
  t.match(found.asked, { reason: /parameter 'on' is false/ });
  const on = await plan('outer', { on: true });
  t.match(on.asked, { outlook: 'run' });
  await t.rejects(plan('outer', { other: 1 }), { code: 'invalid_input' });
});

t.test('a dry run has at most as many steps as a run, and its arguments have a bound', async (t) => {
  const { hub, plan } = await withOperations(t);
  const items = Array.from({ length: 256 }, (_, at) => at);
  const loop = (id: string): StepDefinition => ({ id, kind: 'set', for_each: items, with: {} });
  await define(hub, 'most', ['a', 'b', 'c'].map(loop));
  t.equal(Object.keys(await plan('most')).length, 3 * 257);
  await define(hub, 'too-many', ['a', 'b', 'c', 'd'].map(loop));
  await t.rejects(plan('too-many'), { code: 'conflict', message: /more than 1000 steps/ });

  const text = { type: 'string', default: '' } as const;
  const large: StepDefinition = { id: 'large', kind: 'set', for_each: items, with: { text: '${text}' } };
  await define(hub, 'large', [large], { text });
  const length = 60_000;
  const steps = Object.values(await plan('large', { text: 'x'.repeat(length) }));
  const whole = steps.filter(({ arguments: { text } }) => text !== undefined);
  t.equal(whole.length, Math.floor((4 * 1024 * 1024) / JSON.stringify({ text: 'x'.repeat(length) }).length));
  await define(hub, 'larger', [{ id: 'twice', kind: 'set', with: { one: '${text}', other: '${text}' } }], { text });
  const given = 'x'.repeat(40_000);
  const { twice } = await plan('larger', { text: given });
  t.same(twice?.arguments, { truncated: true, bytes: JSON.stringify({ one: given, other: given }).length });
});

t.test('a dry run checks the rights of its caller, as each step does', async (t) => {
  const { hub, plan } = await withOperations(t);
  const operator = await hub.caller('operator');
  hub.fleet.servers.set('mine', new ScriptedServer({ own: writing() }));
  const transport = { type: 'stdio', command: 'mine', args: [] } as const;
  const more = { ownerId: hub.admin.caller.id, curated: true };
  await hub.domain.lifecycle.create(hub.admin, { name: 'mine', transport }, {}, more);
  await hub.domain.lifecycle.connect(hub.admin, 'mine');
  const steps: StepDefinition[] = [
    { id: 'exec', kind: 'docker', with: { operation: 'exec_in_container', container: 'a', command: ['true'] } },
    { id: 'change', kind: 'sql', with: { database: 'prod', statement: 'delete from a', change: true } },
    { id: 'gone', kind: 'server_stop', with: { servers: ['${{ "nothing" }}'] } },
    { id: 'other', kind: 'tool_call', with: { server: '${{ "mi" + "ne" }}', tool: 'own' } },
    { id: 'missing', kind: 'tool_call', with: { server: 'books', tool: 'nothing' } },
    { id: 'wrong', kind: 'wait', with: { seconds: '${{ 0 - 1 }}' } },
    { id: 'fails', kind: 'set', with: { a: '${{ fromJson("no JSON") }}' } },
    note('fine', 'a'),
  ];
  await define(hub, 'many', steps);
  const codes = async (as: Asker) => {
    const found = await plan('many', {}, as);
    return Object.fromEntries(Object.entries(found).map(([name, { problem }]) => [name, problem?.code]));
  };
  const both = {
    gone: 'not_found',
    missing: 'not_found',
    wrong: 'invalid_input',
    fails: 'invalid_input',
    fine: undefined,
  };
  t.same(await codes(operator), { exec: 'forbidden', change: 'forbidden', other: 'not_found', ...both });
  t.same(await codes(hub.admin), { exec: undefined, change: 'not_found', other: 'conflict', ...both });
  for (const as of [await hub.caller('viewer'), await hub.caller('operator', { servers: ['books'] })])
    await t.rejects(plan('many', {}, as), { code: 'forbidden' });

  await define(
    hub,
    'huge',
    [
      note('a', 'a', { for_each: Array.from({ length: 256 }, (_, at) => at) }),
      note('b', 'b', { for_each: '${{ inputs.names }}' }),
    ],
    { names: { type: 'strings', default: [] } },
  );
  const names = (count: number) => ({ names: Array.from({ length: count }, String) });
  t.match(await plan('huge', names(257)), { b: { problem: { message: /256/ } } });
  await define(
    hub,
    'too-many',
    [0, 1, 2, 3].map((at) => note(`s${at}`, 'b', { for_each: Array(250).fill(0) })),
  );
  await t.rejects(plan('too-many'), { code: 'conflict', message: /1000 steps/ });
});

t.test('two runs of a workflow are compared, by callers who may read every result', async (t) => {
  const { hub } = await withOperations(t);
  const { workflows, definitions } = hub.domain;
  const [ada, bob, eve] = [await hub.caller('operator'), await hub.caller('operator'), await hub.caller('viewer')];
  await hub.connect('still', { same: writing(({ calls }) => hub.clock.move(calls * 10).then(() => 'same')) });
  const steps = (more: object): StepDefinition[] => [
    note('count', 'a'),
    { id: 'same', kind: 'tool_call', with: { server: 'still', tool: 'same' } },
    { id: 'more', kind: 'set', if: '${{ inputs.more }}', with: { a: 1, ...more } },
  ];
  const parameters: Inputs = { more: { type: 'boolean', default: false } };
  const config = (more: object) => ({ type: 'workflow' as const, parameters, steps: steps(more) });
  const first = { name: 'w', type: 'workflow' as const, config: config({}) };
  await definitions.create(hub.admin, first);
  const run = async (as: Asker, given: object = {}, workflow = 'w') => {
    const { job } = await workflows.execute(as, { workflow, parameters: { ...given } });
    await hub.over(job.id);
    return job.id;
  };
  const one = await run(ada);
  const two = await run(bob, { more: true });
  const found = workflows.diff(ada, one, two);
  const counted = (text: string) => ({ result: { result: { content: [{ text }] } } });
  t.match(found, {
    definition: { length: 0 },
    parameters: [{ name: 'more', sides: [false, true] }],
    steps: [
      { name: 'count', sides: [counted('1'), counted('2')] },
      { name: 'more', sides: [{ status: 'skipped' }, { status: 'completed', result: { a: 1 } }] },
    ],
  });
  t.equal(found.steps.length, 2, 'a step that came to the same is no difference, however long it took');
  t.same(workflows.diff(ada, one, one).steps, []);
  await t.rejects(
    async () => workflows.diff(eve, one, two),
    { code: 'forbidden' },
    'a viewer reads no results of tools',
  );

  await definitions.update(hub.admin, 'w', { config: config({ b: 2 }) });
  const three = await run(bob, { more: true });
  const changed = workflows.diff(bob, two, three);
  t.match(changed, {
    definition: [{ name: 'more', sides: [{ with: { a: 1 } }, { with: { b: 2 } }] }],
    steps: [{ name: 'count' }, { name: 'more', sides: [{ result: { a: 1 } }, { result: { a: 1, b: 2 } }] }],
  });
  t.equal(changed.definition.length, 1);
  await define(hub, 'inner', [{ id: 'a', kind: 'set', with: { a: 1 } }]);
  await define(hub, 'outer', [{ id: 'inside', kind: 'workflow', with: { workflow: 'inner' } }]);
  const [own, others] = [await run(ada, {}, 'outer'), await run(hub.admin, {}, 'outer')];
  await t.rejects(async () => workflows.diff(ada, own, others), { code: 'forbidden' }, 'one of the runs is for admins');
  t.same(workflows.diff(hub.admin, own, others).steps, []);
  await t.rejects(async () => workflows.diff(hub.admin, own, one), { code: 'conflict' });
});

// biome-ignore-end lint/suspicious/noTemplateCurlyInString: expressions of workflows

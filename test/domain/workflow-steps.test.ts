import { LRUCache } from 'lru-cache';
import t, { type Test } from 'tap';
import { parse } from 'yaml';
import { stepOperations } from '../../hub/api/mcp/operations/table.js';
import type { Domain } from '../../hub/domain/domain.js';
import { DomainError } from '../../hub/domain/errors.js';
import type { StepDefinition, WorkflowDefinition } from '../../hub/domain/workflows/definition.js';
import { compileExpression, type Expression } from '../../hub/domain/workflows/expressions.js';
import { noOperations, type StepOperation } from '../../hub/domain/workflows/kinds.js';
import { begin, startDomain } from '../kit/domain.js';
import { blocks } from '../kit/markdown.js';
import { readOnly, ScriptedServer, ToolError, writing } from '../kit/scripted-site.js';

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: expressions of workflows

t.test('a change whose outcome is open, and a change that fails, are in the audit log', async (t) => {
  let sent = () => {};
  const sending = new Promise<void>((resolve) => {
    sent = resolve;
  });
  const request = ({ signal }: { readonly signal: AbortSignal }) =>
    new Promise((resolve) => {
      const outcome = { statusCode: null, retryAfterMs: null, answer: null, error: 'cut off', durationMs: 1 };
      signal.addEventListener('abort', () => resolve(outcome));
      sent();
    });
  const outbound = { guard: { check: async () => {} }, sender: { request } } as never;
  const hub = await startDomain(t, { ports: { outbound } });
  const post = await begin(hub, [{ id: 'post', kind: 'http', with: { url: 'http://a.test/', method: 'POST' } }]);
  await sending;
  await hub.domain.jobs.cancel(hub.admin, post);
  const entriesOf = async (action: string) =>
    (await hub.domain.audit.page(hub.admin.caller, { action }, 10, 0)).entries;
  t.match(await entriesOf('http.request'), [
    { success: false, details: { method: 'POST', host: 'a.test', outcome: 'unknown' } },
  ]);

  hub.agentComes({ operations: ['queryDatabase'] });
  const address = { host: 'db.test', port: 5432, databaseName: 'app', username: 'app', password: 'a long password' };
  await hub.domain.databases.create(hub.admin, { name: 'prod', type: 'postgresql', ...address, site: 'local' });
  const statement = "alter user eve password 'hunter22'";
  const change = { id: 'change', kind: 'sql', with: { database: 'prod', statement, change: true } };
  for (const outcome of [{ outcome: 'unknown' }, {}, { outcome: 'not_run' }]) {
    hub.fleet.answers.set('queryDatabase', async () => {
      throw new DomainError('upstream_failed', 'no', outcome);
    });
    t.match(await hub.over(await begin(hub, [change])), { status: 'failed' });
  }
  await hub.store.flush();
  const entries = await entriesOf('database.change');
  t.same([...new Set(entries.map(({ details }) => details.statement))], ['alter user eve password [REDACTED]']);
  const told = entries.map(({ success, details }) => [success, details.outcome]);
  t.same(
    told.sort(),
    [
      [false, 'unknown'],
      [false, undefined],
    ].sort(),
    'a statement that was not sent has none',
  );
});

/** A hub with the real operations, and personal servers of an operator and of the admin. */
async function withPersonalServers(t: Parameters<typeof startDomain>[0]) {
  let domain: Domain | undefined;
  const ports = { stepOperations: stepOperations(() => domain as Domain) };
  const hub = await startDomain(t, { ports });
  domain = hub.domain;
  const operator = await hub.caller('operator');
  const transport = { type: 'stdio', command: 'x', args: [] } as const;
  for (const [name, owner] of [
    ['of-operator', operator],
    ['of-admin', hub.admin],
  ] as const) {
    hub.fleet.servers.set(name, new ScriptedServer({ now: readOnly(() => 1) }));
    await hub.domain.lifecycle.create(owner, { name, transport }, {}, { ownerId: owner.caller.id, curated: true });
  }
  await hub.connect('shared', { now: readOnly(() => 1) });
  return { hub, operator };
}

t.test('a run that others read shows no personal server, however a step comes to name it', async (t) => {
  const { hub, operator } = await withPersonalServers(t);
  for (const [as, own] of [
    [operator, 'of-operator'],
    [hub.admin, 'of-admin'],
  ] as const) {
    const list = await begin(hub, [{ id: 'list', kind: 'server', with: { operation: 'list_servers' } }], as);
    const { steps, ownerId } = await hub.over(list);
    t.equal(ownerId, undefined, 'others read the run');
    t.match(steps, [{ result: { total: 1, servers: [{ name: 'shared' }] } }]);
    const ask = (operation: string) =>
      begin(
        hub,
        [
          {
            id: 'ask',
            kind: 'server',
            with: { operation, server: `\${{ "${own.slice(0, 3)}" + "${own.slice(3)}" }}` },
          },
        ],
        as,
      );
    for (const operation of ['get_server_status', 'stop_server']) {
      const asked = await hub.over(await ask(operation));
      t.match(asked, { status: 'failed', error: { code: /not_found|conflict/ } }, `${own}: ${operation}`);
      t.notMatch(JSON.stringify(asked.steps), '"state"');
    }
    const named = { operation: 'get_server_status', server: own };
    const mine = await hub.over(await begin(hub, [{ id: 'ask', kind: 'server', with: named }], as));
    t.match(mine, { status: 'completed', ownerId: as.caller.id, steps: [{ result: { name: own } }] });
  }
});

t.test('the results of an operation are for callers who could have done it', async (t) => {
  const give = (permission: StepOperation['permission']): StepOperation => ({
    permission,
    repeatable: true,
    input: { properties: {} },
    problems: () => [],
    run: async () => ({ word: `of ${permission}` }),
  });
  const docker = new Map([
    ['list', give('docker.read')],
    ['logs', give('docker.logs')],
    ['exec', give('docker.execute')],
  ]);
  const hub = await startDomain(t, { ports: { stepOperations: { ...noOperations, docker } } });
  const steps = [...docker.keys()].map((id) => ({ id, kind: 'docker', with: { operation: id } }));
  const id = await begin(hub, steps);
  await hub.over(id);
  const seenBy = async (role: 'viewer' | 'operator') =>
    hub.domain.jobs
      .get(await hub.caller(role), id)
      .steps.filter(({ result }) => result)
      .map(({ name }) => name);
  t.same(await seenBy('viewer'), ['list']);
  t.same(await seenBy('operator'), ['list', 'logs']);
});

t.test('the arguments of a tool that is known are checked when a workflow is saved', async (t) => {
  const hub = await startDomain(t);
  const properties = { text: { type: 'string' }, count: { type: 'integer' } };
  const inputSchema = { type: 'object', properties, required: ['text'], additionalProperties: false };
  await hub.connect('notes', { add: { ...writing(() => 1), inputSchema } });
  const call = (given: object, tool = 'add') => ({
    name: `calls-${JSON.stringify(given).length}-${tool}`,
    description: '',
    parameters: {},
    steps: [{ id: 'a', kind: 'tool_call', with: { server: 'notes', tool, arguments: given } }],
  });
  const save = (given: object, tool?: string) => hub.domain.workflows.catalog.add(hub.admin, call(given, tool));
  await t.rejects(save({ count: 'many', other: 1 }), {
    code: 'invalid_input',
    details: {
      problems: [
        { field: 'steps.0.with.arguments.text' },
        { field: 'steps.0.with.arguments.count' },
        { field: 'steps.0.with.arguments.other' },
      ],
    },
  });
  await t.resolves(save({ text: '${{ run.id }}', count: '${{ 1 }}' }));
  await t.resolves(save({ anything: 1 }, 'of-a-later-version'));
});

t.test('a run is repeated from a step: steps that do not come after it keep their results', async (t) => {
  const hub = await startDomain(t);
  const calls: unknown[] = [];
  let isBroken = true;
  const note = writing(({ arguments: { id } }) => {
    calls.push(id);
    if (id === 'b1' && isBroken) throw new ToolError('broken');
    return { id };
  });
  await hub.connect('books', { note });
  const call = (id: string, text: string, more: Partial<StepDefinition> = {}): StepDefinition => ({
    id,
    kind: 'tool_call',
    with: { server: 'books', tool: 'note', arguments: { id: text } },
    ...more,
  });
  const undo = call('undo', 'undone');
  const steps = [
    call('a', 'a'),
    call('beside', 'beside', { needs: [] }),
    call('b', 'b${{ item }}', { for_each: [0, 1, 2], on_error: { compensate: ['undo'] } }),
    call('c', 'c of ${{ steps.a.outputs.result.content[0].text }}'),
    undo,
  ].map((step) => (step.id === 'b' ? { ...step, needs: ['a', 'beside'] } : step));
  const ada = await hub.caller('operator');
  const id = await begin(hub, steps, ada);
  const { workflows } = hub.domain;
  t.match(await hub.over(id), { status: 'failed' });
  t.same(calls.splice(0).sort(), ['a', 'b0', 'b1', 'beside', 'undone']);
  for (const [as, from, code] of [
    [await hub.caller('viewer'), undefined, 'forbidden'],
    [await hub.caller('operator'), undefined, 'forbidden'],
    [ada, 'undo', 'invalid_input'],
    [ada, 'nothing', 'invalid_input'],
  ] as const)
    await t.rejects(workflows.retry(as, id, from), { code }, `${as.caller.role}: ${from}`);
  isBroken = false;
  const { job } = await workflows.retry(ada, id);
  t.not(job.id, id);
  const done = await hub.over(job.id);
  t.match(done, { status: 'completed', params: { retryOf: id } });
  t.equal(calls.length, 3, 'the completed member of the loop, and the steps before it, are not done again');
  t.same(calls.splice(0, 2), ['b1', 'b2']);
  t.match(calls.splice(0), [/^c of .*a/], 'a later step reads the result that was kept');
  await t.rejects(workflows.retry(ada, job.id), { code: 'conflict' }, 'every step completed');
  const again = await workflows.retry(hub.admin, job.id, 'b');
  await hub.over(again.job.id);
  t.same(calls.splice(0).slice(0, 3), ['b0', 'b1', 'b2'], 'from a step that completed');
});

t.test('members of a loop are done again after a step before the loop that is repeated with it', async (t) => {
  const hub = await startDomain(t);
  const calls: unknown[] = [];
  let broken = ['a', 'b1'];
  const note = writing(({ arguments: { id } }) => {
    calls.push(id);
    if (broken.includes(String(id))) throw new ToolError('broken');
    return { id };
  });
  await hub.connect('books', { note });
  const call = (id: string, text: string, more: Partial<StepDefinition>): StepDefinition => ({
    id,
    kind: 'tool_call',
    with: { server: 'books', tool: 'note', arguments: { id: text } },
    ...more,
  });
  const steps = [call('a', 'a', { on_error: 'continue' }), call('b', 'b${{ item }}', { for_each: [0, 1] })];
  const id = await begin(hub, steps);
  t.match(await hub.over(id), { status: 'failed' });
  t.same(calls.splice(0), ['a', 'b0', 'b1']);
  broken = ['b1'];
  const { job } = await hub.domain.workflows.retry(hub.admin, id);
  t.match(await hub.over(job.id), { status: 'failed' });
  t.same(calls.splice(0), ['a', 'b0', 'b1'], 'both are repeated: the loop is done for all members');
  broken = [];
  await hub.over((await hub.domain.workflows.retry(hub.admin, job.id)).job.id);
  t.same(calls, ['b1'], 'the loop alone is repeated: its completed member is kept');
});

t.test('a repeated nested workflow that fails again is compensated again', async (t) => {
  const hub = await startDomain(t);
  const calls: unknown[] = [];
  const note = writing(({ arguments: { id } }) => {
    calls.push(id);
    if (id === 'deploy') throw new ToolError('broken');
    return { id };
  });
  await hub.connect('books', { note });
  const call = (id: string, more: Partial<StepDefinition> = {}): StepDefinition => ({
    ...{ id, kind: 'tool_call', with: { server: 'books', tool: 'note', arguments: { id } } },
    ...more,
  });
  const inner = [call('create'), call('deploy', { on_error: { compensate: ['undo'] } }), call('undo')];
  const { workflows } = hub.domain;
  await workflows.catalog.add(hub.admin, { name: 'inner', description: '', parameters: {}, steps: inner });
  const id = await begin(hub, [{ id: 'outer', kind: 'workflow', with: { workflow: 'inner' } }]);
  t.match(await hub.over(id), { status: 'failed' });
  t.same(calls.splice(0), ['create', 'deploy', 'undo']);
  const { job } = await workflows.retry(hub.admin, id);
  t.match(await hub.over(job.id), { status: 'failed' });
  t.same(calls.splice(0), ['create', 'deploy', 'undo'], 'the nested workflow is done whole');
});

/** A reading of the clock that is later than all others of this process. */
let farAhead = 1e12;

/** Counts in each turn of the event loop. Every look at the clock takes longer than a piece of work may keep the loop. */
function turnsOf(t: Test) {
  const before = performance.now;
  performance.now = () => {
    farAhead += 100;
    return farAhead;
  };
  let [all, inThis, most] = [0, 0, 0];
  let next = setImmediate(function tick() {
    most = Math.max(most, inThis);
    inThis = 0;
    next = setImmediate(tick);
  });
  t.teardown(() => {
    clearImmediate(next);
    performance.now = before;
  });
  return {
    count: () => {
      inThis += 1;
      all += 1;
    },
    all: () => all,
    most: () => Math.max(most, inThis),
  };
}

/** Counts the expressions that are compiled in each turn of the event loop: the hub keeps what it has compiled, or why it could not. */
function compiledIn(t: Test) {
  const turns = turnsOf(t);
  const { set } = LRUCache.prototype;
  LRUCache.prototype.set = function (key, value, ...more) {
    const isExpression = typeof (value as Partial<Expression>)?.evaluate === 'function';
    if (isExpression || value instanceof DomainError) turns.count();
    return set.call(this, key, value, ...more);
  };
  t.teardown(() => {
    LRUCache.prototype.set = set;
  });
  return turns;
}

t.test('the expressions of steps that begin at once share the event loop with other work', async (t) => {
  const hub = await startDomain(t);
  const text = 'size([1, 2, 3]) == 3';
  const expression = compileExpression(text) as { evaluate: Expression['evaluate'] };
  const { evaluate } = expression;
  let evaluated = 0;
  const turns = turnsOf(t);
  expression.evaluate = (...given) => {
    evaluated += 1;
    turns.count();
    return evaluate(...given);
  };
  t.teardown(() => {
    expression.evaluate = evaluate;
  });
  const whole = `\${{ ${text} }}`;
  const steps = Array.from({ length: 20 }, (_, at): StepDefinition => {
    const texts = { if: whole, with: { value: whole }, outputs: { value: whole } };
    return { id: `s${at}`, kind: 'set', needs: [], ...texts };
  });
  t.match(await hub.over(await begin(hub, steps)), { status: 'completed' });
  t.equal(evaluated, 60);
  t.equal(turns.most(), 1, 'each in a turn of its own');
});

t.test('the expressions of a workflow that is saved are compiled in turns of the event loop', async (t) => {
  const hub = await startDomain(t);
  const size = 16;
  const define = (name: string, expression: (at: number) => string) => {
    const steps = Array.from({ length: size }, (_, at) => ({
      id: `s${at}`,
      kind: 'set',
      with: { value: expression(at) },
    }));
    return hub.domain.workflows.catalog.add(hub.admin, { name, description: '', parameters: {}, steps });
  };
  const turns = compiledIn(t);
  await define('good', (at) => `\${{ ${'1 + '.repeat(90)} size('${'x'.repeat(400)}') + ${at} }}`);
  t.equal(turns.all(), size);
  const refused = define('bad', (at) => `\${{ ${'1 + '.repeat(90)} size('${'x'.repeat(400)}') + ${at} + }}`);
  await t.rejects(refused, { message: /steps\.0\.with\.value/ }, 'every mistake has its path');
  t.equal(turns.all(), 2 * size, 'texts that cannot be read, too');
  t.equal(turns.most(), 1, 'each in a turn of its own');
});

t.test('the expressions of a trigger are compiled in turns of the event loop', async (t) => {
  const hub = await startDomain(t);
  const size = 8;
  const names = Array.from({ length: size }, (_, at) => `p${at}`);
  const parameters: WorkflowDefinition['parameters'] = Object.fromEntries(
    names.map((name) => [name, { type: 'string', default: '' }]),
  );
  const texts = names.map((name) => [name, `\${{ event.type + '${name} ${'x'.repeat(300)}' }}`]);
  const set: StepDefinition = { id: 's', kind: 'set', with: { value: 1 } };
  const { triggers, workflows } = hub.domain;
  await workflows.catalog.add(hub.admin, { name: 'listening', description: '', parameters, steps: [set] });
  const turns = compiledIn(t);
  const given = { workflow: 'listening', events: ['server.error'], parameters: Object.fromEntries(texts) };
  await triggers.create(hub.admin, { name: 'listens', ...given });
  t.equal(turns.all(), size);
  t.equal(turns.most(), 1, 'each in a turn of its own');
});

t.test('a run is read without a look at its expressions', async (t) => {
  const hub = await startDomain(t);
  const text = 'steps.first.outputs.value + 41';
  const steps: StepDefinition[] = [
    { id: 'first', kind: 'set', with: { value: 1 } },
    { id: 'second', kind: 'set', with: { value: `\${{ ${text} }}` } },
  ];
  const id = await begin(hub, steps);
  t.match(await hub.over(id), { status: 'completed', steps: [{ result: { value: 1 } }, { result: { value: 42 } }] });
  let looks = 0;
  const expression = compileExpression(text);
  const { references } = expression;
  Object.defineProperty(expression, 'references', {
    configurable: true,
    get: () => {
      looks += 1;
      return references;
    },
  });
  t.teardown(() => Object.defineProperty(expression, 'references', { value: references }));
  const viewer = await hub.caller('viewer');
  t.match(hub.domain.jobs.get(viewer, id), { steps: [{ result: { value: 1 } }, { result: { value: 42 } }] });
  t.equal(looks, 0);
});

t.test('the example of the guide runs as the guide says', async (t) => {
  const [text = ''] = blocks('docs/guides/workflows.md', 'yaml');
  const { steps } = parse(text) as { readonly steps: StepDefinition[] };
  const hub = await startDomain(t);
  const hosts = [
    { name: 'a', role: 'web' },
    { name: 'b', role: 'mail' },
    { name: 'c', role: 'web' },
  ];
  const calls: unknown[] = [];
  const keep = writing(({ arguments: given }) => {
    calls.push(given);
    return given;
  });
  await hub.connect('inventory', { list_hosts: readOnly(() => ({ hosts })) });
  await hub.connect('probe', { check: keep });
  await hub.connect('mail', { send: keep });
  t.match(await hub.over(await begin(hub, steps)), { status: 'completed' });
  t.same(new Set(calls.slice(0, 2)), new Set([{ host: 'a' }, { host: 'c' }]));
  t.same(calls[2], { text: '2 hosts checked' });
});

// biome-ignore-end lint/suspicious/noTemplateCurlyInString: expressions of workflows

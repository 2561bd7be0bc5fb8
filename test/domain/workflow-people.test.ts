import t, { type Test } from 'tap';
import { SYSTEM } from '../../hub/domain/audit/audit.js';
import { DomainError } from '../../hub/domain/errors.js';
import { historyOf } from '../../hub/domain/jobs/history.js';
import { defaultJobSettings } from '../../hub/domain/jobs/kind.js';
import type { StepDefinition } from '../../hub/domain/workflows/definition.js';
import { begin, startDomain, type TestDomain } from '../kit/domain.js';
import { gate, json, writing } from '../kit/scripted-site.js';
import { wait } from '../kit/wait.js';

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: expressions of workflows

/** The question of a step, as a caller reads it. */
const asked = ({ domain, admin }: TestDomain, id: string, name: string, as = admin) =>
  domain.jobs.get(as, id).steps.find((step) => step.name === name)?.asks;
const waits = (hub: TestDomain, id: string, name: string) =>
  wait(`step '${name}' waits for a person`, () => asked(hub, id, name));

const form = {
  type: 'object',
  properties: { size: { type: 'integer', minimum: 1, maximum: 9 }, where: { type: 'string', enum: ['a', 'b'] } },
  required: ['size'],
};
const approval = (more: Record<string, unknown> = {}): StepDefinition[] => [
  { id: 'count', kind: 'set', with: { hosts: 3 } },
  { id: 'ask', kind: 'approval', with: { question: 'Restart ${{ steps.count.outputs.hosts }} hosts?', ...more } },
  { id: 'after', kind: 'set', with: { size: '${{ steps.ask.outputs.values.size }}' } },
];

t.test('a run waits for approval over restarts of the hub, and goes on with the values of the form', async (t) => {
  const jobs = { ...defaultJobSettings, maxWorkers: 1, queueSize: 9, perSite: 9, timeoutMs: 1e6 };
  const hub = await startDomain(t, { settings: { jobs } });
  const id = await begin(hub, approval({ form }));
  await waits(hub, id, 'ask');
  t.match(
    await hub.over(await begin(hub, [{ id: 'other', kind: 'set' }])),
    { status: 'completed' },
    'the worker is free',
  );
  for (let restarts = 0; restarts < 4; restarts += 1) {
    await hub.restart();
    await wait('the hub has taken up the run', () => hub.domain.jobs.status().queue.processing === 1);
    await hub.clock.move(7 * 3_600_000);
  }
  const operator = await hub.caller('operator');
  const told = historyOf(hub.domain.jobs.get(hub.admin, id));
  t.match(asked(hub, id, 'ask', operator), { kind: 'approval', text: 'Restart 3 hosts?', form });
  const decide = (values: Record<string, unknown>, step = 'ask') =>
    hub.domain.workflows.decide(operator, id, { step, decision: 'approve', comment: 'go', values });
  for (const [field, values] of [
    ['values.size', {}],
    ['values.size', { size: 10 }],
    ['values.size', { size: '2' }],
    ['values.where', { size: 2, where: 'c' }],
    ['values.other', { size: 2, other: 1 }],
  ] as const)
    await t.rejects(decide(values), { code: 'invalid_input', details: { field } }, JSON.stringify(values));
  await t.rejects(decide({ size: 2 }, 'after'), { code: 'conflict' });
  await decide({ size: 2 });
  const done = await hub.over(id);
  t.match(done, {
    status: 'completed',
    steps: [
      { status: 'completed' },
      { result: { approved_by: 'operator', comment: 'go', values: { size: 2 } } },
      { result: { size: 2 } },
    ],
  });
  t.same(historyOf(done).slice(0, told.length), told);
  await t.rejects(decide({ size: 2 }), { code: 'conflict' }, 'once');
  const { entries } = await hub.domain.audit.page(hub.admin.caller, { action: 'workflow.decide' }, 10, 0);
  t.match(entries, [{ actor: { id: operator.caller.id }, details: { step: 'ask', decision: 'approve' } }]);
});

t.test('runs that wait for people take no place in the queue, and end after seven days', async (t) => {
  const jobs = { ...defaultJobSettings, maxWorkers: 1, queueSize: 1, perSite: 9, timeoutMs: 1e6 };
  const hub = await startDomain(t, { settings: { jobs } });
  const asks = approval();
  const short = approval().map((step) => (step.id === 'ask' ? { ...step, timeout: 3600 } : step));
  const long = await begin(hub, asks);
  await waits(hub, long, 'ask');
  const early = await begin(hub, short);
  await waits(hub, early, 'ask');
  await hub.restart();
  const asking = () =>
    [long, early].every((id) => hub.domain.jobs.status().queue.processing === 2 && asked(hub, id, 'ask'));
  await wait('the hub has taken up both runs', asking);
  await hub.clock.move(3_600_000);
  hub.domain.jobs.look();
  const late = { status: 'failed', error: { code: 'timeout', toolText: /no person decided/ } };
  t.match(await hub.over(early), late, 'the time of the step');
  await hub.clock.move(7 * 86_400_000 - 3_600_001);
  hub.domain.jobs.look();
  t.ok(asked(hub, long, 'ask'), 'a millisecond early');
  await hub.clock.move(1);
  hub.domain.jobs.look();
  t.match(await hub.over(long), late);
});

t.test('a refusal fails the step', async (t) => {
  const hub = await startDomain(t);
  const id = await begin(hub, approval());
  await waits(hub, id, 'ask');
  await t.rejects(hub.domain.workflows.decide(hub.admin, id, { step: 'ask', decision: 'skip' }), {
    code: 'invalid_input',
    details: { field: 'decision' },
  });
  await hub.domain.workflows.decide(hub.admin, id, { step: 'ask', decision: 'refuse', comment: 'not today' });
  t.match(await hub.over(id), {
    status: 'failed',
    steps: [
      { status: 'completed' },
      { status: 'failed', toolText: "refused by 'admin': not today" },
      { status: 'pending' },
    ],
  });
});

t.test('a person decides with current rights, and only a person who may read the question', async (t) => {
  const hub = await startDomain(t);
  const { users, workflows } = hub.domain;
  const user = await users.create(SYSTEM, { username: 'ada', password: 'a long password', role: 'operator' });
  const ada = await hub.caller('operator', null, { userId: user.id });
  const operator = await hub.caller('operator');
  const narrowed = await hub.caller('operator', { sites: ['local'] });
  const viewer = await hub.caller('viewer');
  const approve = (as: typeof ada, id: string, step = 'ask') =>
    workflows.decide(as, id, { step, decision: 'approve' }).then(
      () => 'approved',
      ({ code }: DomainError) => code,
    );
  const waiting = async (more: Record<string, unknown>, as = hub.admin) => {
    const id = await begin(hub, approval(more), as);
    await waits(hub, id, 'ask');
    return id;
  };
  const id = await waiting({});
  t.equal(asked(hub, id, 'ask', viewer)?.text, null);
  t.equal(await approve(viewer, id), 'forbidden', 'a viewer');
  t.not(await approve(narrowed, id), 'approved', 'a narrowed key');
  const forAdmins = await waiting({ role: 'admin' });
  t.equal(await approve(operator, forAdmins), 'forbidden', 'an operator where it takes an admin');
  const byAnother = await waiting({ by_another: true }, ada);
  t.equal(await approve(ada, byAnother), 'forbidden', 'the person who started the run');
  t.equal(await approve(operator, byAnother), 'approved');
  const { keys, ownKeys } = hub.domain;
  const other = await ownKeys.create(operator, operator.caller, { api: 'backend', name: 'its own', expiresIn: 3600 });
  const itsOwn = { ...operator, caller: keys.verify(other.key) };
  for (const [starter, person] of [
    [operator, itsOwn],
    [itsOwn, operator],
  ] as const)
    t.equal(
      await approve(person, await waiting({ by_another: true }, starter)),
      'forbidden',
      'a key that the starter made for itself, and the starter of such a key',
    );
  const made = async (maker: typeof ada) => {
    const { key } = await keys.create(maker, { name: 'made', role: 'admin', tier: 'enterprise' });
    return { ...maker, caller: keys.verify(key) };
  };
  const [second, third] = [await made(hub.admin), await made(hub.admin)];
  const last = await made(second);
  for (const [starter, person] of [
    [hub.admin, second],
    [hub.admin, last],
    [last, hub.admin],
  ] as const)
    t.equal(
      await approve(person, await waiting({ by_another: true }, starter)),
      'forbidden',
      'a key that the starter made for another person, and the maker of the key of the starter',
    );
  t.equal(await approve(third, await waiting({ by_another: true }, last)), 'approved', 'two keys of one maker');
  const { id: userId, username: name } = user;
  const rest = { userId, role: 'operator', api: null, tier: null, grants: null } as const;
  const signedIn = { ...ada, caller: { kind: 'user', id: userId, name, ...rest } } as const;
  const handedOut = await keys.make(signedIn, { name: 'other', role: 'operator', tier: 'pro', userId }, Date.now());
  const ofAnother = { ...ada, caller: keys.verify(handedOut.key) };
  t.equal(
    await approve(ofAnother, await waiting({ by_another: true }, signedIn)),
    'forbidden',
    'a key that the starter made for another person while it was signed in',
  );
  const called = await waiting({ by_another: true }, ada);
  await workflows.cancel(ada, called);
  const repeated = await workflows.retry(hub.admin, called);
  await waits(hub, repeated.job.id, 'ask');
  t.equal(await approve(ada, repeated.job.id), 'forbidden', 'the person who started the run that an admin repeats');
  const inner = approval();
  await workflows.catalog.add(hub.admin, { name: 'inner', description: '', parameters: {}, steps: inner });
  const nested = await begin(hub, [{ id: 'nested', kind: 'workflow', with: { workflow: 'inner' } }]);
  await waits(hub, nested, 'nested/ask');
  t.equal(await approve(operator, nested, 'nested/ask'), 'forbidden', 'a question that only admins read');
  t.equal(await approve(hub.admin, nested, 'nested/ask'), 'approved');
  await users.bring(SYSTEM, user.id, { role: 'viewer' });
  t.equal(await approve(ada, id), 'forbidden', 'a caller who has been demoted since its request came');
  t.equal(await approve(operator, id), 'approved');
});

/** A hub with the server `echoes`, whose tool `lost` has an unknown outcome the given number of times. */
async function doubting(t: Test, times: number) {
  const hub = await startDomain(t);
  const lost = writing(({ calls }) => {
    if (calls <= times) throw new DomainError('timeout', 'no answer', { outcome: 'unknown' });
    return calls;
  });
  const { server, id: serverId } = await hub.connect('echoes', { lost });
  const steps: StepDefinition[] = [
    { id: 'do', kind: 'tool_call', once: true, retry: { attempts: 3 }, with: { server: 'echoes', tool: 'lost' } },
    { id: 'after', kind: 'set', with: { status: '${{ steps.do.status }}' } },
  ];
  const id = await begin(hub, steps);
  await waits(hub, id, 'do');
  const decide = (decision: 'resume' | 'skip' | 'fail', as = hub.admin) =>
    hub.domain.workflows.decide(as, id, { step: 'do', decision, comment: 'seen' });
  return { hub, server, serverId, id, decide };
}

t.test('an approval is good for one run: it is asked again before a step that is repeated', async (t) => {
  const hub = await startDomain(t);
  await hub.connect('store', { wipe: writing(({ calls }) => ({ wiped: calls })) });
  const wipe = { kind: 'tool_call', with: { server: 'store', tool: 'wipe', arguments: {} } };
  const operator = await hub.caller('operator');
  const id = await begin(
    hub,
    [
      { id: 'ask', kind: 'approval', with: { question: 'Wipe?', role: 'admin', by_another: true } },
      { id: 'count', kind: 'set', with: { hosts: 3 } },
      { ...wipe, id: 'wipe' },
    ],
    operator,
  );
  const { workflows } = hub.domain;
  const approve = async (run: string) => {
    await waits(hub, run, 'ask');
    await workflows.decide(hub.admin, run, { step: 'ask', decision: 'approve' });
    return hub.over(run);
  };
  t.match(await approve(id), { status: 'completed' });
  const { job } = await workflows.retry(operator, id, 'wipe');
  await waits(hub, job.id, 'ask');
  const states = hub.domain.jobs.get(hub.admin, job.id).steps.map(({ name, status }) => [name, status]);
  t.same(
    Object.fromEntries(states),
    { ask: 'running', count: 'completed', wipe: 'pending' },
    'the step waits, and a step between the two keeps its result',
  );
  await t.rejects(workflows.decide(operator, job.id, { step: 'ask', decision: 'approve' }), { code: 'forbidden' });
  t.match(await approve(job.id), { status: 'completed' });
});

t.test('a run is not repeated past a nested workflow that asked for approval', async (t) => {
  const hub = await startDomain(t);
  const { definitions, workflows } = hub.domain;
  const steps = [{ id: 'ask', kind: 'approval', with: { question: 'Go?', by_another: true } }];
  await definitions.create(hub.admin, { name: 'gate', type: 'workflow', config: { type: 'workflow', steps } });
  const operator = await hub.caller('operator');
  const outer = [
    { id: 'gate', kind: 'workflow', with: { workflow: 'gate' } },
    { id: 'after', kind: 'set', with: { done: true } },
  ];
  const id = await begin(hub, outer, operator);
  await waits(hub, id, 'gate/ask');
  await workflows.decide(hub.admin, id, { step: 'gate/ask', decision: 'approve' });
  await hub.over(id);
  await t.rejects(workflows.retry(operator, id, 'after'), { code: 'conflict', message: /repeat the run from 'gate'/ });
  const { job } = await workflows.retry(operator, id, 'gate');
  await waits(hub, job.id, 'gate/ask');
});

t.test('a step whose effect is unknown waits, and a person resumes it', async (t) => {
  const { hub, server, id, decide } = await doubting(t, 1);
  t.match(asked(hub, id, 'do'), { kind: 'attention', text: /no answer: it is not known whether the call took effect/ });
  t.equal(server.calls, 1, 'no attempt is made in doubt');
  await t.rejects(decide('resume', await hub.caller('viewer')), { code: 'forbidden' });
  await decide('resume');
  t.match(await hub.over(id), {
    status: 'completed',
    steps: [{ status: 'completed' }, { result: { status: 'completed' } }],
  });
  t.equal(server.calls, 2);
});

t.test('a person skips a step whose effect is unknown, or fails it', async (t) => {
  for (const [decision, ended] of [
    [
      'skip',
      {
        status: 'completed',
        steps: [{ status: 'skipped', toolText: /^decided by 'admin': seen: no answer/ }, { status: 'completed' }],
      },
    ],
    [
      'fail',
      {
        status: 'failed',
        steps: [{ status: 'failed', toolText: /\(failed by 'admin': seen\)/ }, { status: 'pending' }],
      },
    ],
  ] as const) {
    const { hub, server, id, decide } = await doubting(t, 9);
    const told = historyOf(hub.domain.jobs.get(hub.admin, id));
    await decide(decision);
    const done = await hub.over(id);
    t.match(done, ended, decision);
    t.same(historyOf(done).slice(0, told.length), told, 'nothing that was told is taken back');
    t.equal(server.calls, 1);
  }
});

t.test('a step that a stop of the hub interrupted does not run twice if it says so', async (t) => {
  const hub = await startDomain(t);
  const { id: serverId } = await hub.connect('echoes', {});
  const door = gate();
  let stops = 0;
  hub.fleet.answers.set('disconnectServer', async () => {
    stops += 1;
    await door.opened;
    return json({});
  });
  const id = await begin(hub, [{ id: 'stop', kind: 'server_stop', once: true, with: { servers: [serverId] } }]);
  await wait('the server is being stopped', () => stops === 1);
  const restarted = hub.restart();
  door.open();
  await restarted;
  t.match(await waits(hub, id, 'stop'), { kind: 'attention', text: /not known whether it took effect/ });
  const before = stops;
  await hub.domain.workflows.decide(hub.admin, id, { step: 'stop', decision: 'skip' });
  t.match(await hub.over(id), { status: 'completed', steps: [{ status: 'skipped' }] });
  t.equal(stops, before);
});

t.test('a form has fields of plain types, and a mistake has its path', async (t) => {
  const hub = await startDomain(t);
  const fields = (bad: unknown) =>
    begin(hub, approval({ form: bad, role: 'viewer' })).then(
      () => [],
      ({ details }: DomainError) => (details.problems as { field: string }[]).map(({ field }) => field),
    );
  t.same(await fields({ type: 'object', properties: { a: { type: 'array' }, b: { type: 'string', pattern: 'x' } } }), [
    'steps.1.with.role',
    'steps.1.with.form.properties.a.type',
    'steps.1.with.form.properties.b.pattern',
  ]);
  t.same(await fields({ type: 'object', required: ['a'], $ref: '#' }), [
    'steps.1.with.role',
    'steps.1.with.form.$ref',
    'steps.1.with.form.required',
  ]);
});

// biome-ignore-end lint/suspicious/noTemplateCurlyInString: expressions of workflows

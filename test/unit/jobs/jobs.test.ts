import t from 'tap';
import type { Role } from '../../../hub/domain/access/caller.js';
import { auditLog, SYSTEM } from '../../../hub/domain/audit/audit.js';
import { Redactor } from '../../../hub/domain/audit/redactor.js';
import { CancelSource } from '../../../hub/domain/cancellation.js';
import { DomainError } from '../../../hub/domain/errors.js';
import { Jobs } from '../../../hub/domain/jobs/jobs.js';
import { defaultJobSettings, type JobKind, type JobRun } from '../../../hub/domain/jobs/kind.js';
import { jobRecords } from '../../../hub/domain/jobs/record.js';
import { JobWriter, jobTrimmer } from '../../../hub/domain/jobs/writer.js';
import { goneOf, ServerRegistry } from '../../../hub/domain/servers/registry.js';
import { roundsDuring } from '../../kit/turns.js';
import { wait } from '../../kit/wait.js';
import { openTestStore } from '../store/stores.js';
import { engine, gated, over } from './engine.js';

t.test('a job that waited when the hub stopped knows that agents may need a moment', async (t) => {
  const { store } = await openTestStore(t);
  const told: boolean[] = [];
  const kind: JobKind = {
    name: 'looks',
    afterRestart: 'continue',
    permission: 'server.operate',
    run: async ({ resumed }) => {
      told.push(resumed);
    },
  };
  const left = await engine(t, store, [kind]).submit(SYSTEM, { kind: 'looks', params: {} });
  const jobs = engine(t, store, [kind]);
  await jobs.start();
  await over(store, left.id);
  await over(store, (await jobs.submit(SYSTEM, { kind: 'looks', params: {} })).id);
  t.same(told, [true, false]);
});

t.test('every caller lists its own part of the jobs, newest first, while other work goes on', async (t) => {
  const { store } = await openTestStore(t);
  const jobs = engine(t, store, [gated('x').kind, gated('y').kind]);
  const as = (id: string, role: Role, sharedOnly?: true) => ({
    ...SYSTEM,
    caller: { kind: 'user', id, name: id, userId: id, role, api: null, tier: null, grants: null, sharedOnly } as const,
  });
  const ids: string[] = [];
  for (let n = 0; n < 300; n += 1) {
    // Together they have 30 MB, which no hub reads within one turn of the event loop.
    const params = { text: Array.from({ length: 10_000 }, (_, at) => `${n}.${at}`) };
    const owner = n % 3 === 0 ? { ownerId: 'ada' } : {};
    ids.unshift((await jobs.submit(SYSTEM, { kind: n % 2 ? 'x' : 'y', params, ...owner })).id);
  }
  const shared = ids.filter((_, at) => (299 - at) % 3 !== 0);
  const listed = async (origin: ReturnType<typeof as>, filter = {}) => {
    const { jobs: page, total } = await jobs.list(origin, filter, 5, 2);
    return { total, ids: page.map(({ id }) => id) };
  };
  t.same(await listed(as('root', 'admin')), { total: 300, ids: ids.slice(2, 7) });
  t.same(await listed(as('ada', 'user')), { total: 300, ids: ids.slice(2, 7) });
  t.same(await listed(as('root', 'admin', true)), { total: 200, ids: shared.slice(2, 7) });
  t.same(await listed(as('bob', 'operator')), { total: 200, ids: shared.slice(2, 7) });
  const filter = { kind: 'x', status: 'queued' } as const;
  for (const origin of [as('root', 'admin'), as('ada', 'user')]) {
    t.equal((await listed(origin, filter)).total, 150);
    t.equal((await listed(origin, { ...filter, status: 'running' })).total, 0);
  }
  const newest = await jobs.newest(as('bob', 'operator'), {}, 3);
  t.same(
    newest.map(({ id }) => id),
    shared.slice(0, 3),
  );

  const others = await roundsDuring(() => jobs.list(as('bob', 'operator'), {}, 1));
  t.ok(others > 2, `${others} turns`);
});

t.test('a job that is submitted while the hub starts runs once', async (t) => {
  const { store } = await openTestStore(t);
  const { gate, kind } = gated('once');
  gate.open();
  const jobs = engine(t, store, [kind]);
  const early = await jobs.submit(SYSTEM, { kind: 'once', params: { n: 1 } });
  await jobs.start();
  t.match(await over(store, early.id), { status: 'completed', attempts: 1 });
  const last = await jobs.submit(SYSTEM, { kind: 'once', params: { n: 2 } });
  await over(store, last.id);
  t.same(gate.begun, ['1', '2']);
});

t.test('other users neither see nor hear of a job of an owner, with or without its server', async (t) => {
  const { store } = await openTestStore(t);
  const jobs = engine(t, store, [gated('x').kind]);
  await store.apply({ writes: goneOf({ id: 'gone', ownerId: 'ada' }) });
  const own = await jobs.submit(SYSTEM, { kind: 'x', params: {}, ownerId: 'ada' });
  const ofServer = await jobs.submit(SYSTEM, { kind: 'x', params: {}, serverId: 'gone' });
  const as = (id: string, role: Role) => ({
    ...SYSTEM,
    caller: { kind: 'user', id, name: id, userId: id, role, api: null, tier: null, grants: null } as const,
  });
  for (const { id } of [own, ofServer]) {
    t.throws(() => jobs.get(as('bob', 'operator'), id), { code: 'not_found' });
    for (const origin of [as('ada', 'user'), as('root', 'admin')]) t.equal(jobs.get(origin, id).id, id);
  }
  t.equal((await jobs.list(as('bob', 'operator'), {}, 10)).total, 0);
  t.match(
    [...store.events(0, 10)].find(({ data }) => data.jobId === own.id),
    { data: { ownerId: 'ada' } },
  );
});

t.test('a job is kept with its steps, its audit entry and its events', async (t) => {
  const { store } = await openTestStore(t);
  const kind: JobKind = {
    name: 'sum',
    afterRestart: 'continue',
    permission: 'server.operate',
    async run(run) {
      const one = await run.step('one', async () => 1);
      await run.skip('two', 'not today');
      return { sum: one + (await run.step('three', async () => 3)) };
    },
  };
  const jobs = engine(t, store, [kind]);
  await jobs.start();
  const { id } = await jobs.submit(SYSTEM, { kind: 'sum', params: { n: 1 }, steps: ['one', 'two', 'three'] });
  const done = await over(store, id);
  t.match(done, { status: 'completed', progress: 100, result: { sum: 4 }, attempts: 1 });
  t.match(done.steps, [
    { name: 'one', status: 'completed', result: 1 },
    { name: 'two', status: 'skipped', reason: 'not today' },
    { name: 'three', status: 'completed', result: 3 },
  ]);
  const [entry] = store.list(auditLog, { index: 'action', equals: ['sum'] });
  t.match(entry, { resource: { type: 'job', id }, success: true });
  const events = store.events(0, 100).map(({ type }) => type);
  t.equal(events.at(-1), 'job.completed');
  t.ok(events.includes('job.progress'));
});

t.test('workers, sites and lanes limit the jobs that run at once', async (t) => {
  const { store } = await openTestStore(t);
  const { gate, kind } = gated('work');
  const lane: JobKind = { ...kind, name: 'laned', lane: () => 'only' };
  const jobs = engine(t, store, [kind, lane], { maxWorkers: 4, perSite: 2 });
  await jobs.start();
  const ids: string[] = [];
  for (const [n, site] of ['oslo', 'oslo', 'oslo', 'lima'].entries())
    ids.push((await jobs.submit(SYSTEM, { kind: 'work', params: { n }, site })).id);
  for (const n of ['a', 'b']) ids.push((await jobs.submit(SYSTEM, { kind: 'laned', params: { n } })).id);
  while (gate.running < 4) await new Promise((resolve) => setImmediate(resolve));
  t.same(gate.begun, ['0', '1', '3', 'a'], 'the third of one site and the second of one lane wait');
  t.match(jobs.status(), { workers: { active: 4, idle: 0, total: 4 }, queue: { pending: 2 } });
  gate.open();
  for (const id of ids) t.match(await over(store, id), { status: 'completed' });
  t.equal(gate.most, 4);
});

t.test('few steps start at once, and a step that takes long lets the next one start', async (t) => {
  for (const stepStartMs of [1, 3_600_000]) {
    const { store } = await openTestStore(t);
    const told: string[] = [];
    let begun = () => {};
    const secondBegins = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const kind: JobKind = {
      name: 'work',
      afterRestart: 'continue',
      permission: 'server.operate',
      run: async (run) => {
        const { name } = run.record.params;
        await run.step('only', async () => {
          told.push(`${name} begins`);
          if (name === 'second') begun();
          else if (stepStartMs === 1) await secondBegins;
          // Writes are done in turn: the beginning of the other step would be on disk before these.
          else for (const percent of [1, 2, 3]) await run.progress(percent, '');
          told.push(`${name} ends`);
        });
      },
    };
    const jobs = engine(t, store, [kind], { stepsAtOnce: 1, stepStartMs });
    const ids: string[] = [];
    for (const name of ['first', 'second'])
      ids.push((await jobs.submit(SYSTEM, { kind: 'work', params: { name } })).id);
    await jobs.start();
    for (const id of ids) t.match(await over(store, id), { status: 'completed' });
    const expected = ['first begins', 'first ends', 'second begins', 'second ends'];
    if (stepStartMs === 1) t.equal(told[1], 'second begins');
    else t.same(told, expected);
  }
});

t.test('a job that takes too long fails, and frees its worker', async (t) => {
  const { store } = await openTestStore(t);
  const { kind } = gated('work');
  const jobs = engine(t, store, [{ ...kind, timeoutMs: () => 20 }], { maxWorkers: 1 });
  await jobs.start();
  const { id } = await jobs.submit(SYSTEM, { kind: 'work', params: {} });
  t.match(await over(store, id), { status: 'failed', error: { code: 'timeout' } });
});

t.test('unexpected errors go to the log, not to the caller', async (t) => {
  const { store } = await openTestStore(t);
  const errors: unknown[] = [];
  const writer = new JobWriter(store, new Redactor());
  const registry = new ServerRegistry(store);
  const creators = { now: () => null } as never;
  const onError = (error: unknown) => errors.push(error);
  const jobs = new Jobs({ store, writer, creators, registry, settings: defaultJobSettings, onError });
  t.teardown(() => jobs.close());
  const run = async () => {
    throw new TypeError('secret detail');
  };
  jobs.define({ name: 'bad', afterRestart: 'fail', permission: 'server.operate', run });
  await jobs.start();
  const { id } = await jobs.submit(SYSTEM, { kind: 'bad', params: {} });
  const failed = await over(store, id);
  t.match(failed, { status: 'failed', error: { code: 'internal' } });
  t.notMatch(JSON.stringify(failed), /secret detail/);
  t.match(errors, [{ message: 'secret detail' }]);
});

t.test('a job that a stop of the hub interrupted goes on, or fails', async (t) => {
  const { store } = await openTestStore(t);
  const safe = gated('safe');
  const unsafe = gated('unsafe', 'fail');
  const first = engine(t, store, [safe.kind, unsafe.kind]);
  await first.start();
  const ids = [];
  for (const kind of ['safe', 'unsafe']) ids.push((await first.submit(SYSTEM, { kind, params: {} })).id);
  while (safe.gate.running + unsafe.gate.running < 2) await new Promise((resolve) => setImmediate(resolve));
  await first.close();
  for (const id of ids) t.match(store.get(jobRecords, id), { status: 'running' }, 'left as they are');

  const again = gated('safe');
  again.gate.open();
  const second = engine(t, store, [again.kind, gated('unsafe', 'fail').kind]);
  await second.start();
  const [goesOn = '', fails = ''] = ids;
  t.match(await over(store, goesOn), { status: 'completed', attempts: 2 });
  t.match(await over(store, fails), { status: 'failed', error: { message: /the hub stopped/ } });
});

t.test('a job that kills the hub is not started for ever', async (t) => {
  const { store } = await openTestStore(t);
  const { kind, gate } = gated('work');
  let id = '';
  for (let i = 0; i < 3; i += 1) {
    const jobs = engine(t, store, [kind]);
    await jobs.start();
    id ||= (await jobs.submit(SYSTEM, { kind: 'work', params: {} })).id;
    while (gate.begun.length <= i) await new Promise((resolve) => setImmediate(resolve));
    await jobs.close();
  }
  await engine(t, store, [kind]).start();
  t.match(await over(store, id), { status: 'failed', attempts: 3, error: { message: /3 times/ } });
});

t.test('a job that is over stays as it is, even if its work reports more', async (t) => {
  const { store } = await openTestStore(t);
  const runs: JobRun[] = [];
  const kind: JobKind = {
    name: 'late',
    afterRestart: 'fail',
    permission: 'server.operate',
    async run(run) {
      runs.push(run);
      // On its way to the disk when the job ends: it gets there before.
      void run.skip('one', 'first');
    },
  };
  const jobs = engine(t, store, [kind]);
  await jobs.start();
  const { id } = await jobs.submit(SYSTEM, { kind: 'late', params: {}, steps: ['one', 'two'] });
  const done = await over(store, id);
  t.match(done, { status: 'completed', steps: [{ status: 'skipped' }, { status: 'pending' }] });
  for (const late of [runs[0]?.progress(10, 'late'), runs[0]?.skip('two', 'late')])
    await t.rejects(Promise.resolve(late), { name: 'DomainError', code: 'conflict', message: 'the job is over' });
  t.same(store.get(jobRecords, id), done);
});

t.test('a job fails without running if its creator has lost access', async (t) => {
  const { store } = await openTestStore(t);
  const { kind, gate } = gated('work');
  const creators = {
    now() {
      throw new DomainError('invalid_credential', 'The API key has been revoked');
    },
  } as never;
  const writer = new JobWriter(store, new Redactor());
  const registry = new ServerRegistry(store);
  const jobs = new Jobs({ store, writer, creators, registry, settings: defaultJobSettings, onError: () => {} });
  t.teardown(() => jobs.close());
  jobs.define(kind);
  await jobs.start();
  const caller = { kind: 'api_key', id: 'k', name: 'k', userId: null, role: 'admin' } as const;
  const origin = { ...SYSTEM, caller: { ...caller, api: null, tier: null, grants: null } };
  const { id } = await jobs.submit(origin, { kind: 'work', params: {} });
  t.match(await over(store, id), { status: 'failed', error: { code: 'forbidden', message: /revoked/ } });
  t.same(gate.begun, []);
});

t.test(
  'finished jobs are removed when they are too old, or too many; runs of workflows have their own limits',
  async (t) => {
    const { store } = await openTestStore(t);
    const [work, run] = [gated('work'), gated('workflow')];
    for (const { gate } of [work, run]) gate.open();
    const jobs = engine(t, store, [work.kind, run.kind]);
    await jobs.start();
    for (let n = 0; n < 5; n += 1)
      for (const kind of ['work', 'workflow'])
        await over(store, (await jobs.submit(SYSTEM, { kind, params: { n } })).id);
    const kept = (kind: string) =>
      Array.from(store.list(jobRecords)).flatMap((job) => (job.kind === kind ? [job.params.n] : []));
    const [keptJobs, keptRuns] = [
      { keepMs: 60_000, keepCount: 3 },
      { keepMs: 240_000, keepCount: 4 },
    ];
    const trimmer = jobTrimmer(store, { keptJobs, keptRuns });
    t.equal(await trimmer.trim(), 3);
    t.same(
      [kept('work'), kept('workflow')],
      [
        [2, 3, 4],
        [1, 2, 3, 4],
      ],
    );
    t.equal(await trimmer.trim(Date.now() + 120_000), 3);
    t.same([kept('work'), kept('workflow')], [[], [1, 2, 3, 4]]);
    t.equal(await trimmer.trim(Date.now() + 300_000), 4);
  },
);

t.test('a step that waits for a person does not stop the time of a parallel step', async (t) => {
  const { store } = await openTestStore(t);
  const kind: JobKind = {
    name: 'both',
    afterRestart: 'continue',
    permission: 'server.operate',
    async run(run) {
      const ask = run.step('ask', ({ ask }) => ask({ kind: 'approval', role: 'operator', text: '?' }, 1e9, run.signal));
      const hang = run.step('hang', () => new Promise(() => {}));
      await Promise.race([ask, hang]);
    },
  };
  const jobs = engine(t, store, [kind], { timeoutMs: 200 });
  await jobs.start();
  const { id } = await jobs.submit(SYSTEM, { kind: 'both', params: {} });
  t.match(await over(store, id), { status: 'failed', error: { code: 'timeout' } });
});

t.test('a job that has waited goes on when a worker is free', async (t) => {
  const { store } = await openTestStore(t);
  const order: string[] = [];
  const { gate, kind } = gated('gated');
  let wake = () => {};
  const woken = new Promise<void>((resolve) => {
    wake = resolve;
  });
  const waits: JobKind = {
    name: 'waits',
    afterRestart: 'continue',
    permission: 'server.operate',
    async run(run) {
      const signal = new CancelSource();
      void woken.then(() => signal.abort('woken'));
      await run.pause(Number.MAX_SAFE_INTEGER, signal).catch(() => {});
      order.push('waited');
    },
  };
  const works = { ...kind, run: (run: JobRun) => kind.run(run).finally(() => order.push('worked')) };
  const jobs = engine(t, store, [waits, works], { maxWorkers: 1 });
  await jobs.start();
  const first = await jobs.submit(SYSTEM, { kind: 'waits', params: {} });
  const second = await jobs.submit(SYSTEM, { kind: 'gated', params: {} });
  await wait('the second job has the worker', () => gate.running === 1);
  wake();
  await store.flush();
  t.equal(jobs.status().workers.active, 1);
  const third = await jobs.submit(SYSTEM, { kind: 'gated', params: {} });
  gate.open();
  for (const { id } of [first, second, third]) await over(store, id);
  t.same(order, ['worked', 'waited', 'worked'], 'before jobs of the queue');
  await wait('the worker is idle', () => jobs.status().workers.idle === 1);
});

t.test('a job takes no worker for a step that has waited while another one waits again', async (t) => {
  const { store } = await openTestStore(t);
  const { gate, kind } = gated('gated');
  const ends = [new CancelSource(), new CancelSource(), new CancelSource()] as const;
  const passed: string[] = [];
  let goOn = () => {};
  const again = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const waits: JobKind = {
    name: 'waits',
    afterRestart: 'continue',
    permission: 'server.operate',
    async run(run) {
      const pause = (at: 0 | 1 | 2) => run.pause(Number.MAX_SAFE_INTEGER, ends[at]).catch(() => {});
      const one = pause(0).then(() => passed.push('one'));
      const two = pause(1).then(() => passed.push('two'));
      await Promise.all([one, two.then(() => again).then(() => pause(2))]);
    },
  };
  const jobs = engine(t, store, [waits, kind], { maxWorkers: 1 });
  await jobs.start();
  const { id } = await jobs.submit(SYSTEM, { kind: 'waits', params: {} });
  const work = await jobs.submit(SYSTEM, { kind: 'gated', params: {} });
  await wait('the other job has the worker', () => gate.running === 1);
  ends[1].abort('over');
  await wait('one step goes on, and the other one still waits', () => passed.length === 1);
  ends[0].abort('over');
  await store.flush();
  t.same(passed, ['two'], 'the job needs a worker now');
  goOn();
  await store.flush();
  gate.open();
  await over(store, work.id);
  await wait('the step that has waited goes on', () => passed.length === 2);
  t.equal(jobs.status().workers.active, 0, 'the other step waits again');
  ends[2].abort('over');
  t.match(await over(store, id), { status: 'completed' });
});

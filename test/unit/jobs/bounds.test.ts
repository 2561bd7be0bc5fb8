import t from 'tap';
import type { Role } from '../../../hub/domain/access/caller.js';
import { SYSTEM } from '../../../hub/domain/audit/audit.js';
import type { JobKind } from '../../../hub/domain/jobs/kind.js';
import { type JobRecord, jobRecords } from '../../../hub/domain/jobs/record.js';
import { roundsDuring } from '../../kit/turns.js';
import { openTestStore } from '../store/stores.js';
import { engine, gated, over } from './engine.js';

/** The origin of a request of a user. */
function userOrigin(id: string, role: Role) {
  return {
    ...SYSTEM,
    caller: { kind: 'user', id, name: id, userId: id, role, api: null, tier: null, grants: null } as const,
  };
}

for (const [state, dueAt] of [
  ['wait', undefined],
  ['are scheduled', Date.UTC(2200, 0)],
] as const)
  t.test(`one caller leaves places for jobs of others: jobs ${state}`, async (t) => {
    const { store } = await openTestStore(t);
    const jobs = engine(t, store, [gated('x').kind], { queueSize: 8 });
    const submit = (id: string, role: Role, due = dueAt) =>
      jobs.submit(userOrigin(id, role), { kind: 'x', params: {}, ...(due ? { dueAt: due } : {}) });
    const refused = (...job: Parameters<typeof submit>) => t.rejects(submit(...job), { code: 'unavailable' });
    const [first] = [await submit('ada', 'operator'), await submit('ada', 'operator')];
    await t.rejects(submit('ada', 'operator'), {
      code: 'unavailable',
      message: `2 of your jobs ${state} already`,
    });
    for (const id of ['bob', 'eve', 'joe']) for (let n = 0; n < 2; n += 1) await submit(id, 'operator');
    await refused('zoe', 'operator');
    for (let n = 0; n < 8; n += 1) await submit('root', 'admin');
    await refused('root', 'admin');
    await submit('zoe', 'operator', dueAt ? Date.now() : Date.UTC(2200, 0));
    await jobs.cancel(SYSTEM, first.id);
    await submit('ada', 'operator');
  });

t.test('parameters of a job have a bound', async (t) => {
  const { store } = await openTestStore(t);
  const jobs = engine(t, store, [gated('x').kind]);
  const long = { kind: 'x', params: { text: 'x'.repeat(600_000) } };
  await t.rejects(jobs.submit(SYSTEM, long), { code: 'invalid_input', details: { field: 'parameters' } });
  t.equal((await jobs.list(SYSTEM, {}, 1)).total, 0);
});

t.test('lists of jobs have no results', async (t) => {
  const { store } = await openTestStore(t);
  const kind: JobKind = {
    name: 'answers',
    afterRestart: 'fail',
    permission: 'server.operate',
    run: async (run) => run.step('one', async () => 'an answer'),
  };
  const jobs = engine(t, store, [kind]);
  await jobs.start();
  const { id } = await over(store, (await jobs.submit(SYSTEM, { kind: 'answers', params: {} })).id);
  const whole = { result: 'an answer', steps: [{ result: 'an answer' }] };
  t.match(store.get(jobRecords, id), whole);
  const short = { id, status: 'completed', result: null, steps: [{ status: 'completed', result: null }] };
  for (const listed of [(await jobs.list(SYSTEM, {}, 9)).jobs, await jobs.newest(SYSTEM, {}, 9)])
    t.match(listed, [short]);
});

t.test('a page of large jobs, and the newest jobs of a server, are read while other work goes on', async (t) => {
  const { store } = await openTestStore(t);
  const jobs = engine(t, store, [gated('x').kind]);
  const params = { text: Array.from({ length: 30_000 }, (_, at) => `${at}`) };
  const ids: string[] = [];
  for (let n = 0; n < 90; n += 1)
    ids.unshift((await jobs.submit(SYSTEM, { kind: 'x', params, serverId: n % 9 ? 'other' : 'own' })).id);
  let page: readonly JobRecord[] = [];
  const others = await roundsDuring(async () => {
    page = (await jobs.list(SYSTEM, {}, 30, 5)).jobs;
  });
  t.same(
    page.map(({ id }) => id),
    ids.slice(5, 35),
  );
  t.ok(others > 8, `${others} turns`);

  let read = 0;
  const list = store.list.bind(store);
  store.list = ((from: never, range: never) => {
    const records = list(from, range);
    return (function* () {
      for (const record of records) {
        read += 1;
        yield record;
      }
    })();
  }) as typeof store.list;
  const newest = await jobs.newest(SYSTEM, { serverId: 'own' }, 3);
  t.same(
    newest.map(({ id }) => id),
    [ids[8], ids[17], ids[26]],
  );
  t.equal(read, 3, 'jobs of other servers are not read');
});

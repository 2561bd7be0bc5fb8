import t, { type Test } from 'tap';
import type { Role } from '../../../hub/domain/access/caller.js';
import { SYSTEM } from '../../../hub/domain/audit/audit.js';
import { Redactor } from '../../../hub/domain/audit/redactor.js';
import { Jobs } from '../../../hub/domain/jobs/jobs.js';
import { defaultJobSettings, type JobKind } from '../../../hub/domain/jobs/kind.js';
import { JobWriter } from '../../../hub/domain/jobs/writer.js';
import { ServerRegistry } from '../../../hub/domain/servers/registry.js';
import type { Store } from '../../../hub/domain/store.js';
import { openTestStore } from '../store/stores.js';

/** Only admins see the parameters of its jobs. */
const kind: JobKind = {
  name: 'asks',
  afterRestart: 'continue',
  permission: 'server.operate',
  shown: (record, { role }) => (role === 'admin' ? record : { ...record, params: {} }),
  run: async () => {},
};

/** An engine over a store that never starts: its jobs wait. */
function engine(t: Test, store: Store): Jobs {
  const writer = new JobWriter(store, new Redactor());
  const creators = { now: () => null } as never;
  const settings = defaultJobSettings;
  const onError = (error: unknown) => t.fail(String(error));
  const jobs = new Jobs({ store, writer, creators, registry: new ServerRegistry(store), settings, onError });
  jobs.define(kind);
  t.teardown(() => jobs.close());
  return jobs;
}

const as = (role: Role) => ({
  ...SYSTEM,
  caller: { kind: 'user', id: role, name: role, userId: role, role, api: null, tier: null, grants: null } as const,
});

t.test('the answer to a cancellation has no parts that the caller may not see, and the job keeps them', async (t) => {
  const { store } = await openTestStore(t);
  const job = { kind: 'asks', params: { question: 'for admins' } };
  const [jobs, later] = [engine(t, store), engine(t, store)];
  const submit = async (more = {}) => (await jobs.submit(SYSTEM, { ...job, ...more })).id;
  for (const [title, id, by] of [
    ['a job in the queue', await submit(), jobs],
    ['a job that waits for its time', await submit({ dueAt: Date.now() + 3_600_000 }), jobs],
    ['a job of an earlier run of the hub', await submit(), later],
  ] as const) {
    t.match(await by.cancel(as('operator'), id), { status: 'cancelled', params: { question: undefined } }, title);
    t.match(by.get(as('admin'), id), { status: 'cancelled', params: job.params }, `${title}: an admin sees it whole`);
    await t.rejects(by.cancel(as('operator'), id), { code: 'conflict', message: 'the job is over: cancelled' }, title);
  }
});

import t from 'tap';
import { SYSTEM } from '../../../hub/domain/audit/audit.js';
import { Redactor } from '../../../hub/domain/audit/redactor.js';
import { type DatabaseRecord, databaseRecords } from '../../../hub/domain/databases/record.js';
import { DomainError } from '../../../hub/domain/errors.js';
import { historyOf } from '../../../hub/domain/jobs/history.js';
import { Jobs } from '../../../hub/domain/jobs/jobs.js';
import { defaultJobSettings } from '../../../hub/domain/jobs/kind.js';
import { type JobRecord, jobRecords } from '../../../hub/domain/jobs/record.js';
import { JobWriter } from '../../../hub/domain/jobs/writer.js';
import { ServerRegistry } from '../../../hub/domain/servers/registry.js';
import { put, remove, type Store } from '../../../hub/domain/store.js';
import { WorkflowCatalog } from '../../../hub/domain/workflows/catalog.js';
import { scheduleRecords } from '../../../hub/domain/workflows/schedule.js';
import type { StepKind } from '../../../hub/domain/workflows/steps.js';
import { Workflows } from '../../../hub/domain/workflows/workflows.js';
import { openTestStore } from '../store/stores.js';

const GONE = `
name: gone
steps:
  - { name: first, kind: waits }
  - { name: second, kind: tool_call, on_error: continue, with: { server: 0198c0de-0000-7000-8000-000000000000, tool: tell, arguments: { to: '{{database:d|host}}' } } }
  - { name: third, kind: says }
`;
const TEXT = `
name: two
steps:
  - { name: first, kind: fails, on_error: fail_at_end }
  - { name: second, kind: waits }
`;

function engine(store: Store, kinds: ReadonlyMap<string, StepKind>) {
  const redactor = new Redactor();
  const writer = new JobWriter(store, redactor);
  const registry = new ServerRegistry(store);
  const creators = { now: () => null } as never;
  const jobs = new Jobs({ store, writer, creators, registry, settings: defaultJobSettings, onError: () => {} });
  const catalog = new WorkflowCatalog(
    store,
    [TEXT, GONE].filter((text) => kinds.has('says') || text === TEXT),
    { kinds: new Set(kinds.keys()) },
  );
  const servers = { named: () => undefined };
  return { jobs, workflows: new Workflows({ store, jobs, catalog, kinds, servers, redactor }) };
}

/** Resolves once the job has the wanted state. */
function seen(store: Store, id: string, wanted: (job: JobRecord) => boolean): Promise<JobRecord> {
  return new Promise((resolve) => {
    const look = () => {
      const job = store.get(jobRecords, id);
      if (!job || !wanted(job)) return false;
      resolve(job);
      return true;
    };
    if (look()) return;
    const stop = store.observe(() => {
      if (look()) stop();
    });
  });
}

t.test('after a restart, a step that had failed has failed: nothing that was told is taken back', async (t) => {
  const { store } = await openTestStore(t);
  let attempts = 0;
  const kinds = (waits: StepKind['run']) =>
    new Map<string, StepKind>([
      [
        'fails',
        {
          permission: 'server.read',
          run: () => (++attempts === 1 ? Promise.reject(new DomainError('timeout', 'no')) : Promise.resolve(1)),
        },
      ],
      ['waits', { permission: 'server.read', run: waits }],
    ]);
  const aborted: StepKind['run'] = (_, { signal }) =>
    new Promise((_, reject) => {
      const stop = () => reject(signal.reason);
      if (signal.aborted) stop();
      else signal.addEventListener('abort', stop);
    });
  const first = engine(store, kinds(aborted));
  await first.jobs.start();
  const { job } = await first.workflows.execute(SYSTEM, { workflow: 'two' });
  const running = await seen(store, job.id, ({ steps }) => steps[1]?.status === 'running');
  await first.jobs.close();
  const second = engine(
    store,
    kinds(async () => 2),
  );
  t.teardown(() => second.jobs.close());
  await second.jobs.start();
  const done = await seen(store, job.id, ({ status }) => status === 'failed');
  t.equal(attempts, 1);
  t.match(done.steps, [
    { status: 'failed', toolText: 'no' },
    { status: 'completed', result: 2 },
  ]);
  const told = historyOf(running).slice(0, 4);
  t.same(historyOf(done).slice(0, 4), told);
  t.match(done.error, { message: '1 of 2 steps failed: first' });
});

t.test('a step whose database was deleted meanwhile fails', async (t) => {
  const { store } = await openTestStore(t);
  const database = { id: 'd', name: 'd', type: 'redis', host: 'h', revision: 1 } as unknown as DatabaseRecord;
  await store.apply({ writes: [put(databaseRecords, database, 'absent')] });
  const kinds = new Map<string, StepKind>([
    ['fails', { permission: 'server.read', run: async () => 0 }],
    [
      'waits',
      {
        permission: 'server.read',
        run: () => store.apply({ writes: [remove(databaseRecords, 'd', 'any')] }).then(() => 1),
      },
    ],
    ['says', { permission: 'server.read', run: async () => 3 }],
    ['tool_call', { permission: 'server.read', run: async () => 4 }],
  ]);
  const { jobs, workflows } = engine(store, kinds);
  t.teardown(() => jobs.close());
  await jobs.start();
  const { job } = await workflows.execute(SYSTEM, { workflow: 'gone' });
  const done = await seen(store, job.id, ({ status }) => status === 'completed');
  t.match(done.steps, [
    { status: 'completed' },
    { status: 'failed', toolText: /no external database 'd' any more/ },
    { status: 'completed', result: 3 },
  ]);
});

t.test('a series is cancelled while one of its runs puts the next one on disk', async (t) => {
  const { store } = await openTestStore(t);
  const kinds = new Map<string, StepKind>(
    ['fails', 'waits'].map((name) => [name, { permission: 'server.read', run: async () => 0 }]),
  );
  const { jobs, workflows } = engine(store, kinds);
  t.teardown(() => jobs.close());
  await jobs.start();
  const { job, schedule } = await workflows.execute(SYSTEM, { workflow: 'two', schedule: '0 0 1 1 *' });
  if (!schedule) throw new Error('it is no series');
  const next = { ...schedule, nextAt: schedule.nextAt + 1, revision: schedule.revision + 1 };
  const advanced = store.apply({ writes: [put(scheduleRecords, next, schedule.revision)] });
  t.match(await workflows.cancel(SYSTEM, job.id), { job: { status: 'cancelled' }, schedule: null });
  await advanced;
});

import t from 'tap';
import { newId } from '../../../hub/domain/ids.js';
import type { JobRecord } from '../../../hub/domain/jobs/record.js';
import type { Creators } from '../../../hub/domain/people/creators.js';
import { ServerRegistry } from '../../../hub/domain/servers/registry.js';
import { put } from '../../../hub/domain/store.js';
import { TriggerStarts } from '../../../hub/domain/workflows/trigger-starts.js';
import { triggerRecords, type WorkflowTrigger } from '../../../hub/domain/workflows/triggers.js';
import type { TriggeredRun, Workflows } from '../../../hub/domain/workflows/workflows.js';
import { wait } from '../../kit/wait.js';
import { openTestStore, plain } from '../store/stores.js';

const trigger: WorkflowTrigger = {
  ...{ id: 't', name: 't', workflow: 'w', events: ['server.error'], filter: null, parameters: {} },
  ...{ concurrency: 5, debounce: 0, enabled: true, disabledReason: null, sealedSecret: null, owner: null },
  ...{ sinceSeq: 0, revision: 1, createdAt: 0 },
};

t.test('only one of two writers that follow the journal starts the run of an event', async (t) => {
  const { store } = await openTestStore(t);
  await store.apply({ writes: [put(triggerRecords, trigger, 'absent')] });
  // The records of the runs, without jobs that do them.
  const workflows = {
    startFor: async (_origin: unknown, { extraWrites }: TriggeredRun) => {
      const id = newId();
      await store.apply({ writes: [put(plain, { id, n: 1 }), ...extraWrites({ id } as JobRecord)] });
    },
  } as unknown as Workflows;
  const triggers = { isWhole: () => true };
  const parts = { store, workflows, triggers, creators: {} as Creators, registry: new ServerRegistry(store) };
  const writers = [1, 2].map(() => new TriggerStarts({ ...parts, onError: (error) => t.error(error) }));
  t.teardown(() => Promise.all(writers.map((writer) => writer.close())));
  for (const writer of writers) writer.start();
  const events = [1, 2, 3].map((n) => ({ type: 'server.error', data: { n } }));
  const { events: happened } = await store.apply({ writes: [], events });
  const last = happened.at(-1)?.seq ?? 0;
  await wait('both have passed the events', () => writers.every(({ seq }) => seq >= last));
  t.equal(store.count(plain), 3);
});

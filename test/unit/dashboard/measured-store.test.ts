import t from 'tap';
import { Redactor } from '../../../hub/domain/audit/redactor.js';
import { MeasuredStore } from '../../../hub/domain/dashboard/measured-store.js';
import { PerformanceTally, Tally } from '../../../hub/domain/monitor/request-window.js';
import type { Store } from '../../../hub/domain/store.js';
import { things } from '../store/stores.js';

t.test('calls of the store are passed on, counted and timed', async (t) => {
  const tally = new PerformanceTally();
  const called: string[] = [];
  const stub = new Proxy({} as Store, {
    get: (_, name) =>
      name === 'latestSeq'
        ? 7
        : (...args: unknown[]) => {
            called.push(`${String(name)} ${args.length}`);
            if (name === 'apply' && (args[0] as { writes: unknown[] }).writes.length > 0)
              return Promise.reject(new Error('full'));
            return name === 'list' ? [] : Promise.resolve(name);
          },
  });
  const store = new MeasuredStore(stub, tally, new Redactor());
  await store.apply({ by: null, writes: [] });
  await t.rejects(store.apply({ by: null, writes: [{ kind: 'delete', collection: things as never, id: 'x' }] }), {
    message: 'full',
  });
  store.record({ writes: [] });
  store.get(things, 'x');
  store.find(things, 'name', 'x');
  store.list(things);
  store.count(things);
  store.events(0, 1);
  t.equal(tally.operations.total, 8);
  t.equal(tally.operations.failed, 1);
  t.ok(tally.operations.average > 0);
  await store.flush();
  await store.seal('x');
  t.equal(store.latestSeq, 7);
  t.same(called, [
    'apply 1',
    'apply 1',
    'record 1',
    'get 2',
    'find 3',
    'list 2',
    'count 2',
    'events 2',
    'flush 0',
    'seal 2',
  ]);
});

t.test('rates and averages, also without operations', async (t) => {
  const tally = new Tally();
  t.same([tally.total, tally.successRate, tally.average], [0, 0, 0]);
  tally.add(true, 1);
  tally.add(true, 2);
  tally.add(false, null);
  t.equal(tally.average, 1.5, 'what has no duration does not count for it');
  t.ok(Math.abs(tally.successRate - 2 / 3) < 1e-9);
});

t.test('ended steps count; only completed steps count for the duration', async (t) => {
  const performance = new PerformanceTally();
  performance.step({ status: 'completed', startedAt: 1000, completedAt: 3000 });
  performance.step({ status: 'failed', startedAt: 1000, completedAt: 3_600_000 });
  performance.step({ status: 'skipped', startedAt: 1000, completedAt: 1000 });
  performance.step({ status: 'pending', startedAt: null, completedAt: null });
  t.match(performance.steps, { total: 2, failed: 1, average: 2, successRate: 0.5 });
});

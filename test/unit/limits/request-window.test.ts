import t from 'tap';
import { RequestWindow } from '../../../hub/domain/monitor/request-window.js';
import { openTestStore } from '../store/stores.js';

const HOUR = 3_600_000;
const start = Date.UTC(2026, 0, 15);

t.test('the last day, over a restart', async (t) => {
  const { store } = await openTestStore(t);
  const window = new RequestWindow(store);
  t.same(window.figures(start), { requests: 0, errorRate: 0, averageMs: 0 });
  for (const status of [200, 404, 503]) window.add(status, 10, start);
  window.add(200, null, start);
  window.add(200, 40, start + HOUR);
  t.same(window.figures(start + HOUR), { requests: 5, errorRate: 0.2, averageMs: 17.5 });
  t.match(window.sinceStart, { total: 5, failed: 1, average: 0.0175 }, 'a refusal counts as a success');
  window.flush(start + HOUR);
  await store.flush();
  const next = new RequestWindow(store);
  t.same(next.figures(start + HOUR), { requests: 5, errorRate: 0.2, averageMs: 17.5 });
  t.equal(next.sinceStart.total, 0);
  t.same(
    [next.today(start), next.today(start + 24 * HOUR - 1), next.today(start + 24 * HOUR)],
    [5, 5, 0],
    'today begins at midnight, UTC',
  );
  t.same(next.figures(start + 24 * HOUR + 1), { requests: 1, errorRate: 0, averageMs: 40 }, 'older ones do not count');
  next.flush(start + 48 * HOUR);
  await store.flush();
  t.equal(new RequestWindow(store).figures(start + HOUR).requests, 0, 'and are forgotten');
});

t.test('figures that the store refuses for a moment are written with the next ones', async (t) => {
  const { store } = await openTestStore(t);
  let refuses = true;
  const refusing = {
    list: store.list.bind(store),
    record: (change: Parameters<typeof store.record>[0]) => {
      if (refuses) throw new Error('it cannot keep up');
      store.record(change);
    },
  } as typeof store;
  const window = new RequestWindow(refusing);
  window.add(200, 10, start);
  window.flush(start);
  refuses = false;
  window.add(200, 10, start + HOUR);
  window.flush(start + HOUR);
  await store.flush();
  t.equal(new RequestWindow(store).figures(start + HOUR).requests, 2);
});

t.test('two writers that count at the same time undo no counts of each other', async (t) => {
  const { store } = await openTestStore(t);
  const writers = [new RequestWindow(store), new RequestWindow(store)];
  for (const writer of writers) writer.add(200, 10, start);
  for (const writer of writers) writer.flush(start);
  writers[0]?.add(503, 40, start);
  writers[0]?.flush(start);
  await store.flush();
  t.same(new RequestWindow(store).figures(start), { requests: 3, errorRate: 0.333333, averageMs: 20 });
});

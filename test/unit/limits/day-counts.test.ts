import t from 'tap';
import { DayCounts, dayEnd } from '../../../hub/domain/limits/day-counts.js';
import { ServerLimits } from '../../../hub/domain/limits/server-limits.js';
import type { ServerRecord } from '../../../hub/domain/servers/record.js';
import { openStore } from '../../../hub/store/open.js';
import { tempFolder } from '../../temp-folder.js';

const log = { info() {}, warn() {}, error() {} };
const noon = Date.UTC(2024, 0, 15, 12);

const limited = (requestsPerMinute: number | null, requestsPerDay: number | null) =>
  ({ id: 'id', name: 'name', rateLimits: { requestsPerMinute, requestsPerDay } }) as ServerRecord;

/** How many calls pass before one is refused, of at most so many. */
function passing(limits: ServerLimits, server: ServerRecord, most = 20) {
  for (let i = 0; i < most; i += 1) {
    try {
      limits.count(server);
    } catch (error) {
      return { passed: i, error };
    }
  }
  return { passed: most, error: undefined };
}

t.test('counts outlive the store, and other days are forgotten', async (t) => {
  const dir = tempFolder(t);
  const today = dayEnd(noon);
  const tomorrow = today + 86_400_000;
  let store = await openStore({ dir, log });
  let counts = new DayCounts(store);
  for (let i = 0; i < 3; i += 1) counts.add('a', today);
  counts.add('b', today);
  counts.flush();
  await store.close();
  store = await openStore({ dir, log });
  t.teardown(() => store.close());
  counts = new DayCounts(store);
  t.equal(counts.count('a', today), 3);
  counts.add('a', today);
  t.equal(counts.count('a', today), 4);
  t.equal(counts.count('a', tomorrow), 0);
  counts.add('a', tomorrow);
  counts.flush();
  await store.flush();
  t.equal(new DayCounts(store).count('a', tomorrow), 1);
  t.equal(new DayCounts(store).count('b', today), 0, 'yesterday is gone');
});

t.test('two writers that count at the same time undo no counts of each other', async (t) => {
  const store = await openStore({ dir: tempFolder(t), log });
  t.teardown(() => store.close());
  const today = dayEnd(noon);
  const writers = [new DayCounts(store), new DayCounts(store)];
  for (const writer of writers) writer.add('a', today);
  for (const writer of writers) writer.flush();
  await store.flush();
  writers[0]?.add('a', today);
  writers[0]?.flush();
  await store.flush();
  t.equal(new DayCounts(store).count('a', today), 3);
});

t.test('limits of a server end exactly at their numbers, and begin again with the next minute or day', async (t) => {
  const store = await openStore({ dir: tempFolder(t), log });
  t.teardown(() => store.close());
  let now = noon;
  const limits = new ServerLimits(new DayCounts(store), 1, () => now);
  const server = limited(3, 5);
  const minute = passing(limits, server);
  t.equal(minute.passed, 3);
  t.match(minute.error, { code: 'rate_limited', details: { retryAfter: 60, window: 'minute', serverName: 'name' } });
  now += 60_000;
  const day = passing(limits, server);
  t.equal(day.passed, 2);
  t.match(day.error, { code: 'rate_limited', details: { retryAfter: 12 * 3600 - 60, window: 'day' } });
  now = dayEnd(noon);
  t.equal(passing(limits, server).passed, 3, 'a new day');
  t.equal(passing(limits, limited(null, null)).passed, 20);
  t.equal(passing(new ServerLimits(new DayCounts(store), 2, () => now), limited(4, null)).passed, 8, 'scaled');
});

t.test("a clock that is set back does not block a server's calls", async (t) => {
  const store = await openStore({ dir: tempFolder(t), log });
  t.teardown(() => store.close());
  let now = noon;
  const limits = new ServerLimits(new DayCounts(store), 1, () => now);
  const server = limited(3, null);
  t.equal(passing(limits, server).passed, 3);
  now -= 3_600_000;
  t.equal(passing(limits, server).passed, 3);
});
